// The tasks of a queue, each from its arrival to its completion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dysta/core/task.hpp"
#include "dysta/metrics/outcome.hpp"
#include "dysta/predict/predictor.hpp"
#include "dysta/sim/growing_table.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/request_source.hpp"

namespace dysta {

/// Numbers tasks densely and knows the trace of each. Takes 40 bytes a task present at once.
class TaskTable final : public Truth {
 public:
  enum class State : std::uint8_t { free, ready, running };

  static constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);

  /// The `last_accelerator` of a task that has not run: accelerators have smaller numbers.
  static constexpr std::uint16_t kNowhere = static_cast<std::uint16_t>(-1);

  /// What every layer needs of a task.
  struct Task {
    std::uint32_t next_layer = 0;
    std::uint32_t stream = 0;
    std::uint16_t last_accelerator = kNowhere;  ///< that ran, or runs, a layer of it
    State state = State::ready;
    Priority priority = Priority::low;
  };

  /// What its beginning and end need.
  struct Asked {
    Seconds arrival{};
    Seconds slo{};
    VariantId variant{};
    std::uint32_t sample = 0;
  };

  /// Of accelerators that run `traces`, which isolated times are of too.
  explicit TaskTable(const TraceSet& traces) : TaskTable(traces, traces) {}

  /// Isolated times are of `isolated`, which must outlive the table, as must `traces`.
  TaskTable(const TraceSet& traces, const TraceSet& isolated)
      : traces_(traces), isolated_(isolated) {}

  /// The traces that its tasks run.
  const TraceSet& traces() const { return traces_; }

  /// The layers of a task as they are on the accelerators whose traces these are.
  std::span<const LayerSample> layers_on(const TraceSet& traces, TaskId task) const {
    const Asked& asked = asked_[index(task)];
    return traces[asked.variant].sample(asked.sample);
  }

  /// Forgets all tasks.
  void clear();

  /// A new task. The request must be one of the traces.
  TaskArrival admit(const PlacedRequest& placed);

  /// Frees the task, whose last layer ended `now`, or `kNever` will, and tells of it.
  void complete(TaskId task, Seconds now, OutcomeSink& outcomes);

  /// Whether `task` was ever admitted: any other number is none of this table.
  bool contains(TaskId task) const { return index(task) < tasks_.size(); }

  Task& operator[](TaskId task) { return tasks_[index(task)]; }
  const Task& operator[](TaskId task) const { return tasks_[index(task)]; }
  const Asked& asked(TaskId task) const { return asked_[index(task)]; }
  std::uint32_t number(TaskId task) const { return numbers_[index(task)]; }  ///< in the run

  Estimate truth(TaskId task, std::uint32_t next_layer) const override;

 private:
  const TraceSet& traces_;
  const TraceSet& isolated_;
  GrowingTable<Task> tasks_;             ///< by task
  GrowingTable<Asked> asked_;            ///< by task
  GrowingTable<std::uint32_t> numbers_;  ///< by task: in the run; of a free one, the next free one
  std::uint32_t first_free_ = kNone;
};

}  // namespace dysta
