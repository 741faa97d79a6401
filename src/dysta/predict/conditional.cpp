#include "dysta/predict/conditional.hpp"

#include <algorithm>

namespace dysta {
namespace {

/// Nothing seen makes a task end sooner than in this share of the time that its length lets
/// expect.
constexpr double kLeastShare = 0.1;

}  // namespace

Estimate ConditionalPredictor::estimate(const State& state, std::size_t next_layer) const {
  const ConditionalTable& table = *state.table;
  const double by_length = table.remaining_s(state.bucket, next_layer, state.length);
  const double after = table.remaining_s(state.bucket, next_layer + 1, state.length);
  const double factor = std::max(1 + state.expected, kLeastShare);
  const double isolated = table.remaining_s(state.bucket, 0, state.length);
  // Separate lines may cross where lengths are few; a layer takes some time all the same.
  const double next =
      std::max(by_length - after, kLeastShare * by_length / static_cast<double>(table.layers()));
  return {.remaining = Seconds{by_length * factor},
          .next_layer = Seconds{next * factor},
          .isolated = Seconds{std::max(isolated - by_length, 0.0) + by_length * factor},
          .deviation = Seconds{
              evidence_ == Evidence::recursion ? by_length * table.deviation(next_layer) : 0}};
}

Estimate ConditionalPredictor::on_arrival(const TaskArrival& arrival) {
  if (index(arrival.task) >= states_.size()) states_.resize(index(arrival.task) + 1);
  const ConditionalTable& table = profiles_[arrival.variant].conditional;
  states_[index(arrival.task)] = {.table = &table,
                                  .bucket = table.bucket(arrival.sequence_length),
                                  .length = static_cast<double>(arrival.sequence_length)};
  return estimate(states_[index(arrival.task)], 0);
}

Estimate ConditionalPredictor::on_layer_done(TaskId task, const Observation& observation) {
  State& state = states_[index(task)];
  const ConditionalTable& table = *state.table;
  const std::uint32_t layer = observation.layer;
  const double surplus =
      (1 - observation.sparsity) / table.density(state.bucket, layer, state.length) - 1;
  if (evidence_ == Evidence::mean_density) {
    state.surplus_sum += surplus;
    state.expected = table.elasticity(layer + 1) * state.surplus_sum / (layer + 1);
  } else if (evidence_ == Evidence::recursion && observation.latency > Seconds{0}) {
    const double time_surplus =
        observation.latency.count() / table.latency_s(state.bucket, layer, state.length) - 1;
    state.expected = table.keep(layer) * state.expected + table.gain(layer) * surplus +
                     table.time_gain(layer) * time_surplus;
  }
  return estimate(state, layer + 1);
}

}  // namespace dysta
