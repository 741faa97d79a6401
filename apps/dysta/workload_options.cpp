#include "workload_options.hpp"

#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <fmt/format.h>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/trace/trace_reader.hpp"

namespace dysta::cli {

CLI::Validator number_in(double least, double largest, bool least_included) {
  const std::string allowed = std::string("a number ") + (least_included ? "from " : "above ") +
                              readable_text(least) + ", at most " + readable_text(largest);
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        const auto value = parse_number(text);
        if (value && *value <= largest && (least_included ? *value >= least : *value > least)) {
          return {};
        }
        return in_quotes(text) + " is not allowed; allowed is " + allowed;
      },
      "", "number");
}

CLI::Validator whole_in(std::uint64_t least, std::uint64_t largest) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        const auto value = parse_whole(text);
        if (value && *value >= least && *value <= largest) {
          text = std::to_string(*value);
          return {};
        }
        return fmt::format("{} is not allowed; allowed is a whole number from {} to {}",
                           in_quotes(text), least, largest);
      },
      "", "whole number");
}

CLI::Validator some_text() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        return text.empty() ? "is empty; allowed is any other text" : "";
      },
      "", "text");
}

std::vector<CLI::Option*> TraceOptions::add_to(CLI::App& command, bool required) {
  auto* traces = command.add_option("--traces", paths, "Trace files (CSV), and folders of them")
                     ->required(required)
                     ->type_name("PATH");
  auto* length =
      command
          .add_option("--seq-len", sequence_length,
                      "Tokens of an input where an attention trace has no seq-len column")
          ->transform(whole_in(1, kLongestSequence))
          ->type_name("TOKENS")
          ->capture_default_str();
  return {traces, length};
}

TraceSet TraceOptions::load() const {
  return read_traces(paths, {.sequence_length = sequence_length});
}

std::vector<CLI::Option*> WorkloadOptions::add_to(CLI::App& command) {
  const std::string group = "Workload";
  auto* rate = command.add_option("--rate", rate_hz, "Requests a second")
                   ->check(number_in(0, 1e12, false))
                   ->type_name("R");
  auto* load_option =
      command
          .add_option("--load", load,
                      "Offered load instead of a rate: the share of time that the requests would "
                      "keep the accelerator busy")
          ->check(number_in(0, 1000, false))
          ->type_name("RHO")
          ->excludes(rate);
  std::vector<CLI::Option*> options{
      rate,
      load_option,
      command
          .add_option("--count", count,
                      "Requests in a run; 1000, or all of a replayed file, if not given")
          ->transform(whole_in(1, 100'000'000))
          ->type_name("N"),
      command
          .add_option("--arrivals", arrivals,
                      "poisson, periodic[:jitter=J], gamma[:cv=C] (bursty above 1) or replay:FILE")
          ->type_name("PROCESS")
          ->check(some_text())
          ->capture_default_str(),
      command
          .add_option("--slo-multiplier", slo_multiplier,
                      "Deadline, as a multiple of the model's mean latency (10 if not given)")
          ->check(number_in(0, 1e9, false))
          ->type_name("M"),
      command
          .add_option("--mix", mix,
                      "How often each variant or model is asked for, NAME=WEIGHT[,...]; all "
                      "variants equally if not given")
          ->type_name("LIST")
          ->check(some_text()),
      command
          .add_option("--priorities", priorities,
                      "How often each priority is asked for, 1=WEIGHT,3=WEIGHT,9=WEIGHT; all "
                      "equally if not given")
          ->type_name("LIST")
          ->check(some_text())};
  for (CLI::Option* option : options) option->group(group);
  return options;
}

bool WorkloadOptions::of_scenarios(const CLI::Option& option) {
  const std::string name = option.get_name();
  return name == "--arrivals" || name == "--mix" || name == "--priorities";
}

WorkloadSpec WorkloadOptions::spec(const Pool& pool) const {
  WorkloadSpec spec;
  spec.arrivals = parse_arrival_process(arrivals);
  const bool replay = spec.arrivals.kind == ArrivalProcess::Kind::replay;
  spec.count = count.value_or(replay ? spec.arrivals.table.times.size() : 1000);
  spec.slo_multiplier = slo_multiplier.value_or(spec.slo_multiplier);
  spec.mix = mix.empty() ? Mix::uniform(*pool.traces) : Mix::parse(mix, *pool.traces);
  if (!priorities.empty()) spec.priorities = PriorityMix::parse(priorities);
  spec.rate_hz = rate_hz;
  if (load) spec.rate_hz = pool.accelerators * rate_for_load(*load, spec.mix, *pool.profiles);
  if (!spec.rate_hz && !replay) {
    throw SpecificationError("--rate or --load is needed (or --requests, or replayed arrivals)");
  }
  return spec;
}

}  // namespace dysta::cli
