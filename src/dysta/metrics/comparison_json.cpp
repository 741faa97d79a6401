#include <nlohmann/json.hpp>

#include "dysta/metrics/comparison.hpp"

namespace dysta {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json pools_json(const WorkloadDescription& workload) {
  Json out = Json::array();
  for (const PoolDescription& pool : workload.pools) {
    out.push_back({{"name", pool.name},
                   {"accelerator", pool.accelerator},
                   {"accelerators", pool.accelerators},
                   {"utilisation", pool.utilisation},
                   {"dispatch", pool.dispatch.empty() ? Json(nullptr) : Json(pool.dispatch)}});
  }
  return out;
}

Json workload_json(const WorkloadDescription& workload) {
  return {{"scenario", workload.scenario.empty() ? Json(nullptr) : Json(workload.scenario)},
          {"pools", pools_json(workload)},
          {"accelerators", workload.accelerators},
          {"traces",
           {{"measured", workload.origins.measured},
            {"synthesised", workload.origins.synthesised},
            {"unknown", workload.origins.unknown}}},
          {"variants", workload.variants},
          {"mix", workload.mix},
          {"priority_mix", workload.priority_mix},
          {"requests", workload.requests},
          {"arrivals", workload.arrivals},
          {"rate_hz", or_null(workload.rate_hz)},
          {"slo_multiplier", or_null(workload.slo_multiplier)},
          {"seeds", workload.seeds},
          {"offered_load", or_null(workload.offered_load)},
          {"quantile_error", workload.quantile_error},
          {"preemption_cost_s", workload.preemption_cost_s},
          {"decision_cost_s", workload.decision_cost_s},
          {"migration_cost_s", workload.migration_cost_s}};
}

Json groups_json(const PolicyResult& policy, std::vector<Group> Breakdown::*which) {
  Json out = Json::object();
  for (const Group& group : policy.mean_groups(which)) {
    out[group.label] = {{"requests", group.requests},
                        {"refused", group.refused},
                        {"violation_rate", group.violation_rate},
                        {"antt", group.antt},
                        {"mean_turnaround_s", group.mean_turnaround_s},
                        {"p99_turnaround_s", group.p99_turnaround_s}};
  }
  return out;
}

Json parameters_json(const PolicyResult& policy) {
  Json out = Json::object();
  for (const auto& [name, value] : policy.parameters) {
    std::visit([&, key = name](const auto& v) { out[key] = v; }, value);
  }
  return out;
}

Json policy_json(const Comparison& comparison, const PolicyResult& policy) {
  Json out{{"name", policy.name}, {"label", policy.label}, {"parameters", parameters_json(policy)}};
  out["dispatch"] = policy.dispatch.empty() ? Json() : Json(policy.dispatch);
  const bool several = policy.summaries.size() > 1;
  Json intervals = Json::object();
  Json differences = Json::object();
  for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
    const auto metric = static_cast<Metric>(m);
    const std::string name{kMetricNames[m]};
    const Estimated value = policy.over_runs(metric);
    out[name] = value.mean;
    if (!several) continue;
    intervals[name] = value.half_width;
    const Estimated difference = comparison.difference(policy, metric);
    differences[name] = {{"mean", difference.mean}, {"ci95_half_width", difference.half_width}};
  }
  if (several) {
    out["ci95_half_width"] = intervals;
    out["difference_to_baseline"] = differences;
    Json runs = Json::array();
    for (std::size_t r = 0; r < policy.summaries.size(); ++r) {
      Json run = Json::object();
      if (r < comparison.workload.seeds.size()) run["seed"] = comparison.workload.seeds[r];
      for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
        run[std::string(kMetricNames[m])] = policy.summaries[r].values[m];
      }
      runs.push_back(std::move(run));
    }
    out["runs"] = std::move(runs);
  }
  out["by_size"] = groups_json(policy, &Breakdown::by_size);
  out["by_priority"] = groups_json(policy, &Breakdown::by_priority);
  out["by_model"] = groups_json(policy, &Breakdown::by_model);
  out["by_stream"] = groups_json(policy, &Breakdown::by_stream);
  return out;
}

}  // namespace

std::string comparison_json(const Comparison& comparison, std::string_view version) {
  Json out{{"schema", 1}, {"dysta", version}, {"workload", workload_json(comparison.workload)}};
  if (comparison.workload.seeds.size() > 1) {
    out["baseline"] = comparison.policies[comparison.baseline].label;
  }
  Json policies = Json::array();
  for (const PolicyResult& policy : comparison.policies) {
    policies.push_back(policy_json(comparison, policy));
  }
  out["policies"] = std::move(policies);
  // A file's name, and so a network's, need not be UTF-8.
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace dysta
