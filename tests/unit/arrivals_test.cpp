#include "dysta/workload/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using Kind = ArrivalProcess::Kind;

constexpr const char* kAllowed =
    "allowed is poisson, periodic[:jitter=0..1], gamma[:cv=0.05..20] or replay:FILE";

std::vector<double> times_of(const ArrivalProcess& process, std::optional<double> rate_hz,
                             std::size_t count, std::uint64_t seed = 1) {
  std::vector<double> times_s;
  for (const Seconds time : arrival_times(process, rate_hz, count, seed)) {
    times_s.push_back(time.count());
  }
  return times_s;
}

ArrivalProcess replay_of(std::vector<double> times_s) {
  ArrivalProcess process{.kind = Kind::replay, .source = "t.csv"};
  for (const double time : times_s) process.table.times.push_back(Seconds{time});
  return process;
}

struct Gaps {
  double mean;
  double variation;  ///< standard deviation / mean
};

Gaps gaps_of(const std::vector<double>& times_s) {
  double squares = 0;
  const double mean = times_s.back() / static_cast<double>(times_s.size());
  double last = 0;
  for (const double time : times_s) {
    squares += (time - last - mean) * (time - last - mean);
    last = time;
  }
  return {mean, std::sqrt(squares / static_cast<double>(times_s.size())) / mean};
}

TEST(ArrivalProcess, is_read_with_its_setting_or_without) {
  EXPECT_EQ(parse_arrival_process("poisson").kind, Kind::poisson);
  EXPECT_EQ(parse_arrival_process("periodic").jitter, 0);
  EXPECT_EQ(parse_arrival_process("periodic:jitter=0.25").jitter, 0.25);
  EXPECT_EQ(parse_arrival_process("periodic:jitter=1").kind, Kind::periodic);
  EXPECT_EQ(parse_arrival_process("gamma").cv, 2);
  EXPECT_EQ(parse_arrival_process("gamma:cv=0.05").cv, 0.05);
  EXPECT_EQ(parse_arrival_process("gamma:cv=20").kind, Kind::gamma);
}

TEST(ArrivalProcess, unknown_ones_are_refused_with_what_is_allowed) {
  for (const std::string text : {"", "uniform", "Poisson", "poisson:rate=2", "replay", "replay:"}) {
    EXPECT_EQ(message_of<SpecificationError>([&] { parse_arrival_process(text); }),
              "arrivals: '" + text.substr(0, text.size()) + "' is unknown; " + kAllowed);
  }
}

TEST(ArrivalProcess, settings_out_of_range_are_refused_with_what_is_allowed) {
  for (const std::string text :
       {"periodic:jitter=1.5", "periodic:jitter=-0.1", "periodic:jitter=nan",
        "periodic:jitter=", "periodic:cv=1", "periodic:", "gamma:cv=0.04", "gamma:cv=21",
        "gamma:cv", "gamma:jitter=1"}) {
    const std::string setting = text.substr(text.find(':') + 1);
    EXPECT_EQ(message_of<SpecificationError>([&] { parse_arrival_process(text); }),
              "arrivals: parameter '" + setting + "' is not allowed; " + kAllowed);
  }
}

TEST(ArrivalProcess, is_written_as_it_is_read) {
  for (const std::string text : {"poisson", "periodic:jitter=0.25", "gamma:cv=0.5"}) {
    EXPECT_EQ(to_text(parse_arrival_process(text)), text);
  }
  EXPECT_EQ(to_text(replay_of({1})), "replay:t.csv");
}

TEST(Arrivals, poisson_has_exponential_gaps_of_the_mean_asked_for) {
  const auto times = times_of({.kind = Kind::poisson}, 4, 20000);
  EXPECT_NEAR(gaps_of(times).mean, 0.25, 0.01);
  EXPECT_NEAR(gaps_of(times).variation, 1, 0.04);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST(Arrivals, gamma_has_the_mean_and_variation_asked_for) {
  for (const double cv : {0.25, 3.0}) {
    const auto times = times_of({.kind = Kind::gamma, .cv = cv}, 4, 50000);
    EXPECT_NEAR(gaps_of(times).mean, 0.25, 0.25 * 5 * cv / std::sqrt(50000)) << "cv " << cv;
    EXPECT_NEAR(gaps_of(times).variation, cv, 0.1 * cv) << "cv " << cv;
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  }
}

TEST(Arrivals, periodic_without_jitter_is_a_grid_from_0) {
  EXPECT_THAT(times_of({.kind = Kind::periodic}, 4, 4), ElementsAre(0, 0.25, 0.5, 0.75));
}

TEST(Arrivals, periodic_with_jitter_is_late_by_at_most_its_share_of_the_period) {
  for (const double jitter : {0.25, 1.0}) {
    const auto times = times_of({.kind = Kind::periodic, .jitter = jitter}, 4, 1000);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    double largest = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const double late = times[i] * 4 - static_cast<double>(i);
      EXPECT_GE(late, 0);
      EXPECT_LE(late, jitter);
      largest = std::max(largest, late);
    }
    EXPECT_GT(largest, 0.9 * jitter);
  }
}

