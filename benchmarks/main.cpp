// Speed of our own code. `dysta_benchmark --help` shows how to select and repeat.
#include <benchmark/benchmark.h>

#include "workloads.hpp"

int main(int argc, char** argv) {
  dysta::bench::register_decision_benchmarks();
  dysta::bench::register_simulation_benchmarks();
  dysta::bench::register_accelerator_benchmarks();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
