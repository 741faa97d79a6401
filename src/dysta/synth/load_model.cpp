// From model files to models.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/io/yaml.hpp"
#include "dysta/synth/logit_normal.hpp"
#include "dysta/synth/network_model.hpp"
#include "dysta/trace/trace_reader.hpp"

namespace dysta {
namespace {

constexpr int kLargestSize = 1'000'000;
constexpr std::size_t kMostLayers = 10'000;
constexpr std::size_t kMostFactors = 16;
constexpr double kLargestEffect = 100;

bool is_file(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

/// Names become parts of file names and of lists that commas separate.
std::string word(YamlMap& map, std::string_view key, bool underscores) {
  std::string text = map.text(key);
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool fits = std::all_of(text.begin(), text.end(), [&](char c) {
    return letter_or_digit(c) || c == '-' || c == '.' || (underscores && c == '_');
  });
  if (!fits || !letter_or_digit(text.front())) {
    map.fail(key, std::string("one word of letters, digits, '-'") + (underscores ? ", '_'" : "") +
                      " and '.' that begins with a letter or digit");
  }
  return text;
}

double number_or(YamlMap& map, std::string_view key, double least, double largest,
                 double otherwise) {
  return map.has(key) ? map.number(key, least, largest) : otherwise;
}

std::vector<double> numbers_or_none(YamlMap& map, std::string_view key, double least,
                                    double largest) {
  return map.has(key) ? map.numbers(key, least, largest) : std::vector<double>();
}

/// A share greater than 0.
double share(YamlMap& map, std::string_view key) { return map.positive(key, 1); }

/// One whole number for all of `count` places, or a list of so many.
std::vector<int> sizes(YamlMap& map, std::string_view key, std::size_t count, int least,
                       int otherwise) {
  if (!map.has(key)) return std::vector<int>(count, otherwise);
  const std::vector<double> numbers = map.numbers(key, least, kLargestSize);
  const bool whole = std::all_of(numbers.begin(), numbers.end(),
                                 [](double number) { return number == std::floor(number); });
  if (!whole || (numbers.size() != 1 && numbers.size() != count)) {
    map.complain(key, std::string(key) + " has " + counted(numbers.size(), "number") +
                          (whole ? "" : ", not all whole") +
                          "; allowed is a whole number, or a list of " + std::to_string(count));
  }
  std::vector<int> sizes(count, static_cast<int>(numbers.front()));
  if (numbers.size() == count) {
    std::transform(numbers.begin(), numbers.end(), sizes.begin(),
                   [](double number) { return static_cast<int>(number); });
  }
  return sizes;
}

DataSet data_set(YamlMap& map, TraceKind kind) {
  DataSet set;
  set.name = word(map, "name", true);
  if (map.has("spread")) set.spread = map.positive("spread", kLargestEffect);
  if (kind == TraceKind::attention) {
    set.tokens = map.numbers("tokens", 1, kLongestSequence);
    if (!std::is_sorted(set.tokens.begin(), set.tokens.end())) {
      map.complain("tokens",
                   "tokens do not ascend; allowed is a length, or quantiles of lengths from the "
                   "least to the largest");
    }
  }
  return set;
}

/// What a model says for all its layers.
struct Defaults {
  std::size_t factors = 0;
  std::vector<double> shifts;  ///< one a data set
};

DensityStatistics density(YamlMap& map, const Defaults& defaults) {
  DensityStatistics density;
  density.mean = share(map, "density");
  const double largest = kLargestRelativeDeviation * std::sqrt(density.mean * (1 - density.mean));
  density.deviation = number_or(map, "sd", 0, largest, 0);
  density.loadings = numbers_or_none(map, "loadings", -1, 1);
  if (density.loadings.empty()) density.loadings.resize(defaults.factors);
  if (density.loadings.size() != defaults.factors) {
    map.complain("loadings", "loadings are " + std::to_string(density.loadings.size()) +
                                 "; allowed are as many as the model has factors, " +
                                 std::to_string(defaults.factors));
  }
  double squares = 0;
  for (const double loading : density.loadings) squares += loading * loading;
  if (squares > 1) {
    map.complain("loadings", "loadings have squares that sum to " + readable_text(squares) +
                                 "; allowed is at most 1");
  }
  if (map.has("shifts")) {
    density.shifts = map.numbers("shifts", -kLargestEffect, kLargestEffect);
    if (density.shifts.size() + 1 != defaults.shifts.size()) {
      map.complain("shifts", "shifts are " + std::to_string(density.shifts.size()) +
                                 "; allowed is one for each data set but the first, " +
                                 std::to_string(defaults.shifts.size() - 1));
    }
    density.shifts.insert(density.shifts.begin(), 0.0);
  } else {
    density.shifts = defaults.shifts;
  }
  return density;
}

void check_shape(const YamlMap& map, std::string_view key, const auto& shape) {
  try {
    shape.check();
  } catch (const SpecificationError& error) {
    map.complain(key, error.what());
  }
}

ConvolutionStatistics convolution(YamlMap& map, const Defaults& defaults) {
  ConvolutionStatistics layer;
  const auto kernel = sizes(map, "kernel", 2, 1, 1);
  const auto stride = sizes(map, "stride", 2, 1, 1);
  const auto padding = sizes(map, "padding", 4, 0, 0);
  const auto dilation = sizes(map, "dilation", 2, 1, 1);
  const int height = map.whole("height", 1, kLargestSize);
  layer.shape = {.in_channels = map.whole("in_channels", 1, kLargestSize),
                 .out_channels = map.whole("out_channels", 1, kLargestSize),
                 .in_height = height,
                 .in_width = map.whole("width", 1, kLargestSize),
                 .kernel_height = kernel[0],
                 .kernel_width = kernel[1],
                 .stride_height = stride[0],
                 .stride_width = stride[1],
                 .pad_top = padding[0],
                 .pad_left = padding[1],
                 .pad_bottom = padding[2],
                 .pad_right = padding[3],
                 .dilation_height = dilation[0],
                 .dilation_width = dilation[1],
                 .groups = map.has("groups") ? map.whole("groups", 1, kLargestSize) : 1};
  check_shape(map, "in_channels", layer.shape);
  layer.density = density(map, defaults);
  if (map.has("weights")) layer.weights = share(map, "weights");
  if (map.has("unevenness")) layer.unevenness = map.positive("unevenness", kLargestEffect);
  return layer;
}

AttentionStatistics attention(YamlMap& map, const Defaults& defaults, int tokens) {
  AttentionStatistics layer;
  layer.heads = map.whole("heads", 1, kLargestSize);
  layer.width = map.whole("width", 1, kLargestSize);
  check_shape(map, "heads",
              AttentionShape{
                  .heads = layer.heads, .queries = tokens, .keys = tokens, .width = layer.width});
  if (map.has("causal")) layer.causal = map.flag("causal");
  layer.density = density(map, defaults);
  layer.length_effect = numbers_or_none(map, "length_effect", -kLargestEffect, kLargestEffect);
  if (map.has("balance")) layer.balance = share(map, "balance");
  layer.balance_length = numbers_or_none(map, "balance_length", -kLargestEffect, kLargestEffect);
  layer.balance_density = number_or(map, "balance_density", -kLargestEffect, kLargestEffect, 0);
  layer.balance_deviation = number_or(map, "balance_sd", 0, kLargestEffect, 0);
  return layer;
}

PruningStatistics pruning(YamlMap map) {
  PruningStatistics pruning;
  pruning.exponent = number_or(map, "exponent", 0, 2, 0);
  pruning.random_unevenness = number_or(map, "random_unevenness", 0, 2, 0);
  pruning.nm_unevenness = number_or(map, "nm_unevenness", 0, 2, 0);
  pruning.block_unevenness = number_or(map, "block_unevenness", 0, 2, 0);
  map.done();
  return pruning;
}

/// The layers before this one whose outputs it reads: those named, else the one just before it.
std::vector<std::size_t> producers(YamlMap& map, const std::map<std::string, std::size_t>& before) {
  if (!map.has("after")) {
    return before.empty() ? std::vector<std::size_t>() : std::vector{before.size() - 1};
  }
  std::vector<std::size_t> after;
  for (const std::string& name : map.texts("after")) {
    if (name == "input") continue;
    const auto found = before.find(name);
    if (found == before.end()) {
      map.complain("after", "after has " + in_quotes(name) +
                                "; allowed are names of layers before this one, and 'input'");
    }
    after.push_back(found->second);
  }
  std::sort(after.begin(), after.end());
  if (std::adjacent_find(after.begin(), after.end()) != after.end()) {
    map.complain("after", "after has a layer twice; allowed is once");
  }
  return after;
}

}  // namespace

std::string model_text(const std::string& name_or_file) {
  if (is_file(name_or_file)) return read_file(name_or_file);
  std::string names;
  for (const ShippedModel& shipped : shipped_models()) {
    if (shipped.name == name_or_file) return std::string(shipped.text);
    names += std::string(shipped.name) + ", ";
  }
  throw SpecificationError("model " + in_quotes(name_or_file) + " is not known; allowed are " +
                           names + "and model files (.yaml)");
}

NetworkModel load_model(const std::string& name_or_file) {
  return parse_model(name_or_file, model_text(name_or_file));
}

NetworkModel parse_model(const std::string& name, const std::string& text) {
  YamlMap file = YamlMap::parse(name, text);
  NetworkModel model;
  file.whole("schema", 1, 1);
  model.name = word(file, "name", false);
  model.what = file.text("what");
  model.pattern = file.has("pattern") ? word(file, "pattern", true) : "dense";
  const std::string kind = file.text("kind");
  if (kind != "cnn" && kind != "attention") file.fail("kind", "cnn or attention");
  model.kind = kind == "cnn" ? TraceKind::cnn : TraceKind::attention;

  YamlMap origin = file.map("origin");
  for (const std::string& of : origin.keys()) {
    if (of.empty()) origin.complain(of, "an origin has no name; allowed is a word before ':'");
    model.origins.push_back({.of = of, .text = origin.text(of)});
  }
  Defaults defaults;
  for (YamlMap& map : file.maps("data_sets")) {
    model.data_sets.push_back(data_set(map, model.kind));
    const DataSet& set = model.data_sets.back();
    const bool first = model.data_sets.size() == 1;
    for (std::size_t i = 0; i + 1 < model.data_sets.size(); ++i) {
      if (model.data_sets[i].name == set.name) map.fail("name", "a name that no other has");
    }
    if (first && set.spread != 1) map.fail("spread", "1 for the first data set");
    defaults.shifts.push_back(first ? 0
                                    : number_or(map, "shift", -kLargestEffect, kLargestEffect, 0));
    map.done();
  }
  model.depth_correlation = number_or(file, "depth_correlation", -0.99, 0.99, 0);
  if (file.has("factors"))
    defaults.factors =
        static_cast<std::size_t>(file.whole("factors", 0, static_cast<int>(kMostFactors)));
  if (model.kind == TraceKind::cnn) {
    if (file.has("pruning")) model.pruning = pruning(file.map("pruning"));
  } else {
    model.reference_tokens = file.number("reference_tokens", 1, kLargestSize);
  }

  std::vector<YamlMap> layers = file.maps("layers");
  if (layers.size() > kMostLayers) {
    file.complain("layers", "layers are " + std::to_string(layers.size()) +
                                "; allowed are at most " + std::to_string(kMostLayers));
  }
  std::map<std::string, std::size_t> before;
  for (YamlMap& map : layers) {
    const std::string layer = map.text("name");
    if (model.kind == TraceKind::cnn) {
      model.convolutions.push_back(convolution(map, defaults));
      model.convolutions.back().name = layer;
      model.convolutions.back().after = producers(map, before);
    } else {
      model.attention.push_back(
          attention(map, defaults, static_cast<int>(std::ceil(model.reference_tokens))));
      model.attention.back().name = layer;
    }
    map.done();
    if (!before.emplace(layer, before.size()).second) map.fail("name", "a name that no other has");
  }
  file.done();
  return model;
}

}  // namespace dysta
