#include "dysta/sched/dysta/narrow_level.hpp"

namespace dysta {

template <class Arithmetic>
void NarrowLevel<Arithmetic>::write(const RequestRecord& record) {
  const auto request = image_->request(record);
  table_.admit({.id = record.task,
                .variant = record.variant,
                .deadline = request.deadline,
                .last_run = request.arrival,
                .wait_rate = request.wait_rate,
                .remaining = image_->layer(record.variant, 0).average_remaining});
}

template <class Arithmetic>
void NarrowLevel<Arithmetic>::layer_done(TaskId task, const Observation& observation) {
  Row& row = table_.make_ready(task);
  const auto& done = image_->layer(row.variant, observation.layer);
  const auto& next = image_->layer(row.variant, observation.layer + 1);
  row.ratio_sum = row.ratio_sum +
                  Arithmetic::ratio(density_code(1 - observation.sparsity), done.inverse_density);
  const Number mean_ratio = row.ratio_sum * Arithmetic::reciprocal(observation.layer + 1);
  row.remaining = next.average_remaining * Arithmetic::gamma(mean_ratio);
  row.last_run = image_->ticks(observation.end);
}

template <class Arithmetic>
TaskId NarrowLevel<Arithmetic>::select(Seconds now) {
  const Ticks now_ticks = image_->ticks(now);
  const Coefficient share = Arithmetic::reciprocal(static_cast<std::uint32_t>(table_.ready()));
  const Coefficient beta = image_->beta();
  return table_.run_smallest([=](const Row& row) {
    const Number left = Arithmetic::number(ticks_between(now_ticks, row.deadline)) - row.remaining;
    const Number slack = Number{} < left ? left : Number{};
    const Number waited = Arithmetic::number(ticks_between(row.last_run, now_ticks));
    const Number waiting = waited * row.wait_rate * share;
    return row.remaining + (slack + waiting) * beta;
  });
}

template class NarrowLevel<Fp32>;
template class NarrowLevel<Fp16>;
template class NarrowLevel<Fixed>;

}  // namespace dysta
