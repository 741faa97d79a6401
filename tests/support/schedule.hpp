// Schedules small enough to be worked out by hand.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "support/tiny.hpp"

namespace dysta::test {

/// A request and the network it asks for, which is its own: nothing else runs it.
struct Ask {
  double arrival_s = 0;
  std::vector<double> layers_s{};  ///< how long its layers take
  double slo_s = 1000;
  Priority priority = Priority::low;
  /// The density that the monitor sees at each layer. The network's trace holds a second input with
  /// the complements, so that the average is 1/2 and the ratio is twice the density. Empty: 1/2.
  std::vector<double> densities{};
  /// How long the layers of the trace's second input take; as this one's if empty.
  std::vector<double> other_layers_s{};
  /// Requests with one model ask for its variants; empty: a model of its own.
  std::string model{};
};

/// The network, as a trace with one input, or two where averages differ from this input's values.
inline Trace network_of(const Ask& ask, char letter) {
  const std::string own(1, letter);
  TinySample mine;
  TinySample other;
  for (std::size_t l = 0; l < ask.layers_s.size(); ++l) {
    const double density = ask.densities.empty() ? 0.5 : ask.densities[l];
    mine.push_back({.latency_s = ask.layers_s[l], .sparsity = 1 - density});
    other.push_back(
        {.latency_s = ask.other_layers_s.empty() ? ask.layers_s[l] : ask.other_layers_s[l],
         .sparsity = density});
  }
  const std::string name = (ask.model.empty() ? own : ask.model) + "_" + own;
  if (ask.densities.empty() && ask.other_layers_s.empty()) return tiny_trace(name, {mine});
  return tiny_trace(name, {mine, other});
}

/// What a policy made of requests A, B, C …
struct Schedule {
  std::string order;  ///< a letter a layer: whose layers ran, first to last
  std::vector<double> completions_s;

  friend bool operator==(const Schedule&, const Schedule&) = default;

  friend std::ostream& operator<<(std::ostream& out, const Schedule& schedule) {
    out << schedule.order << " completing at";
    for (const double completion : schedule.completions_s) out << ' ' << completion;
    return out;
  }
};

/// Everything about a run, where order and completions are not enough.
struct Recorded {
  RunOutcome outcome;
  Timeline timeline;
};

/// Runs `policy` on `asks`, which are ordered by arrival.
inline Recorded run_of(const ConfiguredPolicy& policy, const std::vector<Ask>& asks,
                       SchedulingCosts costs = {}) {
  std::vector<Trace> networks;
  for (std::size_t i = 0; i < asks.size(); ++i) {
    networks.push_back(network_of(asks[i], static_cast<char>('A' + i)));
  }
  std::vector<std::string> names;
  for (const Trace& network : networks) names.push_back(network.name());
  const TraceSet traces(std::move(networks));
  const Profiles profiles(traces);
  std::vector<Request> requests;
  for (std::size_t i = 0; i < asks.size(); ++i) {
    requests.push_back(
        tiny_request(traces, asks[i].arrival_s, names[i], 0, asks[i].priority, asks[i].slo_s));
  }
  Simulation simulation(traces, requests, costs);
  const auto chosen =
      policy.make({.profiles = profiles, .truth = &simulation, .preemption = costs.preemption});
  Recorded run;
  run.outcome = simulation.run(*chosen, &run.timeline);
  return run;
}

/// The same for a policy as a user writes it.
inline Recorded run_of(const std::string& policy, const std::vector<Ask>& asks,
                       SchedulingCosts costs = {}) {
  return run_of(PolicyRegistry().parse(policy).front(), asks, costs);
}

inline Schedule schedule_of(const Recorded& run) {
  Schedule schedule;
  for (const LayerSlice& slice : run.timeline) {
    schedule.order += static_cast<char>('A' + slice.request);
  }
  for (const RequestOutcome& request : run.outcome.requests) {
    schedule.completions_s.push_back(request.completion.count());
  }
  return schedule;
}

inline Schedule schedule_of(const std::string& policy, const std::vector<Ask>& asks,
                            SchedulingCosts costs = {}) {
  return schedule_of(run_of(policy, asks, costs));
}

}  // namespace dysta::test
