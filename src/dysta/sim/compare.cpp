#include "dysta/sim/compare.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "dysta/core/error.hpp"
#include "dysta/metrics/bound.hpp"
#include "dysta/metrics/reduction.hpp"
#include "dysta/sim/dispatched.hpp"
#include "dysta/sim/for_each_index.hpp"

namespace dysta {
namespace {

Seconds isolated(std::span<const Pool> pools, const PlacedRequest& placed) {
  const Request& request = placed.request;
  return (*pools[placed.pool].traces)[request.variant].isolated(request.sample);
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

bool is_long(const RunRequests& run) { return run.count() > kMostExactRequests; }

/// The mean over runs, nothing where one has none.
std::optional<double> mean_load(std::span<const std::optional<double>> of_one_accelerator,
                                std::uint32_t accelerators) {
  double sum = 0;
  for (const auto& load : of_one_accelerator) {
    if (!load) return std::nullopt;
    sum += *load / accelerators;
  }
  return sum / static_cast<double>(of_one_accelerator.size());
}

/// The part of a description that pools and requests themselves tell.
void describe(Workloads& workloads, std::span<const Pool> pools) {
  WorkloadDescription& description = workloads.description;
  description.requests = workloads.runs.front().count();
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
  if (is_long(workloads.runs.front())) {
    description.quantile_error = QuantileSketch::kRelativeError;
    return;  // the load is told when the runs are simulated
  }
  std::vector<std::optional<double>> loads;
  for (const RunRequests& run : workloads.runs) {
    OfferedLoad load;
    const auto requests = run.open();
    while (const auto placed = requests->next()) {
      load.add(placed->request.arrival, isolated(pools, *placed));
    }
    loads.push_back(load.value());
  }
  description.offered_load = mean_load(loads, description.accelerators);
}

/// Bounds pool by pool: that of all is the mean over their requests.
class BoundOfPools {
 public:
  explicit BoundOfPools(std::span<const Pool> pools) {
    for (const Pool& pool : pools) by_pool_.emplace_back(AnttLowerBound(pool.accelerators), 0);
  }

  void add(const PlacedRequest& placed, Seconds isolated) {
    auto& [bound, requests] = by_pool_[placed.pool];
    bound.add(placed.request.arrival, isolated);
    ++requests;
    ++requests_;
  }

  double finish() {
    double sum = 0;
    for (auto& [bound, requests] : by_pool_) {
      if (requests == 0) continue;
      const double share = static_cast<double>(requests) / static_cast<double>(requests_);
      sum += share * bound.finish();
    }
    return sum;
  }

 private:
  std::vector<std::pair<AnttLowerBound, std::uint64_t>> by_pool_;  ///< with its requests
  std::uint64_t requests_ = 0;
};

double antt_lower_bound(std::span<const Pool> pools, const Run& run) {
  BoundOfPools bound(pools);
  RequestsAtHand requests(run);
  while (const auto placed = requests.next()) bound.add(*placed, isolated(pools, *placed));
  return bound.finish();
}

/// How often each isolated time occurs, so that ranks can be told without holding the requests.
class IsolatedTimes {
 public:
  explicit IsolatedTimes(std::span<const Pool> pools) : pools_(pools), counts_(pools.size()) {
    for (std::size_t p = 0; p < pools.size(); ++p) {
      for (const Trace& trace : pools[p].traces->all()) {
        counts_[p].emplace_back(trace.samples());
      }
    }
  }

  void add(const PlacedRequest& placed) {
    ++counts_[placed.pool][index(placed.request.variant)][placed.request.sample];
  }

  Thirds thirds() const {
    std::vector<std::pair<Seconds, std::uint64_t>> times;
    std::uint64_t requests = 0;
    for (std::size_t p = 0; p < pools_.size(); ++p) {
      for (std::size_t v = 0; v < counts_[p].size(); ++v) {
        const Trace& trace = pools_[p].traces->all()[v];
        for (std::size_t sample = 0; sample < trace.samples(); ++sample) {
          const std::uint64_t count = counts_[p][v][sample];
          if (count > 0) times.emplace_back(trace.isolated(sample), count);
          requests += count;
        }
      }
    }
    std::sort(times.begin(), times.end());
    Thirds thirds;
    std::uint64_t below = 0;
    for (const auto& [time, count] : times) {
      if (below < requests / 3) thirds.longest_short = time;
      if (below < requests * 2 / 3) thirds.longest_middle = time;
      below += count;
    }
    return thirds;
  }

 private:
  std::span<const Pool> pools_;
  std::vector<std::vector<std::vector<std::uint64_t>>> counts_;  ///< by pool, variant and sample
};

}  // namespace

Census take_census(std::span<const Pool> pools, const RunRequests& run) {
  OfferedLoad load;
  BoundOfPools bound(pools);
  IsolatedTimes times(pools);
  const auto requests = run.open();
  while (const auto placed = requests->next()) {
    const Seconds time = isolated(pools, *placed);
    load.add(placed->request.arrival, time);
    bound.add(*placed, time);
    times.add(*placed);
  }
  return {
      .offered_load = load.value(), .antt_lower_bound = bound.finish(), .thirds = times.thirds()};
}

Workloads draw_workloads(WorkloadSpec spec, std::span<const std::uint64_t> seeds,
                         const Pool& pool) {
  if (seeds.empty()) throw std::invalid_argument("at least one seed is needed");
  Workloads workloads;
  for (const std::uint64_t seed : seeds) {
    spec.seed = seed;
    if (spec.count <= kMostExactRequests) {
      workloads.runs.push_back(Run{.requests = generate(spec, *pool.traces, *pool.profiles)});
      continue;
    }
    workloads.runs.emplace_back(spec.count, [own = std::make_shared<const WorkloadSpec>(spec),
                                             &traces = *pool.traces, &profiles = *pool.profiles] {
      return drawn_requests(*own, traces, profiles);
    });
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
  workloads.runs.push_back(Run{.requests = std::move(requests)});
  workloads.description.arrivals = "requests of " + source;
  for (const Trace& trace : pool.traces->all()) {
    workloads.description.variants.push_back(trace.name());
  }
  describe(workloads, {&pool, 1});
  return workloads;
}

RunRequests draw_requests(std::span<const Pool> pools, std::span<const Stream> streams,
                          const StreamDraw& options) {
  if (options.count <= kMostExactRequests) return draw(pools, streams, options);
  return {options.count,
          [pools, streams, options] { return drawn_requests(pools, streams, options); }};
}

Workloads draw_workloads(std::span<const Pool> pools, std::span<const Stream> streams,
                         StreamDraw options, std::span<const std::uint64_t> seeds) {
  if (seeds.empty()) throw std::invalid_argument("at least one seed is needed");
  Workloads workloads;
  for (const std::uint64_t seed : seeds) {
    options.seed = seed;
    workloads.runs.push_back(draw_requests(pools, streams, options));
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
                                 .utilisation = shares[p],
                                 .dispatch = pools[p].dispatch});
  }
  describe(workloads, pools);
  return workloads;
}

namespace {

/// What a pool's simulation tells, with its models counted on from those of the pools before.
class OutcomesOfPool final : public OutcomeSink {
 public:
  OutcomesOfPool(OutcomeSink& all, std::size_t models_before)
      : all_(all), models_before_(models_before) {}

