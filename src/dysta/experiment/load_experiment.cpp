#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>

#include "dysta/core/error.hpp"
#include "dysta/experiment/experiment.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/yaml.hpp"
#include "dysta/metrics/summary.hpp"

namespace dysta {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr int kMostInputs = 100'000;
constexpr int kLargestSeed = std::numeric_limits<int>::max();

constexpr std::array<std::string_view, 7> kClaimKinds{
    "order", "lowest", "factor", "difference", "predictor", "statistic", "hardware"};
constexpr std::array<std::string_view, 12> kFigures{
    "tradeoff", "lines",    "bars",        "bound",      "differences", "layer_latency",
    "sparsity", "patterns", "correlation", "predictors", "calibration", "hardware"};
constexpr std::array<std::string_view, 3> kStatistics{"sparsity_range", "latency_range",
                                                      "layer_correlation"};
constexpr std::array<std::string_view, 6> kPredictors{"none",        "last_one",   "last_n",
                                                      "average_all", "regression", "length"};

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

SynthesisRequest parse_synthesis(YamlMap map) {
  SynthesisRequest request;
  request.model = map.text("model");
  request.accelerator = map.text("accelerator");
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
  return request;
}

ExperimentTraces parse_traces(YamlMap map, const std::vector<ExperimentTraces>& before) {
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
      traces.synthesised.push_back(parse_synthesis(std::move(entry)));
    }
  }
  map.done();
  return traces;
}

/// The points of a sweep that a claim is about.
void parse_points(YamlMap& map, Claim& claim) {
  if (map.has("rates_hz")) claim.rates_hz = map.numbers("rates_hz", 0, kLargest);
  if (map.has("utilisations")) claim.utilisations = map.numbers("utilisations", 0, kLargest);
  if (map.has("slo_multipliers")) {
    claim.slo_multipliers = map.numbers("slo_multipliers", 0, kLargest);
  }
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
      parse_points(map, claim);
      break;
    }
    case ClaimKind::predictor:
      if (!experiment.predictions) {
        map.complain("kind", "a claim about predictors needs predictions in the experiment");
      }
      need_traces();
      claim.predictor = one_of(map, "predictor", kPredictors);
      claim.against = some_of(map, "against", kPredictors);
      break;
    case ClaimKind::statistic:
      need_traces();
      claim.statistic = one_of(map, "statistic", kStatistics);
      claim.limit = map.positive("at_least", kLargest);
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
      experiment.traces.push_back(parse_traces(std::move(entry), experiment.traces));
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
