// Small traces and requests written out in tests.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta::test {

/// Latencies in seconds and sparsities of one input's layers.
using TinySample = std::vector<LayerSample>;

/// A variant called `name` ("model_pattern") with these inputs.
inline Trace tiny_trace(const std::string& name, const std::vector<TinySample>& samples,
                        std::vector<std::uint32_t> sequence_lengths = {}) {
  std::vector<LayerSample> table;
  for (const TinySample& sample : samples) table.insert(table.end(), sample.begin(), sample.end());
  const auto cut = name.find('_');
  return {{.name = name,
           .model = name.substr(0, cut),
           .pattern = cut == std::string::npos ? "" : name.substr(cut + 1),
           .kind = TraceKind::cnn,
           .file = name + ".csv"},
          samples.front().size(),
          std::move(table),
          std::move(sequence_lengths)};
}

/// A request for input `sample` of the variant called `name`.
inline Request tiny_request(const TraceSet& traces, double arrival_s, const std::string& name,
                            std::uint32_t sample, Priority priority, double slo_s) {
  return {.arrival = Seconds{arrival_s},
          .variant = traces.find(name).value(),
          .sample = sample,
          .priority = priority,
          .slo = Seconds{slo_s}};
}

}  // namespace dysta::test