  void complete(std::uint32_t number, const RequestOutcome& outcome) override {
    RequestOutcome own = outcome;
    own.model = static_cast<ModelId>(index(outcome.model) + models_before_);
    all_.complete(number, own);
  }

 private:
  OutcomeSink& all_;
  std::size_t models_before_;
};

class Both final : public OutcomeSink {
 public:
  Both(OutcomeSink& first, OutcomeSink& second) : first_(first), second_(second) {}
  void complete(std::uint32_t number, const RequestOutcome& outcome) override {
    first_.complete(number, outcome);
    second_.complete(number, outcome);
  }

 private:
  OutcomeSink& first_;
  OutcomeSink& second_;
};

/// Calls `tell` after every so many requests, and passes all on.
class Telling final : public OutcomeSink {
 public:
  static constexpr std::size_t kStep = std::size_t{1} << 16;

  Telling(OutcomeSink& next, const std::function<void(std::size_t)>& tell)
      : next_(next), tell_(tell) {}
  void complete(std::uint32_t number, const RequestOutcome& outcome) override {
    next_.complete(number, outcome);
    if (++untold_ < kStep) return;
    tell_(untold_);
    untold_ = 0;
  }

  /// Tells of those that remain.
  void finish() { tell_(untold_); }

 private:
  OutcomeSink& next_;
  const std::function<void(std::size_t)>& tell_;
  std::size_t untold_ = 0;
};

/// The requests of one pool, however they come to its accelerators.
RunCounts simulate_pool(const Pool& pool, const Dispatch& dispatch, RequestSource& requests,
                        const ConfiguredPolicy& policy, SchedulingCosts costs,
                        OutcomeSink& outcomes, Timeline* timeline, std::uint64_t seed) {
  const std::vector<AcceleratorKind> kinds =
      pool.kinds.empty()
          ? std::vector{AcceleratorKind{pool.accelerators, pool.traces, pool.profiles}}
          : pool.kinds;
  if (dispatch.global()) {
    Simulation simulation(*pool.traces, costs, kinds);
    const auto instance = policy.make({.profiles = *pool.profiles,
                                       .truth = &simulation,
                                       .accelerators = pool.accelerators,
                                       .preemption = costs.preemption});
    return simulation.run(requests, *instance, outcomes, timeline);
  }
  const auto dispatcher = dispatch.make({.accelerators = pool.accelerators, .seed = seed});
  const auto make_policy = [&](const AcceleratorKind& kind, const Truth& truth) {
    return policy.make(
        {.profiles = *kind.profiles, .truth = &truth, .preemption = costs.preemption});
  };
  return simulate_dispatched({.traces = *pool.traces,
                              .profiles = *pool.profiles,
                              .kinds = kinds,
                              .costs = costs,
                              .make_policy = make_policy},
                             *dispatcher, requests, outcomes, timeline);
}

/// What a simulation is made from but for its requests.
struct Entrant {
  const ConfiguredPolicy* policy = nullptr;
  std::vector<Dispatch> dispatch{};  ///< by pool
  std::string label{};
  std::string asked_dispatch{};  ///< for all pools; empty where they say it themselves
};

/// How the pools themselves say that requests come to them.
std::vector<Dispatch> dispatch_of(std::span<const Pool> pools) {
  std::vector<Dispatch> dispatch;
  for (const Pool& pool : pools) dispatch.push_back(Dispatch::parse_one(pool.dispatch));
  return dispatch;
}

/// Pool by pool. `open` is called once a pool.
template <class Open>
RunCounts simulate_pools(std::span<const Pool> pools, Open&& open, const Entrant& entrant,
                         SchedulingCosts costs, OutcomeSink& outcomes, Timeline* timeline,
                         std::uint64_t seed) {
  if (timeline != nullptr) timeline->clear();
  RunCounts counts;
  std::size_t models = 0;
  std::uint32_t accelerators = 0;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    const Pool& pool = pools[p];
    const std::unique_ptr<RequestSource> all = open();
    RequestsOfPool requests(*all, p);
    OutcomesOfPool own(outcomes, models);
    Timeline layers;
    const RunCounts pool_counts =
        simulate_pool(pool, entrant.dispatch[p], requests, *entrant.policy, costs, own,
                      timeline == nullptr ? nullptr : &layers, seed);
    counts.decisions += pool_counts.decisions;
    counts.preemptions += pool_counts.preemptions;
    for (LayerSlice& layer : layers) {
      layer.accelerator += accelerators;
      timeline->push_back(layer);
    }
    models += pool.traces->models().size();
    accelerators += pool.accelerators;
  }
  return counts;
}

RunOutcome merged(KeptOutcomes kept, RunCounts counts, double antt_lower_bound) {
  return {.requests = std::move(kept.outcomes),
          .decisions = counts.decisions,
          .preemptions = counts.preemptions,
          .antt_lower_bound = antt_lower_bound};
}

RunOutcome outcome_of(std::span<const Pool> pools, const Run& run, double antt_lower_bound,
                      const Entrant& entrant, SchedulingCosts costs, Timeline* timeline,
                      std::uint64_t seed) {
  const auto open = [&] { return std::make_unique<RequestsAtHand>(run); };
  KeptOutcomes kept(run.requests.size());
  const RunCounts counts = simulate_pools(pools, open, entrant, costs, kept, timeline, seed);
  return merged(std::move(kept), counts, antt_lower_bound);
}

/// Every policy with every way to dispatch.
std::vector<Entrant> entrants_of(std::span<const Pool> pools,
                                 std::span<const ConfiguredPolicy> policies,
                                 std::span<const Dispatch> dispatches) {
  std::vector<Entrant> entrants;
  for (const ConfiguredPolicy& policy : policies) {
    if (dispatches.empty()) {
      entrants.push_back(
          {.policy = &policy, .dispatch = dispatch_of(pools), .label = policy.label()});
    }
    for (const Dispatch& dispatch : dispatches) {
      entrants.push_back({.policy = &policy,
                          .dispatch = std::vector<Dispatch>(pools.size(), dispatch),
                          .label = policy.label() + " via " + dispatch.label(),
                          .asked_dispatch = dispatch.label()});
    }
  }
  return entrants;
}

/// Whether runs are long, all of them.
bool are_long(std::span<const RunRequests> runs) {
  if (runs.empty()) throw std::invalid_argument("at least one run is needed");
  const bool first_is = is_long(runs.front());
  for (const RunRequests& run : runs) {
    if (is_long(run) != first_is || (!first_is && run.at_hand() == nullptr)) {
      throw std::invalid_argument(
          "runs are either all of more than kMostExactRequests, or all shorter and at hand");
    }
  }
  return first_is;
}

}  // namespace

