// What every schedule is, whatever the policy: complete, in order, without idling or overlap.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/metrics/bound.hpp"
#include "dysta/metrics/summary.hpp"
#include "dysta/sched/admission.hpp"
#include "dysta/sim/simulation.hpp"
#include "random_case.hpp"
#include "support/configurations.hpp"

namespace dysta {
namespace {

using test::RandomCase;

struct Run {
  std::string policy;
  RunOutcome outcome;
  Timeline timeline;
};

/// Calls `check(run)` with what every policy, with each of its options, makes of the case.
template <class Check>
void for_every_policy(const RandomCase& random, SchedulingCosts costs, std::uint32_t accelerators,
                      Check&& check) {
  static const std::vector<ConfiguredPolicy> configurations = test::all_configurations();
  for (const ConfiguredPolicy& configured : configurations) {
    Simulation simulation(random.traces, random.requests, costs, accelerators);
    const auto policy = configured.make({.profiles = random.profiles,
                                         .truth = &simulation,
                                         .accelerators = accelerators,
                                         .preemption = costs.preemption});
    Run run{.policy = configured.label(), .outcome = {}, .timeline = {}};
    run.outcome = simulation.run(*policy, &run.timeline);
    try {
      check(run);
    } catch (...) {
      RC_LOG() << "under " << run.policy;
      throw;
    }
  }
}

template <class Check>
void for_every_policy(const RandomCase& random, SchedulingCosts costs, Check&& check) {
  for_every_policy(random, costs, 1, std::forward<Check>(check));
}

template <class Check>
void for_every_policy(const RandomCase& random, Check&& check) {
  for_every_policy(random, SchedulingCosts{}, std::forward<Check>(check));
}

std::size_t layers_of(const RandomCase& random, const Request& request) {
  return random.traces[request.variant].layers();
}

double latency_s(const RandomCase& random, const LayerSlice& slice) {
  const Request& request = random.requests[slice.request];
  return random.traces[request.variant].sample(request.sample)[slice.layer].latency_s;
}

/// Whether the two differ by rounding alone.
bool nearly(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(a)); }

RC_GTEST_PROP(Schedule, every_layer_of_every_request_runs_once_and_in_order,
              (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    std::vector<std::uint32_t> next(random.requests.size(), 0);
    for (const LayerSlice& slice : run.timeline) {
      RC_ASSERT(slice.layer == next.at(slice.request));
      ++next[slice.request];
    }
    for (std::size_t r = 0; r < random.requests.size(); ++r) {
      RC_ASSERT(next[r] == layers_of(random, random.requests[r]));
    }
  });
}

RC_GTEST_PROP(Schedule, every_request_completes_at_the_end_of_its_last_layer,
              (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    std::vector<Seconds> last_end(random.requests.size());
    for (const LayerSlice& slice : run.timeline) last_end[slice.request] = slice.end;
    RC_ASSERT(run.outcome.requests.size() == random.requests.size());
    for (std::size_t r = 0; r < random.requests.size(); ++r) {
      RC_ASSERT(run.outcome.requests[r].completion == last_end[r]);
    }
  });
}

RC_GTEST_PROP(Schedule, no_layer_runs_before_its_request_arrives, (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    for (const LayerSlice& slice : run.timeline) {
      RC_ASSERT(slice.start >= random.requests[slice.request].arrival);
    }
  });
}

RC_GTEST_PROP(Schedule, layers_take_what_the_trace_says_and_never_overlap,
              (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    Seconds before{0};
    for (const LayerSlice& slice : run.timeline) {
      RC_ASSERT(slice.start >= before);
      RC_ASSERT(slice.end == slice.start + Seconds{latency_s(random, slice)});
      before = slice.end;
    }
  });
}

RC_GTEST_PROP(Schedule, the_accelerator_never_idles_while_a_request_is_present,
              (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    Seconds now{0};
    std::size_t arrived = 0;
    std::size_t completed = 0;
    for (const LayerSlice& slice : run.timeline) {
      while (arrived < random.requests.size() && random.requests[arrived].arrival <= now) ++arrived;
      if (arrived == completed) now = random.requests[arrived].arrival;  // nobody is here
      RC_ASSERT(slice.start == now);
      now = slice.end;
      if (slice.layer + 1 == layers_of(random, random.requests[slice.request])) ++completed;
      while (arrived < random.requests.size() && random.requests[arrived].arrival <= now) ++arrived;
    }
  });
}

RC_GTEST_PROP(Schedule, busy_time_is_the_sum_of_all_latencies, (const RandomCase& random)) {
  double work_s = 0;
  for (const Request& request : random.requests) {
    work_s += random.traces[request.variant].isolated(request.sample).count();
  }
  for_every_policy(random, [&](const Run& run) {
    double busy_s = 0;
    for (const LayerSlice& slice : run.timeline) busy_s += (slice.end - slice.start).count();
    RC_ASSERT(nearly(busy_s, work_s));
  });
}

// All policies do the same work without idling, so they are done together.
RC_GTEST_PROP(Schedule, the_last_completion_is_the_same_under_every_policy,
              (const RandomCase& random)) {
  std::optional<double> last_s;
  for_every_policy(random, [&](const Run& run) {
    const double own_s = run.timeline.back().end.count();
    if (!last_s) last_s = own_s;
    RC_ASSERT(nearly(own_s, *last_s));
  });
}

