// The workload generator's distributions.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>

#include "queueing/replications.hpp"

namespace dysta::test {
namespace {

constexpr double kRate = 250;
constexpr std::size_t kGaps = 20'000;

/// Gaps between arrivals, as shares of the mean gap.
std::vector<double> gaps(const std::string& process, std::uint64_t seed, std::size_t count) {
  const auto times = arrival_times(parse_arrival_process(process), kRate, count + 1, seed);
  std::vector<double> gaps;
  for (std::size_t i = 0; i < count; ++i) gaps.push_back((times[i + 1] - times[i]).count() * kRate);
  return gaps;
}

/// Kolmogorov's distance of the values from the exponential distribution with mean 1, times √n.
double distance_from_exponential(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = -std::expm1(-values[i]);
    largest = std::max(
        {largest, share - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - share});
  }
  return largest * std::sqrt(n);
}

/// Kolmogorov and Smirnov's distance of two samples of n, times √(n/2).
double distance(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const auto n = static_cast<double>(a.size());
  double largest = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    (a[i] <= b[j] ? i : j)++;
    largest = std::max(largest, std::abs(static_cast<double>(i) - static_cast<double>(j)) / n);
  }
  return largest * std::sqrt(n / 2);
}

/// Both distances exceed this with probability 0.001 where there is no difference.
constexpr double kKolmogorov = 1.9495;

struct GapMoments {
  std::string process;
  double square;   ///< E[g²], the mean being 1
  double cube;     ///< E[g³]
  double product;  ///< E[g·next g]
};

void PrintTo(const GapMoments& moments, std::ostream* out) { *out << moments.process; }

