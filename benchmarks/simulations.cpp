// Layer decisions a second of whole simulations: arrivals, decisions, layers, completions.
#include <string>

#include <benchmark/benchmark.h>

#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "workloads.hpp"

namespace dysta::bench {
namespace {

constexpr std::size_t kRequests = 20'000;

void simulate(benchmark::State& state, const std::string& name) {
  const auto workload = requests(static_cast<double>(state.range(0)) / 100, kRequests);
  const auto policies = PolicyRegistry().parse(name);
  std::int64_t decisions = 0;
  for (auto _ : state) {
    Simulation simulation(traces(), workload);
    const auto policy = policies.front().make({.profiles = profiles(), .truth = &simulation});
    decisions += static_cast<std::int64_t>(simulation.run(*policy).decisions);
  }
  state.SetItemsProcessed(decisions);
}

}  // namespace

void register_simulation_benchmarks() {
  const PolicyRegistry registry;
  for (const PolicyEntry& entry : registry.entries()) {
    benchmark::RegisterBenchmark(("simulate/" + entry.name).c_str(), simulate, entry.name)
        ->ArgName("load_percent")
        ->Arg(50)
        ->Arg(90)
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace dysta::bench
