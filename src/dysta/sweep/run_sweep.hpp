// Sweeps carried out: all cores, resumable, the same bytes whatever the number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "dysta/sweep/plan.hpp"

namespace dysta {

struct SweepOptions {
  std::size_t jobs = 1;  ///< threads; the results do not depend on it
  /// Called by one thread at a time with how many points of how many are finished: once before the
  /// first simulation, then whenever more are safe on disk.
  std::function<void(std::size_t done, std::size_t of)> progress{};
  /// Ends the sweep early once it is true; the points that are being simulated are finished.
  const std::atomic<bool>* stop = nullptr;
};

/// Simulates the points of `plan` that `folder`/points.sqlite does not hold yet, and writes all of
/// them to `folder`/points.csv (docs/sweeps.md). Makes the folder if need be. Returns false,
/// without that file, when it was stopped; calling it again goes on.
///
/// A point is found by a digest of all that decides its figures: its requests as drawn, the traces
/// that they run, the policy with all parameters, the version of this library. So what a change of
/// scenario, traces or plan leaves as it was is not done again, and nothing outdated is used.
///
/// Throws `FileError` for scenarios that cannot be loaded or cannot be drawn from as planned and
/// for files that cannot be written, and what a simulation throws; finished points are kept.
bool run_sweep(const SweepPlan& plan, const std::string& folder, const SweepOptions& options = {});

}  // namespace dysta
