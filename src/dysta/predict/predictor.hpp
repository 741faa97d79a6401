// How much longer a task will run: the interface of latency predictors.
#pragma once

#include <cstdint>

#include "dysta/core/task.hpp"
#include "dysta/core/time.hpp"

namespace dysta {

/// What is expected of a task. Constant between its events: a task that waits teaches nothing.
struct Estimate {
  Seconds remaining{};   ///< from the start of its next layer to its end, all greater than 0
  Seconds next_layer{};  ///< of its next layer alone
  Seconds isolated{};    ///< of the whole task, alone on the accelerator
  Seconds deviation{};   ///< standard deviation of what remains; 0 too of predictors without one
};

/// Follows tasks by the same events as a policy and estimates at each. Does no more than observe:
/// it neither knows the clock nor chooses.
class Predictor {
 public:
  virtual ~Predictor() = default;

  /// A task arrived. Its id is not in use.
  virtual Estimate on_arrival(const TaskArrival& arrival) = 0;

  /// A layer of `task` ended that was not its last.
  virtual Estimate on_layer_done(TaskId task, const Observation& observation) = 0;
};

/// Where an oracle learns what no scheduler can know. Hosts that replay traces offer it; a live
/// host cannot.
class Truth {
 public:
  virtual ~Truth() = default;

  /// The true latencies of `task` when its next layer is `next_layer`, counted from 0. Asked from
  /// the task's arrival to the end of its last layer but one.
  virtual Estimate truth(TaskId task, std::uint32_t next_layer) const = 0;
};

}  // namespace dysta
