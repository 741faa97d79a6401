// One simulation of requests at hand and nothing else, so that its instructions can be counted:
// `dysta_one_run TRACES POLICY LOAD REQUESTS` says how many layer decisions it took. `dysta` itself
// cannot run under valgrind everywhere: libraries it loads read timers that valgrind lacks.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "dysta/workload/request_source.hpp"
#include "workloads.hpp"

namespace dysta::bench {
namespace {

std::uint64_t decisions(const std::string& traces, const std::string& policy, double load,
                        std::size_t count) {
  const std::vector<std::string> paths{traces};
  const Networks networks = networks_of(traces, read_traces(paths));
  const std::vector<Request> workload = requests(networks, load, count);
  Simulation simulation(networks.traces);
  const auto scheduler = PolicyRegistry().parse(policy).front().make(
      {.profiles = networks.profiles, .truth = &simulation});
  RequestsAtHand source(workload);
  NoOutcomes outcomes;
  return simulation.run(source, *scheduler, outcomes).decisions;
}

}  // namespace
}  // namespace dysta::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: dysta_one_run TRACES POLICY LOAD REQUESTS\n", stderr);
    return 2;
  }
  try {
    std::printf("%llu\n", static_cast<unsigned long long>(dysta::bench::decisions(
                              argv[1], argv[2], std::stod(argv[3]), std::stoul(argv[4]))));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dysta_one_run: %s\n", error.what());
    return 1;
  }
  return 0;
}
