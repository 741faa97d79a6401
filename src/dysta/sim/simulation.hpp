// The discrete-event engine: identical accelerators, one policy, preemption at layer boundaries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/timeline.hpp"
#include "dysta/predict/predictor.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// What scheduling itself costs the accelerator. Both delay the layer that was chosen.
struct SchedulingCosts {
  Seconds decision{};    ///< at every decision
  Seconds preemption{};  ///< when an accelerator puts an unfinished task aside for another
};

/// Replays traces as a policy decides. When a layer ends, or at the next arrival where an
/// accelerator stands idle, it admits every request that has arrived and asks the policy, for each
/// idle accelerator in the order of their ids and as long as tasks are ready, for a task whose next
/// layer then runs for as long as the trace says. Layers that end at one instant are told of in the
/// order of their accelerators, before the arrivals of that instant. A task may move between
/// accelerators from layer to layer, at no cost of its own.
///
/// Is not an accelerator model: how long a layer takes is in the trace.
class Simulation final : public Truth {
 public:
  /// `traces` and `requests` must outlive the simulation. Throws `std::invalid_argument` unless
  /// there are requests and accelerators, arrivals do not decrease, and variants and samples are in
  /// the traces.
  Simulation(const TraceSet& traces, std::span<const Request> requests, SchedulingCosts costs = {},
             std::uint32_t accelerators = 1);

  /// Runs all requests to their end under a policy without tasks. With `timeline` every layer is
  /// recorded there, in place of what it held. Throws `std::logic_error` if the policy chooses a
  /// task that is not ready, and `std::range_error` where times lie so far apart that a layer would
  /// vanish in rounding.
  RunOutcome run(Policy& policy, Timeline* timeline = nullptr);

  /// What oracles ask, during `run`.
  Estimate truth(TaskId task, std::uint32_t next_layer) const override {
    const Running& running = running_[index(task)];
    return {.remaining = Seconds{running.remaining_s[next_layer]},
            .next_layer = Seconds{running.layers[next_layer].latency_s},
            .isolated = Seconds{running.remaining_s[0]}};
  }

 private:
  /// A request between its arrival and its completion.
  struct Running {
    const LayerSample* layers = nullptr;  ///< null while the slot is free
    const double* remaining_s = nullptr;
    std::uint32_t next_layer = 0;
    std::uint32_t layer_count = 0;
    std::uint32_t request = 0;
    std::uint32_t last_accelerator = kNone;  ///< that ran, or runs, a layer of it
    bool running = false;
  };

  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

  void admit(std::uint32_t request, Policy& policy);
  bool puts_aside(std::uint32_t accelerator, TaskId task) const;

  template <class Fleet>
  RunOutcome run_on(Fleet fleet, Policy& policy, Timeline* timeline);

  const TraceSet& traces_;
  std::span<const Request> requests_;
  SchedulingCosts costs_;
  std::uint32_t accelerators_;
  std::vector<Running> running_;  ///< by task
  std::vector<TaskId> free_;
  std::vector<TaskId> task_on_;  ///< by accelerator: the task it ran last
};

}  // namespace dysta
