// A program outside Dysta's source tree: two networks in memory, three requests, two policies.
#include <cstdio>
#include <vector>

#include <dysta/sched/registry.hpp>
#include <dysta/sim/compare.hpp>
#include <dysta/sim/simulation.hpp>
#include <dysta/trace/profile.hpp>
#include <dysta/trace/trace.hpp>

int main() {
  using dysta::Seconds;
  std::vector<dysta::Trace> networks;
  // Layers of a latency in seconds and a sparsity; two inputs of two layers, one input of one.
  networks.push_back({{.name = "long", .model = "long", .pattern = "", .file = ""},
                      2,
                      {{1, 0.5}, {1, 0.25}, {0.5, 0.75}, {0.5, 0.75}}});
  networks.push_back(
      {{.name = "short", .model = "short", .pattern = "", .file = ""}, 1, {{0.25, 0.5}}});
  const dysta::TraceSet traces(std::move(networks));
  const dysta::Profiles profiles(traces);

  const auto request = [&](double arrival_s, const char* network, std::uint32_t sample) {
    return dysta::Request{.arrival = Seconds{arrival_s},
                          .variant = traces.find(network).value(),
                          .sample = sample,
                          .priority = dysta::Priority::medium,
                          .slo = Seconds{2}};
  };
  const std::vector<dysta::Request> requests{request(0, "long", 0), request(0.5, "long", 1),
                                             request(0.5, "short", 0)};
  dysta::Simulation simulation(traces, requests);

  const dysta::PolicyRegistry registry;
  for (const dysta::ConfiguredPolicy& configured : registry.parse("fcfs,dysta:beta=0")) {
    const auto policy = configured.make({.profiles = profiles, .truth = &simulation});
    std::printf("%s:", configured.label().c_str());
    for (const dysta::RequestOutcome& outcome : simulation.run(*policy).requests) {
      std::printf(" %g", outcome.completion.count());
    }
    std::printf("\n");
  }
}
