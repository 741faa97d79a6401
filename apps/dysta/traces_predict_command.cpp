// dysta traces predict: how far latency predictors are off.
#include <memory>
#include <optional>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "dysta/io/text_table.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "dysta/predict/evaluation.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

struct TracesPredictCommandOptions {
  std::vector<std::string> paths;
  std::uint32_t sequence_length = 512;
  EvaluationOptions evaluation;
  std::string csv;
};

int run(const TracesPredictCommandOptions& options) {
  const TraceSet traces = read_traces(options.paths, {.sequence_length = options.sequence_length});
  std::optional<OutputFile> csv;
  if (!options.csv.empty()) csv.emplace(options.csv);
  std::vector<TracePredictions> evaluated;
  Progress progress("traces");
  for (const Trace& trace : traces.all()) {
    evaluated.push_back({&trace, evaluate_predictors(trace, options.evaluation)});
    progress.update(evaluated.size(), traces.size());
  }
  std::vector<std::string> head{"network", "inputs", "ms"};
  std::size_t columns = 0;
  for (const auto& [trace, evaluation] : evaluated) {
    if (evaluation.errors.size() <= columns) continue;
    columns = evaluation.errors.size();
    head.resize(3);
    for (const PredictorError& error : evaluation.errors) {
      if (!error.yardstick) head.push_back(error.predictor);
    }
  }
  TextTable table(head);
  for (const auto& [trace, evaluation] : evaluated) {
    std::vector<std::string> row{trace->name(), std::to_string(trace->samples()),
                                 fmt::format("{:.3f}", evaluation.mean_isolated_s * 1e3)};
    for (const PredictorError& error : evaluation.errors) {
      if (!error.yardstick) row.push_back(fmt::format("{:.4f}", error.rmse_normalised));
    }
    row.resize(head.size(), "-");
    table.add(row);
  }
  if (csv) {
    csv->write(predictions_csv(evaluated));
    csv->close();
  }
  print(table.text() +
        fmt::format("root mean square error of the remaining latency at every layer boundary, as a "
                    "share of the mean\nlatency (ms); every input predicted from the other {} of "
                    "{} parts of its trace\n",
                    options.evaluation.folds - 1, options.evaluation.folds));
  flush_output();
  if (csv) csv->commit();
  return 0;
}

}  // namespace

void add_traces_predict_command(CLI::App& traces, Action& action) {
  constexpr std::size_t kMostParts = 1000;
  constexpr std::size_t kMostInputs = 100'000'000;
  auto* command = traces.add_subcommand(
      "predict", "Show how far latency predictors are off, on inputs they were not made from");
  auto options = std::make_shared<TracesPredictCommandOptions>();
  command->add_option("PATH", options->paths, "Trace files (CSV), and folders of them")
      ->required()
      ->type_name("");
  command
      ->add_option("--seq-len", options->sequence_length,
                   "Tokens of an input where an attention trace has no seq-len column")
      ->transform(whole_in(1, kLongestSequence))
      ->type_name("TOKENS")
      ->capture_default_str();
  command
      ->add_option("--folds", options->evaluation.folds,
                   "Parts of the inputs; each is predicted from the others")
      ->transform(whole_in(2, kMostParts))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--training-inputs", options->evaluation.training_inputs,
                   "Predict from at most so many inputs of the other parts")
      ->transform(whole_in(1, kMostInputs))
      ->type_name("N");
  command->add_option("--last-n", options->evaluation.last_n, "Layers that last_n looks back")
      ->transform(whole_in(1, DensityRatioPredictor::kLargestWindow))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--csv", options->csv, "Write all errors, a row a trace and predictor (CSV)")
      ->type_name("FILE")
      ->check(some_text());
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace dysta::cli
