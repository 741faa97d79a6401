#include "dysta/sched/dysta/first_score_level.hpp"

namespace dysta {

void FirstScoreLevel::write(const RequestRecord& record) {
  const Estimate estimate = predictor_->on_arrival(
      {.task = record.task, .variant = record.variant, .arrival = record.arrival});
  table_.admit(record.task,
               {record.first_score, record.isolated.count(), estimate.remaining.count()});
}

void FirstScoreLevel::layer_done(TaskId task, const Observation& observation) {
  const double remaining_s = predictor_->on_layer_done(task, observation).remaining.count();
  table_.make_ready(
      task, [remaining_s](auto& columns) { columns[FirstScore::kRemaining] = remaining_s; });
}

}  // namespace dysta
