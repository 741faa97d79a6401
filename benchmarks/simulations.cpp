// Whole simulations: layer decisions a second with the requests at hand, and requests a second
// drawn, simulated and added up as a stream.
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "dysta/metrics/reduction.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/workload/request_source.hpp"
#include "workloads.hpp"

namespace dysta::bench {
namespace {

constexpr std::size_t kStreamed = 1'000'000;

/// A load and so many requests, by which the queue gets about as long as its name says.
struct Queue {
  const char* name;
  double load;
  std::size_t requests;
};

constexpr Queue kQueues[] = {
    {"short", 0.4, 20'000},    // about 1.5 ready
    {"middle", 0.92, 20'000},  // about 6
    {"long", 40, 1'300}        // all come at once, 650 are ready on average
};

/// A policy that notes how many tasks are ready when it is asked.
class Counting final : public Policy {
 public:
  explicit Counting(Policy& policy) : policy_(policy) {}

  void on_arrival(const TaskArrival& arrival) override {
    ++ready_;
    policy_.on_arrival(arrival);
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    ++ready_;
    policy_.on_layer_done(task, observation);
  }
  void on_finish(TaskId task) override { policy_.on_finish(task); }
  TaskId choose(Seconds now, AcceleratorId accelerator) override {
    sum_ += static_cast<double>(ready_--);
    ++choices_;
    return policy_.choose(now, accelerator);
  }
  double mean() const { return sum_ / choices_; }

 private:
  Policy& policy_;
  std::int64_t ready_ = 0;
  double sum_ = 0;
  double choices_ = 0;
};

void simulate(benchmark::State& state, const Networks* networks, const std::string& name,
              const Queue& queue) {
  const auto workload = requests(*networks, queue.load, queue.requests);
  const auto policies = PolicyRegistry().parse(name);
  std::uint64_t decisions = 0;
  NoOutcomes outcomes;
  Simulation simulation(networks->traces);
  const auto fresh = [&] {
    return policies.front().make({.profiles = networks->profiles, .truth = &simulation});
  };
  for (auto _ : state) {
    const auto policy = fresh();
    RequestsAtHand source(workload);
    decisions += simulation.run(source, *policy, outcomes).decisions;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(decisions));

  const auto policy = fresh();
  Counting counting(*policy);
  RequestsAtHand source(workload);
  simulation.run(source, counting, outcomes);
  state.counters["ready"] = counting.mean();
}

/// One long run from seed to summary. `peak_MiB` is what the whole process took at most, so it is
/// this run's where it is the first: --benchmark_filter=stream/synthesised/fcfs.
void stream(benchmark::State& state, const Networks* networks, const std::string& name) {
  const WorkloadSpec spec =
      workload(*networks, static_cast<double>(state.range(0)) / 100, kStreamed);
  const auto policies = PolicyRegistry().parse(name);
  RunCounts counts;
  for (auto _ : state) {
    const auto requests = drawn_requests(spec, networks->traces, networks->profiles);
    Simulation simulation(networks->traces);
    const auto policy =
        policies.front().make({.profiles = networks->profiles, .truth = &simulation});
    RunReduction reduction({}, networks->traces.models().size(), 0);
    counts = simulation.run(*requests, *policy, reduction);
    benchmark::DoNotOptimize(reduction.summary(counts, 1));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kStreamed));
  state.counters["layers"] = benchmark::Counter(static_cast<double>(counts.decisions),
                                                benchmark::Counter::kIsIterationInvariantRate);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

void register_simulation_benchmarks() {
  const PolicyRegistry registry;
  for (const Networks* networks : {&synthesised(), golden()}) {
    if (networks == nullptr) continue;
    for (const PolicyEntry& entry : registry.entries()) {
      for (const Queue& queue : kQueues) {
        const std::string name = "simulate/" + networks->name + "/" + entry.name + "/" + queue.name;
        benchmark::RegisterBenchmark(name.c_str(), simulate, networks, entry.name, queue)
            ->Unit(benchmark::kMillisecond);
      }
    }
    for (const std::string policy : {"fcfs", "sjf", "dysta"}) {
      benchmark::RegisterBenchmark(("stream/" + networks->name + "/" + policy).c_str(), stream,
                                   networks, policy)
          ->ArgName("load_percent")
          ->Arg(30)
          ->Arg(60)
          ->Arg(90)
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace dysta::bench
