#include "dysta/synth/synthesize.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/synth/logit_normal.hpp"
#include "dysta/synth/weight_pattern.hpp"
#include "dysta/trace/trace_reader.hpp"

namespace dysta {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostInputs = 1'000'000;
constexpr std::size_t kDefaultInputs = 100;
constexpr double kDecimals = 1e7;  // of shares, as in profiled traces

/// In (0, 1]: a share of nothing has no latency, and predictors divide by it.
double rounded_share(double share) {
  return std::clamp(std::nearbyint(share * kDecimals) / kDecimals, 1 / kDecimals, 1.0);
}

double polynomial(const std::vector<double>& coefficients, double x) {
  double sum = 0;
  double power = x;
  for (const double coefficient : coefficients) {
    sum += coefficient * power;
    power *= x;
  }
  return sum;
}

/// One layer of one drawn input.
struct Draw {
  double density = 1;
  double balance = 1;  ///< attention
};

struct DrawnInput {
  std::uint32_t tokens = 0;  ///< 0 for CNNs
  std::vector<Draw> layers;
};

/// The distribution of one layer's density, solved once.
struct SolvedLayer {
  LogitNormal density;
  bool constant = true;
  double rest = 1;  ///< of a factor, what its loadings leave
};

/// Draws inputs. Each data set of a model has a stream of its own, so that what is drawn of one
/// does not depend on the others.
class Sampler {
 public:
  explicit Sampler(const NetworkModel& model, std::optional<std::uint32_t> sequence_length)
      : model_(model), sequence_length_(sequence_length) {
    for (std::size_t i = 0; i < model.layers(); ++i) {
      const DensityStatistics& density = model.density(i);
      SolvedLayer layer;
      layer.constant = density.deviation == 0;
      if (!layer.constant) layer.density = solve_logit_normal(density.mean, density.deviation);
      if (layer.constant && density.mean < 1) layer.density.location = logit(density.mean);
      double squares = 0;
      for (const double loading : density.loadings) squares += loading * loading;
      layer.rest = std::sqrt(std::max(0.0, 1 - squares));
      layers_.push_back(layer);
    }
    shortest_ = longest_ = model.reference_tokens;
    for (const DataSet& set : model.data_sets) {
      if (set.tokens.empty()) continue;
      shortest_ = std::min(shortest_, set.tokens.front());
      longest_ = std::max(longest_, set.tokens.back());
    }
  }

  /// The first `count` inputs of a data set.
  std::vector<DrawnInput> draw(std::size_t data_set, std::size_t count, std::uint64_t seed) const {
    RandomStream seeds(seed, StreamPurpose::synthesis);
    std::uint64_t own = seeds.bits();
    for (std::size_t i = 0; i < data_set; ++i) own = seeds.bits();
    RandomStream random(own, StreamPurpose::synthesis);
    std::vector<DrawnInput> inputs;
    inputs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) inputs.push_back(draw_input(data_set, random));
    return inputs;
  }

