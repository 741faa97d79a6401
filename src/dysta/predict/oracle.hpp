// The predictor that knows: a yardstick, not a scheduler's part.
#pragma once

#include "dysta/predict/predictor.hpp"

namespace dysta {

/// Estimates are the task's true latencies, as `Truth` tells them.
class OraclePredictor final : public Predictor {
 public:
  /// `truth` must outlive the predictor.
  explicit OraclePredictor(const Truth& truth) : truth_(truth) {}

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  const Truth& truth_;
};

}  // namespace dysta
