#include "dysta/predict/density_ratio.hpp"

#include <algorithm>
#include <stdexcept>

namespace dysta {

DensityRatioPredictor::DensityRatioPredictor(const Profiles& profiles, Tables tables,
                                             std::uint32_t window)
    : profiles_(profiles), tables_(tables), window_(window) {
  if (window > kLargestWindow && window != kAllLayers) {
    throw std::invalid_argument("the window of a density-ratio predictor is too large");
  }
}

Estimate DensityRatioPredictor::on_arrival(const TaskArrival& arrival) {
  const Profile& profile = profiles_[arrival.variant];
  const LatencyTable& table = tables_ == Tables::pattern ? profile.by_pattern : profile.by_model;
  if (index(arrival.task) >= states_.size()) {
    states_.resize(index(arrival.task) + 1);
    if (window_ != kAllLayers) recent_ratios_.resize(states_.size() * window_);
  }
  states_[index(arrival.task)] = {.layer_s = table.layer_s.data(),
                                  .remaining_s = table.remaining_s.data(),
                                  .average_density = profile.average_density.data()};
  return {.remaining = Seconds{table.isolated_s()},
          .next_layer = Seconds{table.layer_s[0]},
          .isolated = Seconds{table.isolated_s()}};
}

Estimate DensityRatioPredictor::on_layer_done(TaskId task, const Observation& observation) {
  State& state = states_[index(task)];
  double gamma = 1;
  if (window_ > 0) {
    const double density = 1 - observation.sparsity;
    gamma = ratio_mean(task, state, density / state.average_density[observation.layer]);
  }
  const std::uint32_t next = observation.layer + 1;
  return {.remaining = Seconds{gamma * state.remaining_s[next]},
          .next_layer = Seconds{gamma * state.layer_s[next]},
          .isolated = Seconds{gamma * state.remaining_s[0]}};
}

double DensityRatioPredictor::ratio_mean(TaskId task, State& state, double ratio) {
  if (window_ == kAllLayers) {
    state.ratio_sum += ratio;
    return state.ratio_sum / static_cast<double>(++state.layers_seen);
  }
  double* recent = recent_ratios_.data() + index(task) * window_;
  recent[state.layers_seen++ % window_] = ratio;
  const std::uint32_t count = std::min(state.layers_seen, window_);
  double sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) sum += recent[i];
  return sum / static_cast<double>(count);
}

}  // namespace dysta
