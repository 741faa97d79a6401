#include "dysta/predict/noisy.hpp"

#include <cmath>

namespace dysta {
namespace {

Estimate scaled(const Estimate& estimate, double factor) {
  return {.remaining = estimate.remaining * factor,
          .next_layer = estimate.next_layer * factor,
          .isolated = estimate.isolated * factor,
          .deviation = estimate.deviation * factor};
}

}  // namespace

Estimate NoisyPredictor::on_arrival(const TaskArrival& arrival) {
  if (index(arrival.task) >= factors_.size()) factors_.resize(index(arrival.task) + 1);
  factors_[index(arrival.task)] = std::exp(noise_ * random_.normal());
  return scaled(predictor_->on_arrival(arrival), factors_[index(arrival.task)]);
}

Estimate NoisyPredictor::on_layer_done(TaskId task, const Observation& observation) {
  return scaled(predictor_->on_layer_done(task, observation), factors_[index(task)]);
}

}  // namespace dysta
