#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>

#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/experiment/experiment.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/io/yaml.hpp"
#include "dysta/metrics/summary.hpp"
#include "dysta/predict/evaluation.hpp"
#include "dysta/synth/network_model.hpp"
#include "dysta/synth/synthesize.hpp"

namespace dysta {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr int kMostInputs = 100'000;
constexpr int kLargestSeed = std::numeric_limits<int>::max();

constexpr std::array<std::string_view, 8> kClaimKinds{
    "order", "lowest", "factor", "difference", "predictor", "statistic", "calibration", "hardware"};
constexpr std::array<std::string_view, 12> kFigures{
    "tradeoff", "lines",    "bars",        "bound",      "differences", "layer_latency",
    "sparsity", "patterns", "correlation", "predictors", "calibration", "hardware"};
constexpr std::array<std::string_view, 4> kStatistics{"sparsity_range", "latency_range",
                                                      "layer_correlation", "pattern_range"};
constexpr std::array<std::string_view, 6> kCalibrated{"sparsity",       "sparsity_deviation",
                                                      "sparsity_range", "layer_correlation",
                                                      "latency_s",      "latency_deviation"};

template <std::size_t N>
std::string listed(const std::array<std::string_view, N>& words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A word of the list.
template <std::size_t N>
std::string one_of(YamlMap& map, std::string_view key,
                   const std::array<std::string_view, N>& words) {
  const std::string word = map.text(key);
  if (!contains(words, word)) map.fail(key, "one of " + listed(words));
  return word;
}

/// Words of the list.
template <std::size_t N>
std::vector<std::string> some_of(YamlMap& map, std::string_view key,
                                 const std::array<std::string_view, N>& words) {
  auto found = map.texts(key);
  for (const std::string& word : found) {
    if (!contains(words, word)) {
      map.complain(key,
                   std::string(key) + " has " + in_quotes(word) + "; allowed are " + listed(words));
    }
  }
  return found;
}

/// A name that is a folder's, or a part of a file's.
std::string plain_name(YamlMap& map, std::string_view key) {
  const std::string name = map.text(key);
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain) map.fail(key, "a name of a-z, 0-9 and _");
  return name;
}

template <class Entry>
void need_new_name(YamlMap& map, const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) map.complain("name", "name is " + in_quotes(name) + " twice");
  }
}

/// A file of the shared folder, named without a way out of it.
std::string shared_path(YamlMap& map, std::string_view key, const std::string& path) {
  const std::filesystem::path relative(path);
  const bool inside =
      !path.empty() && relative.is_relative() &&
      std::none_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
  if (!inside) {
    map.complain(key, std::string(key) + " has " + in_quotes(path) +
                          "; allowed are paths from the folder that holds experiments/ on");
  }
  return path;
}

std::vector<std::string> shared_paths(YamlMap& map, std::string_view key) {
  auto paths = map.texts(key);
  for (const std::string& path : paths) shared_path(map, key, path);
  return paths;
}

ExperimentSweep parse_sweep_entry(YamlMap map, const std::vector<ExperimentSweep>& before,
                                  const std::string& folder, const std::string& shared) {
  std::string name = plain_name(map, "name");
  need_new_name(map, before, name);
  std::string title = map.text("title");
  return {.name = std::move(name),
          .title = std::move(title),
          .plan = parse_sweep(std::move(map), folder, {shared})};
}

/// A shipped name as it is; a file relative to `folder`.
std::string name_or_file_beside(const std::string& name, const std::string& folder) {
  if (!name.ends_with(".yaml") && !name.ends_with(".yml")) return name;
  return (std::filesystem::path(folder) / name).string();
}

/// Calls `what`; a specification that it refuses is a fault of the map's key.
template <class What>
auto at_key(const YamlMap& map, std::string_view key, const What& what) {
  try {
    return what();
  } catch (const SpecificationError& error) {
    map.complain(key, error.what());
  }
}

/// Synthesises one input with everything that the request states, so that what is wrong is found
/// where it stands.
void try_synthesis(YamlMap& map, const SynthesisRequest& request) {
  const NetworkModel model = at_key(map, "model", [&] { return load_model(request.model); });
  const auto accelerator =
      at_key(map, "accelerator", [&] { return load_accelerator(request.accelerator); });
  SynthesisOptions options;
  options.inputs = {{model.data_sets.front().name, 1}};
  const auto attempt = [&](std::string_view key) {
    at_key(map, key, [&] { synthesize(model, *accelerator, options); });
  };
  attempt("accelerator");
  for (const auto& [set, count] : request.inputs) {
    options.inputs = {{set, 1}};
    attempt("inputs");
  }
  options.sequence_length = request.sequence_length;
  attempt("sequence_length");
  for (const std::string& pattern : request.patterns) {
    options.pattern = pattern;
    attempt("patterns");
  }
}

