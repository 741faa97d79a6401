#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/io/text_table.hpp"
#include "dysta/synth/synthesize.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "dysta/workload/seeds.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

namespace fs = std::filesystem;

struct TracesSynthesizeCommandOptions {
  std::string model;
  std::string accelerator;
  std::vector<std::string> patterns;
  std::vector<std::string> inputs;
  std::optional<std::uint32_t> sequence_length;
  std::uint64_t seed = 1;
  std::string out;
};

int list() {
  TextTable table({"model", "kind", "layers", "million MACs", "data sets"});
  for (const ShippedModel& shipped : shipped_models()) {
    const NetworkModel model = load_model(std::string(shipped.name));
    std::string sets;
    for (const DataSet& set : model.data_sets) sets += (sets.empty() ? "" : ",") + set.name;
    table.add({model.name, std::string(name_of(model.kind)), std::to_string(model.layers()),
               fmt::format("{:.1f}", static_cast<double>(model.dense_macs()) / 1e6), sets});
  }
  print(table.text());
  return 0;
}

/// `NAME=COUNT` as both.
std::pair<std::string, std::size_t> input_set(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto count =
      equals == std::string::npos ? std::nullopt : parse_whole(text.substr(equals + 1));
  if (!count || equals == 0) {
    throw SpecificationError("--inputs has " + in_quotes(text) +
                             "; allowed is DATA_SET=NUMBER, more of them after commas");
  }
  return {text.substr(0, equals), static_cast<std::size_t>(*count)};
}

/// A trace and where it is from, put in place one after the other when both are whole.
struct Files {
  OutputFile provenance;
  OutputFile trace;

  Files(const fs::path& folder, const std::string& variant)
      : provenance((folder / (variant + ".json")).string()),
        trace((folder / (variant + ".csv")).string()) {}
};

int synthesize_all(const TracesSynthesizeCommandOptions& options) {
  const NetworkModel model = load_model(options.model);
  const auto accelerator = load_accelerator(options.accelerator);
  SynthesisOptions synthesis;
  synthesis.seed = options.seed;
  synthesis.sequence_length = options.sequence_length;
  synthesis.accelerator_parameters = accelerator_parameters(options.accelerator);
  synthesis.dysta_version = DYSTA_VERSION;
  for (const std::string& text : options.inputs) synthesis.inputs.push_back(input_set(text));
  std::vector<std::string> patterns = options.patterns;
  if (patterns.empty()) patterns.emplace_back();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (variant_name(model, patterns[i]) != variant_name(model, patterns[j])) continue;
      throw SpecificationError("pattern " + in_quotes(patterns[i]) +
                               " is asked for twice; allowed is once");
    }
  }

  std::vector<SynthesizedTrace> traces;
  Progress progress("synthesising " + model.name);
  for (const std::string& pattern : patterns) {
    synthesis.pattern = pattern;
    traces.push_back(synthesize(model, *accelerator, synthesis));
    progress.update(traces.size(), patterns.size());
  }

  const fs::path folder = options.out;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError(folder.string(), 0, "cannot be made: " + error.message());
  std::vector<std::unique_ptr<Files>> files;
  for (const SynthesizedTrace& made : traces) {
    files.push_back(std::make_unique<Files>(folder, made.trace.name()));
    files.back()->trace.write(made.csv);
    files.back()->provenance.write(made.provenance);
    files.back()->trace.close();
    files.back()->provenance.close();
  }
  for (const auto& both : files) {
    both->provenance.commit();
    both->trace.commit();
  }
  return 0;
}

int run(const TracesSynthesizeCommandOptions& options) {
  if (options.model.empty()) return list();
  if (options.accelerator.empty() || options.out.empty()) {
    throw SpecificationError(
        "--accelerator or --out is missing; needed are both to synthesise a trace");
  }
  return synthesize_all(options);
}

}  // namespace

void add_traces_synthesize_command(CLI::App& traces, Action& action) {
  auto* command = traces.add_subcommand(
      "synthesize", "Draw traces of networks that cannot be measured, from statistical models");
  auto options = std::make_shared<TracesSynthesizeCommandOptions>();
  command
      ->add_option("MODEL", options->model, "Name, or model file (.yaml); none: list those known")
      ->check(some_text())
      ->type_name("");
  command
      ->add_option("--accelerator", options->accelerator,
                   "By name or parameter file: dysta accel lists them")
      ->check(some_text())
      ->type_name("NAME");
  command
      ->add_option("--pattern", options->patterns,
                   "How weights are pruned: dense, randomR, blockR, channelR (R percent removed), "
                   "nmNM (N of M kept); several after commas, a trace each (as the model states)")
      ->delimiter(',')
      ->check(some_text())
      ->type_name("PATTERN,...");
  command
      ->add_option("--inputs", options->inputs,
                   "Data sets and numbers of inputs, NAME=N,... (100 of the model's first)")
      ->delimiter(',')
      ->type_name("SETS");
  command
      ->add_option("--seq-len", options->sequence_length,
                   "Attention: tokens of every input (lengths as the data set has them)")
      ->transform(whole_in(1, kLongestSequence))
      ->type_name("TOKENS");
  command->add_option("--seed", options->seed, "Seed of all random numbers")
      ->transform(whole_in(0, kLargestSeed))
      ->type_name("S")
      ->capture_default_str();
  command->add_option("--out", options->out, "Write DIR/VARIANT.csv, and .json that says how")
      ->check(some_text())
      ->type_name("DIR");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace dysta::cli
