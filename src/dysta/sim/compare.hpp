// Several policies on the same requests, over several runs, on several cores.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dysta/metrics/comparison.hpp"
#include "dysta/metrics/reduction.hpp"
#include "dysta/sched/dispatch/dispatcher.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/request_source.hpp"
#include "dysta/workload/streams.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta {

struct CompareOptions {
  SchedulingCosts costs{};
  std::size_t threads = 1;  ///< the results do not depend on it
  /// How requests come to the accelerators of every pool, in place of what the pools say: every
  /// policy is run with each. Empty: as the pools say.
  std::vector<Dispatch> dispatch{};
  /// Called by one thread at a time with how many of how many simulations are done, after each; of
  /// long runs (above `kMostExactRequests`) with how many requests of all simulations completed,
  /// after every few tens of thousands.
  std::function<void(std::size_t done, std::size_t of)> progress{};
  /// Where to leave what the first run did under each policy; null if that is not wanted.
  std::vector<RunOutcome>* outcomes = nullptr;
  std::vector<Timeline>* timelines = nullptr;
};

/// What every policy is given: the requests of each run, and how they came about.
struct Workloads {
  std::vector<RunRequests> runs;
  WorkloadDescription description;
};

/// What the requests of a run are, whatever the policy.
struct Census {
  std::optional<double> offered_load;  ///< of one accelerator: nothing where all arrive at once
  double antt_lower_bound = 0;
  Thirds thirds;
};

/// Found in one pass over the requests.
Census take_census(std::span<const Pool> pools, const RunRequests& run);

/// One run a seed for a pool. Runs of more than `kMostExactRequests` are not held: they are drawn
/// anew for every policy, so that what `pool` refers to must outlive them. Throws as `generate`
/// does, of such runs only when they are simulated.
Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds, const Pool& pool);

/// The same for one accelerator.
Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds,
                         const TraceSet& traces, const Profiles& profiles);

/// One run of the requests at hand; `source` says where they are from.
Workloads given_workload(std::vector<Request> requests, const std::string& source,
                         const Pool& pool);

/// One run from streams; of more than `kMostExactRequests` it is not held but drawn anew as often
/// as it is asked for, and `pools` and `streams` must outlive it. Throws as `draw`, of such a run
/// only when it is asked for.
RunRequests draw_requests(std::span<const Pool> pools, std::span<const Stream> streams,
                          const StreamDraw& options);

/// The same, one run a seed.
Workloads draw_workloads(std::span<const Pool> pools, std::span<const Stream> streams,
                         StreamDraw options, std::span<const std::uint64_t> seeds);

/// Runs every pool's requests under an instance of the policy of its own, or one an accelerator
/// where requests are dispatched, and puts their outcomes together: requests as in `run`, models
/// and accelerators counted through from pool to pool. With `timeline`, every layer is recorded
/// there, pool by pool. `seed` is of what dispatchers draw at random. Throws what the policy's
/// construction or a simulation throws, and `SpecificationError` for a pool whose dispatcher is
/// none.
RunOutcome simulate(std::span<const Pool> pools, const Run& run, const ConfiguredPolicy& policy,
                    SchedulingCosts costs = {}, Timeline* timeline = nullptr,
                    std::uint64_t seed = 1);

/// The figures of one policy on a run, as `compare` has them; `census` is that of the run. Throws
/// as `simulate`, and `std::invalid_argument` for a run of at most `kMostExactRequests` that is not
/// at hand.
Summary simulated_summary(std::span<const Pool> pools, const RunRequests& run, const Census& census,
                          const ConfiguredPolicy& policy, std::uint64_t seed = 1);

/// What `compare` labels its results, in their order: every policy with every dispatcher.
std::vector<std::string> compared_labels(std::span<const ConfiguredPolicy> policies,
                                         std::span<const Dispatch> dispatch);

/// Simulates every policy, with every dispatcher asked for, on every run and summarises: runs of
/// more than `kMostExactRequests` as their requests complete, in memory that does not grow with
/// their number. `workloads.description.streams` names the streams of its runs. Throws as
/// `simulate`, before anything is simulated where a pool's dispatcher is none, and
/// `std::invalid_argument` unless there are runs and all of them, or none, are that long; those
/// that are not have to be at hand.
Comparison compare(std::span<const Pool> pools, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options = {});

/// The same on one accelerator.
Comparison compare(const TraceSet& traces, const Profiles& profiles, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options = {});

/// Names of the accelerators of all pools, as `Timeline` counts them.
std::vector<std::string> accelerator_names(std::span<const Pool> pools);

}  // namespace dysta
