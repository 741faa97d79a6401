// A policy in an event loop of one's own, as a live runtime has it: the loop announces arrivals,
// asks what to run, runs it, and reports what it saw. No simulator.
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "dysta/sched/registry.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"

namespace {

using namespace dysta;

/// What a host keeps of a request; the policy is told only its arrival and what a monitor sees.
struct Job {
  const char* what;
  const char* network;
  Seconds arrival;
  Seconds slo;
  Priority priority;
  double sparsity;  ///< of every layer of its input; found out while it runs
  std::uint32_t layers_done = 0;
};

/// What software knows of a network beforehand: four layers of `layer_s` at half density. A real
/// host reads measured traces (`read_traces`).
Trace profile_of(const std::string& name, double layer_s) {
  return {{.name = name, .model = name, .pattern = {}, .kind = TraceKind::cnn, .file = {}},
          4,
          std::vector<LayerSample>(4, {.latency_s = layer_s, .sparsity = 0.5})};
}

/// Stands for the accelerator: half as many zeros as usual take half as long again.
Seconds execute(const Job& job, const Trace& network) {
  return Seconds{network.sample(0)[job.layers_done].latency_s * (1 - job.sparsity) / 0.5};
}

}  // namespace

int main() {
  const TraceSet networks({profile_of("detector", 0.004), profile_of("keyword", 0.001)});
  const Profiles profiles(networks);
  const PolicyRegistry registry;
  const auto policy = registry.parse("dysta:wait_unit_s=auto").front().make({.profiles = profiles});

  std::vector<Job> jobs{
      {"bright frame", "detector", Seconds{0.000}, Seconds{0.160}, Priority::medium, 0.50},
      {"dark frame", "detector", Seconds{0.001}, Seconds{0.160}, Priority::medium, 0.25},
      {"noise", "keyword", Seconds{0.006}, Seconds{0.040}, Priority::low, 0.75},
      {"speech", "keyword", Seconds{0.014}, Seconds{0.040}, Priority::high, 0.50},
      {"night frame", "detector", Seconds{0.060}, Seconds{0.160}, Priority::medium, 0.10}};

  // Tasks are named by small numbers; a host that runs for long uses those of finished ones again.
  const AcceleratorId accelerator{0};
  Seconds now{0};
  std::size_t arrived = 0;
  std::size_t done = 0;
  while (done < jobs.size()) {
    if (done == arrived && jobs[arrived].arrival > now) now = jobs[arrived].arrival;  // idle
    for (; arrived < jobs.size() && jobs[arrived].arrival <= now; ++arrived) {
      const Job& job = jobs[arrived];
      policy->on_arrival({.task = static_cast<TaskId>(arrived),
                          .variant = networks.find(job.network).value(),
                          .arrival = job.arrival,
                          .slo = job.slo,
                          .priority = job.priority});
    }

    const TaskId task = policy->choose(now, accelerator);
    Job& job = jobs[index(task)];
    const Trace& network = networks[networks.find(job.network).value()];
    const Seconds start = now;
    now += execute(job, network);
    const std::uint32_t layer = job.layers_done++;
    std::printf("%7.3f ms  %-12s  layer %u  %6.3f ms\n", start.count() * 1e3, job.what,
                static_cast<unsigned>(layer), (now - start).count() * 1e3);

    if (job.layers_done < network.layers()) {
      policy->on_layer_done(
          task, {.layer = layer, .sparsity = job.sparsity, .latency = now - start, .end = now});
      continue;
    }
    policy->on_finish(task);
    ++done;
    const bool late = now > job.arrival + job.slo;
    std::printf("%7.3f ms  %-12s  %s\n", now.count() * 1e3, job.what, late ? "late" : "done");
  }
}
