#include <cstdio>
#include <iterator>
#include <memory>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "dysta/core/error.hpp"
#include "dysta/trace/describe.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::uint32_t sequence_length = 512;

  TraceReadOptions read_options() const { return {.sequence_length = sequence_length}; }
};

/// Reports every faulty file, not only the first.
int check(const Options& options) {
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
  print(fmt::format("{} networks of {} models: ok\n", set.size(), set.models().size()));
  return 0;
}

int describe_all(const Options& options) {
  const TraceSet traces = read_traces(options.paths, options.read_options());
  std::size_t name_width = 7;
  for (const Trace& trace : traces.all()) name_width = std::max(name_width, trace.name().size());
  std::string text =
      fmt::format("{:<{}}  {:<9} {:>6} {:>6}  {:>9} {:>6} {:>8} {:>8}  {:>8} {:>6} {:>6}  {:>5}\n",
                  "network", name_width, "kind", "inputs", "layers", "latency", "range", "layers",
                  "", "sparsity", "range", "layers", "corr.");
  fmt::format_to(std::back_inserter(text),
                 "{:<{}}  {:<9} {:>6} {:>6}  {:>9} {:>6} {:>8} {:>8}  {:>8} {:>6} {:>6}  {:>5}\n",
                 "", name_width, "", "", "", "mean ms", "rel.", "least ms", "most ms", "mean",
                 "rel.", "most", "");
  std::string lengths;
  for (const Trace& trace : traces.all()) {
    const TraceDescription d = describe(trace);
    fmt::format_to(
        std::back_inserter(text),
        "{:<{}}  {:<9} {:>6} {:>6}  {:>9.4f} {:>6.3f} {:>8.5f} {:>8.4f}  {:>8.3f} {:>6.3f} "
        "{:>6.3f}  {:>5.2f}\n",
        trace.name(), name_width, name_of(trace.identity().kind), trace.samples(), trace.layers(),
        d.network_latency_s.mean * 1e3, d.network_latency_s.relative(),
        d.layer_latency_s.least * 1e3, d.layer_latency_s.largest * 1e3, d.network_sparsity.mean,
        d.network_sparsity.relative(), d.layer_sparsity.largest, d.layer_correlation);
    if (d.sequence_length.largest > 0) {
      fmt::format_to(std::back_inserter(lengths), "{}: inputs of {:.0f} to {:.0f} tokens\n",
                     trace.name(), d.sequence_length.least, d.sequence_length.largest);
    }
  }
  text += lengths;
  fmt::format_to(std::back_inserter(text), "{} networks of {} models:", traces.size(),
                 traces.models().size());
  for (const std::string& model : traces.models()) {
    std::string patterns;
    for (const Trace& trace : traces.all()) {
      if (trace.identity().model != model || trace.identity().pattern.empty()) continue;
      patterns += (patterns.empty() ? "" : ", ") + trace.identity().pattern;
    }
    text += '\n' + (patterns.empty() ? "  " + model : fmt::format("  {}: {}", model, patterns));
  }
  text +=
      "\nrel.: (largest - least) / mean over inputs; layers: the extremes over layers and inputs;\n"
      "corr.: mean correlation of sparsity between layers over inputs\n";
  print(text);
  return 0;
}

void add(CLI::App& traces, Action& action, const char* name, const char* help,
         int (*run)(const Options&)) {
  auto* command = traces.add_subcommand(name, help);
  auto options = std::make_shared<Options>();
  command->add_option("PATH", options->paths, "Trace files (CSV), and folders of them")
      ->required()
      ->type_name("");
  command
      ->add_option("--seq-len", options->sequence_length,
                   "Tokens of an input where an attention trace has no seq-len column")
      ->check(whole_in(1, kLongestSequence))
      ->type_name("TOKENS")
      ->capture_default_str();
  command->callback([options, run, &action] { action = [=] { return run(*options); }; });
}

}  // namespace

void add_traces_command(CLI::App& app, Action& action) {
  auto* traces = app.add_subcommand("traces", "Look at trace files");
  traces->require_subcommand(1);
  add(*traces, action, "check", "Read trace files and say what is wrong with them", check);
  add(*traces, action, "describe",
      "Show networks, latencies, sparsity, and how both vary over inputs", describe_all);
}

}  // namespace dysta::cli
