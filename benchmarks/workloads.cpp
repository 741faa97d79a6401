#include "workloads.hpp"

#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "dysta/core/random.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta::bench {
namespace {

constexpr std::size_t kNetworks = 30;
constexpr std::size_t kLayers = 12;
constexpr std::size_t kInputs = 1000;

TraceSet make_traces() {
  RandomStream random(1, StreamPurpose::samples);
  std::vector<Trace> traces;
  for (std::size_t n = 0; n < kNetworks; ++n) {
    const double network_s = 2e-3 * std::pow(20.0, static_cast<double>(n) / (kNetworks - 1));
    std::vector<LayerSample> table;
    for (std::size_t i = 0; i < kInputs * kLayers; ++i) {
      const double sparsity = 0.3 + 0.4 * random.uniform();
      table.push_back(
          {.latency_s = network_s / kLayers * (1 - sparsity) / 0.5, .sparsity = sparsity});
    }
    const std::string name = "network" + std::to_string(n);
    traces.push_back(
        {{.name = name, .model = name, .pattern = "", .kind = TraceKind::cnn, .file = name},
         kLayers,
         std::move(table)});
  }
  return TraceSet(std::move(traces));
}

}  // namespace

Networks networks_of(std::string name, TraceSet traces) {
  Profiles profiles(traces);
  return {.name = std::move(name), .traces = std::move(traces), .profiles = std::move(profiles)};
}

const Networks& synthesised() {
  static const Networks networks = networks_of("synthesised", make_traces());
  return networks;
}

const Networks* golden() {
  static const std::optional<Networks> networks = []() -> std::optional<Networks> {
    const char* folder = std::getenv("DYSTA_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
    if (folder == nullptr) return std::nullopt;
    const std::vector<std::string> paths{std::string(folder) + "/attnn_light/traces"};
    return networks_of("golden", read_traces(paths));
  }();
  return networks ? &*networks : nullptr;
}

WorkloadSpec workload(const Networks& networks, double load, std::size_t count) {
  WorkloadSpec spec;
  spec.count = count;
  spec.rate_hz = rate_for_load(load, spec.mix, networks.profiles);
  return spec;
}

std::vector<Request> requests(const Networks& networks, double load, std::size_t count) {
  return generate(workload(networks, load, count), networks.traces, networks.profiles);
}

}  // namespace dysta::bench
