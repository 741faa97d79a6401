// Estimates made worse on purpose: how much a policy depends on them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "dysta/core/random.hpp"
#include "dysta/predict/predictor.hpp"

namespace dysta {

/// Multiplies another predictor's estimates of a task by one factor of the task's own, from its
/// arrival to its end: e^(noise · g), g normal. So a task is mistaken for a longer or a shorter
/// one, which nothing seen puts right. The n-th task to arrive at any instance has the
/// same g, whatever the run and its seed: policies that see the same arrivals are misled alike.
class NoisyPredictor final : public Predictor {
 public:
  NoisyPredictor(std::unique_ptr<Predictor> predictor, double noise)
      : predictor_(std::move(predictor)), noise_(noise) {}

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  std::unique_ptr<Predictor> predictor_;
  double noise_;
  RandomStream random_{0, StreamPurpose::prediction};
  std::vector<double> factors_;  ///< by task
};

}  // namespace dysta
