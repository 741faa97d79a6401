// Dysta's dynamic level: what the hardware beside the accelerator keeps and computes.
#pragma once

#include "dysta/core/task.hpp"
#include "dysta/sched/dysta/static_level.hpp"

namespace dysta {

/// Holds the request table, corrects remaining latencies by what the monitor sees, and selects the
/// task that runs next (Sparse-DySta, MICRO'23, algorithm 2 and section 5):
///
///   score = γ·rem + β · ( max(0, deadline - now - γ·rem) + wait_unit · (now - last_run) / (iso·n)
///   )
///
/// with n the number of ready tasks; the smallest score runs, of equal ones the request that was
/// written first. Its four operations are all that the RTL has to offer: what implements them
/// differs in how it computes, and may be the RTL itself.
class DynamicLevel {
 public:
  virtual ~DynamicLevel() = default;

  /// Software wrote a request.
  virtual void write(const RequestRecord& record) = 0;

  /// The monitor saw a layer of `task` end that was not its last.
  virtual void layer_done(TaskId task, const Observation& observation) = 0;

  /// The last layer of `task` ended.
  virtual void retire(TaskId task) = 0;

  /// The task that runs next. At least one must be ready.
  virtual TaskId select(Seconds now) = 0;
};

}  // namespace dysta
