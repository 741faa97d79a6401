#include "dysta/sim/task_table.hpp"

namespace dysta {

void TaskTable::clear() {
  tasks_.clear();
  asked_.clear();
  numbers_.clear();
  first_free_ = kNone;
}

TaskArrival TaskTable::admit(const PlacedRequest& placed) {
  const Request& wanted = placed.request;
  const Trace& trace = traces_[wanted.variant];
  const Task task{.stream = placed.stream, .priority = wanted.priority};
  const Asked asked{.arrival = wanted.arrival,
                    .slo = wanted.slo,
                    .variant = wanted.variant,
                    .sample = wanted.sample};
  std::uint32_t id = first_free_;
  if (id == kNone) {
    id = static_cast<std::uint32_t>(tasks_.size());
    tasks_.push_back(task);
    asked_.push_back(asked);
    numbers_.push_back(placed.number);
  } else {
    first_free_ = numbers_[id];
    tasks_[id] = task;
    asked_[id] = asked;
    numbers_[id] = placed.number;
  }
  return {.task = static_cast<TaskId>(id),
          .variant = wanted.variant,
          .arrival = wanted.arrival,
          .slo = wanted.slo,
          .priority = wanted.priority,
          .sequence_length = trace.sequence_length(wanted.sample)};
}

void TaskTable::complete(TaskId id, Seconds now, OutcomeSink& outcomes) {
  Task& task = tasks_[index(id)];
  const Asked& asked = asked_[index(id)];
  std::uint32_t& number = numbers_[index(id)];
  outcomes.complete(number, {.request = {.arrival = asked.arrival,
                                         .variant = asked.variant,
                                         .sample = asked.sample,
                                         .priority = task.priority,
                                         .slo = asked.slo},
                             .model = traces_.model_of(asked.variant),
                             .stream = task.stream,
                             .isolated = isolated_[asked.variant].isolated(asked.sample),
                             .completion = now});
  task.state = State::free;
  number = first_free_;
  first_free_ = static_cast<std::uint32_t>(id);
}

Estimate TaskTable::truth(TaskId task, std::uint32_t next_layer) const {
  const Asked& asked = asked_[index(task)];
  const auto remaining_s = traces_[asked.variant].remaining_s(asked.sample);
  return {.remaining = Seconds{remaining_s[next_layer]},
          .next_layer = Seconds{traces_[asked.variant].sample(asked.sample)[next_layer].latency_s},
          .isolated = Seconds{remaining_s[0]}};
}

}  // namespace dysta
