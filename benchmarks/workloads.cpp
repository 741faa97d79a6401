#include "workloads.hpp"

#include <cmath>

#include "dysta/core/random.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta::bench {
namespace {

constexpr std::size_t kNetworks = 8;
constexpr std::size_t kLayers = 12;
constexpr std::size_t kInputs = 64;

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

const TraceSet& traces() {
  static const TraceSet set = make_traces();
  return set;
}

const Profiles& profiles() {
  static const Profiles tables(traces());
  return tables;
}

std::vector<Request> requests(double load, std::size_t count) {
  WorkloadSpec spec;
  spec.count = count;
  spec.mix = Mix::uniform(traces());
  spec.rate_hz = rate_for_load(load, spec.mix, profiles());
  return generate(spec, traces(), profiles());
}

}  // namespace dysta::bench