std::string process_name(const testing::TestParamInfo<GapMoments>& info) {
  std::string name = info.param.process;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class Arrivals : public testing::TestWithParam<GapMoments> {};

// Gamma gaps with c = cv²: E[g²] = 1 + c, E[g³] = (1 + c)(1 + 2c), independent. Jitter J: the gap
// is 1 + J(U' - U), so that E[g²] = 1 + J²/6, E[g³] = 1 + J²/2, and neighbours share a U: 1 -
// J²/12.
INSTANTIATE_TEST_SUITE_P(
    Processes, Arrivals,
    testing::Values(GapMoments{"poisson", 2, 6, 1}, GapMoments{"gamma:cv=0.5", 1.25, 1.875, 1},
                    GapMoments{"gamma:cv=1", 2, 6, 1}, GapMoments{"gamma:cv=2", 5, 45, 1},
                    GapMoments{"periodic:jitter=0.5", 1 + 0.25 / 6, 1.125, 1 - 0.25 / 12},
                    GapMoments{"periodic:jitter=1", 1 + 1.0 / 6, 1.5, 1 - 1.0 / 12}),
    process_name);

TEST_P(Arrivals, GapsHaveTheMomentsOfTheirDistribution) {
  Replicated mean;
  Replicated square;
  Replicated cube;
  Replicated product;
  for (std::size_t r = 0; r < kReplications; ++r) {
    const auto values = gaps(GetParam().process, 1 + r, kGaps);
    const auto mean_of = [&](const std::function<double(std::size_t)>& value) {
      double sum = 0;
      for (std::size_t i = 0; i + 1 < values.size(); ++i) sum += value(i);
      return sum / static_cast<double>(values.size() - 1);
    };
    mean.add(mean_of([&](auto i) { return values[i]; }));
    square.add(mean_of([&](auto i) { return values[i] * values[i]; }));
    cube.add(mean_of([&](auto i) { return values[i] * values[i] * values[i]; }));
    product.add(mean_of([&](auto i) { return values[i] * values[i + 1]; }));
  }
  const std::string name = GetParam().process + ", gaps, ";
  expect_theory(name + "mean", mean, 1, 0.02);
  expect_theory(name + "square", square, GetParam().square, 0.04);
  expect_theory(name + "cube", cube, GetParam().cube, 0.12);
  expect_theory(name + "product of neighbours", product, GetParam().product, 0.03);
}

TEST(Arrivals, PeriodicGapsAreAllAPeriod) {
  for (const double gap : gaps("periodic", 1, 1000)) EXPECT_NEAR(gap, 1, 1e-9);
}

TEST(Arrivals, PoissonGapsAreExponential) {
  EXPECT_LT(distance_from_exponential(gaps("poisson", 1, 200'000)), kKolmogorov);
}

TEST(Arrivals, GammaGapsOfCvOneAreExponential) {
  const auto gamma = gaps("gamma:cv=1", 2, 200'000);
  EXPECT_LT(distance_from_exponential(gamma), kKolmogorov);
  EXPECT_LT(distance(gamma, gaps("poisson", 1, 200'000)), kKolmogorov);
  // A distribution that is nearly the same is told apart.
  const auto nearly = gaps("gamma:cv=1.05", 2, 200'000);
  EXPECT_GT(distance_from_exponential(nearly), kKolmogorov);
  EXPECT_GT(distance(nearly, gaps("poisson", 1, 200'000)), kKolmogorov);
}

// Independent replications are what every interval of this program rests on.
TEST(Arrivals, NeighbouringSeedsAreIndependent) {
  std::vector<double> first;
  std::vector<double> second;
  Replicated product;
  for (std::size_t r = 0; r < kReplications; ++r) {
    double sum = 0;
    for (std::uint64_t s = 0; s < 1000; ++s) {
      const auto times = arrival_times({}, kRate, 2, 1000 * r + s);
      first.push_back(times[0].count() * kRate);
      second.push_back((times[1] - times[0]).count() * kRate);
      if (s > 0) sum += first.back() * first[first.size() - 2];
    }
    product.add(sum / 999);
  }
  EXPECT_LT(distance_from_exponential(first), kKolmogorov);
  EXPECT_LT(distance_from_exponential(second), kKolmogorov);
  expect_theory("first gaps of neighbouring seeds, product", product, 1, 0.05);
}

TEST(Arrivals, ReplayIsScaledToTheRate) {
  ArrivalProcess replay{.kind = ArrivalProcess::Kind::replay};
  const auto recorded = arrival_times({}, kRate, 1000, 1);
  replay.table.times = recorded;
  EXPECT_EQ(arrival_times(replay, std::nullopt, 1000, 1), recorded);
  const auto scaled = arrival_times(replay, 2 * kRate, 1000, 1);
  EXPECT_NEAR(999 / (scaled.back() - scaled.front()).count(), 2 * kRate, 1e-9 * kRate);
  const double factor = (scaled.back() - scaled.front()) / (recorded.back() - recorded.front());
  for (std::size_t i = 0; i + 1 < scaled.size(); ++i) {
    EXPECT_NEAR((scaled[i + 1] - scaled[i]).count(),
                factor * (recorded[i + 1] - recorded[i]).count(), 1e-12);
  }
}

// The moments that theory is given are those of what is drawn, and sizes know nothing of gaps.
TEST(Workloads, SamplesAreUniformAndIndependentOfArrivals) {
  const Station station({three_sizes()});
  const Sizes sizes = station.sizes();
  Replicated size;
  Replicated square;
  Replicated neighbours;
  Replicated with_gap_before;
  Replicated with_gap_after;
  std::vector<double> drawn(100);
  for (std::size_t r = 0; r < kReplications; ++r) {
    const auto requests = station.draw(0.5, r, kGaps).requests;
    std::vector<double> latency;
    for (const Request& request : requests) {
      latency.push_back(station.traces()[request.variant].isolated(request.sample).count());
      ++drawn[request.sample];
    }
    double sums[5]{};
    const double rate = station.rate_hz(0.5);
    for (std::size_t i = 1; i + 1 < requests.size(); ++i) {
      sums[0] += latency[i];
      sums[1] += latency[i] * latency[i];
      sums[2] += latency[i] * latency[i + 1];
      sums[3] += latency[i] * (requests[i].arrival - requests[i - 1].arrival).count() * rate;
      sums[4] += latency[i] * (requests[i + 1].arrival - requests[i].arrival).count() * rate;
    }
    const auto n = static_cast<double>(requests.size() - 2);
    size.add(sums[0] / n);
    square.add(sums[1] / n);
    neighbours.add(sums[2] / n);
    with_gap_before.add(sums[3] / n);
    with_gap_after.add(sums[4] / n);
  }
  const double mean = moment(sizes, 1);
  expect_theory("sizes, mean", size, mean, 0.01);
  expect_theory("sizes, square", square, moment(sizes, 2), 0.02);
  expect_theory("sizes, product of neighbours", neighbours, mean * mean, 0.02);
  expect_theory("sizes, product with the gap before", with_gap_before, mean, 0.02);
  expect_theory("sizes, product with the gap after", with_gap_after, mean, 0.02);

  double total = 0;
  for (const double count : drawn) total += count;
  double chi_square = 0;
  for (const double count : drawn) {
    chi_square += (count - total / 100) * (count - total / 100) / (total / 100);
  }
  EXPECT_LT(chi_square, 148.23);  // exceeded with probability 0.001, 99 degrees of freedom
}

}  // namespace
}  // namespace dysta::test
