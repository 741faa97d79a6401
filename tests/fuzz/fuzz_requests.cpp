// Any bytes as a table of requests: what is accepted is a valid workload, and reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/workload/request_table.hpp"

namespace {

const dysta::TraceSet& traces() {
  static const dysta::TraceSet set = [] {
    std::vector<dysta::Trace> traces;
    traces.push_back({{.name = "a", .model = "a", .pattern = "", .kind = {}, .file = "a.csv"},
                      1,
                      {{.latency_s = 1, .sparsity = 0}, {.latency_s = 2, .sparsity = 0.5}}});
    return dysta::TraceSet(std::move(traces));
  }();
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto requests =
        dysta::parse_requests("fuzz.csv", {reinterpret_cast<const char*>(data), size}, traces());
    dysta::Seconds last{0};
    for (const dysta::Request& request : requests) {
      if (!(request.arrival >= last) || !(request.slo.count() > 0)) std::abort();
      if (request.sample >= traces()[request.variant].samples()) std::abort();
      last = request.arrival;
    }
    const std::string text = dysta::requests_csv(requests, traces());
    if (dysta::requests_csv(dysta::parse_requests("again", text, traces()), traces()) != text) {
      std::abort();
    }
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
