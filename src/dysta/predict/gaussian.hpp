// The exact conditional expectation under a joint normal distribution: a yardstick.
#pragma once

#include <cstdint>
#include <vector>

#include "dysta/predict/predictor.hpp"
#include "dysta/trace/conditional_table.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// Remaining latency given the length and the density and latency of every single layer so far, all
/// relative to what a `ConditionalTable` expects at that length and taken as jointly normal. Needs
/// a table of 2 layers × 2 layers, so it shows what is lost by keeping a single number.
///
/// Inputs are fewer than covariances, so correlations are shrunk towards 0 by the factor that
/// J. Schäfer and K. Strimmer derive ("A Shrinkage Approach to Large-Scale Covariance Matrix
/// Estimation and Implications for Functional Genomics", Statistical Applications in Genetics and
/// Molecular Biology 4(1), 2005). Fitted to the inputs of one variant, and for tasks of that
/// variant only.
class GaussianPredictor final : public Predictor {
 public:
  explicit GaussianPredictor(const Trace& training);

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  struct State {
    std::uint32_t length = 0;
    std::vector<double> news;  ///< of each column seen, in standard deviations
  };

  Estimate estimate(const State& state) const;
  void see(State& state, double surplus) const;  ///< the next column's
  double over_diagonal(double value, std::size_t column) const;

  /// Columns are the density of the first layer, its latency beyond what that density lets expect,
  /// the density of the second, ...
  ConditionalTable by_length_;
  std::vector<double> by_density_;  ///< surplus of latency a surplus of density, by layer
  std::vector<double> deviation_;   ///< of what was seen / mean, by column; 0 if it never varies
  /// No column is taken for more deviations off: of n inputs none can be further off than √n. Some
  /// layers take equally long for all but a few inputs, and those lie far outside of what was seen.
  double most_;
  std::vector<std::vector<double>> factor_;  ///< of the correlations (Cholesky), row by row
  std::vector<std::vector<double>> weight_;  ///< of each column's news, by next layer
  std::vector<State> states_;                ///< by task
};

}  // namespace dysta
