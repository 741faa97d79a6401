// Workloads of one seed are paired: what is not changed stays as it was.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/workload/workload.hpp"
#include "random_case.hpp"

namespace dysta {
namespace {

using test::RandomCase;

WorkloadSpec random_spec(const RandomCase& random) {
  using Kind = ArrivalProcess::Kind;
  WorkloadSpec spec;
  spec.arrivals.kind = *rc::gen::element(Kind::poisson, Kind::periodic, Kind::gamma);
  spec.arrivals.jitter = *rc::gen::inRange(0, 5) / 4.0;
  spec.arrivals.cv = *rc::gen::element(0.25, 1.0, 3.0);
  spec.rate_hz = *rc::gen::inRange(1, 100) / 7.0;
  spec.count = *rc::gen::inRange<std::size_t>(1, 40);
  spec.seed = *rc::gen::arbitrary<std::uint64_t>();
  spec.mix = Mix::uniform(random.traces);
  return spec;
}

RC_GTEST_PROP(Workload, one_seed_gives_the_same_requests_every_time, (const RandomCase& random)) {
  const WorkloadSpec spec = random_spec(random);
  RC_ASSERT(requests_csv(generate(spec, random.traces, random.profiles), random.traces) ==
            requests_csv(generate(spec, random.traces, random.profiles), random.traces));
}

RC_GTEST_PROP(Workload, another_rate_scales_arrivals_and_changes_nothing_else,
              (const RandomCase& random)) {
  const WorkloadSpec spec = random_spec(random);
  WorkloadSpec other = spec;
  other.rate_hz = *rc::gen::inRange(1, 100) / 3.0;
  const auto a = generate(spec, random.traces, random.profiles);
  const auto b = generate(other, random.traces, random.profiles);
  RC_ASSERT(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    RC_ASSERT(a[i].variant == b[i].variant);
    RC_ASSERT(a[i].sample == b[i].sample);
    RC_ASSERT(a[i].priority == b[i].priority);
    RC_ASSERT(a[i].slo == b[i].slo);
    const double periods_a = a[i].arrival.count() * *spec.rate_hz;
    const double periods_b = b[i].arrival.count() * *other.rate_hz;
    RC_ASSERT(std::abs(periods_a - periods_b) <= 1e-14 * periods_a);
  }
}

RC_GTEST_PROP(Workload, arrivals_start_at_0_or_later_and_never_decrease,
              (const RandomCase& random)) {
  Seconds last{0};
  for (const Request& request : generate(random_spec(random), random.traces, random.profiles)) {
    RC_ASSERT(request.arrival >= last);
    last = request.arrival;
  }
}

RC_GTEST_PROP(Workload, a_longer_workload_begins_with_the_shorter_one, (const RandomCase& random)) {
  const WorkloadSpec spec = random_spec(random);
  WorkloadSpec longer = spec;
  longer.count += *rc::gen::inRange<std::size_t>(1, 20);
  auto begin = generate(longer, random.traces, random.profiles);
  begin.resize(spec.count);
  RC_ASSERT(requests_csv(begin, random.traces) ==
            requests_csv(generate(spec, random.traces, random.profiles), random.traces));
}

}  // namespace
}  // namespace dysta
