#include "dysta/sched/dysta/exact_level.hpp"

namespace dysta {

void ExactLevel::write(const RequestRecord& record) {
  const Estimate estimate = predictor_->on_arrival({.task = record.task,
                                                    .variant = record.variant,
                                                    .arrival = record.arrival,
                                                    .sequence_length = record.sequence_length});
  table_.admit(record.task, {estimate.remaining.count(), record.deadline.count(),
                             record.arrival.count(), record.inverse_isolated_hz});
}

void ExactLevel::layer_done(TaskId task, const Observation& observation) {
  const double remaining_s = predictor_->on_layer_done(task, observation).remaining.count();
  table_.make_ready(task, [&](auto& columns) {
    columns[DystaScore::kRemaining] = remaining_s;
    columns[DystaScore::kLastRun] = observation.end.count();
  });
}

TaskId ExactLevel::select(Seconds now) {
  return table_.run_smallest(
      {.beta = settings_.beta,
       .now_s = now.count(),
       .wait_scale_s = settings_.wait_unit_s / static_cast<double>(table_.ready())});
}

}  // namespace dysta
