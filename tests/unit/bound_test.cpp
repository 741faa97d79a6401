#include "dysta/metrics/bound.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/random.hpp"

namespace dysta {
namespace {

std::vector<Seconds> seconds(const std::vector<double>& values) {
  std::vector<Seconds> out;
  for (const double value : values) out.emplace_back(value);
  return out;
}

double bound(const std::vector<double>& arrivals_s, const std::vector<double>& isolated_s,
             std::uint32_t accelerators = 1) {
  return antt_lower_bound(seconds(arrivals_s), seconds(isolated_s), accelerators);
}

TEST(AnttLowerBound, one_request_takes_as_long_as_alone) {
  EXPECT_EQ(bound({0}, {2}), 1);
  EXPECT_EQ(bound({7}, {0.1}), 1);
}

// The shorter runs in [0, 1], the longer in [1, 4]: (1 + 4/3) / 2.
TEST(AnttLowerBound, together_the_shorter_runs_first) {
  EXPECT_DOUBLE_EQ(bound({0, 0}, {1, 3}), (1 + 4.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(bound({0, 0}, {3, 1}), (1 + 4.0 / 3) / 2);
}

// A of 4 s runs in [0, 1] and [2, 5], B of 1 s in [1, 2]. The mean of A's instants is
// (1 · 0.5 + 3 · 3.5) / 4 = 2.75, so it counts as complete at 4.75 rather than 5.
TEST(AnttLowerBound, an_interrupted_request_counts_by_the_mean_of_its_instants) {
  EXPECT_DOUBLE_EQ(bound({0, 1}, {4, 1}), (4.75 / 4 + 1) / 2);
}

// B arrives when A has 1 s left of its 3 and is shorter as a whole but not than what is left. The
// bound prefers it all the same: A's instants are [0, 2] and [4, 5], their mean (2 · 1 + 4.5) / 3.
TEST(AnttLowerBound, the_whole_isolated_time_decides_and_not_what_is_left) {
  const double completion_of_a = (2 * 1 + 4.5) / 3 + 1.5;
  EXPECT_DOUBLE_EQ(bound({0, 2}, {3, 2}), (completion_of_a / 3 + 1) / 2);
}

TEST(AnttLowerBound, equal_isolated_times_in_any_order_give_the_same) {
  // 1, 2, 3, 4 with nobody interrupted.
  EXPECT_DOUBLE_EQ(bound({0, 0, 0, 0}, {1, 1, 1, 1}), 2.5);
}

TEST(AnttLowerBound, what_arrives_at_a_completion_starts_a_new_busy_period) {
  EXPECT_EQ(bound({0, 1, 2}, {1, 1, 1}), 1);
  EXPECT_DOUBLE_EQ(bound({0, 0, 100, 100}, {1, 3, 1, 3}), (1 + 4.0 / 3) / 2);
}

// Of three requests of 2 s on two accelerators, the fast machine runs one after the other in 1 s
// each: means of 0.5, 1.5, 2.5 s and 1 s more. Two accelerators really take 2, 2 and 4 s.
TEST(AnttLowerBound, several_accelerators_are_one_as_fast_as_all) {
  EXPECT_DOUBLE_EQ(bound({0, 0, 0}, {2, 2, 2}, 2), (0.75 + 1.25 + 1.75) / 3);
  EXPECT_EQ(bound({0, 0}, {2, 2}, 2), 1);
  EXPECT_EQ(bound({0, 0, 0}, {1, 2, 3}, 1000), 1);  // never below alone
}

TEST(AnttLowerBound, late_arrivals_lose_no_digits) {
  const double early = bound({0, 1, 1, 2}, {4, 1, 0.5, 0.25});
  EXPECT_EQ(bound({1e15, 1e15 + 1, 1e15 + 1, 1e15 + 2}, {4, 1, 0.5, 0.25}), early);
  // A millisecond is far less than what a double can tell apart there.
  EXPECT_DOUBLE_EQ(bound({0, 0, 1e15, 1e15}, {1e-3, 3e-3, 1e-3, 3e-3}), (1 + 4.0 / 3) / 2);
}

TEST(AnttLowerBound, extremes_stay_finite) {
  EXPECT_DOUBLE_EQ(bound({0, 0}, {1e-15, 1e15}), 1);
  EXPECT_EQ(bound({0, 0}, {1e15, 1e15}), 1.5);
  EXPECT_EQ(bound({0}, {1e-15}, std::numeric_limits<std::uint32_t>::max()), 1);
}

TEST(AnttLowerBound, wrong_input_is_told) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(bound({}, {}), std::invalid_argument);
  EXPECT_THROW(bound({0}, {}), std::invalid_argument);
  EXPECT_THROW(bound({0}, {1, 2}), std::invalid_argument);
  EXPECT_THROW(bound({0}, {1}, 0), std::invalid_argument);
  EXPECT_THROW(bound({1, 0}, {1, 1}), std::invalid_argument);
  for (const double wrong : {0.0, -1.0, nan, infinity}) {
    EXPECT_THROW(bound({0}, {wrong}), std::invalid_argument) << wrong;
  }
  EXPECT_THROW(bound({nan}, {1}), std::invalid_argument);
  EXPECT_THROW(bound({infinity}, {1}), std::invalid_argument);
}

/// The least ANTT over all schedules that decide at whole seconds which requests run, at most one
/// second of each and `machines` of them at a time.
class BestSchedule {
 public:
  BestSchedule(std::vector<int> arrivals, std::vector<int> isolated, int machines)
      : arrivals_(std::move(arrivals)), isolated_(std::move(isolated)), machines_(machines) {}

  double antt() { return least(0, isolated_) / static_cast<double>(isolated_.size()); }

 private:
  /// Of what is `left` at `now`: the least sum of turnaround / isolated time.
  double least(int now, const std::vector<int>& left) {
    if (std::all_of(left.begin(), left.end(), [](int l) { return l == 0; })) return 0;
    const auto [known, unknown] = known_.try_emplace({now, left}, 0);
    if (!unknown) return known->second;
    std::vector<std::size_t> ready;
    for (std::size_t j = 0; j < left.size(); ++j) {
      if (left[j] > 0 && arrivals_[j] <= now) ready.push_back(j);
    }
    double best = std::numeric_limits<double>::infinity();
    for (unsigned chosen = 0; chosen < (1U << ready.size()); ++chosen) {
      if (__builtin_popcount(chosen) > machines_) continue;
      if (chosen == 0 && !ready.empty()) continue;  // waiting gains nothing
      std::vector<int> after = left;
      double sum = 0;
      for (std::size_t i = 0; i < ready.size(); ++i) {
        const std::size_t j = ready[i];
        if ((chosen >> i & 1U) != 0 && --after[j] == 0) {
          sum += static_cast<double>(now + 1 - arrivals_[j]) / isolated_[j];
        }
      }
      best = std::min(best, sum + least(now + 1, after));
    }
    return known_[{now, left}] = best;
  }

  std::vector<int> arrivals_;
  std::vector<int> isolated_;
  int machines_;
  std::map<std::pair<int, std::vector<int>>, double> known_;
};

TEST(AnttLowerBound, no_schedule_of_small_cases_is_below_it) {
  constexpr int kCases = 150;
  RandomStream random(20231028, StreamPurpose::arrivals);
  const auto from_to = [&](int least, int largest) {
    return least + static_cast<int>(random.below(static_cast<std::uint64_t>(largest - least + 1)));
  };
  int tight = 0;
  for (int c = 0; c < kCases; ++c) {
    const int machines = from_to(1, 2);
    std::vector<int> arrivals(static_cast<std::size_t>(from_to(1, 5)));
    for (int& arrival : arrivals) arrival = from_to(0, 6);
    std::sort(arrivals.begin(), arrivals.end());
    std::vector<int> isolated(arrivals.size());
    for (int& time : isolated) time = from_to(1, 5);
    const double best = BestSchedule(arrivals, isolated, machines).antt();
    const double least =
        bound({arrivals.begin(), arrivals.end()}, {isolated.begin(), isolated.end()},
              static_cast<std::uint32_t>(machines));
    EXPECT_LE(least, best * (1 + 1e-12)) << "case " << c << " on " << machines;
    if (least > best * (1 - 1e-12)) ++tight;
  }
  // Where nothing is interrupted on one accelerator the bound is reached.
  EXPECT_GT(tight, kCases / 10);
}

}  // namespace
}  // namespace dysta
