// Layer decisions a second of one policy while a fixed number of tasks is ready: choose, run a
// layer, observe; a task that ends is replaced by a new one.
#include <string>

#include <benchmark/benchmark.h>

#include "dysta/core/random.hpp"
#include "dysta/sched/registry.hpp"
#include "workloads.hpp"

namespace dysta::bench {
namespace {

/// A host that keeps the queue at one length.
class SteadyQueue final : public Truth {
 public:
  SteadyQueue(std::size_t ready) : tasks_(ready), random_(7, StreamPurpose::variants) {}

  void start(Policy& policy) {
    for (std::size_t i = 0; i < tasks_.size(); ++i) admit(static_cast<TaskId>(i), policy);
  }

  void step(Policy& policy) {
    const TaskId id = policy.choose(now_, AcceleratorId{0});
    Task& task = tasks_[index(id)];
    const auto layer = task.next_layer++;
    const LayerSample& sample = task.layers[layer];
    now_ += Seconds{sample.latency_s};
    if (task.next_layer < task.layers.size()) {
      policy.on_layer_done(id, {.layer = layer,
                                .sparsity = sample.sparsity,
                                .latency = Seconds{sample.latency_s},
                                .end = now_});
    } else {
      policy.on_finish(id);
      admit(id, policy);
    }
  }

  Estimate truth(TaskId id, std::uint32_t next_layer) const override {
    const Task& task = tasks_[index(id)];
    return {.remaining = Seconds{task.remaining_s[next_layer]},
            .next_layer = Seconds{task.layers[next_layer].latency_s},
            .isolated = Seconds{task.remaining_s[0]}};
  }

 private:
  struct Task {
    std::span<const LayerSample> layers;
    const double* remaining_s = nullptr;
    std::uint32_t next_layer = 0;
  };

  void admit(TaskId id, Policy& policy) {
    const auto variant = static_cast<VariantId>(random_.below(networks_.traces.size()));
    const Trace& trace = networks_.traces[variant];
    const auto sample = random_.below(trace.samples());
    tasks_[index(id)] = {trace.sample(sample), trace.remaining_s(sample).data(), 0};
    policy.on_arrival(
        {.task = id,
         .variant = variant,
         .arrival = now_,
         .slo = 10.0 * static_cast<double>(tasks_.size()) * networks_.profiles[variant].e2e_model,
         .priority = Priority::medium});
  }

  const Networks& networks_ = synthesised();
  std::vector<Task> tasks_;
  RandomStream random_;
  Seconds now_{0};
};

void decide(benchmark::State& state, const std::string& name) {
  const auto policies = PolicyRegistry().parse(name);
  SteadyQueue queue(static_cast<std::size_t>(state.range(0)));
  const auto policy = policies.front().make({.profiles = synthesised().profiles, .truth = &queue});
  queue.start(*policy);
  for (auto _ : state) queue.step(*policy);
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_decision_benchmarks() {
  const PolicyRegistry registry;
  for (const PolicyEntry& entry : registry.entries()) {
    benchmark::RegisterBenchmark(("decide/" + entry.name).c_str(), decide, entry.name)
        ->ArgName("ready")
        ->Arg(4)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1'000)
        ->Arg(10'000)
        ->Arg(100'000);
  }
}

}  // namespace dysta::bench