 private:
  DrawnInput draw_input(std::size_t data_set, RandomStream& random) const {
    const DataSet& set = model_.data_sets[data_set];
    DrawnInput input;
    double log_length = 0;
    if (model_.kind == TraceKind::attention) {
      const double quantile = random.uniform();  // drawn also for a fixed length: same densities
      input.tokens = sequence_length_.value_or(length_at(set.tokens, quantile));
      log_length =
          std::log(std::clamp<double>(input.tokens, shortest_, longest_) / model_.reference_tokens);
    }
    std::vector<double> factors(model_.factors());
    for (double& factor : factors) factor = random.normal();
    const double correlation = model_.depth_correlation;
    const double fresh = std::sqrt(1 - correlation * correlation);
    double rest = random.normal();
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (!layers_[i].constant) rest = correlation * rest + fresh * random.normal();
      double common = 0;
      const DensityStatistics& density = model_.density(i);
      for (std::size_t k = 0; k < factors.size(); ++k) common += density.loadings[k] * factors[k];
      const double z = density.shifts[data_set] + set.spread * (common + layers_[i].rest * rest);
      input.layers.push_back(model_.kind == TraceKind::cnn
                                 ? Draw{.density = density_of(i, 0, z)}
                                 : draw_attention(i, log_length, z, input.tokens, random));
    }
    return input;
  }

  double density_of(std::size_t layer, double length_effect, double z) const {
    const SolvedLayer& solved = layers_[layer];
    if (solved.constant && (length_effect == 0 || model_.density(layer).mean == 1)) {
      return model_.density(layer).mean;
    }
    return logistic(solved.density.location + length_effect + solved.density.scale * z);
  }

  Draw draw_attention(std::size_t layer, double log_length, double z, std::uint32_t tokens,
                      RandomStream& random) const {
    const AttentionStatistics& a = model_.attention[layer];
    const double effect = polynomial(a.length_effect, log_length);
    Draw draw{.density = density_of(layer, effect, z)};
    if (a.causal) {
      draw.density = std::min(draw.density, (tokens + 1.0) / (2.0 * tokens));
    }
    const double noise = random.normal();
    if (a.balance < 1) {
      draw.balance = logistic(logit(a.balance) + polynomial(a.balance_length, log_length) +
                              a.balance_density * layers_[layer].density.scale * z +
                              a.balance_deviation * noise);
    }
    return draw;
  }

  static std::uint32_t length_at(const std::vector<double>& quantiles, double quantile) {
    const double place = quantile * static_cast<double>(quantiles.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const double low = quantiles[below];
    const double high = quantiles[std::min(below + 1, quantiles.size() - 1)];
    const double length = low * std::pow(high / low, place - static_cast<double>(below));
    return static_cast<std::uint32_t>(std::round(length));
  }

  const NetworkModel& model_;
  std::optional<std::uint32_t> sequence_length_;
  std::vector<SolvedLayer> layers_;
  double shortest_ = 0;  ///< lengths between which the model says how densities depend on them
  double longest_ = 0;
};

struct Spread {
  std::vector<double> values;

  Json json() const {
    const auto count = static_cast<double>(values.size());
    double mean = 0;
    for (const double value : values) mean += value / count;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const auto [least, largest] = std::minmax_element(values.begin(), values.end());
    return {{"mean", mean},
            {"sd", count < 2 ? 0.0 : std::sqrt(squares / (count - 1))},
            {"least", *least},
            {"largest", *largest}};
  }
};

/// What the inputs of one data set came to, for the provenance.
struct Totals {
  Spread sparsity;  ///< layers weighted by their multiply-accumulates, as in profiled traces
  Spread effectual_macs;
  Spread latency_s;
  Spread tokens;

  Json json() const {
    Json json = {{"network_sparsity", sparsity.json()},
                 {"effectual_macs", effectual_macs.json()},
                 {"latency_s", latency_s.json()}};
    if (!tokens.values.empty()) json["tokens"] = tokens.json();
    return json;
  }
};

using Inputs = std::vector<std::pair<std::string, std::size_t>>;

std::size_t find_data_set(const NetworkModel& model, const std::string& name) {
  std::string names;
  for (std::size_t i = 0; i < model.data_sets.size(); ++i) {
    if (model.data_sets[i].name == name) return i;
    names += (names.empty() ? "" : ", ") + model.data_sets[i].name;
  }
  throw SpecificationError("model " + in_quotes(model.name) + " has no data set " +
                           in_quotes(name) + "; allowed are " + names);
}

/// Writes a trace's rows as it asks what each layer costs.
class TraceWriter {
 public:
  TraceWriter(const NetworkModel& model, const Accelerator& accelerator,
              const WeightPattern& pattern)
      : model_(model), accelerator_(accelerator), pruned_(prune(model, pattern)) {
    csv_ = model.kind == TraceKind::cnn
               ? "sim_lat,overall-sparsity,batch-indx,layer-indx\n"
               : "sim_lat,overall-sparsity,50%-skip,batch-indx,layer-indx,seq-len\n";
  }

  void add(const DrawnInput& input, Totals& totals) {
    double macs = 0;
    double zeros = 0;
    double effectual = 0;
    double seconds = 0;
    for (std::size_t i = 0; i < input.layers.size(); ++i) {
      const auto [cost, dense] =
          model_.kind == TraceKind::cnn ? add_convolution(input, i) : add_attention(input, i);
      macs += dense;
      zeros += dense * (1 - input.layers[i].density);
      effectual += cost.effectual_macs;
      seconds += cost.latency.count();
    }
    totals.sparsity.values.push_back(zeros / macs);
    totals.effectual_macs.values.push_back(effectual);
    totals.latency_s.values.push_back(seconds);
    if (input.tokens > 0) totals.tokens.values.push_back(input.tokens);
    ++inputs_;
  }

