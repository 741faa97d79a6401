// Accelerators, their common queue, and the policy between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "dysta/io/number_text.hpp"
#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/timeline.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/sim/costs.hpp"
#include "dysta/sim/fleets.hpp"
#include "dysta/sim/task_table.hpp"

namespace dysta {

/// Moves from event to event as its host says: layers end, tasks arrive, idle accelerators choose,
/// in this order at every instant at which a layer ends or an arrival finds an accelerator idle.
template <class Fleet>
class Station {
 public:
  /// `tasks`, `policy`, both without tasks, `outcomes` and `timeline` must outlive the station.
  /// `first_accelerator` is what the timeline calls the first of `accelerators`. `traces_on` are
  /// those of each accelerator, or none where all run the traces of `tasks`.
  Station(Fleet fleet, std::uint32_t accelerators, TaskTable& tasks, Policy& policy,
          const SchedulingCosts& costs, OutcomeSink& outcomes, Timeline* timeline,
          std::uint32_t first_accelerator = 0, std::vector<const TraceSet*> traces_on = {})
      : fleet_(std::move(fleet)),
        tasks_(tasks),
        policy_(policy),
        costs_(costs),
        outcomes_(outcomes),
        timeline_(timeline),
        first_accelerator_(first_accelerator),
        traces_on_(std::move(traces_on)),
        last_on_(accelerators) {}

  /// Tasks that have arrived and not completed.
  std::size_t present() const { return present_; }

  bool all_idle() const { return fleet_.all_idle(); }
  bool any_idle() const { return fleet_.any_idle(); }

  /// When the next layer ends; `kNever` while all are idle.
  Seconds next_end() const { return fleet_.all_idle() ? kNever : fleet_.next_end(); }

  const RunCounts& counts() const { return counts_; }

  /// Ends the layers that end by `now`, those of one instant in the order of their accelerators.
  /// Calls `ended(asked, layer)` for each before the policy is told.
  template <class Ended>
  void end_layers(Seconds now, Ended&& ended) {
    while (!fleet_.all_idle() && !before(now, fleet_.next_end())) {
      Last& last = last_on_[fleet_.finish()];
      const TaskId id = last.task;
      TaskTable::Task& task = tasks_[id];
      const std::uint32_t layer = task.next_layer - 1;
      ended(tasks_.asked(id), layer);
      if (task.next_layer < last.layers.size()) {
        task.state = TaskTable::State::ready;
        const LayerSample& sample = last.layers[layer];
        policy_.on_layer_done(id, {.layer = layer,
                                   .sparsity = sample.sparsity,
                                   .latency = Seconds{traces_on_.empty() ? sample.latency_s : 0},
                                   .end = now});
        continue;
      }
      last = {};
      tasks_.complete(id, now, outcomes_);
      policy_.on_finish(id);
      --present_;
    }
  }

  /// Takes a request on unless the policy refuses it: then tells that it never completes. Returns
  /// whether it was taken on.
  bool admit(const PlacedRequest& placed, Seconds now) {
    const TaskArrival arrival = tasks_.admit(placed);
    if (!policy_.admits(arrival, now)) {
      tasks_.complete(arrival.task, kNever, outcomes_);
      return false;
    }
    policy_.on_arrival(arrival);
    ++present_;
    return true;
  }

  /// Asks the policy for a task for each idle accelerator in the order of their ids, as long as
  /// tasks are ready, and starts its next layer. Throws `std::logic_error` if the policy chooses a
  /// task that is not ready, and `std::range_error` where a layer would vanish in rounding.
  void decide(Seconds now) {
    for (std::size_t ready = present_ - fleet_.busy(); ready > 0 && fleet_.any_idle(); --ready) {
      const std::uint32_t accelerator = fleet_.take_idle();
      const TaskId id = policy_.choose(now, static_cast<AcceleratorId>(accelerator));
      if (!tasks_.contains(id) || tasks_[id].state != TaskTable::State::ready) {
        throw std::logic_error("the policy chose a task that is not ready");
      }
      start(now, accelerator, id);
    }
  }

 private:
  /// The task that an accelerator ran last, unless it is complete.
  struct Last {
    TaskId task = static_cast<TaskId>(TaskTable::kNone);
    std::span<const LayerSample> layers{};  ///< as on this accelerator
  };

  void start(Seconds now, std::uint32_t accelerator, TaskId id) {
    TaskTable::Task& task = tasks_[id];
    Last& last = last_on_[accelerator];
    ++counts_.decisions;
    Seconds overhead = costs_.decision;
    if (last.task != id || task.last_accelerator != accelerator) {
      if (puts_aside(accelerator, id)) {
        ++counts_.preemptions;
        overhead += costs_.preemption;
      }
      if (task.last_accelerator != accelerator && task.last_accelerator != TaskTable::kNowhere) {
        overhead += costs_.migration;
      }
      task.last_accelerator = static_cast<std::uint16_t>(accelerator);
      const TraceSet& traces = traces_on_.empty() ? tasks_.traces() : *traces_on_[accelerator];
      last = {.task = id, .layers = tasks_.layers_on(traces, id)};
    }
    task.state = TaskTable::State::running;
    const std::uint32_t layer = task.next_layer++;
    const LayerSample& sample = last.layers[layer];
    const Seconds begin = now + overhead;
    const Seconds end = begin + Seconds{sample.latency_s};
    if (!before(begin, end)) {
      throw std::range_error("a layer of " + readable_text(sample.latency_s) +
                             " s vanishes in rounding at " + readable_text(begin.count()) +
                             " s; allowed are times that a double can tell apart");
    }
    fleet_.start(accelerator, end);
    if (timeline_ == nullptr) return;
    timeline_->push_back({.request = tasks_.number(id),
                          .layer = layer,
                          .start = begin,
                          .end = end,
                          .sparsity = sample.sparsity,
                          .overhead = overhead,
                          .accelerator = first_accelerator_ + accelerator});
  }

  /// Whether the task that `accelerator` ran last waits unfinished while `id` takes its place.
  bool puts_aside(std::uint32_t accelerator, TaskId id) const {
    const TaskId last = last_on_[accelerator].task;
    if (last == id || !tasks_.contains(last)) return false;
    const TaskTable::Task& waiting = tasks_[last];
    return waiting.state == TaskTable::State::ready && waiting.last_accelerator == accelerator;
  }

  Fleet fleet_;
  TaskTable& tasks_;
  Policy& policy_;
  SchedulingCosts costs_;
  OutcomeSink& outcomes_;
  Timeline* timeline_;
  std::uint32_t first_accelerator_;
  std::vector<const TraceSet*> traces_on_;  ///< by accelerator; empty where all are alike
  std::vector<Last> last_on_;               ///< by accelerator
  std::size_t present_ = 0;
  RunCounts counts_;
};

}  // namespace dysta
