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
  const LatencyTable& expected = table(profiles_[arrival.variant]);
  if (index(arrival.task) >= states_.size()) {
    states_.resize(index(arrival.task) + 1);
    if (window_ != kAllLayers) recent_ratios_.resize(states_.size() * window_);
  }
  states_[index(arrival.task)] = {.variant = arrival.variant};
  return {.remaining = Seconds{expected.isolated_s()},
          .next_layer = Seconds{expected.layer_s[0]},
          .isolated = Seconds{expected.isolated_s()}};
}

Estimate DensityRatioPredictor::on_layer_done(TaskId task, const Observation& observation) {
  State& state = states_[index(task)];
  const Profile& profile = profiles_[state.variant];
  const LatencyTable& expected = table(profile);
  double gamma = 1;
  if (window_ > 0) {
    const double density = 1 - observation.sparsity;
    gamma = ratio_mean(task, state, density / profile.average_density[observation.layer]);
  }
  const std::uint32_t next = observation.layer + 1;
  return {.remaining = Seconds{gamma * expected.remaining_s[next]},
          .next_layer = Seconds{gamma * expected.layer_s[next]},
          .isolated = Seconds{gamma * expected.remaining_s[0]}};
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
