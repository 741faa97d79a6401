#include <map>
#include <memory>

#include <CLI/Option.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/text_table.hpp"
#include "dysta/synth/calibration.hpp"
#include "dysta/synth/fit.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kDigits = 6;

struct TracesFitCommandOptions {
  std::vector<std::string> paths;
  std::string out;
  bool compare = false;
  std::size_t draws = 20;
  std::string json;
};

int fit_one(const TracesFitCommandOptions& options) {
  if (options.paths.size() != 1) {
    throw SpecificationError(counted(options.paths.size(), "path") +
                             " are given; allowed is one trace to fit a model to, or several with "
                             "--compare");
  }
  const std::vector<std::string> files = expand_trace_paths(options.paths);
  if (files.size() != 1) {
    throw SpecificationError(in_quotes(options.paths.front()) + " holds " +
                             counted(files.size(), "trace") +
                             "; allowed is one to fit a model to, or several with --compare");
  }
  const std::string text = text_of(fit_model(read_measured_trace(files.front())), kDigits);
  if (options.out.empty()) {
    print(text);
    return 0;
  }
  OutputFile out(options.out);
  out.write(text);
  out.close();
  out.commit();
  return 0;
}

OrderedJson json_of(const TraceStatistics& statistics) {
  return {{"sparsity", statistics.sparsity},
          {"sparsity_sd", statistics.sparsity_deviation},
          {"sparsity_relative_range", statistics.sparsity_range},
          {"layer_correlation", statistics.layer_correlation},
          {"latency_s", statistics.latency_s},
          {"latency_relative_sd", statistics.latency_deviation}};
}

OrderedJson json_of(const Calibration& calibration) {
  return {{"model", calibration.model},
          {"kind", name_of(calibration.kind)},
          {"inputs", calibration.inputs},
          {"measured", json_of(calibration.measured)},
          {"synthesised", json_of(calibration.synthesised)},
          {"synthesised_sd", json_of(calibration.spread)}};
}

std::vector<std::string> row_of(const std::string& name, const Calibration& c) {
  const auto both = [](double measured, double synthesised, int decimals) {
    return std::pair{fmt::format("{:.{}f}", measured, decimals),
                     fmt::format("{:.{}f}", synthesised, decimals)};
  };
  std::vector<std::string> row{name, std::to_string(c.inputs)};
  const TraceStatistics& m = c.measured;
  const TraceStatistics& s = c.synthesised;
  for (const auto& [measured, synthesised] :
       {both(m.sparsity, s.sparsity, 3), both(m.sparsity_deviation, s.sparsity_deviation, 4),
        both(m.sparsity_range, s.sparsity_range, 3),
        both(m.layer_correlation, s.layer_correlation, 2),
        both(m.latency_s * 1e3, s.latency_s * 1e3, 3),
        both(m.latency_deviation, s.latency_deviation, 3)}) {
    row.push_back(measured);
    row.push_back(synthesised);
  }
  return row;
}

TextTable table_of(const char* first) {
  return TextTable({first, "inputs", "zeros", "syn.", "sd", "syn.", "range", "syn.", "corr.",
                    "syn.", "ms", "syn.", "vary", "syn."});
}

int compare(const TracesFitCommandOptions& options) {
  std::unique_ptr<OutputFile> json_file;
  if (!options.json.empty()) json_file = std::make_unique<OutputFile>(options.json);
  const std::vector<std::string> files = expand_trace_paths(options.paths);
  TextTable table = table_of("trace");
  std::map<std::string, std::vector<Calibration>> families;
  OrderedJson json = {{"schema", 1},
                      {"dysta", DYSTA_VERSION},
                      {"draws", options.draws},
                      {"traces", OrderedJson::array()},
                      {"families", OrderedJson::array()}};
  Progress progress("fitting");
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Calibration calibration = calibrate(read_measured_trace(files[i]), options.draws);
    table.add(row_of(calibration.trace, calibration));
    OrderedJson entry = {{"trace", calibration.trace}};
    entry.update(json_of(calibration));
    json["traces"].push_back(std::move(entry));
    families[calibration.model].push_back(calibration);
    progress.update(i + 1, files.size());
  }
  TextTable summary = table_of("family");
  for (const auto& [model, calibrations] : families) {
    const Calibration mean = mean_of(calibrations);
    summary.add(row_of(model, mean));
    OrderedJson entry = json_of(mean);
    entry["traces"] = calibrations.size();
    json["families"].push_back(std::move(entry));
  }
  if (json_file) {
    json_file->write(json.dump(2) + '\n');
    json_file->close();
    json_file->commit();
  }
  print(table.text() + '\n' + summary.text() +
        fmt::format("Left measured, right (syn.) synthesised from the model fitted to it: mean of "
                    "{} draws of as many\ninputs. zeros, sd, range: mean, deviation and (largest "
                    "- least) / mean of network sparsity;\ncorr.: of sparsity between layers; "
                    "vary: deviation of latency over its mean\n",
                    options.draws));
  return 0;
}

int run(const TracesFitCommandOptions& options) {
  if (options.compare && !options.out.empty()) {
    throw SpecificationError(
        "--out is given with --compare, which writes no model; allowed is one "
        "of them");
  }
  return options.compare ? compare(options) : fit_one(options);
}

}  // namespace

void add_traces_fit_command(CLI::App& traces, Action& action) {
  auto* command = traces.add_subcommand(
      "fit", "Fit a statistical model to a measured trace, for traces synthesize");
  auto options = std::make_shared<TracesFitCommandOptions>();
  command
      ->add_option("PATH", options->paths,
                   "Trace (CSV) with its provenance (.json) beside it; with --compare several, and "
                   "folders of them")
      ->required()
      ->type_name("");
  command->add_option("--out", options->out, "Write the model to this file (standard output)")
      ->check(some_text())
      ->type_name("MODEL.yaml");
  auto* compare_flag = command->add_flag(
      "--compare", options->compare,
      "Instead of writing the model, synthesise from it and compare with what was measured");
  command->add_option("--draws", options->draws, "How often to synthesise for the comparison")
      ->transform(whole_in(2, 10'000))
      ->needs(compare_flag)
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--json", options->json, "Write the comparison to this file too")
      ->check(some_text())
      ->needs(compare_flag)
      ->type_name("FILE");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace dysta::cli