SynthesisRequest parse_synthesis(YamlMap map, const std::string& folder) {
  SynthesisRequest request;
  request.model = name_or_file_beside(map.text("model"), folder);
  request.accelerator = name_or_file_beside(map.text("accelerator"), folder);
  if (map.has("patterns")) request.patterns = map.texts("patterns");
  YamlMap inputs = map.map("inputs");
  for (const std::string& set : inputs.keys()) {
    request.inputs.emplace_back(set, static_cast<std::size_t>(inputs.whole(set, 1, kMostInputs)));
  }
  inputs.done();
  if (map.has("seed")) {
    request.seed = static_cast<std::uint64_t>(map.whole("seed", 0, kLargestSeed));
  }
  if (map.has("sequence_length")) {
    request.sequence_length = static_cast<std::uint32_t>(map.whole("sequence_length", 1, 1 << 20));
  }
  map.done();
  try_synthesis(map, request);
  return request;
}

ExperimentTraces parse_traces(YamlMap map, const std::vector<ExperimentTraces>& before,
                              const std::string& folder) {
  ExperimentTraces traces;
  traces.name = plain_name(map, "name");
  need_new_name(map, before, traces.name);
  traces.title = map.text("title");
  if (map.has("files") == map.has("synthesised")) {
    map.complain("name", "traces have either files or synthesised");
  }
  if (map.has("files")) {
    traces.files = shared_paths(map, "files");
  } else {
    for (YamlMap& entry : map.maps("synthesised")) {
      traces.synthesised.push_back(parse_synthesis(std::move(entry), folder));
    }
  }
  map.done();
  return traces;
}

/// Some of the values of a sweep, empty where the key is not there.
std::vector<double> some_values(YamlMap& map, std::string_view key,
                                const std::vector<double>& values) {
  if (!map.has(key)) return {};
  auto found = map.numbers(key, 0, kLargest);
  for (const double value : found) {
    if (std::find(values.begin(), values.end(), value) != values.end()) continue;
    std::string allowed;
    for (const double other : values) {
      allowed.append(allowed.empty() ? "" : ", ").append(shortest_text(other));
    }
    map.complain(key, std::string(key) + " has " + shortest_text(value) + "; allowed are " +
                          (allowed.empty() ? "those of the sweep, which has none"
                                           : "those of the sweep: " + allowed));
  }
  return found;
}

/// The points of a sweep that a claim is about.
void parse_points(YamlMap& map, const SweepPlan& plan, Claim& claim) {
  claim.rates_hz = some_values(map, "rates_hz", plan.rates_hz);
  claim.utilisations = some_values(map, "utilisations", plan.loads);
  claim.slo_multipliers = some_values(map, "slo_multipliers", plan.slo_multipliers);
}

void need_policies(YamlMap& map, std::string_view key, const std::vector<std::string>& policies,
                   const SweepPlan& plan) {
  for (const std::string& policy : policies) {
    const auto has_label = [&](const ConfiguredPolicy& other) { return other.label() == policy; };
    if (std::none_of(plan.policies.begin(), plan.policies.end(), has_label)) {
      map.complain(key, std::string(key) + " has " + in_quotes(policy) +
                            "; allowed are policies of the sweep, as written there");
    }
  }
}

Claim parse_claim(YamlMap map, const Experiment& experiment) {
  Claim claim;
  claim.says = map.text("says");
  if (map.has("headline")) claim.headline = map.flag("headline");
  const std::string kind = one_of(map, "kind", kClaimKinds);
  claim.kind = static_cast<ClaimKind>(std::find(kClaimKinds.begin(), kClaimKinds.end(), kind) -
                                      kClaimKinds.begin());
  const auto need_traces = [&] {
    claim.traces = map.texts("traces");
    for (const std::string& name : claim.traces) {
      const auto has_name = [&](const ExperimentTraces& traces) { return traces.name == name; };
      if (std::none_of(experiment.traces.begin(), experiment.traces.end(), has_name)) {
        map.complain("traces", "traces has " + in_quotes(name) + "; allowed are the experiment's");
      }
    }
  };
  switch (claim.kind) {
    case ClaimKind::order:
    case ClaimKind::lowest:
    case ClaimKind::factor:
    case ClaimKind::difference: {
      claim.sweep = map.text("sweep");
      const auto sweep =
          std::find_if(experiment.sweeps.begin(), experiment.sweeps.end(),
                       [&](const ExperimentSweep& other) { return other.name == claim.sweep; });
      if (sweep == experiment.sweeps.end()) map.fail("sweep", "the name of one of the sweeps");
      claim.metric = one_of(map, "metric", kMetricNames);
      if (claim.kind == ClaimKind::order) {
        claim.policies = map.texts("policies");
        if (claim.policies.size() < 2) map.complain("policies", "an order takes two policies");
        need_policies(map, "policies", claim.policies, sweep->plan);
      } else {
        claim.policy = map.text("policy");
        claim.against = map.texts("against");
        need_policies(map, "policy", {claim.policy}, sweep->plan);
        need_policies(map, "against", claim.against, sweep->plan);
      }
      if (claim.kind == ClaimKind::factor || claim.kind == ClaimKind::difference) {
        claim.limit = map.positive("at_least", kLargest);
      }
      parse_points(map, sweep->plan, claim);
      break;
    }
    case ClaimKind::predictor:
      if (!experiment.predictions) {
        map.complain("kind", "a claim about predictors needs predictions in the experiment");
      }
      need_traces();
      claim.predictor = one_of(map, "predictor", kEvaluatedPredictors);
      claim.against = some_of(map, "against", kEvaluatedPredictors);
      break;
    case ClaimKind::statistic:
      need_traces();
      claim.statistic = one_of(map, "statistic", kStatistics);
      claim.limit = map.positive("at_least", kLargest);
      break;
    case ClaimKind::calibration:
      if (experiment.calibration.empty()) {
        map.complain("kind", "a claim about calibration needs calibration in the experiment");
      }
      claim.statistic = one_of(map, "statistic", kCalibrated);
      claim.limit = map.positive("at_most", kLargest);
      break;
    case ClaimKind::hardware:
      if (experiment.hardware.empty()) {
        map.complain("kind", "a claim about hardware needs hardware in the experiment");
      }
      claim.quantity = map.text("quantity");
      claim.limit = map.positive("at_most", kLargest);
      break;
  }
  map.done();
  return claim;
}

