// Any bytes as a trace file: what is accepted is valid in every field.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/trace/describe.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::vector<dysta::Trace> traces;
    traces.push_back(dysta::parse_trace("net_p.csv", {reinterpret_cast<const char*>(data), size}));
    const dysta::Trace& trace = traces.front();
    for (std::size_t s = 0; s < trace.samples(); ++s) {
      for (const dysta::LayerSample& layer : trace.sample(s)) {
        if (!(layer.latency_s > 0)) std::abort();
        if (!(layer.sparsity >= 0 && layer.sparsity < 1)) std::abort();
      }
    }
    describe(trace);
    const dysta::Profiles profiles{dysta::TraceSet(std::move(traces))};
    if (!(profiles.mean_e2e().count() > 0)) std::abort();
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
