#include "dysta/experiment/record.hpp"

#include <nlohmann/json.hpp>

namespace dysta {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
void add(Json& object, const char* key, const Value& value) {
  if (!value.empty()) object[key] = value;
}

Json claim_json(const Claim& claim) {
  Json json{{"kind", name_of(claim.kind)}, {"says", claim.says}, {"headline", claim.headline}};
  add(json, "sweep", claim.sweep);
  add(json, "metric", claim.metric);
  add(json, "policy", claim.policy);
  add(json, "policies", claim.policies);
  add(json, "against", claim.against);
  add(json, "rates_hz", claim.rates_hz);
  add(json, "utilisations", claim.utilisations);
  add(json, "slo_multipliers", claim.slo_multipliers);
  add(json, "traces", claim.traces);
  add(json, "predictor", claim.predictor);
  add(json, "statistic", claim.statistic);
  add(json, "quantity", claim.quantity);
  if (claim.limit > 0) {
    const bool upper = claim.kind == ClaimKind::hardware || claim.kind == ClaimKind::calibration;
    json[upper ? "at_most" : "at_least"] = claim.limit;
  }
  return json;
}

Json statistics_json(const TraceStatistics& statistics) {
  return {{"sparsity", statistics.sparsity},
          {"sparsity_deviation", statistics.sparsity_deviation},
          {"sparsity_range", statistics.sparsity_range},
          {"layer_correlation", statistics.layer_correlation},
          {"latency_s", statistics.latency_s},
          {"latency_deviation", statistics.latency_deviation}};
}

}  // namespace

std::string experiment_json(const Experiment& experiment, const ExperimentRecord& record) {
  Json json{{"schema", 1},
            {"name", experiment.name},
            {"order", experiment.order},
            {"title", experiment.title},
            {"restates", experiment.restates},
            {"about", experiment.about},
            {"notes", experiment.notes},
            {"figures", experiment.figures},
            {"baseline", experiment.baseline},
            {"dysta", record.dysta},
            {"command", record.command},
            {"reduced", record.reduced},
            {"machine",
             {{"cpu", record.machine.cpu},
              {"cores", record.machine.cores},
              {"system", record.machine.system}}},
            {"wall_s", record.wall_s}};
  json["claims"] = Json::array();
  for (const Claim& claim : experiment.claims) json["claims"].push_back(claim_json(claim));
  json["sweeps"] = Json::array();
  for (std::size_t s = 0; s < experiment.sweeps.size(); ++s) {
    const ExperimentSweep& sweep = experiment.sweeps[s];
    json["sweeps"].push_back({{"name", sweep.name},
                              {"title", sweep.title},
                              {"seeds", sweep.plan.seeds},
                              {"requests", sweep.plan.requests},
                              {"points", record.sweeps[s].points},
                              {"points_run", sweep.plan.points() - record.sweeps[s].reused},
                              {"points_reused", record.sweeps[s].reused},
                              {"origins", record.sweeps[s].origins}});
  }
  json["traces"] = Json::array();
  for (std::size_t t = 0; t < experiment.traces.size(); ++t) {
    json["traces"].push_back({{"name", experiment.traces[t].name},
                              {"title", experiment.traces[t].title},
                              {"origin", record.traces[t].origin},
                              {"files", record.traces[t].files}});
  }
  if (experiment.predictions) {
    json["predictions"] = {{"file", record.predictions},
                           {"folds", experiment.predictions->folds},
                           {"last_n", experiment.predictions->last_n}};
  }
  if (!record.calibration.empty()) {
    Json traces = Json::array();
    for (const auto& [family, result] : record.calibration) {
      traces.push_back({{"family", family},
                        {"name", result.trace},
                        {"inputs", result.inputs},
                        {"measured", statistics_json(result.measured)},
                        {"synthesised", statistics_json(result.synthesised)},
                        {"deviation", statistics_json(result.spread)}});
    }
    json["calibration"] = {{"draws", record.calibration_draws}, {"traces", std::move(traces)}};
  }
  if (!experiment.hardware.empty()) {
    json["hardware"] = {{"folder", experiment.hardware}, {"files", record.hardware}};
  }
  return json.dump(1) + '\n';
}

}  // namespace dysta
