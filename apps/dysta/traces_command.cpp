#include <cstdio>
#include <memory>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/text_table.hpp"
#include "dysta/trace/describe.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

struct TracesCommandOptions {
  std::vector<std::string> paths;
  std::uint32_t sequence_length = 512;

  TraceReadOptions read_options() const { return {.sequence_length = sequence_length}; }
};

/// Reports every faulty file, not only the first.
int check(const TracesCommandOptions& options) {
  std::vector<Trace> traces;
  bool faulty = false;
  for (const std::string& file : expand_trace_paths(options.paths)) {
    try {
      traces.push_back(read_trace(file, options.read_options()));
      const Trace& trace = traces.back();
      print(fmt::format("{}: ok, {}, {} inputs, {} layers\n", file, name_of(trace.identity().kind),
                        trace.samples(), trace.layers()));
    } catch (const FileError& error) {
      std::fprintf(stderr, "dysta: %s\n", error.what());
      faulty = true;
    }
  }
  if (faulty) return 1;
  const TraceSet set(std::move(traces));
  print(fmt::format("{} of {}: ok\n", counted(set.size(), "network"),
                    counted(set.models().size(), "model")));
  return 0;
}

std::string from_to(const Range& range, double scale) {
  return fmt::format("{:.2g}..{:.2g}", range.least * scale, range.largest * scale);
}

int describe_all(const TracesCommandOptions& options) {
  const TraceSet traces = read_traces(options.paths, options.read_options());
  TextTable table({"network", "inputs", "layers", "ms", "range", "layer ms", "sparsity", "range",
                   "in layers", "corr."});
  std::string lengths;
  for (const Trace& trace : traces.all()) {
    const TraceDescription d = describe(trace);
    table.add({trace.name(), std::to_string(trace.samples()), std::to_string(trace.layers()),
               fmt::format("{:.3f}", d.network_latency_s.mean * 1e3),
               fmt::format("{:.3f}", d.network_latency_s.relative()),
               from_to(d.layer_latency_s, 1e3), fmt::format("{:.3f}", d.network_sparsity.mean),
               fmt::format("{:.3f}", d.network_sparsity.relative()), from_to(d.layer_sparsity, 1),
               fmt::format("{:.2f}", d.layer_correlation)});
    if (d.sequence_length.largest > 0) {
      lengths += fmt::format("{}: inputs of {:.0f} to {:.0f} tokens\n", trace.name(),
                             d.sequence_length.least, d.sequence_length.largest);
    }
  }
  std::string text = table.text() +
                     "ms, sparsity: means over inputs of a network's latency, and of its mean "
                     "over layers;\n"
                     "range: (largest - least) / mean over inputs; corr.: mean correlation of "
                     "sparsity between layers\n" +
                     lengths;
  text += fmt::format("{} of {}:\n", counted(traces.size(), "network"),
                      counted(traces.models().size(), "model"));
  for (const std::string& model : traces.models()) {
    std::string patterns;
    std::string_view kind;
    for (const Trace& trace : traces.all()) {
      if (trace.identity().model != model) continue;
      kind = name_of(trace.identity().kind);
      if (trace.identity().pattern.empty()) continue;
      patterns += (patterns.empty() ? ": " : ", ") + trace.identity().pattern;
    }
    text += fmt::format("  {} ({}){}\n", model, kind, patterns);
  }
  print(text);
  return 0;
}

void add(CLI::App& traces, Action& action, const char* name, const char* help,
         int (*run)(const TracesCommandOptions&)) {
  auto* command = traces.add_subcommand(name, help);
  auto options = std::make_shared<TracesCommandOptions>();
  command->add_option("PATH", options->paths, "Trace files (CSV), and folders of them")
      ->required()
      ->type_name("");
  command
      ->add_option("--seq-len", options->sequence_length,
                   "Tokens of an input where an attention trace has no seq-len column")
      ->transform(whole_in(1, kLongestSequence))
      ->type_name("TOKENS")
      ->capture_default_str();
  command->callback([options, run, &action] { action = [=] { return run(*options); }; });
}

}  // namespace

void add_traces_command(CLI::App& app, Action& action) {
  auto* traces = app.add_subcommand("traces", "Look at trace files, and make some");
  add(*traces, action, "check", "Read trace files and say what is wrong with them", check);
  add(*traces, action, "describe",
      "Show networks, latencies, sparsity, and how both vary over inputs", describe_all);
  add_traces_predict_command(*traces, action);
  add_traces_synthesize_command(*traces, action);
  add_traces_fit_command(*traces, action);
}

}  // namespace dysta::cli
