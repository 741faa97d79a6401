// Any text as a sweep: what is accepted is a plan that can be carried out.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/sweep/plan.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const dysta::SweepPlan plan =
        dysta::parse_sweep(dysta::YamlMap::parse("fuzz.yaml", text), "folder");
    check(plan.points() > 0 && plan.points() <= 1'000'000);
    check(plan.requests > 0);
    std::set<std::string> labels;
    for (const dysta::ConfiguredPolicy& policy : plan.policies) {
      check(labels.insert(policy.label()).second);
    }
    for (const double load : plan.loads) check(load > 0);
    for (const double rate_hz : plan.rates_hz) check(rate_hz > 0);
    for (const double multiplier : plan.slo_multipliers) check(multiplier > 0);
  } catch (const dysta::FileError& error) {
    check(std::string(error.what()).find('\n') == std::string::npos);
  }
  return 0;
}
