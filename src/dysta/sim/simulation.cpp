#include "dysta/sim/simulation.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "dysta/sim/arrivals_of_run.hpp"
#include "dysta/sim/station.hpp"

namespace dysta {
namespace {

std::uint32_t accelerators_in(std::span<const AcceleratorKind> kinds) {
  std::uint32_t sum = 0;
  for (const AcceleratorKind& kind : kinds) sum += kind.accelerators;
  return sum;
}

}  // namespace

Simulation::Simulation(const TraceSet& traces, SchedulingCosts costs, std::uint32_t accelerators)
    : traces_(traces), costs_(costs), accelerators_(accelerators), tasks_(traces) {
  if (accelerators == 0) throw std::invalid_argument("at least one accelerator is needed");
  if (accelerators >= TaskTable::kNowhere) {
    throw std::invalid_argument("a simulation has fewer than 65535 accelerators");
  }
}

Simulation::Simulation(const TraceSet& traces, SchedulingCosts costs,
                       std::span<const AcceleratorKind> kinds)
    : Simulation(traces, costs, accelerators_in(kinds)) {
  if (kinds.size() == 1 && kinds.front().traces == &traces) return;  // all alike
  for (const AcceleratorKind& kind : kinds) {
    traces_on_.insert(traces_on_.end(), kind.accelerators, kind.traces);
  }
}

Simulation::Simulation(const TraceSet& traces, std::span<const Request> requests,
                       SchedulingCosts costs, std::uint32_t accelerators)
    : Simulation(traces, costs, accelerators) {
  requests_ = requests;
  if (requests.empty()) throw std::invalid_argument("a workload has at least one request");
  if (requests.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("a workload has fewer than 2^32 requests");
  }
  Seconds last{0};
  for (const Request& request : requests) {
    check(request, traces, last);
    last = request.arrival;
  }
}

RunOutcome Simulation::run(Policy& policy, Timeline* timeline) {
  if (requests_.empty()) throw std::logic_error("there are no requests at hand");
  RequestsAtHand requests(requests_);
  KeptOutcomes kept(requests_.size());
  const RunCounts counts = run(requests, policy, kept, timeline);
  return {.requests = std::move(kept.outcomes),
          .decisions = counts.decisions,
          .preemptions = counts.preemptions};
}

RunCounts Simulation::run(RequestSource& requests, Policy& policy, OutcomeSink& outcomes,
                          Timeline* timeline) {
  tasks_.clear();
  if (timeline != nullptr) timeline->clear();
  if (accelerators_ == 1) return run_on(OneAccelerator(), requests, policy, outcomes, timeline);
  return run_on(SeveralAccelerators(accelerators_), requests, policy, outcomes, timeline);
}

template <class Fleet>
RunCounts Simulation::run_on(Fleet fleet, RequestSource& requests, Policy& policy,
                             OutcomeSink& outcomes, Timeline* timeline) {
  Station<Fleet> station(std::move(fleet), accelerators_, tasks_, policy, costs_, outcomes,
                         timeline, 0, traces_on_);
  const auto nobody = [](const TaskTable::Asked&, std::uint32_t) {};
  Seconds now{0};
  Arrivals arrivals(requests, traces_);
  while (station.present() > 0 || arrivals.more()) {
    // The next event: a layer's end, or an arrival that finds an accelerator idle.
    const bool arrival_next =
        station.all_idle() || (station.any_idle() && before(arrivals.time(), station.next_end()));
    now = arrival_next ? std::max(now, arrivals.time()) : station.next_end();
    station.end_layers(now, nobody);
    while (!before(now, arrivals.time())) {
      station.admit(arrivals.request(), now);
      arrivals.advance();
    }
    station.decide(now);
  }
  return station.counts();
}

}  // namespace dysta