std::vector<std::string> compared_labels(std::span<const ConfiguredPolicy> policies,
                                         std::span<const Dispatch> dispatch) {
  std::vector<std::string> labels;
  for (Entrant& entrant : entrants_of({}, policies, dispatch)) {
    labels.push_back(std::move(entrant.label));
  }
  return labels;
}

RunOutcome simulate(std::span<const Pool> pools, const Run& run, const ConfiguredPolicy& policy,
                    SchedulingCosts costs, Timeline* timeline, std::uint64_t seed) {
  return outcome_of(pools, run, antt_lower_bound(pools, run),
                    {.policy = &policy, .dispatch = dispatch_of(pools)}, costs, timeline, seed);
}

Summary simulated_summary(std::span<const Pool> pools, const RunRequests& run, const Census& census,
                          const ConfiguredPolicy& policy, std::uint64_t seed) {
  const Entrant entrant{.policy = &policy, .dispatch = dispatch_of(pools)};
  if (!are_long({&run, 1})) {
    return summarise(
        outcome_of(pools, *run.at_hand(), census.antt_lower_bound, entrant, {}, nullptr, seed));
  }
  RunReduction reduction(census.thirds, model_names(pools).size(), 0);
  const RunCounts counts = simulate_pools(
      pools, [&] { return run.open(); }, entrant, {}, reduction, nullptr, seed);
  return reduction.summary(counts, census.antt_lower_bound);
}

