// Several policies on the same requests, over several runs, on several cores.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "dysta/metrics/comparison.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

struct CompareOptions {
  SchedulingCosts costs{};
  std::size_t threads = 1;  ///< the results do not depend on it
  /// Called after each simulation, by one thread at a time, with how many of how many are done.
  std::function<void(std::size_t done, std::size_t of)> progress{};
  /// Where to leave what the first run did under each policy; null if that is not wanted.
  std::vector<RunOutcome>* outcomes = nullptr;
  std::vector<Timeline>* timelines = nullptr;
};

/// Simulates every policy on every workload (one a run) and summarises. Throws what a policy's
/// construction or a simulation throws.
std::vector<PolicyResult> compare(const TraceSet& traces, const Profiles& profiles,
                                  std::span<const std::vector<Request>> workloads,
                                  std::span<const ConfiguredPolicy> policies,
                                  const CompareOptions& options = {});

}  // namespace dysta
