// The discrete-event engine: accelerators, one queue, one policy, preemption at layer boundaries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/timeline.hpp"
#include "dysta/predict/predictor.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/sim/costs.hpp"
#include "dysta/sim/task_table.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/request_source.hpp"

namespace dysta {

/// Replays traces as a policy decides. When a layer ends, or at the next arrival where an
/// accelerator stands idle, it admits every request that has arrived and asks the policy, for each
/// idle accelerator in the order of their ids and as long as tasks are ready, for a task whose next
/// layer then runs for as long as the trace says. Layers that end at one instant are told of in the
/// order of their accelerators, before the arrivals of that instant. A task may move between
/// accelerators from layer to layer; a layer lasts as long as on the one that runs it.
///
/// Is not an accelerator model: how long a layer takes is in the trace.
class Simulation final : public Truth {
 public:
  /// For requests from a source. `traces` must outlive the simulation. Throws
  /// `std::invalid_argument` unless there are accelerators, fewer than 65,535.
  explicit Simulation(const TraceSet& traces, SchedulingCosts costs = {},
                      std::uint32_t accelerators = 1);

  /// The same on accelerators of several kinds: those of each in their order, which is that in
  /// which idle ones ask. `traces` are what isolated times and the truth that oracles ask for are
  /// of.
  Simulation(const TraceSet& traces, SchedulingCosts costs, std::span<const AcceleratorKind> kinds);

  /// For requests at hand, which must outlive the simulation too. Throws `std::invalid_argument`
  /// also unless there are requests, their arrivals do not decrease, and variants and samples are
  /// in the traces.
  Simulation(const TraceSet& traces, std::span<const Request> requests, SchedulingCosts costs = {},
             std::uint32_t accelerators = 1);

  /// Runs all requests of a source to their end under a policy without tasks, and tells `outcomes`
  /// of each. Memory grows with the tasks present at once, 52 bytes each, and not with the
  /// requests. With `timeline` every layer is recorded there, in place of what it held. Throws what
  /// the source throws, `std::invalid_argument` for requests that are not as said above,
  /// `std::logic_error` if the policy chooses a task that is not ready, and `std::range_error`
  /// where times lie so far apart that a layer would vanish in rounding.
  RunCounts run(RequestSource& requests, Policy& policy, OutcomeSink& outcomes,
                Timeline* timeline = nullptr);

  /// Runs the requests at hand, and keeps every outcome.
  RunOutcome run(Policy& policy, Timeline* timeline = nullptr);

  /// What oracles ask, during `run`.
  Estimate truth(TaskId task, std::uint32_t next_layer) const override {
    return tasks_.truth(task, next_layer);
  }

 private:
  template <class Fleet>
  RunCounts run_on(Fleet fleet, RequestSource& requests, Policy& policy, OutcomeSink& outcomes,
                   Timeline* timeline);

  const TraceSet& traces_;
  std::span<const Request> requests_;  ///< at hand
  SchedulingCosts costs_;
  std::uint32_t accelerators_;
  std::vector<const TraceSet*> traces_on_;  ///< by accelerator; empty where all are alike
  TaskTable tasks_;
};

}  // namespace dysta
