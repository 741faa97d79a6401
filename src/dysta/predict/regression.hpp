// Predictors fitted to inputs at hand: yardsticks for those that need only averages.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dysta/predict/predictor.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// A constant and two features.
using RegressionRow = std::array<double, 3>;

/// Coefficients c that minimise Σ (row · c - value)². A column that depends on those before it, as
/// one that never changes does on the constant, gets the coefficient 0. `rows` and `values` have
/// the same size.
RegressionRow least_squares(std::span<const RegressionRow> rows, std::span<const double> values);

/// Remaining latency from the densities seen so far, by least squares: after each layer
/// a + b · (mean ratio over all layers run) + c · (ratio of the last), a ratio being an observed to
/// an average density. Fitted to the inputs of one variant, and for tasks of that variant only.
class DensityRegressionPredictor final : public Predictor {
 public:
  explicit DensityRegressionPredictor(const Trace& training);

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  struct State {
    double ratio_sum = 0;
    std::uint32_t layers_seen = 0;
  };

  std::vector<double> average_density_;   ///< by layer
  std::vector<RegressionRow> remaining_;  ///< coefficients by next layer; of the first only a
  std::vector<State> states_;             ///< by task
};

/// Remaining latency from the length of the input alone, a parabola a layer by least squares: what
/// is known at arrival, before anything is seen. For tasks of the variant it was fitted to, whose
/// inputs have lengths.
class ParabolaPredictor final : public Predictor {
 public:
  explicit ParabolaPredictor(const Trace& training);

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  Estimate estimate(TaskId task, std::uint32_t next_layer) const;

  std::vector<RegressionRow> remaining_;  ///< coefficients by next layer
  std::vector<double> length_;            ///< by task
};

}  // namespace dysta
