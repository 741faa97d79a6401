// Sweeps carried out: all cores, resumable, the same bytes whatever the number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "dysta/sweep/plan.hpp"
#include "dysta/sweep/work_force.hpp"

namespace dysta {

struct SweepOptions {
  std::size_t jobs = 1;  ///< threads; the results do not depend on it
  /// Who simulates, in place of this process's `jobs` threads alone; the results do not depend on
  /// it either. Where it does not lead, nothing is written and nobody is told of progress.
  WorkForce* force = nullptr;
  /// Called by one thread at a time, before `progress`, while all requests are drawn to see which
  /// points are finished: with how many of how many requests are.
  std::function<void(std::size_t done, std::size_t of)> drawing{};
  /// Called by one thread at a time with how many points of how many are finished: once before the
  /// first simulation, then whenever more are safe on disk.
  std::function<void(std::size_t done, std::size_t of)> progress{};
  /// Ends the sweep early once it is true; the points that are being simulated are finished,
  /// requests that are being drawn are given up.
  const std::atomic<bool>* stop = nullptr;
};

/// Simulates the points of `plan` that `folder`/points.sqlite does not hold yet, and writes all of
/// them to `folder`/points.csv (docs/sweeps.md), which it first takes away. Makes the folder if
/// need be. Returns false, without that file, when it was stopped; calling it again goes on.
///
/// All policies of a workload run on the same drawn requests; of no more workloads than there are
/// threads, and one, are requests in memory at a time. Runs of more than `kMostExactRequests` are
/// not held: as in `compare`, they are drawn for every policy, and added up as they go.
///
/// With a force of several processes all of them call this with the same plan.
///
/// A point is found by a digest of all that decides its figures: its requests as drawn, the traces
/// that they run, the accelerators and how requests come to them, the seed where a dispatcher draws
/// from it, the policy with all parameters, the version of this library. So what a change of
/// scenario, traces or plan leaves as it was is not done again, and nothing outdated is used.
///
/// Throws `FileError` for scenarios that cannot be loaded or cannot be drawn from as planned
/// (before anything is written where their deadlines take no SLO multiplier, at the plan's) and for
/// files that cannot be written, and what a simulation throws; finished points are kept.
bool run_sweep(const SweepPlan& plan, const std::string& folder, const SweepOptions& options = {});

}  // namespace dysta
