// Accelerators with a queue and a policy each, and a dispatcher in front.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/timeline.hpp"
#include "dysta/predict/predictor.hpp"
#include "dysta/sched/dispatch/dispatcher.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/sim/costs.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/request_source.hpp"

namespace dysta {

/// Accelerators, and who decides for each of them.
struct DispatchedPool {
  const TraceSet& traces;    ///< what isolated times are of
  const Profiles& profiles;  ///< over all kinds: what the dispatcher is told of a task
  /// All alike are one kind; those of each come in their order. Work is predicted by the profiles
  /// of the kind that is to do it, by pattern.
  std::span<const AcceleratorKind> kinds;
  SchedulingCosts costs{};
  /// The policy of an accelerator of this kind. The truth is that of its tasks there.
  std::function<std::unique_ptr<Policy>(const AcceleratorKind&, const Truth&)> make_policy;
};

/// Runs all requests to their end. At its arrival a request joins the queue that the dispatcher
/// chooses, for good, and that queue's policy is told of it; each accelerator then does as one of a
/// `Simulation` does. Requests of one instant are dispatched in their order, after the layers that
/// end at this instant. The predicted work left in a queue is that of all its tasks' layers that
/// have not ended; an empty queue has none. Throws as `Simulation::run`.
RunCounts simulate_dispatched(const DispatchedPool& pool, Dispatcher& dispatcher,
                              RequestSource& requests, OutcomeSink& outcomes,
                              Timeline* timeline = nullptr);

}  // namespace dysta
