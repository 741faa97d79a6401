#include "dysta/sim/compare.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "dysta/core/error.hpp"
#include "dysta/metrics/bound.hpp"
#include "dysta/sim/for_each_index.hpp"

namespace dysta {
namespace {

const Pool& pool_of(std::span<const Pool> pools, const Run& run, std::size_t request) {
  return pools[run.pools.empty() ? 0 : run.pools[request]];
}

/// Names of the models of all pools, as `RequestOutcome` counts them; with that of their pool where
/// several run a model of this name, since its times differ from pool to pool.
std::vector<std::string> model_names(std::span<const Pool> pools) {
  std::map<std::string_view, int> times;
  for (const Pool& pool : pools) {
    for (const std::string& model : pool.traces->models()) ++times[model];
  }
  std::vector<std::string> names;
  for (const Pool& pool : pools) {
    for (const std::string& model : pool.traces->models()) {
      names.push_back(times[model] > 1 ? model + " on " + pool.name : model);
    }
  }
  return names;
}

/// The part of a description that pools and requests themselves tell.
void describe(Workloads& workloads, std::span<const Pool> pools) {
  WorkloadDescription& description = workloads.description;
  description.requests = workloads.runs.front().requests.size();
  description.accelerators = 0;
  for (const Pool& pool : pools) description.accelerators += pool.accelerators;
  for (const Pool& pool : pools) {
    for (const Trace& trace : pool.traces->all()) {
      const auto& asked = description.variants;  // a name may stand for a trace in several pools
      if (std::find(asked.begin(), asked.end(), trace.name()) == asked.end()) continue;
      const TraceOrigin origin = trace.identity().provenance.origin;
      description.origins.measured += origin == TraceOrigin::measured;
      description.origins.synthesised += origin == TraceOrigin::synthesised;
      description.origins.unknown += origin == TraceOrigin::unknown;
    }
  }
  double sum = 0;
  for (const Run& run : workloads.runs) {
    std::vector<Seconds> isolated;
    isolated.reserve(run.requests.size());
    for (std::size_t r = 0; r < run.requests.size(); ++r) {
      const Request& request = run.requests[r];
      isolated.push_back(
          (*pool_of(pools, run, r).traces)[request.variant].isolated(request.sample));
    }
    const auto load = offered_load(run.requests, isolated);
    if (!load) return;
    sum += *load / description.accelerators;
  }
  description.offered_load = sum / static_cast<double>(workloads.runs.size());
}

}  // namespace

Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds,
                         const Pool& pool) {
  if (seeds.empty()) throw std::invalid_argument("at least one seed is needed");
  Workloads workloads;
  for (const std::uint64_t seed : seeds) {
    spec.seed = seed;
    workloads.runs.push_back({.requests = generate(spec, *pool.traces, *pool.profiles)});
  }
  WorkloadDescription& description = workloads.description;
  description.arrivals = to_text(spec.arrivals) + " arrivals";
  description.rate_hz = spec.rate_hz;
  description.slo_multiplier = spec.slo_multiplier;
  description.seeds.assign(seeds.begin(), seeds.end());
  const auto weights = spec.mix.weights_for(pool.traces->size());
  for (std::size_t v = 0; v < weights.size(); ++v) {
    if (weights[v] == 0) continue;
    description.variants.push_back(pool.traces->all()[v].name());
    description.mix.push_back(weights[v]);
  }
  description.priority_mix.assign(spec.priorities.weights.begin(), spec.priorities.weights.end());
  describe(workloads, {&pool, 1});
  return workloads;
}

Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds,
                         const TraceSet& traces, const Profiles& profiles) {
  return draw_workloads(std::move(spec), seeds, one_pool(traces, profiles));
}

Workloads given_workload(std::vector<Request> requests, const std::string& source,
                         const Pool& pool) {
  Workloads workloads;
  workloads.runs.push_back({.requests = std::move(requests)});
  workloads.description.arrivals = "requests of " + source;
  for (const Trace& trace : pool.traces->all()) {
    workloads.description.variants.push_back(trace.name());
  }
  describe(workloads, {&pool, 1});
  return workloads;
}

Workloads draw_workloads(std::span<const Pool> pools, std::span<const Stream> streams,
                         StreamDraw options, std::span<const std::uint64_t> seeds) {
  if (seeds.empty()) throw std::invalid_argument("at least one seed is needed");
  Workloads workloads;
  for (const std::uint64_t seed : seeds) {
    options.seed = seed;
    workloads.runs.push_back(draw(pools, streams, options));
  }
  WorkloadDescription& description = workloads.description;
  description.arrivals = counted(streams.size(), "stream");
  description.rate_hz = 0;
  for (const Stream& stream : streams) {
    description.streams.push_back(stream.name);
    *description.rate_hz += stream.rate_hz * options.rate_scale;
    for (const StreamNetwork& network : stream.networks) {
      const std::string& name = (*pools[stream.pool].traces)[network.variant].name();
      if (std::find(description.variants.begin(), description.variants.end(), name) ==
          description.variants.end()) {
        description.variants.push_back(name);
      }
    }
  }
  description.slo_multiplier = options.slo_multiplier;
  description.seeds.assign(seeds.begin(), seeds.end());
  const auto shares = utilisations(pools, streams, options.rate_scale);
  for (std::size_t p = 0; p < pools.size(); ++p) {
    description.pools.push_back({.name = pools[p].name,
                                 .accelerator = pools[p].accelerator,
                                 .accelerators = pools[p].accelerators,
                                 .utilisation = shares[p]});
  }
  describe(workloads, pools);
  return workloads;
}

