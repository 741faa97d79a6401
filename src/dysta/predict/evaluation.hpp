// How far predictors are off, on inputs that they were not made from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dysta/trace/trace.hpp"

namespace dysta {

struct EvaluationOptions {
  /// Input s is held out in part s mod `folds`, and predicted from the tables and fits of all other
  /// parts: every input once. Inputs of all sets are in all parts, as sets stand one after another.
  std::size_t folds = 5;
  std::uint32_t last_n = 3;  ///< layers that last_n looks back
};

/// The error of one predictor: root mean square, over inputs and the boundaries between layers, of
/// predicted less true remaining latency.
struct PredictorError {
  std::string predictor;
  double rmse_s = 0;
  double rmse_normalised = 0;  ///< divided by the mean isolated latency of the network
};

struct PredictorEvaluation {
  double mean_isolated_s = 0;
  /// none, last_one, last_n, average_all, regression; and length where inputs have one.
  std::vector<PredictorError> errors;
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

/// `trace,kind,inputs,layers,mean_isolated_s,predictor,rmse_s,rmse_normalised`, a row a trace and
/// predictor.
std::string predictions_csv(std::span<const TracePredictions> evaluated);

}  // namespace dysta