  const std::string& csv() const { return csv_; }

  /// A line a layer, as it is for inputs of this length.
  Json layers(std::uint32_t tokens) const {
    Json layers = Json::array();
    for (std::size_t i = 0; i < pruned_.size(); ++i) {
      const ConvolutionShape& s = pruned_[i].shape;
      layers.push_back({{"name", model_.convolutions[i].name},
                        {"kind", "convolution"},
                        {"in_channels", s.in_channels},
                        {"out_channels", s.out_channels},
                        {"height", s.in_height},
                        {"width", s.in_width},
                        {"kernel", {s.kernel_height, s.kernel_width}},
                        {"stride", {s.stride_height, s.stride_width}},
                        {"padding", {s.pad_top, s.pad_left, s.pad_bottom, s.pad_right}},
                        {"dilation", {s.dilation_height, s.dilation_width}},
                        {"groups", s.groups},
                        {"dense_macs", s.dense_macs()},
                        {"weight_density", pruned_[i].weights},
                        {"unevenness", pruned_[i].unevenness}});
    }
    for (const AttentionStatistics& layer : model_.attention) {
      const AttentionShape s = shape_of(layer, tokens);
      layers.push_back({{"name", layer.name},
                        {"kind", "attention"},
                        {"heads", s.heads},
                        {"queries", s.queries},
                        {"keys", s.keys},
                        {"width", s.width},
                        {"dense_macs", s.dense_macs()},
                        {"weight_density", 1.0}});
    }
    return layers;
  }

 private:
  struct Cost {
    LayerCost cost;
    double dense_macs = 0;
  };

  static AttentionShape shape_of(const AttentionStatistics& layer, std::uint32_t tokens) {
    const auto length = static_cast<int>(tokens);
    return {.heads = layer.heads, .queries = length, .keys = length, .width = layer.width};
  }

  Cost add_convolution(const DrawnInput& input, std::size_t i) {
    const PrunedConvolution& layer = pruned_[i];
    const double density = rounded_share(input.layers[i].density);
    const LayerCost cost =
        accelerator_.cost(layer.shape, ConvolutionDensity{.activations = density,
                                                          .weights = layer.weights,
                                                          .unevenness = layer.unevenness});
    const double sparsity = std::nearbyint((1 - density) * kDecimals) / kDecimals;
    fmt::format_to(std::back_inserter(csv_), "{:.9g},{},{},{}\n", cost.latency.count(),
                   shortest_text(sparsity), inputs_, i);
    return {.cost = cost, .dense_macs = static_cast<double>(layer.shape.dense_macs())};
  }

  Cost add_attention(const DrawnInput& input, std::size_t i) {
    const AttentionShape shape = shape_of(model_.attention[i], input.tokens);
    const double density = rounded_share(input.layers[i].density);
    const double balance = rounded_share(input.layers[i].balance);
    const LayerCost cost =
        accelerator_.cost(shape, AttentionDensity{.kept = density, .load_balance = balance});
    fmt::format_to(std::back_inserter(csv_), "{:.9g},{},{},{},{},{}\n", cost.latency.count(),
                   shortest_text(density), shortest_text(balance), inputs_, i, input.tokens);
    return {.cost = cost, .dense_macs = static_cast<double>(shape.dense_macs())};
  }

  const NetworkModel& model_;
  const Accelerator& accelerator_;
  std::vector<PrunedConvolution> pruned_;
  std::string csv_;
  std::size_t inputs_ = 0;
};

/// A line for each entry of a list, to be read and compared by people.
std::string in_lines(const Json& json) {
  const auto line = [](const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::string text = "{\n";
  for (auto item = json.begin(); item != json.end(); ++item) {
    text += fmt::format(" {}: ", line(item.key()));
    if (item->is_array()) {
      text += "[\n";
      for (std::size_t i = 0; i < item->size(); ++i) {
        text += fmt::format("  {}{}\n", line((*item)[i]), i + 1 < item->size() ? "," : "");
      }
      text += " ]";
    } else {
      text += line(*item);
    }
    text += std::next(item) == json.end() ? "\n" : ",\n";
  }
  return text + "}\n";
}

}  // namespace

