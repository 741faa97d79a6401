#include "dysta/predict/evaluation.hpp"

#include <cmath>
#include <memory>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/metrics/statistics.hpp"
#include "dysta/predict/conditional.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "dysta/predict/gaussian.hpp"
#include "dysta/predict/regression.hpp"

namespace dysta {
namespace {

/// The inputs of all other parts, or as many of them as are asked for.
std::vector<std::size_t> training_inputs(const Trace& trace, std::size_t part,
                                         const EvaluationOptions& options) {
  std::vector<std::size_t> others;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    if (s % options.folds != part) others.push_back(s);
  }
  const std::size_t wanted = options.training_inputs;
  if (wanted == 0 || wanted >= others.size()) return others;
  std::vector<std::size_t> spread;
  for (std::size_t i = 0; i < wanted; ++i) spread.push_back(others[i * others.size() / wanted]);
  return spread;
}

/// The trace with only these inputs.
Trace with_inputs(const Trace& trace, std::span<const std::size_t> inputs) {
  std::vector<LayerSample> table;
  std::vector<std::uint32_t> lengths;
  for (const std::size_t s : inputs) {
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
  bool yardstick = false;
  bool tells_deviation = false;
};

/// Those of `kEvaluatedPredictors`. `profiles` must outlive them.
std::vector<NamedPredictor> predictors(const Trace& training, const Profiles& profiles,
                                       const EvaluationOptions& options) {
  const bool has_lengths = training.sequence_length(0) > 0;
  std::vector<NamedPredictor> all;
  const auto add_ratio = [&](const char* name, std::uint32_t window) {
    all.push_back(
        {name, std::make_unique<DensityRatioPredictor>(profiles, Tables::pattern, window)});
  };
  const auto add_conditional = [&](const char* name, Evidence evidence) {
    all.push_back({.name = name,
                   .predictor = std::make_unique<ConditionalPredictor>(profiles, evidence),
                   .tells_deviation = evidence == Evidence::recursion});
  };
  add_ratio("none", 0);
  add_ratio("last_one", 1);
  add_ratio("last_n", options.last_n);
  add_ratio("average_all", DensityRatioPredictor::kAllLayers);
  add_conditional("elasticity", Evidence::mean_density);
  add_conditional("recursive", Evidence::recursion);
  if (has_lengths) add_conditional("length", Evidence::length);
  all.push_back({"regression", std::make_unique<DensityRegressionPredictor>(training), true});
  all.push_back({"gaussian", std::make_unique<GaussianPredictor>(training), true});
  if (has_lengths) all.push_back({"parabola", std::make_unique<ParabolaPredictor>(training), true});
  return all;
}

/// What one predictor did over the boundaries of one or all inputs.
struct Deviations {
  double sum = 0;
  double squares = 0;
  std::size_t within = 0;  ///< the 95% that its standard deviation promises
};

Deviations deviations(Predictor& predictor, const Trace& trace, std::size_t sample) {
  constexpr TaskId kTask{0};
  constexpr double kNormal95 = 1.96;
  constexpr double kRounding = 1e-12;  // of the truth: sums of the same latencies differ by so much
  predictor.on_arrival(
      {.task = kTask, .variant = VariantId{0}, .sequence_length = trace.sequence_length(sample)});
  const auto layers = trace.sample(sample);
  const auto remaining_s = trace.remaining_s(sample);
  Deviations all;
  for (std::uint32_t l = 0; l + 1 < layers.size(); ++l) {
    const Estimate estimate = predictor.on_layer_done(
        kTask,
        {.layer = l, .sparsity = layers[l].sparsity, .latency = Seconds{layers[l].latency_s}});
    const double error = estimate.remaining.count() - remaining_s[l + 1];
    all.sum += error;
    all.squares += error * error;
    all.within +=
        std::abs(error) <= kNormal95 * estimate.deviation.count() + kRounding * remaining_s[l + 1];
  }
  return all;
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
  const auto boundaries = static_cast<double>(trace.layers() - 1);
  std::vector<bool> tell_deviation;  // by predictor
  std::vector<Deviations> totals;
  std::vector<std::vector<double>> squares;  // means over boundaries, by predictor and input
  for (std::size_t part = 0; part < options.folds; ++part) {
    std::vector<Trace> training;
    training.push_back(with_inputs(trace, training_inputs(trace, part, options)));
    const TraceSet set(std::move(training));
    const Profiles profiles(set);
    const auto asked = predictors(set.all().front(), profiles, options);
    evaluation.errors.resize(asked.size());
    tell_deviation.resize(asked.size());
    totals.resize(asked.size());
    squares.resize(asked.size());
    for (std::size_t p = 0; p < asked.size(); ++p) {
      evaluation.errors[p].predictor = asked[p].name;
      evaluation.errors[p].yardstick = asked[p].yardstick;
      tell_deviation[p] = asked[p].tells_deviation;
      for (std::size_t s = part; s < trace.samples(); s += options.folds) {
        const Deviations own = deviations(*asked[p].predictor, trace, s);
        squares[p].push_back(own.squares / boundaries);
        totals[p].sum += own.sum;
        totals[p].within += own.within;
      }
    }
  }
  const auto inputs = static_cast<double>(trace.samples());
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    evaluation.mean_isolated_s += trace.isolated(s).count() / inputs;
  }
  for (std::size_t p = 0; p < evaluation.errors.size(); ++p) {
    PredictorError& error = evaluation.errors[p];
    const Estimated mean_square = mean_with_interval(squares[p]);
    error.rmse_s = std::sqrt(mean_square.mean);
    error.rmse_normalised = error.rmse_s / evaluation.mean_isolated_s;
    // A square root's slope carries the interval over.
    error.half_width_normalised =
        error.rmse_s > 0 ? mean_square.half_width / (2 * error.rmse_s) / evaluation.mean_isolated_s
                         : 0;
    error.bias_normalised = totals[p].sum / (inputs * boundaries) / evaluation.mean_isolated_s;
    if (tell_deviation[p]) {
      error.coverage = static_cast<double>(totals[p].within) / (inputs * boundaries);
    }
  }
  return evaluation;
}

std::string predictions_csv(std::span<const TracePredictions> evaluated) {
  std::string text =
      "trace,kind,inputs,layers,mean_isolated_s,predictor,rmse_s,rmse_normalised,"
      "half_width_normalised,bias_normalised,coverage\n";
  for (const auto& [trace, evaluation] : evaluated) {
    for (const PredictorError& error : evaluation.errors) {
      text += csv_field(trace->name()) + ',' + std::string(name_of(trace->identity().kind)) + ',' +
              std::to_string(trace->samples()) + ',' + std::to_string(trace->layers()) + ',' +
              shortest_text(evaluation.mean_isolated_s) + ',' + error.predictor + ',' +
              shortest_text(error.rmse_s) + ',' + shortest_text(error.rmse_normalised) + ',' +
              shortest_text(error.half_width_normalised) + ',' +
              shortest_text(error.bias_normalised) + ',' +
              (error.coverage ? shortest_text(*error.coverage) : "") + '\n';
    }
  }
  return text;
}

}  // namespace dysta
