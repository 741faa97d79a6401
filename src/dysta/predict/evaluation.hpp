// How far predictors are off, on inputs that they were not made from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/trace/trace.hpp"

namespace dysta {

/// What is evaluated: the predictors that schedulers offer, then yardsticks. `length` and
/// `parabola` only where inputs have a length.
inline constexpr std::array<std::string_view, 10> kEvaluatedPredictors{
    "none",      "last_one", "last_n",     "average_all", "elasticity",
    "recursive", "length",   "regression", "gaussian",    "parabola"};

struct EvaluationOptions {
  /// Input s is held out in part s mod `folds`, and predicted from the tables and fits of all other
  /// parts: every input once. Inputs of all sets are in all parts, as sets stand one after another.
  std::size_t folds = 5;
  std::uint32_t last_n = 3;  ///< layers that last_n looks back
  /// Tables and fits are made from at most so many inputs of the other parts, evenly spread over
  /// them; 0 for all.
  std::size_t training_inputs = 0;
};

/// The error of one predictor, predicted less true remaining latency, over inputs and the
/// boundaries between layers. Normalised is divided by the mean isolated latency of the network.
struct PredictorError {
  std::string predictor;
  bool yardstick = false;  ///< no scheduler offers it
  double rmse_s = 0;       ///< root mean square
  double rmse_normalised = 0;
  double half_width_normalised = 0;  ///< of the rmse's 95% interval over inputs
  double bias_normalised = 0;        ///< mean
  /// Share of predictions that the truth is within 1.96 of the predictor's standard deviations of,
  /// a deviation of 0 included, which allows for rounding; nothing of predictors that tell none.
  std::optional<double> coverage{};
};

struct PredictorEvaluation {
  double mean_isolated_s = 0;
  std::vector<PredictorError> errors;  ///< in the order of `kEvaluatedPredictors`
};

/// Evaluates the predictors on one trace. The published ones take averages of the trace's own
/// pattern. Throws `FileError` where the trace has fewer than two layers, or fewer inputs than
/// 2 · `folds`, and `SpecificationError` for fewer than two folds.
PredictorEvaluation evaluate_predictors(const Trace& trace, const EvaluationOptions& options = {});

/// One trace's evaluation, for tables of many.
struct TracePredictions {
  const Trace* trace = nullptr;
  PredictorEvaluation evaluation;
};

/// `trace,kind,inputs,layers,mean_isolated_s,predictor,rmse_s,rmse_normalised,
/// half_width_normalised,bias_normalised,coverage`, a row a trace and predictor; coverage is empty
/// where there is none.
std::string predictions_csv(std::span<const TracePredictions> evaluated);

}  // namespace dysta