/// What the kinds of figures are drawn from has to be there.
void need_data_of_figures(YamlMap& map, const Experiment& experiment) {
  for (const std::string& figure : experiment.figures) {
    const auto need = [&](bool there, const char* what) {
      if (there) return;
      map.complain("figures", "figures has " + in_quotes(figure) + ", which is drawn from " + what +
                                  "; the experiment has none");
    };
    if (figure == "hardware") {
      need(!experiment.hardware.empty(), "hardware");
    } else if (figure == "calibration") {
      need(!experiment.calibration.empty(), "calibration");
    } else if (figure == "layer_latency" || figure == "sparsity" || figure == "patterns" ||
               figure == "correlation" || figure == "predictors") {
      need(!experiment.traces.empty(), "traces");
      if (figure == "predictors") need(experiment.predictions.has_value(), "predictions");
    } else {
      need(!experiment.sweeps.empty(), "sweeps");
      if (figure == "differences") need(!experiment.baseline.empty(), "a baseline");
    }
  }
}

}  // namespace

std::string_view name_of(ClaimKind kind) { return kClaimKinds[static_cast<std::size_t>(kind)]; }

Experiment parse_experiment(const std::string& path, const std::string& text,
                            const std::string& shared) {
  YamlMap map = YamlMap::parse(path, text);
  map.whole("schema", 1, 1);
  Experiment experiment;
  experiment.name = std::filesystem::path(path).stem().string();
  const std::string folder = std::filesystem::path(path).parent_path().string();
  experiment.order = map.whole("order", 0, 1'000'000);
  experiment.title = map.text("title");
  if (map.has("restates")) experiment.restates = map.text("restates");
  experiment.about = map.text("about");
  if (map.has("notes")) experiment.notes = map.text("notes");
  experiment.figures = some_of(map, "figures", kFigures);
  for (auto figure = experiment.figures.begin(); figure != experiment.figures.end(); ++figure) {
    if (std::find(experiment.figures.begin(), figure, *figure) != figure) {
      map.complain("figures", "figures has " + in_quotes(*figure) + " twice; allowed is once");
    }
  }
  if (map.has("sweeps")) {
    for (YamlMap& entry : map.maps("sweeps")) {
      experiment.sweeps.push_back(
          parse_sweep_entry(std::move(entry), experiment.sweeps, folder, shared));
    }
  }
  if (map.has("baseline")) {
    experiment.baseline = map.text("baseline");
    for (const ExperimentSweep& sweep : experiment.sweeps) {
      need_policies(map, "baseline", {experiment.baseline}, sweep.plan);
    }
  }
  if (map.has("traces")) {
    for (YamlMap& entry : map.maps("traces")) {
      experiment.traces.push_back(parse_traces(std::move(entry), experiment.traces, folder));
    }
  }
  if (map.has("predictions")) {
    YamlMap predictions = map.map("predictions");
    experiment.predictions = {
        .folds = static_cast<std::size_t>(predictions.whole("folds", 2, 1000)),
        .last_n = static_cast<std::uint32_t>(predictions.whole("last_n", 1, 64))};
    predictions.done();
  }
  if (map.has("calibration")) {
    for (YamlMap& entry : map.maps("calibration")) {
      std::string family = entry.text("family");
      experiment.calibration.push_back(
          {.family = std::move(family), .files = shared_paths(entry, "files")});
      entry.done();
    }
  }
  if (map.has("hardware")) {
    experiment.hardware = shared_path(map, "hardware", map.text("hardware"));
  }
  if (map.has("claims")) {
    for (YamlMap& entry : map.maps("claims")) {
      experiment.claims.push_back(parse_claim(std::move(entry), experiment));
    }
  }
  need_data_of_figures(map, experiment);
  map.done();
  return experiment;
}

Experiment load_experiment(const std::string& path, const std::string& shared) {
  return parse_experiment(path, read_file(path), shared);
}

}  // namespace dysta
