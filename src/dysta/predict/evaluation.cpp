#include "dysta/predict/evaluation.hpp"

#include <cmath>
#include <memory>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "dysta/predict/regression.hpp"

namespace dysta {
namespace {

/// The trace without the inputs of one part.
Trace training_inputs(const Trace& trace, std::size_t part, std::size_t folds) {
  std::vector<LayerSample> table;
  std::vector<std::uint32_t> lengths;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    if (s % folds == part) continue;
    const auto layers = trace.sample(s);
    table.insert(table.end(), layers.begin(), layers.end());
    if (trace.sequence_length(s) > 0) lengths.push_back(trace.sequence_length(s));
  }
  Trace::Identity identity = trace.identity();
  identity.provenance.inputs.clear();  // the sets that it tells of are those of all inputs
  return {std::move(identity), trace.layers(), std::move(table), std::move(lengths)};
}

struct NamedPredictor {
  std::string name;
  std::unique_ptr<Predictor> predictor;
};

/// `profiles` must outlive them.
std::vector<NamedPredictor> predictors(const Trace& training, const Profiles& profiles,
                                       const EvaluationOptions& options) {
  std::vector<NamedPredictor> all;
  const auto add_ratio = [&](const char* name, std::uint32_t window) {
    all.push_back(
        {name, std::make_unique<DensityRatioPredictor>(profiles, Tables::pattern, window)});
  };
  add_ratio("none", 0);
  add_ratio("last_one", 1);
  add_ratio("last_n", options.last_n);
  add_ratio("average_all", DensityRatioPredictor::kAllLayers);
  all.push_back({"regression", std::make_unique<DensityRegressionPredictor>(training)});
  if (training.sequence_length(0) > 0) {
    all.push_back({"length", std::make_unique<LengthPredictor>(training)});
  }
  return all;
}

/// Sum of squared errors over the boundaries of one input.
double squared_error(Predictor& predictor, const Trace& trace, std::size_t sample) {
  constexpr TaskId kTask{0};
  predictor.on_arrival(
      {.task = kTask, .variant = VariantId{0}, .sequence_length = trace.sequence_length(sample)});
  const auto layers = trace.sample(sample);
  const auto remaining_s = trace.remaining_s(sample);
  double sum = 0;
  for (std::uint32_t l = 0; l + 1 < layers.size(); ++l) {
    const Estimate estimate =
        predictor.on_layer_done(kTask, {.layer = l, .sparsity = layers[l].sparsity});
    const double error = estimate.remaining.count() - remaining_s[l + 1];
    sum += error * error;
  }
  return sum;
}

}  // namespace

PredictorEvaluation evaluate_predictors(const Trace& trace, const EvaluationOptions& options) {
  if (options.folds < 2) {
    throw SpecificationError("a predictor is evaluated in at least 2 parts of the inputs");
  }
  const auto& file = trace.identity().file;
  if (trace.layers() < 2) {
    throw FileError(file, 0, "has 1 layer; between layers is where predictors are asked");
  }
  if (trace.samples() < 2 * options.folds) {
    throw FileError(file, 0,
                    "has " + counted(trace.samples(), "input") + "; at least " +
                        std::to_string(2 * options.folds) + " are needed for " +
                        counted(options.folds, "part"));
  }
  PredictorEvaluation evaluation;
  for (std::size_t part = 0; part < options.folds; ++part) {
    std::vector<Trace> training;
    training.push_back(training_inputs(trace, part, options.folds));
    const TraceSet set(std::move(training));
    const Profiles profiles(set);
    const auto asked = predictors(set.all().front(), profiles, options);
    evaluation.errors.resize(asked.size());
    for (std::size_t p = 0; p < asked.size(); ++p) {
      evaluation.errors[p].predictor = asked[p].name;
      for (std::size_t s = part; s < trace.samples(); s += options.folds) {
        evaluation.errors[p].rmse_s += squared_error(*asked[p].predictor, trace, s);
      }
    }
  }
  const auto inputs = static_cast<double>(trace.samples());
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    evaluation.mean_isolated_s += trace.isolated(s).count() / inputs;
  }
  const double predictions = inputs * static_cast<double>(trace.layers() - 1);
  for (PredictorError& error : evaluation.errors) {
    error.rmse_s = std::sqrt(error.rmse_s / predictions);
    error.rmse_normalised = error.rmse_s / evaluation.mean_isolated_s;
  }
  return evaluation;
}

std::string predictions_csv(std::span<const TracePredictions> evaluated) {
  std::string text = "trace,kind,inputs,layers,mean_isolated_s,predictor,rmse_s,rmse_normalised\n";
  for (const auto& [trace, evaluation] : evaluated) {
    for (const PredictorError& error : evaluation.errors) {
      text += csv_field(trace->name()) + ',' + std::string(name_of(trace->identity().kind)) + ',' +
              std::to_string(trace->samples()) + ',' + std::to_string(trace->layers()) + ',' +
              shortest_text(evaluation.mean_isolated_s) + ',' + error.predictor + ',' +
              shortest_text(error.rmse_s) + ',' + shortest_text(error.rmse_normalised) + '\n';
    }
  }
  return text;
}

}  // namespace dysta
