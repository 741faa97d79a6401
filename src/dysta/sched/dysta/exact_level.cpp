#include "dysta/sched/dysta/exact_level.hpp"

#include <algorithm>

namespace dysta {

void ExactLevel::write(const RequestRecord& record) {
  const Estimate estimate = predictor_->on_arrival(
      {.task = record.task, .variant = record.variant, .arrival = record.arrival});
  table_.admit({.id = record.task,
                .remaining_s = estimate.remaining.count(),
                .deadline_s = record.deadline.count(),
                .last_run_s = record.arrival.count(),
                .inverse_isolated_hz = record.inverse_isolated_hz,
                .isolated_s = record.isolated.count(),
                .first_score = record.first_score});
}

void ExactLevel::layer_done(TaskId task, const Observation& observation) {
  Row& row = table_.make_ready(task);
  row.remaining_s = predictor_->on_layer_done(task, observation).remaining.count();
  row.last_run_s = observation.end.count();
}

TaskId ExactLevel::select(Seconds now) {
  if (settings_.refresh == Refresh::first_score) {
    return table_.run_smallest(
        [](const Row& row) { return row.first_score - (row.isolated_s - row.remaining_s); });
  }
  const double beta = settings_.beta;
  const double now_s = now.count();
  const double wait_scale = settings_.wait_unit_s / static_cast<double>(table_.ready());
  return table_.run_smallest([=](const Row& row) {
    const double slack = std::max(0.0, row.deadline_s - now_s - row.remaining_s);
    const double waiting = (now_s - row.last_run_s) * row.inverse_isolated_hz * wait_scale;
    return row.remaining_s + beta * (slack + waiting);
  });
}

}  // namespace dysta
