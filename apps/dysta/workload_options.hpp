// The options that describe traces and a workload drawn from them, shared by `simulate` and
// `workload`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/streams.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta::cli {

/// Accepts finite numbers from `least` (or above it) to `largest`.
CLI::Validator number_in(double least, double largest, bool least_included = true);

/// Accepts whole numbers from `least` to `largest`, also written like 3.0. For `transform`.
CLI::Validator whole_in(std::uint64_t least, std::uint64_t largest);

/// Accepts any text but none: an empty variable of a shell is not taken for an option not given.
CLI::Validator some_text();

/// `--traces` and `--seq-len`.
struct TraceOptions {
  std::vector<std::string> paths;
  std::uint32_t sequence_length = 512;

  /// Adds the options; returns them, so that a command can exclude them by another.
  std::vector<CLI::Option*> add_to(CLI::App& command, bool required = true);
  TraceSet load() const;
};

/// What to draw: everything but the seed.
struct WorkloadOptions {
  std::optional<double> rate_hz;
  std::optional<double> load;
  std::optional<std::size_t> count;  // not given: 1000, or all of a replay
  std::string arrivals = "poisson";
  std::optional<double> slo_multiplier;  // not given: 10, or a scenario's
  std::string mix;
  std::string priorities;

  /// Adds the options; returns them, so that a command can exclude them by another.
  std::vector<CLI::Option*> add_to(CLI::App& command);

  /// Whether an option is one that a scenario says itself: all but rate, load, count and SLO
  /// multiplier.
  static bool of_scenarios(const CLI::Option& option);

  /// The workload asked for, whatever the seed. Throws `SpecificationError` where the options
  /// contradict each other.
  WorkloadSpec spec(const Pool& pool) const;
};

}  // namespace dysta::cli
