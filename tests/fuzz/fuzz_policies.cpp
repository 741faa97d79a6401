// Any text as a list of policies, of arrivals, of a mix: accepted or refused, never worse.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/workload/workload.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const dysta::PolicyRegistry registry;
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& policy : registry.parse(text)) {
      if (registry.parse(policy.label()).front().label() != policy.label()) std::abort();
    }
  } catch (const dysta::SpecificationError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  try {
    if (!text.starts_with("replay")) dysta::parse_arrival_process(text);  // no files here
  } catch (const dysta::SpecificationError&) {
  }
  try {
    dysta::PriorityMix::parse(text);
  } catch (const dysta::SpecificationError&) {
  }
  return 0;
}