RC_GTEST_PROP(Schedule, no_request_is_faster_than_alone, (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    for (const RequestOutcome& request : run.outcome.requests) {
      RC_ASSERT(request.turnaround() >= request.isolated * (1 - 1e-9));
    }
    RC_ASSERT(summarise(run.outcome)[Metric::antt] >= 1 - 1e-9);
  });
}

// Clairvoyant policies included, whatever scheduling costs, also on several accelerators.
RC_GTEST_PROP(Schedule, no_policy_beats_the_lower_bound, (const RandomCase& random)) {
  std::vector<Seconds> arrivals;
  std::vector<Seconds> isolated;
  for (const Request& request : random.requests) {
    arrivals.push_back(request.arrival);
    isolated.push_back(random.traces[request.variant].isolated(request.sample));
  }
  const auto accelerators = *rc::gen::inRange(1U, 4U);
  const double bound = antt_lower_bound(arrivals, isolated, accelerators);
  RC_ASSERT(bound >= 1);
  const SchedulingCosts costs{.decision = Seconds{*rc::gen::inRange(0, 3) / 64.0},
                              .preemption = Seconds{*rc::gen::inRange(0, 3) / 32.0}};
  for_every_policy(random, costs, accelerators, [&](const Run& run) {
    RC_ASSERT(summarise(run.outcome)[Metric::antt] >= bound * (1 - 1e-12));
  });
}

RC_GTEST_PROP(Schedule, every_layer_is_a_decision_and_preemptions_put_a_request_aside,
              (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    std::uint64_t preemptions = 0;
    for (std::size_t i = 1; i < run.timeline.size(); ++i) {
      const LayerSlice& before = run.timeline[i - 1];
      const bool ended = before.layer + 1 == layers_of(random, random.requests[before.request]);
      if (!ended && run.timeline[i].request != before.request) ++preemptions;
    }
    RC_ASSERT(run.outcome.decisions == run.timeline.size());
    RC_ASSERT(run.outcome.preemptions == preemptions);
  });
}

RC_GTEST_PROP(Schedule, costs_stand_between_layers_and_nothing_else_does,
              (const RandomCase& random)) {
  const SchedulingCosts costs{.decision = Seconds{*rc::gen::inRange(0, 3) / 64.0},
                              .preemption = Seconds{*rc::gen::inRange(0, 3) / 32.0}};
  for_every_policy(random, costs, [&](const Run& run) {
    double overhead_s = 0;
    Seconds before{0};
    for (const LayerSlice& slice : run.timeline) {
      const bool idle = slice.start - slice.overhead > before;
      if (!idle) RC_ASSERT(slice.start == before + slice.overhead);
      overhead_s += slice.overhead.count();
      before = slice.end;
    }
    const auto decisions = static_cast<double>(run.outcome.decisions);
    const auto preemptions = static_cast<double>(run.outcome.preemptions);
    RC_ASSERT(nearly(overhead_s,
                     decisions * costs.decision.count() + preemptions * costs.preemption.count()));
  });
}

RunOutcome admitted_by_deadline(const RandomCase& random, const std::string& policy) {
  const auto configured = with_admission(PolicyRegistry().parse(policy), "deadline").front();
  Simulation simulation(random.traces, random.requests);
  const auto instance = configured.make({.profiles = random.profiles, .truth = &simulation});
  return simulation.run(*instance);
}

RC_GTEST_PROP(Admission, every_request_completes_or_is_refused, (const RandomCase& random)) {
  const std::string policy = *rc::gen::element<std::string>("fcfs", "edf", "dysta", "punctual");
  std::uint64_t layers = 0;
  const RunOutcome outcome = admitted_by_deadline(random, policy);
  for (std::size_t r = 0; r < random.requests.size(); ++r) {
    const RequestOutcome& request = outcome.requests[r];
    RC_ASSERT(request.request.arrival == random.requests[r].arrival);
    if (request.refused()) {
      RC_ASSERT(request.violated());
    } else {
      RC_ASSERT(request.turnaround() >= request.isolated * (1 - 1e-9));
      layers += layers_of(random, random.requests[r]);
    }
  }
  RC_ASSERT(outcome.decisions == layers);
}

// All work that there is ends before any deadline.
RC_GTEST_PROP(Admission, nothing_is_refused_where_all_can_be_met, (RandomCase random)) {
  for (Request& request : random.requests) request.slo = Seconds{1000};
  const RunOutcome outcome = admitted_by_deadline(random, "edf");
  RC_ASSERT(std::none_of(outcome.requests.begin(), outcome.requests.end(),
                         [](const RequestOutcome& request) { return request.refused(); }));
}

RC_GTEST_PROP(Schedule, fcfs_and_hrrn_never_put_a_request_aside, (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    if (!run.policy.starts_with("fcfs") && !run.policy.starts_with("hrrn")) return;
    RC_ASSERT(run.outcome.preemptions == 0U);
  });
}

RC_GTEST_PROP(Schedule, fcfs_completes_in_the_order_of_requests, (const RandomCase& random)) {
  for_every_policy(random, [&](const Run& run) {
    if (run.policy != "fcfs") return;
    const auto& done = run.outcome.requests;
    RC_ASSERT(std::is_sorted(done.begin(), done.end(), [](const auto& a, const auto& b) {
      return a.completion < b.completion;
    }));
  });
}

}  // namespace
}  // namespace dysta
