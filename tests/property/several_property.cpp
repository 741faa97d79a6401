// What every schedule on several accelerators is, whatever the policy; one is among the numbers.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/metrics/bound.hpp"
#include "dysta/metrics/summary.hpp"
#include "dysta/sim/compare.hpp"
#include "random_case.hpp"
#include "support/configurations.hpp"

namespace dysta {
namespace {

using test::RandomCase;

constexpr std::uint32_t kMostAccelerators = 4;

struct PolicyRun {
  std::uint32_t accelerators = 1;
  RunOutcome outcome;
  Timeline timeline;
};

/// Calls `check(run)` with what every policy, with each of its options, makes of the case on one to
/// four accelerators.
template <class Check>
void for_every_policy(const RandomCase& random, SchedulingCosts costs, Check&& check) {
  static const std::vector<ConfiguredPolicy> configurations = test::all_configurations();
  for (const ConfiguredPolicy& configured : configurations) {
    PolicyRun run;
    run.accelerators = *rc::gen::inRange(1u, kMostAccelerators + 1);
    Simulation simulation(random.traces, random.requests, costs, run.accelerators);
    const auto policy = configured.make({.profiles = random.profiles,
                                         .truth = &simulation,
                                         .accelerators = run.accelerators,
                                         .preemption = costs.preemption});
    run.outcome = simulation.run(*policy, &run.timeline);
    try {
      check(run);
    } catch (...) {
      RC_LOG() << "under " << configured.label() << " on " << run.accelerators;
      throw;
    }
  }
}

SchedulingCosts random_costs() {
  return {.decision = Seconds{*rc::gen::inRange(0, 3) / 64.0},
          .preemption = Seconds{*rc::gen::inRange(0, 3) / 32.0}};
}

std::size_t layers_of(const RandomCase& random, std::uint32_t request) {
  return random.traces[random.requests[request].variant].layers();
}

RC_GTEST_PROP(SeveralAccelerators, every_layer_runs_once_in_order_and_after_the_one_before,
              (const RandomCase& random)) {
  for_every_policy(random, random_costs(), [&](const PolicyRun& run) {
    std::vector<std::uint32_t> next(random.requests.size(), 0);
    std::vector<Seconds> end;
    for (const Request& request : random.requests) end.push_back(request.arrival);
    for (const LayerSlice& slice : run.timeline) {
      RC_ASSERT(slice.layer == next.at(slice.request)++);
      RC_ASSERT(slice.start - slice.overhead >= end[slice.request] * (1 - 1e-12));
      RC_ASSERT(slice.end > slice.start);
      end[slice.request] = slice.end;
    }
    for (std::uint32_t r = 0; r < random.requests.size(); ++r) {
      RC_ASSERT(next[r] == layers_of(random, r));
      RC_ASSERT(run.outcome.requests[r].completion == end[r]);
    }
  });
}

RC_GTEST_PROP(SeveralAccelerators, none_runs_two_layers_at_once, (const RandomCase& random)) {
  for_every_policy(random, random_costs(), [&](const PolicyRun& run) {
    std::vector<Seconds> busy_until(run.accelerators, Seconds{0});
    for (const LayerSlice& slice : run.timeline) {
      Seconds& until = busy_until.at(slice.accelerator);
      RC_ASSERT(slice.start - slice.overhead >= until * (1 - 1e-12));
      until = slice.end;
    }
  });
}

// Between two neighbouring instants at which anything changes, the accelerators that run are as
// many as there are requests present, or all of them. (Costs are part of what an accelerator does.)
RC_GTEST_PROP(SeveralAccelerators, none_is_idle_while_a_request_is_ready,
              (const RandomCase& random)) {
  for_every_policy(random, {}, [&](const PolicyRun& run) {
    std::vector<Seconds> changes;
    for (const Request& request : random.requests) changes.push_back(request.arrival);
    for (const LayerSlice& slice : run.timeline) {
      changes.push_back(slice.start);
      changes.push_back(slice.end);
    }
    std::sort(changes.begin(), changes.end());
    for (std::size_t i = 1; i < changes.size(); ++i) {
      const Seconds from = changes[i - 1];
      const Seconds middle = from + (changes[i] - from) / 2;
      if (!(from < middle && middle < changes[i])) continue;
      const auto running = std::count_if(
          run.timeline.begin(), run.timeline.end(),
          [&](const LayerSlice& slice) { return slice.start < middle && middle < slice.end; });
      const auto present = std::count_if(
          run.outcome.requests.begin(), run.outcome.requests.end(), [&](const auto& request) {
            return request.request.arrival < middle && middle < request.completion;
          });
      RC_ASSERT(running == std::min<std::ptrdiff_t>(present, run.accelerators));
    }
  });
}

RC_GTEST_PROP(SeveralAccelerators, no_policy_beats_the_lower_bound, (const RandomCase& random)) {
  std::vector<Seconds> arrivals;
  std::vector<Seconds> isolated;
  for (const Request& request : random.requests) {
    arrivals.push_back(request.arrival);
    isolated.push_back(random.traces[request.variant].isolated(request.sample));
  }
  for_every_policy(random, random_costs(), [&](const PolicyRun& run) {
    const double bound = antt_lower_bound(arrivals, isolated, run.accelerators);
    RC_ASSERT(summarise(run.outcome)[Metric::antt] >= bound * (1 - 1e-12));
  });
}

// From the layers alone: an accelerator takes a task while the one that it ran before waits, which
// has run nowhere else since.
RC_GTEST_PROP(SeveralAccelerators, preemptions_put_a_task_of_the_accelerator_aside,
              (const RandomCase& random)) {
  for_every_policy(random, random_costs(), [&](const PolicyRun& run) {
    std::uint64_t preemptions = 0;
    for (std::size_t i = 0; i < run.timeline.size(); ++i) {
      const LayerSlice& slice = run.timeline[i];
      const auto before = run.timeline.begin() + static_cast<std::ptrdiff_t>(i);
      const auto last = std::find_if(
          std::make_reverse_iterator(before), run.timeline.rend(),
          [&](const LayerSlice& other) { return other.accelerator == slice.accelerator; });
      if (last == run.timeline.rend() || last->request == slice.request) continue;
      if (last->layer + 1 == layers_of(random, last->request)) continue;
      preemptions += std::none_of(last.base(), before, [&](const LayerSlice& other) {
        return other.request == last->request;
      });
    }
    RC_ASSERT(run.outcome.decisions == run.timeline.size());
    RC_ASSERT(run.outcome.preemptions == preemptions);
  });
}

bool same(const LayerSlice& a, const LayerSlice& b) {
  return a.request == b.request && a.layer == b.layer && a.start == b.start && a.end == b.end &&
         a.overhead == b.overhead && a.accelerator == b.accelerator;
}

RC_GTEST_PROP(SeveralAccelerators, a_second_run_does_the_same, (const RandomCase& random)) {
  const SchedulingCosts costs = random_costs();
  const auto accelerators = *rc::gen::inRange(1u, kMostAccelerators + 1);
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    Simulation simulation(random.traces, random.requests, costs, accelerators);
    std::vector<Timeline> timelines(2);
    for (Timeline& timeline : timelines) {
      const auto policy = configured.make({.profiles = random.profiles,
                                           .truth = &simulation,
                                           .accelerators = accelerators,
                                           .preemption = costs.preemption});
      simulation.run(*policy, &timeline);
    }
    RC_ASSERT(std::equal(timelines[0].begin(), timelines[0].end(), timelines[1].begin(),
                         timelines[1].end(), same));
  }
}

// As many accelerators as requests: everybody is alone.
RC_GTEST_PROP(SeveralAccelerators, enough_of_them_run_every_request_as_if_alone,
              (const RandomCase& random)) {
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    Simulation simulation(random.traces, random.requests, {},
                          static_cast<std::uint32_t>(random.requests.size()));
    const auto policy = configured.make({.profiles = random.profiles, .truth = &simulation});
    for (const RequestOutcome& request : simulation.run(*policy).requests) {
      RC_ASSERT(request.normalised_turnaround() < 1 + 1e-9);
    }
  }
}

