// dysta-cosim: the RTL as the scheduler, decision by decision beside the model of its format.
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

#include "command_line.hpp"
#include "designs.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/sched/dysta/dysta.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "dysta/workload/request_table.hpp"
#include "hardware_policy.hpp"
#include "output.hpp"
#include "random_decisions.hpp"

namespace dysta::hw {
namespace {

struct Options {
  DesignChoice design;
  std::vector<std::string> traces;
  std::uint32_t sequence_length = 512;
  std::string requests;
  std::string completions;
  std::string parameters;
  std::uint64_t random = 0;
  std::uint64_t seed = 1;
};

/// Calls `use` with the arithmetic of the format: fp32, fp16 or fixed.
template <class Use>
auto with_arithmetic(const std::string& format, Use&& use) {
  if (format == "fp32") return use(Fp32{});
  if (format == "fp16") return use(Fp16{});
  return use(Fixed{});
}

int random_decisions(const Options& options) {
  const auto design = make_design(options.design);
  cli::Progress progress("decisions");
  const RandomDecisions wanted{
      .decisions = options.random, .seed = options.seed, .progress = [&](std::uint64_t done) {
        progress.update(done, options.random);
      }};
  const RandomRecord record = with_arithmetic(options.design.format, [&](auto arithmetic) {
    return run_random<decltype(arithmetic)>(*design, wanted);
  });
  cli::print(counted(record.decisions, "random decision") + ", all as the " +
             options.design.format + " model decides\n" + counted(record.cases, "set") +
             " of networks and settings, " + counted(record.layers, "layer") + " (" +
             std::to_string(record.streamed) + " past the monitor), " +
             counted(record.refused, "request") + " refused by a full table,\n" +
             counted(record.empty, "choice") + " among none; " +
             counted(record.cycles, "clock cycle") + "\n");
  return 0;
}

/// The policy dysta with the RTL for its dynamic level.
PolicyEntry rtl_entry(const PolicyEntry& dysta, const Options& options, HardwareRecord& record) {
  PolicyEntry entry = dysta;
  entry.name = "dysta_rtl";
  entry.help = "dysta with its dynamic level in hardware";
  entry.make = [&](const Parameters& parameters,
                   const PolicyContext& context) -> std::unique_ptr<Policy> {
    const HardwareSettings settings = hardware_settings(parameters, context);
    const StaticLevel software(context.profiles, settings.tables, nullptr, settings.beta);
    return with_arithmetic(parameters.word("arithmetic"),
                           [&](auto arithmetic) -> std::unique_ptr<Policy> {
                             using Arithmetic = decltype(arithmetic);
                             return std::make_unique<HardwarePolicy<Arithmetic>>(
                                 software, HardwareImage<Arithmetic>(context.profiles, settings),
                                 make_design(options.design), record);
                           });
  };
  return entry;
}

int workload(const Options& options) {
  if (options.traces.empty() || options.requests.empty()) {
    throw SpecificationError("--traces and --requests are needed, or --random");
  }
  const TraceSet traces = read_traces(options.traces, {.sequence_length = options.sequence_length});
  const Profiles profiles(traces);
  const Pool pool = one_pool(traces, profiles);
  const Workloads workloads =
      given_workload(read_requests(options.requests, traces), options.requests, pool);

  HardwareRecord record;
  PolicyRegistry registry;
  registry.add(rtl_entry(*registry.find("dysta"), options, record));
  const auto policies =
      registry.parse("dysta_rtl:arithmetic=" + options.design.format +
                     (options.parameters.empty() ? "" : "," + options.parameters));
  std::vector<RunOutcome> outcomes;
  std::optional<cli::OutputFile> completions;
  if (!options.completions.empty()) completions.emplace(options.completions);
  const Comparison comparison =
      compare(traces, profiles, workloads, policies, {.outcomes = &outcomes});
  if (completions) {
    completions->write(completions_csv(comparison.policies, outcomes));
    completions->close();
    completions->commit();
  }
  const double cycles = static_cast<double>(record.cycles) / static_cast<double>(record.decisions);
  cli::print(comparison_text(comparison) + "\n" + counted(record.decisions, "decision") +
             ", all as the " + options.design.format + " model decides; at most " +
             counted(record.longest_backlog, "request") + " waited for room\n" +
             readable_text(std::round(cycles * 10) / 10) + " clock cycles a decision, at most " +
             std::to_string(record.most_cycles) + "\n");
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Runs the scheduler's RTL in simulation, on a workload or on random events, and holds every\n"
      "decision against the model of its number format."};
  app.name("dysta-cosim");
  app.formatter(std::make_shared<cli::HelpFormatter>());
  Options options;
  app.add_option("--format", options.design.format, "Number format: fp32, fp16 or fixed")
      ->type_name("NAME")
      ->check(CLI::IsMember({"fp32", "fp16", "fixed"}))
      ->capture_default_str();
  app.add_option("--capacity", options.design.capacity,
                 "Requests in the hardware's table: 64, with one lane, or 512, with four")
      ->type_name("N")
      ->check(CLI::IsMember({64, 512}))
      ->capture_default_str();
  app.add_option("--arithmetic", options.design.arithmetic,
                 "Units of a lane: separate (one an operation) or shared")
      ->type_name("NAME")
      ->check(CLI::IsMember({"separate", "shared"}))
      ->capture_default_str();
  auto* traces =
      app.add_option("--traces", options.traces, "Trace files (CSV), and folders of them")
          ->type_name("PATH");
  app.add_option("--seq-len", options.sequence_length,
                 "Tokens of an input where an attention trace has no seq-len column")
      ->type_name("TOKENS")
      ->check(CLI::Range(std::uint32_t{1}, kLongestSequence))
      ->capture_default_str();
  auto* requests = app.add_option("--requests", options.requests,
                                  "A table of requests (arrival_s,model,sample,priority,slo_s)")
                       ->type_name("FILE");
  auto* completions = app.add_option("--completions", options.completions,
                                     "Write every request's completion time (CSV)")
                          ->type_name("FILE");
  auto* parameters = app.add_option("--parameters", options.parameters,
                                    "Parameters of dysta, like beta=0.05,wait_unit_s=auto")
                         ->type_name("LIST");
  app.add_option("--random", options.random, "So many random decisions instead of a workload")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
      ->excludes(traces, requests, completions, parameters);
  app.add_option("--seed", options.seed, "Of the random decisions")
      ->type_name("SEED")
      ->capture_default_str();
  app.add_option("--fault", options.design.fault,
                 "Build a fault into the hardware, to see it found: tie-break, stale-score,\n"
                 "dropped-request, layer-off-by-one, missed-nonzero (fp16, 64, separate)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"none", "tie-break", "stale-score", "dropped-request",
                             "layer-off-by-one", "missed-nonzero"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      cli::flush_output();
      return 0;
    }
    return cli::complain(cli::explain("dysta-cosim", app, error), cli::kWrongCommandLine);
  }
  try {
    const int status = options.random > 0 ? random_decisions(options) : workload(options);
    cli::flush_output();
    return status;
  } catch (const WrongAnswer& wrong) {
    return cli::complain(std::string("mismatch: ") + wrong.what(), cli::kFailure);
  }
}

}  // namespace
}  // namespace dysta::hw

int main(int argc, char** argv) {
  return dysta::cli::guarded_main([&] { return dysta::hw::run(argc, argv); });
}
