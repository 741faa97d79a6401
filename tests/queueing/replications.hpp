// Independent replications of a simulated queue, and confidence intervals over them.
//
// Every comparison with theory has 32 replications with seeds of their own, the same ones in all
// tests of a load. They are fixed, so a test either always passes or always fails. The interval is
// Student's at 99.9%: of the 169 intervals of this program a choice of seeds has 0.17 on average
// that miss a true value.
//
// A replication starts empty, so its first requests wait too little. With c² the sum of the squared
// coefficients of variation of gaps and services, a queue forgets its start at a rate of about
// (1 - ρ)²/2c² a request, and the first 50/(1 - ρ)² requests are not counted: 25/c² such times.
// With c² at most 2.4 (bursty arrivals: 5, but loads up to 0.7) what is left of the start is below
// a thousandth at the first counted request, and below 10⁻⁵ of the mean over all that count.
//
// After the last arrival nobody overtakes any more. So as many of the last requests are not counted
// either, and it is checked that all that count completed before the last arrival: what would have
// come after it cannot have changed them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/workload/workload.hpp"
#include "queueing/formulas.hpp"
#include "support/tiny.hpp"

namespace dysta::test {

inline constexpr std::size_t kReplications = 32;
inline constexpr double kStudent = 3.6335;  ///< P(|T| ≤ t) = 0.999, 31 degrees of freedom

/// One value a replication.
class Replicated {
 public:
  void add(double value) { values_.push_back(value); }
  double operator[](std::size_t replication) const { return values_[replication]; }

  double mean() const {
    double sum = 0;
    for (const double value : values_) sum += value;
    return sum / static_cast<double>(values_.size());
  }

  /// Half the width of the confidence interval of the mean.
  double half_width() const {
    EXPECT_EQ(values_.size(), kReplications);
    double sum = 0;
    for (const double value : values_) sum += (value - mean()) * (value - mean());
    return kStudent * std::sqrt(sum / (kReplications * (kReplications - 1)));
  }

  /// Whether the interval, widened by `allowance`, holds `theory`.
  bool holds(double theory, double allowance = 0) const {
    return std::abs(mean() - theory) <= half_width() + allowance;
  }

  friend Replicated operator+(const Replicated& a, const Replicated& b) {
    Replicated sum;
    for (std::size_t r = 0; r < a.values_.size(); ++r) sum.add(a[r] + b[r]);
    return sum;
  }

  friend Replicated operator-(const Replicated& a, const Replicated& b) {
    Replicated difference;
    for (std::size_t r = 0; r < a.values_.size(); ++r) difference.add(a[r] - b[r]);
    return difference;
  }

 private:
  std::vector<double> values_;
};

/// Theory must lie in the interval, and the interval's half width be at most `precision` of it
/// (√5 times that in an unoptimised build).
inline void expect_theory(const std::string& what, const Replicated& measured, double theory,
                          double precision) {
  std::printf("%-58s theory %11.6g  measured %11.6g  ± %9.3g (%.2f%%)\n", what.c_str(), theory,
              measured.mean(), measured.half_width(), 100 * measured.half_width() / theory);
  EXPECT_TRUE(measured.holds(theory)) << what << ": theory " << theory << ", measured "
                                      << measured.mean() << " ± " << measured.half_width();
  EXPECT_LE(measured.half_width(), precision * theory) << what;
}

/// The negative control: something that is not so must lie outside the interval.
inline void expect_refuted(const std::string& what, const Replicated& measured, double wrong) {
  EXPECT_FALSE(measured.holds(wrong)) << what << ": " << wrong << " is not refuted by "
                                      << measured.mean() << " ± " << measured.half_width();
}

/// Requests in the order of arrival, of which those in [first, last) count.
struct Workload {
  std::vector<Request> requests;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Networks, and how often each is asked for.
class Station {
 public:
  explicit Station(std::vector<Trace> traces)
      : traces_(std::move(traces)), profiles_(traces_), mix_(Mix::uniform(traces_)) {}
  Station(std::vector<Trace> traces, std::string_view mix)
      : traces_(std::move(traces)), profiles_(traces_), mix_(Mix::parse(mix, traces_)) {}

  const TraceSet& traces() const { return traces_; }

  /// The distribution of isolated latencies, from the traces alone.
  Sizes sizes() const {
    double total = 0;
    for (const double weight : mix_.weights) total += weight;
    std::map<double, double> shares;
    for (std::size_t v = 0; v < traces_.size(); ++v) {
      const Trace& trace = traces_.all()[v];
      for (std::size_t s = 0; s < trace.samples(); ++s) {
        double latency = 0;
        for (const LayerSample& layer : trace.sample(s)) latency += layer.latency_s;
        shares[latency] += mix_.weights[v] / total / static_cast<double>(trace.samples());
      }
    }
    Sizes sizes;
    for (const auto& [size, share] : shares) sizes.push_back({size, share});
    return sizes;
  }