// Requests dealt to two pools: what each does is what it does alone.
RC_GTEST_PROP(Pools, two_do_together_what_each_does_alone, (const RandomCase& random)) {
  const std::vector<Pool> pools{one_pool(random.traces, random.profiles, 2),
                                one_pool(random.traces, random.profiles, 1)};
  Run both{.requests = random.requests};
  std::vector<Run> own(2);
  for (const Request& request : random.requests) {
    const auto pool = *rc::gen::inRange(0u, 2u);
    both.pools.push_back(pool);
    own[pool].requests.push_back(request);
  }
  for (const ConfiguredPolicy& policy : test::all_configurations()) {
    Timeline timeline;
    const RunOutcome merged = simulate(pools, both, policy, {}, &timeline);
    std::uint64_t decisions = 0;
    double bound = 0;
    for (std::uint32_t p = 0; p < 2; ++p) {
      if (own[p].requests.empty()) continue;
      const RunOutcome alone = simulate({&pools[p], 1}, own[p], policy);
      decisions += alone.decisions;
      bound += alone.antt_lower_bound * static_cast<double>(own[p].requests.size());
      std::size_t next = 0;
      for (std::size_t r = 0; r < both.requests.size(); ++r) {
        if (both.pools[r] != p) continue;
        RC_ASSERT(merged.requests[r].completion == alone.requests[next++].completion);
      }
    }
    RC_ASSERT(merged.decisions == decisions);
    RC_ASSERT(timeline.size() == decisions);
    RC_ASSERT(std::abs(merged.antt_lower_bound * static_cast<double>(both.requests.size()) -
                       bound) <= 1e-9 * bound);
  }
}

}  // namespace
}  // namespace dysta
