#include "dysta/sim/compare.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace dysta {
namespace {

/// Calls `work(i)` for every i below `count` on up to `threads` threads; the first exception ends
/// it and is thrown again here.
template <class Work>
void for_each_index(std::size_t count, std::size_t threads, Work&& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      for (std::size_t t = 1; t < std::min(threads, count); ++t) helpers.emplace_back(loop);
    } catch (const std::system_error&) {
      // The system gives no more threads: those there are do the work.
    }
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

/// The part of a description that the requests themselves tell.
void describe_requests(Workloads& workloads, const TraceSet& traces) {
  WorkloadDescription& description = workloads.description;
  description.requests = workloads.runs.front().size();
  double sum = 0;
  for (const auto& requests : workloads.runs) {
    std::vector<Seconds> isolated;
    isolated.reserve(requests.size());
    for (const Request& request : requests) {
      isolated.push_back(traces[request.variant].isolated(request.sample));
    }
    const auto load = offered_load(requests, isolated);
    if (!load) return;
    sum += *load;
  }
  description.offered_load = sum / static_cast<double>(workloads.runs.size());
}

}  // namespace

Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds,
                         const TraceSet& traces, const Profiles& profiles) {
  if (seeds.empty()) throw std::invalid_argument("at least one seed is needed");
  Workloads workloads;
  for (const std::uint64_t seed : seeds) {
    spec.seed = seed;
    workloads.runs.push_back(generate(spec, traces, profiles));
  }
  workloads.description.arrivals = to_text(spec.arrivals) + " arrivals";
  workloads.description.rate_hz = spec.rate_hz;
  workloads.description.slo_multiplier = spec.slo_multiplier;
  workloads.description.seeds.assign(seeds.begin(), seeds.end());
  const auto weights = spec.mix.weights_for(traces.size());
  for (std::size_t v = 0; v < weights.size(); ++v) {
    if (weights[v] == 0) continue;
    workloads.description.variants.push_back(traces.all()[v].name());
    workloads.description.mix.push_back(weights[v]);
  }
  workloads.description.priority_mix.assign(spec.priorities.weights.begin(),
                                            spec.priorities.weights.end());
  describe_requests(workloads, traces);
  return workloads;
}

Workloads given_workload(std::vector<Request> requests, const std::string& source,
                         const TraceSet& traces) {
  Workloads workloads;
  workloads.runs.push_back(std::move(requests));
  workloads.description.arrivals = "requests of " + source;
  for (const Trace& trace : traces.all()) workloads.description.variants.push_back(trace.name());
  describe_requests(workloads, traces);
  return workloads;
}

Comparison compare(const TraceSet& traces, const Profiles& profiles, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options) {
  Comparison comparison;
  comparison.workload = workloads.description;
  comparison.workload.preemption_cost_s = options.costs.preemption.count();
  comparison.workload.decision_cost_s = options.costs.decision.count();
  comparison.policies = compare(traces, profiles, workloads.runs, policies, options);
  return comparison;
}

std::vector<PolicyResult> compare(const TraceSet& traces, const Profiles& profiles,
                                  std::span<const std::vector<Request>> workloads,
                                  std::span<const ConfiguredPolicy> policies,
                                  const CompareOptions& options) {
  std::vector<PolicyResult> results;
  for (const ConfiguredPolicy& policy : policies) {
    results.push_back({.name = policy.name(),
                       .label = policy.label(),
                       .parameters = policy.parameters().all(),
                       .summaries = std::vector<Summary>(workloads.size()),
                       .breakdowns = std::vector<Breakdown>(workloads.size())});
  }
  if (options.outcomes != nullptr) options.outcomes->assign(policies.size(), {});
  if (options.timelines != nullptr) options.timelines->assign(policies.size(), {});

  std::mutex progress_mutex;
  std::size_t done = 0;
  const std::size_t count = policies.size() * workloads.size();
  for_each_index(count, options.threads, [&](std::size_t i) {
    const std::size_t p = i % policies.size();
    const std::size_t w = i / policies.size();
    Simulation simulation(traces, workloads[w], options.costs);
    const auto policy = policies[p].make({.profiles = profiles, .truth = &simulation});
    const bool record = w == 0 && options.timelines != nullptr;
    RunOutcome outcome = simulation.run(*policy, record ? &(*options.timelines)[p] : nullptr);
    results[p].summaries[w] = summarise(outcome);
    results[p].breakdowns[w] = break_down(outcome, traces.models());
    if (w == 0 && options.outcomes != nullptr) (*options.outcomes)[p] = std::move(outcome);
    if (options.progress) {
      const std::lock_guard lock(progress_mutex);
      options.progress(++done, count);
    }
  });
  return results;
}

}  // namespace dysta