Comparison compare(std::span<const Pool> pools, const Workloads& workloads,
                   std::span<const ConfiguredPolicy> policies, const CompareOptions& options) {
  const std::size_t runs = workloads.runs.size();
  const bool reduced = are_long(workloads.runs);
  Comparison comparison;
  comparison.workload = workloads.description;
  comparison.workload.preemption_cost_s = options.costs.preemption.count();
  comparison.workload.decision_cost_s = options.costs.decision.count();
  comparison.workload.migration_cost_s = options.costs.migration.count();
  if (!options.dispatch.empty()) {
    for (PoolDescription& pool : comparison.workload.pools) pool.dispatch.clear();
  }
  const std::vector<Entrant> entrants = entrants_of(pools, policies, options.dispatch);
  for (const Entrant& entrant : entrants) {
    const ConfiguredPolicy& policy = *entrant.policy;
    comparison.policies.push_back({.name = policy.name(),
                                   .label = entrant.label,
                                   .dispatch = entrant.asked_dispatch,
                                   .parameters = policy.parameters().all(),
                                   .summaries = std::vector<Summary>(runs),
                                   .breakdowns = std::vector<Breakdown>(runs)});
  }
  if (options.outcomes != nullptr) options.outcomes->assign(entrants.size(), {});
  if (options.timelines != nullptr) options.timelines->assign(entrants.size(), {});
  const std::vector<std::string> models = model_names(pools);
  const std::vector<std::string>& streams = workloads.description.streams;

  std::vector<Census> censuses(runs);
  for_each_index(runs, options.threads,
                 [&](std::size_t r) { censuses[r] = take_census(pools, workloads.runs[r]); });
  if (reduced) {
    std::vector<std::optional<double>> loads;
    for (const Census& each : censuses) loads.push_back(each.offered_load);
    comparison.workload.offered_load = mean_load(loads, comparison.workload.accelerators);
  }

  std::mutex progress_mutex;
  std::size_t done = 0;
  const std::size_t count = entrants.size() * runs;
  const std::size_t of = reduced ? count * workloads.runs.front().count() : count;
  const std::function<void(std::size_t)> tell = [&](std::size_t more) {
    if (!options.progress) return;
    const std::lock_guard lock(progress_mutex);
    options.progress(done += more, of);
  };
  for_each_index(count, options.threads, [&](std::size_t i) {
    const std::size_t p = i % entrants.size();
    const std::size_t r = i / entrants.size();
    const Entrant& entrant = entrants[p];
    const std::vector<std::uint64_t>& seeds = workloads.description.seeds;
    const std::uint64_t seed = r < seeds.size() ? seeds[r] : 1;
    const RunRequests& requests = workloads.runs[r];
    RunOutcome* const outcome =
        r == 0 && options.outcomes != nullptr ? &(*options.outcomes)[p] : nullptr;
    Timeline* const timeline =
        r == 0 && options.timelines != nullptr ? &(*options.timelines)[p] : nullptr;
    Summary& summary = comparison.policies[p].summaries[r];
    Breakdown& breakdown = comparison.policies[p].breakdowns[r];
    if (reduced) {
      RunReduction reduction(censuses[r].thirds, models.size(), streams.size());
      KeptOutcomes kept(outcome == nullptr ? 0 : requests.count());
      Both both(reduction, kept);
      OutcomeSink& sink = outcome == nullptr ? static_cast<OutcomeSink&>(reduction) : both;
      Telling telling(sink, tell);
      const RunCounts counts = simulate_pools(
          pools, [&] { return requests.open(); }, entrant, options.costs, telling, timeline, seed);
      telling.finish();
      summary = reduction.summary(counts, censuses[r].antt_lower_bound);
      breakdown = reduction.breakdown(models, streams);
      if (outcome != nullptr) {
        *outcome = merged(std::move(kept), counts, censuses[r].antt_lower_bound);
      }
    } else {
      RunOutcome own = outcome_of(pools, *requests.at_hand(), censuses[r].antt_lower_bound, entrant,
                                  options.costs, timeline, seed);
      summary = summarise(own);
      breakdown = break_down(own, models, streams);
      if (outcome != nullptr) *outcome = std::move(own);
      tell(1);
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
