// Random small workloads: few networks, few layers, and much that coincides.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "dysta/trace/profile.hpp"
#include "dysta/workload/request_table.hpp"
#include "support/tiny.hpp"

namespace dysta::test {

/// Traces and requests, valid and not too many.
struct RandomCase {
  TraceSet traces;
  Profiles profiles;
  std::vector<Request> requests;
};

inline void showValue(const RandomCase& random, std::ostream& out) {
  for (const Trace& trace : random.traces.all()) {
    out << trace.name() << ", inputs by layers (latency, sparsity):\n";
    for (std::size_t s = 0; s < trace.samples(); ++s) {
      for (const LayerSample& layer : trace.sample(s)) {
        out << "  (" << layer.latency_s << ", " << layer.sparsity << ')';
      }
      out << '\n';
    }
  }
  out << requests_csv(random.requests, random.traces);
}

/// Up to three models, one or two patterns of each.
inline TraceSet random_traces(double tick_s) {
  using rc::gen::inRange;
  std::vector<Trace> traces;
  const int models = *inRange(1, 4);
  for (int m = 0; m < models; ++m) {
    const int layers = *inRange(1, 5);
    const int patterns = *inRange(1, 3);
    for (int p = 0; p < patterns; ++p) {
      std::vector<TinySample> samples(static_cast<std::size_t>(*inRange(1, 4)));
      for (TinySample& sample : samples) {
        for (int l = 0; l < layers; ++l) {
          sample.push_back(
              {.latency_s = *inRange(1, 9) * tick_s, .sparsity = *inRange(0, 8) / 8.0});
        }
      }
      traces.push_back(tiny_trace("m" + std::to_string(m) + "_p" + std::to_string(p), samples));
    }
  }
  return TraceSet(std::move(traces));
}

/// Gaps are often 0 and now and then longer than all that is there to do.
inline std::vector<Request> random_requests(const TraceSet& traces, double tick_s) {
  using rc::gen::inRange;
  const auto gap = rc::gen::weightedOneOf<int>(
      {{3, rc::gen::just(0)}, {4, inRange(1, 8)}, {1, inRange(40, 200)}});
  std::vector<Request> requests(static_cast<std::size_t>(*inRange(1, 19)));
  int now = 0;
  for (Request& request : requests) {
    now += *gap;
    request.arrival = Seconds{now * tick_s};
    request.variant = static_cast<VariantId>(*inRange<std::size_t>(0, traces.size()));
    request.sample =
        static_cast<std::uint32_t>(*inRange<std::size_t>(0, traces[request.variant].samples()));
    request.priority = *rc::gen::element(Priority::low, Priority::medium, Priority::high);
    request.slo = Seconds{*inRange(1, 60) * tick_s};
  }
  return requests;
}

inline RandomCase random_case() {
  // Sums of sixteenths are exact, so that equal scores are equal; sums of milliseconds are not.
  const double tick_s = *rc::gen::element(1.0 / 16, 1e-3);
  TraceSet traces = random_traces(tick_s);
  Profiles profiles(traces);
  auto requests = random_requests(traces, tick_s);
  return {std::move(traces), std::move(profiles), std::move(requests)};
}

}  // namespace dysta::test

namespace rc {

template <>
struct Arbitrary<dysta::test::RandomCase> {
  /// Of nominal size from the first case on: RapidCheck's small sizes would leave one request.
  static Gen<dysta::test::RandomCase> arbitrary() {
    return gen::resize(kNominalSize, gen::exec(dysta::test::random_case));
  }
};

}  // namespace rc
