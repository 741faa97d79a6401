// Sweeps: many scenarios, loads, deadlines, seeds and policies, and every combination of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dysta/io/yaml.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {

/// What to run: the product of all lists. Points are in the order of scenario, rate, deadline, seed
/// and policy, the last changing fastest.
struct SweepPlan {
  std::vector<std::string> scenarios;  ///< paths, at least one
  std::vector<ConfiguredPolicy> policies;
  std::vector<double> loads;                      ///< offered utilisations of the busiest pool
  std::vector<double> rates_hz;                   ///< of all requests together; after the loads
  std::vector<double> slo_multipliers;            ///< empty: the scenario's own deadlines
  std::optional<YamlPlace> slo_multipliers_at{};  ///< in the file of the plan, if it is of one
  std::vector<std::uint64_t> seeds;
  std::size_t requests = 0;  ///< in one run

  /// Without loads and rates every scenario runs once, at its own rate.
  std::size_t rates() const {
    return loads.empty() && rates_hz.empty() ? 1 : loads.size() + rates_hz.size();
  }
  /// How many points that are.
  std::size_t points() const {
    return scenarios.size() * rates() * (slo_multipliers.empty() ? 1 : slo_multipliers.size()) *
           seeds.size() * policies.size();
  }
};

/// Reads a sweep from a map (docs/sweeps.md), all keys of it. Scenarios are paths relative to
/// `folder`, or names that `find_scenario` looks for from there and then from `shipped`; policies
/// are those of `registry`. Throws `FileError` with line and column.
SweepPlan parse_sweep(YamlMap map, const std::string& folder,
                      const std::vector<std::string>& shipped = {"."},
                      const PolicyRegistry& registry = PolicyRegistry());

/// Reads a sweep from a file; paths in it are relative to its folder. Throws `FileError`.
SweepPlan load_sweep(const std::string& path, const std::vector<std::string>& shipped = {"."});

}  // namespace dysta
