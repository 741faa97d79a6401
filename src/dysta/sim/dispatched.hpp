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

/// Identical accelerators, and who decides for each of them.
struct DispatchedPool {
  const TraceSet& traces;
  const Profiles& profiles;  ///< what work is predicted from: by pattern
  std::uint32_t accelerators = 1;
  SchedulingCosts costs{};
  /// The policy of one accelerator. What it is given tells the truth of that one's tasks.
  std::function<std::unique_ptr<Policy>(const Truth&)> make_policy;
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
