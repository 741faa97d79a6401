// Several policies on the same requests, over several runs, on several cores.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "dysta/metrics/comparison.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/workload.hpp"

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

/// What every policy is given: the requests of each run, and how they came about.
struct Workloads {
  std::vector<std::vector<Request>> runs;
  WorkloadDescription description;
};

/// Draws one run a seed. Throws as `generate` does.
Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds,
                         const TraceSet& traces, const Profiles& profiles);

/// One run of the requests at hand; `source` says where they are from.
Workloads given_workload(std::vector<Request> requests, const std::string& source,
                         const TraceSet& traces);

/// Simulates every policy on every run and summarises. Throws what a policy's construction or a
/// simulation throws.
Comparison compare(const TraceSet& traces, const Profiles& profiles, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options = {});

/// The same without the description.
std::vector<PolicyResult> compare(const TraceSet& traces, const Profiles& profiles,
                                  std::span<const std::vector<Request>> workloads,
                                  std::span<const ConfiguredPolicy> policies,
                                  const CompareOptions& options = {});

}  // namespace dysta