TEST(Arrivals, one_seed_at_two_rates_differs_by_a_factor_in_time) {
  for (const Kind kind : {Kind::poisson, Kind::periodic, Kind::gamma}) {
    const ArrivalProcess process{.kind = kind, .jitter = 0.5};
    const auto slow = times_of(process, 2, 100);
    const auto fast = times_of(process, 8, 100);
    for (std::size_t i = 0; i < slow.size(); ++i) EXPECT_EQ(slow[i], 4 * fast[i]);
  }
}

TEST(Arrivals, more_of_them_begin_with_the_same) {
  const auto few = times_of({}, 1, 10);
  auto many = times_of({}, 1, 100);
  many.resize(10);
  EXPECT_EQ(few, many);
}

TEST(Arrivals, seeds_differ) { EXPECT_NE(times_of({}, 1, 10, 1), times_of({}, 1, 10, 2)); }

TEST(Arrivals, none_asked_for_is_none) { EXPECT_TRUE(times_of({}, 1, 0).empty()); }

TEST(Arrivals, a_rate_is_needed_but_for_a_replay) {
  EXPECT_EQ(message_of<SpecificationError>([] { times_of({}, std::nullopt, 1); }),
            "arrivals: a rate is needed");
}

TEST(Arrivals, replay_without_a_rate_is_as_it_was) {
  EXPECT_THAT(times_of(replay_of({1, 2, 2, 7}), std::nullopt, 3), ElementsAre(1, 2, 2));
}

TEST(Arrivals, replay_with_a_rate_is_scaled_to_it) {
  // Three gaps over 6 s are 0.5 a second; for 2 a second times shrink to a quarter.
  EXPECT_THAT(times_of(replay_of({1, 2, 2, 7}), 2, 4), ElementsAre(0.25, 0.5, 0.5, 1.75));
}

TEST(Arrivals, replay_refuses_more_than_the_file_has) {
  EXPECT_EQ(message_of<SpecificationError>([] {
              times_of(replay_of({1, 2}), std::nullopt, 3);
            }),
            "arrivals: t.csv holds 2 times and 3 are asked for; allowed is at most as many");
}

TEST(Arrivals, replay_refuses_to_scale_what_has_no_rate) {
  EXPECT_EQ(message_of<SpecificationError>([] {
              times_of(replay_of({3, 3, 4}), 1, 2);
            }),
            "arrivals: the first 2 times of t.csv are all the same, so they have no rate to scale");
}

TEST(ArrivalFile, is_read_from_its_column) {
  const TemporaryFolder folder;
  const std::string path = folder.write("t.csv", "host,arrival_s\na,0\nb,0.5\nc,0.5\n");
  const ArrivalProcess process = parse_arrival_process("replay:" + path);
  EXPECT_EQ(process.kind, Kind::replay);
  EXPECT_EQ(process.source, path);
  EXPECT_THAT(process.table.times, ElementsAre(Seconds{0}, Seconds{0.5}, Seconds{0.5}));
}

TEST(ArrivalFile, faults_are_named_with_their_line) {
  const TemporaryFolder folder;
  const auto fault_in = [&](const std::string& text) {
    const std::string path = folder.write("t.csv", text);
    const std::string message = message_of<FileError>([&] { read_arrival_table(path); });
    return message.substr(folder.path().size());
  };
  EXPECT_EQ(
      fault_in("arrival_s\n1\n0.5\n"),
      "t.csv:3: arrival_s is '0.5'; allowed is seconds from 0 to 1e15, not before the row above");
  EXPECT_EQ(
      fault_in("arrival_s\n-1\n"),
      "t.csv:2: arrival_s is '-1'; allowed is seconds from 0 to 1e15, not before the row above");
  EXPECT_EQ(
      fault_in("arrival_s\n2e15\n"),
      "t.csv:2: arrival_s is '2e15'; allowed is seconds from 0 to 1e15, not before the row above");
  EXPECT_EQ(fault_in("arrival_s\nnan\n"),
            "t.csv:2: arrival_s is 'nan'; allowed is a finite number");
  EXPECT_EQ(fault_in("arrival_s\n"), "t.csv: has no rows; at least one arrival is needed");
  EXPECT_EQ(fault_in("time\n1\n"), "t.csv:1: column 'arrival_s' is missing; the header has 'time'");
}

}  // namespace
}  // namespace dysta