std::string variant_name(const NetworkModel& model, const std::string& pattern) {
  const std::string& name = pattern.empty() ? model.pattern : pattern;
  if (model.kind == TraceKind::attention && name == "dense") return model.name;
  return model.name + '_' + name;
}

std::vector<std::pair<std::string, std::size_t>> inputs_of(const NetworkModel& model,
                                                           const SynthesisOptions& options) {
  Inputs inputs = options.inputs;
  if (inputs.empty()) inputs.emplace_back(model.data_sets.front().name, kDefaultInputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, count] = inputs[i];
    find_data_set(model, name);
    if (count < 1 || count > kMostInputs) {
      throw SpecificationError("data set " + in_quotes(name) + " is to have " +
                               std::to_string(count) + " inputs; allowed are 1 to " +
                               std::to_string(kMostInputs));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (inputs[j].first == name) {
        throw SpecificationError("data set " + in_quotes(name) +
                                 " is given twice; allowed is once");
      }
    }
  }
  return inputs;
}

SynthesizedTrace synthesize(const NetworkModel& model, const Accelerator& accelerator,
                            const SynthesisOptions& options) {
  const bool attention = model.kind == TraceKind::attention;
  const bool as_stated = options.pattern.empty() || options.pattern == model.pattern;
  const WeightPattern pattern = as_stated ? WeightPattern{} : parse_weight_pattern(options.pattern);
  if (attention ? !accelerator.runs_attention() : !accelerator.runs_convolutions()) {
    throw SpecificationError("accelerator " + in_quotes(accelerator.name()) + " does not run " +
                             (attention ? "attention" : "convolutions") + ", which model " +
                             in_quotes(model.name) + " consists of; allowed is one that does");
  }
  if (options.sequence_length) {
    if (!attention) {
      throw SpecificationError("a sequence length is given, and model " + in_quotes(model.name) +
                               " is a CNN; allowed is one for attention alone");
    }
    if (*options.sequence_length < 1 || *options.sequence_length > kLongestSequence) {
      throw SpecificationError(
          "the sequence length is " + std::to_string(*options.sequence_length) +
          "; allowed is a whole number from 1 to " + std::to_string(kLongestSequence));
    }
  }
  const Inputs inputs = inputs_of(model, options);
  const Sampler sampler(model, options.sequence_length);
  TraceWriter writer(model, accelerator, pattern);
  Json sets = Json::array();
  std::uint32_t tokens = 0;
  for (const auto& [name, count] : inputs) {
    Totals totals;
    for (const DrawnInput& input : sampler.draw(find_data_set(model, name), count, options.seed)) {
      if (tokens == 0) tokens = input.tokens;
      writer.add(input, totals);
    }
    Json entry = {{"name", name}, {"inputs", count}};
    entry.update(totals.json());
    sets.push_back(std::move(entry));
  }

  const std::string variant = variant_name(model, options.pattern);
  Json json = {{"schema", 1},
               {"trace", variant + ".csv"},
               {"origin", "synthesised from a statistical model; latency modelled"},
               {"model", {{"name", model.name}, {"what", model.what}, {"text", text_of(model)}}},
               {"pattern", as_stated ? model.pattern : pattern.name},
               {"inputs", std::move(sets)}};
  if (options.sequence_length) json["sequence_length"] = *options.sequence_length;
  json["accelerator"] = {{"name", accelerator.name()}};
  if (!options.accelerator_parameters.empty()) {
    json["accelerator"]["parameters"] = options.accelerator_parameters;
  }
  if (!options.dysta_version.empty()) json["versions"] = {{"dysta", options.dysta_version}};
  json["seed"] = options.seed;
  json["layers"] = writer.layers(tokens);
  const std::string file = variant + ".csv";
  std::string provenance = in_lines(json);
  auto told = parse_provenance(variant + ".json", provenance, file);
  return {.trace = parse_trace(file, writer.csv(), {}, told.value()),
          .csv = writer.csv(),
          .provenance = std::move(provenance)};
}

}  // namespace dysta