RunOutcome simulate(std::span<const Pool> pools, const Run& run, const ConfiguredPolicy& policy,
                    SchedulingCosts costs, Timeline* timeline) {
  RunOutcome merged;
  merged.requests.resize(run.requests.size());
  merged.antt_lower_bound = 0;
  if (timeline != nullptr) timeline->clear();
  std::size_t models = 0;
  std::uint32_t accelerators = 0;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    const Pool& pool = pools[p];
    std::vector<Request> requests;
    std::vector<std::uint32_t> numbers;  // in `run`
    std::vector<Seconds> arrivals;
    std::vector<Seconds> isolated;
    for (std::uint32_t r = 0; r < run.requests.size(); ++r) {
      if ((run.pools.empty() ? 0 : run.pools[r]) != p) continue;
      const Request& request = run.requests[r];
      requests.push_back(request);
      numbers.push_back(r);
      arrivals.push_back(request.arrival);
      isolated.push_back((*pool.traces)[request.variant].isolated(request.sample));
    }
    if (!requests.empty()) {
      Simulation simulation(*pool.traces, requests, costs, pool.accelerators);
      const auto instance = policy.make({.profiles = *pool.profiles, .truth = &simulation});
      Timeline layers;
      const RunOutcome own = simulation.run(*instance, timeline == nullptr ? nullptr : &layers);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        RequestOutcome& outcome = merged.requests[numbers[i]] = own.requests[i];
        outcome.model = static_cast<ModelId>(index(outcome.model) + models);
        if (!run.streams.empty()) outcome.stream = run.streams[numbers[i]];
      }
      for (LayerSlice& layer : layers) {
        layer.request = numbers[layer.request];
        layer.accelerator += accelerators;
        timeline->push_back(layer);
      }
      merged.decisions += own.decisions;
      merged.preemptions += own.preemptions;
      const double share =
          static_cast<double>(requests.size()) / static_cast<double>(run.requests.size());
      merged.antt_lower_bound += share * antt_lower_bound(arrivals, isolated, pool.accelerators);
    }
    models += pool.traces->models().size();
    accelerators += pool.accelerators;
  }
  return merged;
}

Comparison compare(std::span<const Pool> pools, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options) {
  const std::size_t runs = workloads.runs.size();
  Comparison comparison;
  comparison.workload = workloads.description;
  comparison.workload.preemption_cost_s = options.costs.preemption.count();
  comparison.workload.decision_cost_s = options.costs.decision.count();
  for (const ConfiguredPolicy& policy : policies) {
    comparison.policies.push_back({.name = policy.name(),
                                   .label = policy.label(),
                                   .parameters = policy.parameters().all(),
                                   .summaries = std::vector<Summary>(runs),
                                   .breakdowns = std::vector<Breakdown>(runs)});
  }
  if (options.outcomes != nullptr) options.outcomes->assign(policies.size(), {});
  if (options.timelines != nullptr) options.timelines->assign(policies.size(), {});
  const std::vector<std::string> models = model_names(pools);

  std::mutex progress_mutex;
  std::size_t done = 0;
  const std::size_t count = policies.size() * runs;
  for_each_index(count, options.threads, [&](std::size_t i) {
    const std::size_t p = i % policies.size();
    const std::size_t r = i / policies.size();
    const bool record = r == 0 && options.timelines != nullptr;
    RunOutcome outcome = simulate(pools, workloads.runs[r], policies[p], options.costs,
                                  record ? &(*options.timelines)[p] : nullptr);
    PolicyResult& result = comparison.policies[p];
    result.summaries[r] = summarise(outcome);
    result.breakdowns[r] = break_down(outcome, models, workloads.description.streams);
    if (r == 0 && options.outcomes != nullptr) (*options.outcomes)[p] = std::move(outcome);
    if (options.progress) {
      const std::lock_guard lock(progress_mutex);
      options.progress(++done, count);
    }
  });
  return comparison;
}

Comparison compare(const TraceSet& traces, const Profiles& profiles, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options) {
  return compare(std::vector{one_pool(traces, profiles)}, workloads, policies, options);
}

std::vector<std::string> accelerator_names(std::span<const Pool> pools) {
  std::vector<std::string> names;
  for (const Pool& pool : pools) {
    const std::string name = pool.name.empty() ? "accelerator" : pool.name;
    for (std::uint32_t a = 0; a < pool.accelerators; ++a) {
      names.push_back(pool.accelerators > 1 ? name + ' ' + std::to_string(a) : name);
    }
  }
  return names;
}

}  // namespace dysta
