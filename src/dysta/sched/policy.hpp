// The interface of every scheduler.
#pragma once

#include "dysta/core/ids.hpp"
#include "dysta/core/task.hpp"
#include "dysta/core/time.hpp"

namespace dysta {

/// Decides which task's next layer an accelerator runs.
///
/// A policy is told events and asked for a choice; the host (a simulator, a live runtime, the
/// hardware's test bench) executes. It keeps no clock, starts nothing, reads and prints nothing,
/// and knows of a task only what the events say. After the arrival of a task it does not allocate.
///
/// The host promises:
///  - Times never decrease from call to call.
///  - `on_arrival` comes in the order of arrival, and for tasks that arrive at one instant in the
///    order of their requests. Ties in a policy break by this order.
///  - A task that `choose` returned runs one layer and is not ready until `on_layer_done` says that
///    the layer ended, or `on_finish` that it was the task's last. Other accelerators may ask in
///    the meantime.
///  - An accelerator whose layer has ended is asked at that instant if any task is ready.
///  - Task ids are dense, and used again only after `on_finish`.
class Policy {
 public:
  virtual ~Policy() = default;

  /// Whether the host is to take a task on. Hosts that can refuse ask once, `now`, just before
  /// `on_arrival`; a task that is refused is told of no more, and its id is free.
  virtual bool admits(const TaskArrival& arrival, Seconds now) {
    static_cast<void>(arrival);
    static_cast<void>(now);
    return true;
  }

  /// A task arrived and is ready.
  virtual void on_arrival(const TaskArrival& arrival) = 0;

  /// A layer of `task` ended that was not its last; the task is ready again.
  virtual void on_layer_done(TaskId task, const Observation& observation) = 0;

  /// The last layer of `task` ended; its id is free.
  virtual void on_finish(TaskId task) = 0;

  /// The task whose next layer `accelerator` runs from `now` on. Asked only while a task is ready;
  /// returns one that is.
  virtual TaskId choose(Seconds now, AcceleratorId accelerator) = 0;
};

}  // namespace dysta