  double rate_hz(double load) const { return load / moment(sizes(), 1); }

  /// One replication, of which `counted` requests count; the load is that of each accelerator.
  Workload draw(double load, std::size_t replication, std::size_t counted,
                const ArrivalProcess& arrivals = {}, std::uint32_t accelerators = 1) const {
    const auto dropped = static_cast<std::size_t>(50 / ((1 - load) * (1 - load)));
    const auto seed = static_cast<std::uint64_t>(std::lround(1000 * load)) * 1000 + replication;
    WorkloadSpec spec{.arrivals = arrivals,
                      .rate_hz = accelerators * rate_for_load(load, mix_, profiles_),
                      .count = dropped + counted + dropped,
                      .seed = seed,
                      .mix = mix_};
    return {generate(spec, traces_, profiles_), dropped, dropped + counted};
  }

  RunOutcome run(const std::string& policy, const std::vector<Request>& requests,
                 SchedulingCosts costs = {}, Timeline* timeline = nullptr,
                 std::uint32_t accelerators = 1) const {
    Simulation simulation(traces_, requests, costs, accelerators);
    const auto made =
        registry_.parse(policy).front().make({.profiles = profiles_, .truth = &simulation});
    return simulation.run(*made, timeline);
  }

 private:
  TraceSet traces_;
  Profiles profiles_;
  Mix mix_;
  PolicyRegistry registry_;
};

inline Seconds waiting(const RequestOutcome& request) {
  return request.turnaround() - request.isolated;
}

/// Mean of `value(request)` over the requests that count and that `belongs(request)` takes.
template <class Value, class Belongs>
double mean_over(const Workload& workload, const RunOutcome& outcome, Value&& value,
                 Belongs&& belongs) {
  const Seconds last_arrival = workload.requests.back().arrival;
  double sum = 0;
  double count = 0;
  std::size_t late = 0;
  for (std::size_t i = workload.first; i < workload.last; ++i) {
    const RequestOutcome& request = outcome.requests[i];
    if (request.completion > last_arrival) ++late;
    if (!belongs(request)) continue;
    sum += value(request);
    ++count;
  }
  EXPECT_EQ(late, 0u) << "counted requests that completed after the last arrival";
  return sum / count;
}

template <class Value>
double mean_over(const Workload& workload, const RunOutcome& outcome, Value&& value) {
  return mean_over(workload, outcome, value, [](const RequestOutcome&) { return true; });
}

inline double mean_waiting(const Workload& workload, const RunOutcome& outcome) {
  return mean_over(workload, outcome, [](const auto& request) { return waiting(request).count(); });
}

/// One input: `latency_s` cut in equal layers.
inline TinySample equal_layers(double latency_s, std::size_t layers = 1) {
  return {layers, LayerSample{latency_s / static_cast<double>(layers), 0.5}};
}

/// 1, 3 and 10 ms for 60, 30 and 10 of 100 inputs: cv² 1.13. No remaining size of one is that of
/// another where the number of layers is a power of 2.
inline Trace three_sizes(std::size_t layers = 1) {
  std::vector<TinySample> samples;
  for (int i = 0; i < 100; ++i) {
    samples.push_back(equal_layers(i < 60 ? 0.001 : i < 90 ? 0.003 : 0.010, layers));
  }
  return tiny_trace("net_three", samples);
}

/// The tests at one load.
class AtLoad : public testing::TestWithParam<double> {
 protected:
  static double load() { return GetParam(); }

  /// Whether waiting depends so much on the load that a difference of 3% must show.
  static bool shows_load() { return load() > 0.6; }

  static std::string label(const std::string& what) {
    return std::to_string(load()).substr(0, 3) + " " + what;
  }

  /// The number of requests that count, given that at load 0.9: waiting is correlated over about
  /// 1/(1 - ρ)² requests, so as high a precision needs more of them at a higher load.
  static std::size_t counted(std::size_t at_high_load) {
    return load() > 0.8 ? at_high_load : load() > 0.6 ? at_high_load / 3 : at_high_load / 6;
  }
};

inline std::string load_name(const testing::TestParamInfo<double>& info) {
  return "load_" + std::to_string(static_cast<int>(std::lround(100 * info.param)));
}

}  // namespace dysta::test
