// What the hardware's numbers cost: how often the dynamic level in fp32, fp16 and fixed point would
// choose another task than in double precision, and what comes of it when it chooses.
//
//   narrow_arithmetic RUNS SCENARIO.yaml...
//
// A row a scenario and waiting unit, as Markdown: the share of decisions that differ, counted along
// the run that double precision decides; ANTT and violation rate of the run that each arithmetic
// decides. Means over seeds 1 to RUNS, 1,000 requests each.
#include <array>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dysta/scenario/scenario.hpp"
#include "dysta/sched/dysta/dysta.hpp"
#include "dysta/sched/dysta/narrow_level.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/compare.hpp"

namespace {

constexpr std::array<const char*, 4> kArithmetics{"double", "fp32", "fp16", "fixed"};

struct Disagreements {
  std::uint64_t decisions = 0;
  std::array<std::uint64_t, 3> differ{};  ///< of fp32, fp16 and fixed
};

/// Decides as another policy does and asks a narrow level at each decision.
template <class Arithmetic>
class Asked {
 public:
  explicit Asked(dysta::HardwareImage<Arithmetic> image) : level_(std::move(image)) {}

  dysta::NarrowLevel<Arithmetic>& level() { return level_; }

  /// Whether it would have chosen another task; goes on with the one that was chosen.
  bool disagrees(dysta::TaskId chosen, dysta::Seconds now) {
    dysta::NarrowLevel<Arithmetic> copy = level_;
    const bool other = copy.select(now) != chosen;
    level_.start(chosen);
    return other;
  }

 private:
  dysta::NarrowLevel<Arithmetic> level_;
};

class Observed final : public dysta::Policy {
 public:
  Observed(std::unique_ptr<dysta::Policy> exact, const dysta::PolicyContext& context,
           const dysta::HardwareSettings& settings, Disagreements& found)
      : exact_(std::move(exact)),
        software_(context.profiles, settings.tables, nullptr, settings.beta),
        fp32_(dysta::HardwareImage<dysta::Fp32>(context.profiles, settings)),
        fp16_(dysta::HardwareImage<dysta::Fp16>(context.profiles, settings)),
        fixed_(dysta::HardwareImage<dysta::Fixed>(context.profiles, settings)),
        found_(found) {}

  void on_arrival(const dysta::TaskArrival& arrival) override {
    exact_->on_arrival(arrival);
    const dysta::RequestRecord record = software_.on_arrival(arrival);
    for (dysta::DynamicLevel* level : levels()) level->write(record);
  }
  void on_layer_done(dysta::TaskId task, const dysta::Observation& observation) override {
    exact_->on_layer_done(task, observation);
    for (dysta::DynamicLevel* level : levels()) level->layer_done(task, observation);
  }
  void on_finish(dysta::TaskId task) override {
    exact_->on_finish(task);
    for (dysta::DynamicLevel* level : levels()) level->retire(task);
  }
  dysta::TaskId choose(dysta::Seconds now, dysta::AcceleratorId accelerator) override {
    const dysta::TaskId chosen = exact_->choose(now, accelerator);
    ++found_.decisions;
    if (fp32_.disagrees(chosen, now)) ++found_.differ[0];
    if (fp16_.disagrees(chosen, now)) ++found_.differ[1];
    if (fixed_.disagrees(chosen, now)) ++found_.differ[2];
    return chosen;
  }

 private:
  std::array<dysta::DynamicLevel*, 3> levels() {
    return {&fp32_.level(), &fp16_.level(), &fixed_.level()};
  }

  std::unique_ptr<dysta::Policy> exact_;
  dysta::StaticLevel software_;
  Asked<dysta::Fp32> fp32_;
  Asked<dysta::Fp16> fp16_;
  Asked<dysta::Fixed> fixed_;
  Disagreements& found_;
};

Disagreements disagreements(const dysta::Scenario& scenario, const dysta::Workloads& workloads,
                            const std::string& unit) {
  Disagreements found;
  dysta::PolicyRegistry registry;
  dysta::PolicyEntry entry = *registry.find("dysta");
  entry.name = "observed";
  entry.make = [&found, make = entry.make](const dysta::Parameters& parameters,
                                           const dysta::PolicyContext& context) {
    return std::make_unique<Observed>(make(parameters, context), context,
                                      dysta::hardware_settings(parameters, context), found);
  };
  registry.add(std::move(entry));
  const auto policies = registry.parse("observed:wait_unit_s=" + unit);
  for (const dysta::RunRequests& run : workloads.runs) {
    simulate(scenario.pools(), *run.at_hand(), policies.front());
  }
  return found;
}

void print_row(const dysta::Scenario& scenario, const dysta::Workloads& workloads,
               const std::string& unit) {
  std::string list;
  for (const std::string arithmetic : kArithmetics) {
    list += (list.empty() ? "" : ",") + ("dysta:wait_unit_s=" + unit) + ",arithmetic=" + arithmetic;
  }
  const dysta::Comparison comparison =
      compare(scenario.pools(), workloads, dysta::PolicyRegistry().parse(list));
  const Disagreements found = disagreements(scenario, workloads, unit);
  std::cout << "| " << scenario.name() << " | " << unit << " | " << found.decisions << std::fixed;
  for (const std::uint64_t differ : found.differ) {
    std::cout << " | " << std::setprecision(3)
              << 100 * static_cast<double>(differ) / static_cast<double>(found.decisions);
  }
  const auto print_metric = [&](dysta::Metric metric, double scale, int digits) {
    const char* separator = " | ";
    for (const dysta::PolicyResult& policy : comparison.policies) {
      std::cout << separator << std::setprecision(digits) << scale * policy.over_runs(metric).mean;
      separator = " / ";
    }
  };
  print_metric(dysta::Metric::antt, 1, 3);
  print_metric(dysta::Metric::violation_rate, 100, 2);
  std::cout << " |\n" << std::flush;
}

int run(std::uint64_t runs, std::span<char*> scenarios) {
  std::cout << "| scenario | wait_unit_s | decisions | fp32 differs % | fp16 differs % | "
               "fixed differs % | ANTT double / fp32 / fp16 / fixed | violations % |\n"
               "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  std::vector<std::uint64_t> seeds(runs);
  std::iota(seeds.begin(), seeds.end(), std::uint64_t{1});
  for (const char* file : scenarios) {
    const dysta::Scenario scenario = dysta::load_scenario(file);
    const dysta::Workloads workloads =
        draw_workloads(scenario.pools(), scenario.streams(), stream_draw(scenario, {}), seeds);
    for (const char* unit : {"1", "auto"}) print_row(scenario, workloads, unit);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::span words(argv, static_cast<std::size_t>(argc));
  const std::uint64_t runs = argc > 2 ? std::stoull(words[1]) : 0;
  if (runs == 0) {
    std::cerr << "usage: narrow_arithmetic RUNS SCENARIO.yaml...\n";
    return 2;
  }
  return run(runs, words.subspan(2));
} catch (const std::exception& error) {
  std::cerr << "narrow_arithmetic: " << error.what() << '\n';
  return 1;
}
