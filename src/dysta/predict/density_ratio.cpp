#include "dysta/predict/density_ratio.hpp"

#include <algorithm>
#include <stdexcept>

namespace dysta {

DensityRatioPredictor::DensityRatioPredictor(const Profiles& profiles, Tables tables,
                                             std::uint32_t window)
    : profiles_(profiles),
      tables_(tables),
      window_(window),
      kept_(window == kAllLayers ? 1 : window) {
  if (window > kLargestWindow && window != kAllLayers) {
    throw std::invalid_argument("the window of a density-ratio predictor is too large");
  }
}

Estimate DensityRatioPredictor::on_arrival(const TaskArrival& arrival) {
  const LatencyTable& expected = table(profiles_[arrival.variant]);
  if (index(arrival.task) >= variants_.size()) {
    variants_.resize(index(arrival.task) + 1);
    ratios_.resize(variants_.size() * kept_);
  }
  variants_[index(arrival.task)] = arrival.variant;
  return {.remaining = Seconds{expected.isolated_s()},
          .next_layer = Seconds{expected.layer_s[0]},
          .isolated = Seconds{expected.isolated_s()}};
}

Estimate DensityRatioPredictor::on_layer_done(TaskId task, const Observation& observation) {
  const Profile& profile = profiles_[variants_[index(task)]];
  const LatencyTable& expected = table(profile);
  const std::uint32_t next = observation.layer + 1;
  double gamma = 1;
  if (window_ > 0) {
    const double density = 1 - observation.sparsity;
    gamma = ratio_mean(task, next, density / profile.average_density[observation.layer]);
  }
  return {.remaining = Seconds{gamma * expected.remaining_s[next]},
          .next_layer = Seconds{gamma * expected.layer_s[next]},
          .isolated = Seconds{gamma * expected.remaining_s[0]}};
}

double DensityRatioPredictor::ratio_mean(TaskId task, std::uint32_t layers, double ratio) {
  if (window_ == kAllLayers) {
    double& sum = ratios_[index(task)];
    sum = layers == 1 ? ratio : sum + ratio;
    return sum / static_cast<double>(layers);
  }
  double* recent = ratios_.data() + index(task) * window_;
  recent[(layers - 1) % window_] = ratio;
  const std::uint32_t count = std::min(layers, window_);
  double sum = 0;
  for (std::uint32_t i = 0; i < count; ++i) sum += recent[i];
  return sum / static_cast<double>(count);
}

}  // namespace dysta
