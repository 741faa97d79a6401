// Workloads drawn at random: which network, which input, when, how important, by when.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/arrivals.hpp"

namespace dysta {

/// How often each variant is asked for: a weight a variant, in the order of the trace set; no
/// weights at all ask for all equally often.
struct Mix {
  std::vector<double> weights;

  /// All variants equally often, said in weights.
  static Mix uniform(const TraceSet& traces) { return {std::vector<double>(traces.size(), 1.0)}; }

  /// Reads `NAME=WEIGHT[,NAME=WEIGHT...]`, a name being a variant's or a model's (whose variants
  /// share its weight equally); what is not named is not asked for. Throws `SpecificationError`.
  static Mix parse(std::string_view text, const TraceSet& traces);

  /// The weights, all equal where none are given.
  std::vector<double> weights_for(std::size_t variants) const;

  /// Mean isolated latency of a request, from the profiles.
  Seconds mean_service(const Profiles& profiles) const;
};

/// How often each priority is asked for.
struct PriorityMix {
  std::array<double, 3> weights{1, 1, 1};  ///< of priorities 1, 3 and 9

  /// Reads `1=WEIGHT,3=WEIGHT,9=WEIGHT`; what is not named is not asked for. Throws
  /// `SpecificationError`.
  static PriorityMix parse(std::string_view text);
};

struct WorkloadSpec {
  ArrivalProcess arrivals{};
  std::optional<double> rate_hz{};  ///< requests a second; a replay may do without
  std::size_t count = 1000;
  std::uint64_t seed = 1;
  double slo_multiplier = 10;  ///< deadline = arrival + multiplier × the model's mean latency
  Mix mix{};
  PriorityMix priorities{};
};

/// Draws the requests. Arrivals, variants, samples and priorities come from streams of their own,
/// so changing one of them leaves the others as they were. Throws `SpecificationError` as
/// `arrival_times` does.
std::vector<Request> generate(const WorkloadSpec& spec, const TraceSet& traces,
                              const Profiles& profiles);

/// The rate at which requests of this mix keep one accelerator busy for a share `load` of the time.
double rate_for_load(double load, const Mix& mix, const Profiles& profiles);

}  // namespace dysta
