#include "dysta/synth/weight_pattern.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

/// What is pruned together and keeps one share: a layer, or several whose filters are tied.
struct Part {
  double size = 0;     ///< what it counts towards the whole
  double weights = 0;  ///< its layers' mean number, which its share depends on
};

/// Shares proportional to weights^-exponent, but at most 1, that keep the share `kept` of all.
std::vector<double> shares(const std::vector<Part>& parts, double kept, double exponent) {
  std::vector<double> score;
  double whole = 0;
  for (const Part& part : parts) {
    score.push_back(std::pow(part.weights, -exponent));
    whole += part.size;
  }
  const auto share = [&](double scale, std::size_t i) { return std::min(1.0, scale * score[i]); };
  double least = 0;
  double largest = score.empty() ? 0 : 1 / *std::min_element(score.begin(), score.end());
  for (int round = 0; round < 100; ++round) {
    const double middle = (least + largest) / 2;
    double sum = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) sum += parts[i].size * share(middle, i);
    (sum < kept * whole ? least : largest) = middle;
  }
  std::vector<double> result;
  for (std::size_t i = 0; i < parts.size(); ++i) result.push_back(share(largest, i));
  return result;
}

/// Which layers pruning may touch.
std::vector<bool> prunable(const NetworkModel& model) {
  const auto& layers = model.convolutions;
  std::vector<bool> read(layers.size());
  for (const ConvolutionStatistics& layer : layers) {
    for (const std::size_t before : layer.after) read[before] = true;
  }
  std::vector<bool> prunable(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    prunable[i] = read[i] && !layers[i].after.empty() && layers[i].shape.groups == 1;
  }
  return prunable;
}

double unevenness_exponent(const PruningStatistics& pruning, WeightPattern::Kind kind) {
  switch (kind) {
    case WeightPattern::Kind::random:
      return pruning.random_unevenness;
    case WeightPattern::Kind::nm:
      return pruning.nm_unevenness;
    case WeightPattern::Kind::block:
      return pruning.block_unevenness;
    default:
      return 0;
  }
}

void prune_weights(const NetworkModel& model, const WeightPattern& pattern,
                   std::vector<PrunedConvolution>& layers) {
  std::vector<std::size_t> touched;
  std::vector<Part> parts;
  const std::vector<bool> may = prunable(model);
  const bool nm = pattern.kind == WeightPattern::Kind::nm;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!may[i] || (nm && layers[i].shape.in_channels % pattern.group != 0)) continue;
    const auto weights = static_cast<double>(layers[i].shape.weights());
    touched.push_back(i);
    parts.push_back({.size = weights, .weights = weights});
  }
  const auto kept = nm ? std::vector<double>(touched.size(), pattern.kept)
                       : shares(parts, pattern.kept, model.pruning.exponent);
  const double exponent = unevenness_exponent(model.pruning, pattern.kind);
  for (std::size_t i = 0; i < touched.size(); ++i) {
    PrunedConvolution& layer = layers[touched[i]];
    const double before = layer.weights;
    layer.weights = std::min(before, kept[i]);
    layer.unevenness *= std::pow(layer.weights / before, -exponent);
  }
}

/// The filters of layers, tied where the outputs are added up.
class Ties {
 public:
  explicit Ties(std::size_t layers) : parent_(layers) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  void tie(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }

 private:
  std::vector<std::size_t> parent_;
};

/// Whether a layer reads the sum of others' outputs (each as many channels as it reads), rather
/// than their concatenation (as many all together; flattened ones may stand for several each).
bool reads_sum(const NetworkModel& model, const ConvolutionStatistics& layer) {
  int all = 0;
  bool equal = true;
  for (const std::size_t before : layer.after) {
    const int channels = model.convolutions[before].shape.out_channels;
    all += channels;
    equal = equal && channels == layer.shape.in_channels;
  }
  if (equal) return true;
  if (layer.shape.in_channels % all == 0) return false;
  throw SpecificationError("model " + in_quotes(model.name) + " does not say whose outputs layer " +
                           in_quotes(layer.name) + " reads: it has " +
                           counted(static_cast<std::size_t>(layer.shape.in_channels), "channel") +
                           " and those before it " + std::to_string(all) +
                           "; allowed are patterns other than channel");
}

void prune_channels(const NetworkModel& model, const WeightPattern& pattern,
                    std::vector<PrunedConvolution>& layers) {
  const auto& before = model.convolutions;
  Ties ties(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const ConvolutionStatistics& layer = before[i];
    if (layer.after.empty()) continue;
    const bool sum = reads_sum(model, layer);
    if (sum) {
      for (const std::size_t other : layer.after) ties.tie(other, layer.after.front());
    }
    if (layer.shape.groups == 1) continue;
    const bool depthwise = layer.shape.groups == layer.shape.in_channels &&
                           layer.shape.groups == layer.shape.out_channels;
    if (!depthwise || !sum) {
      throw SpecificationError("layer " + in_quotes(layer.name) +
                               " is grouped, but not one filter for each channel of one layer; "
                               "allowed are patterns other than channel");
    }
    ties.tie(i, layer.after.front());  // it passes on what it reads
  }

  // A set of tied layers is touched only if all of its layers may be; grouped ones always may.
  std::vector<bool> may = prunable(model);
  std::vector<bool> touched(layers.size(), true);
  std::vector<Part> parts_by_root(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::size_t root = ties.root(i);
    if (before[i].shape.groups > 1) continue;
    touched[root] = touched[root] && may[i];
    parts_by_root[root].size += 1;
    parts_by_root[root].weights += static_cast<double>(before[i].shape.weights());
  }
  std::vector<Part> parts;
  for (std::size_t root = 0; root < layers.size(); ++root) {
    const Part& part = parts_by_root[root];
    if (part.size == 0 || !touched[root]) continue;
    parts.push_back({.size = part.size, .weights = part.weights / part.size});
  }
  // A layer loses filters and what they would have read: its weights shrink with the square.
  const std::vector<double> kept = shares(parts, pattern.kept, model.pruning.exponent / 2);
  std::vector<double> share(layers.size(), 1.0);
  for (std::size_t root = 0, part = 0; root < layers.size(); ++root) {
    if (parts_by_root[root].size > 0 && touched[root]) share[root] = kept[part++];
  }

  const auto left = [&](std::size_t i) {
    const double filters = before[i].shape.out_channels * share[ties.root(i)];
    return std::max(1, static_cast<int>(std::round(filters)));
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    ConvolutionShape& shape = layers[i].shape;
    shape.out_channels = left(i);
    if (before[i].after.empty()) continue;
    int channels = 0;
    int all = 0;
    for (const std::size_t other : before[i].after) {
      channels += left(other);
      all += before[other].shape.out_channels;
    }
    if (reads_sum(model, before[i])) {
      shape.in_channels = left(before[i].after.front());
    } else {
      shape.in_channels = channels * (before[i].shape.in_channels / all);
    }
    if (shape.groups > 1) shape.groups = shape.in_channels;
  }
}

}  // namespace

WeightPattern parse_weight_pattern(std::string_view name) {
  using Kind = WeightPattern::Kind;
  const auto fail = [&]() -> WeightPattern {
    throw SpecificationError("pattern " + in_quotes(name) +
                             " is not known; allowed are dense, randomR, blockR and channelR with "
                             "R percent removed (1 to 99), and nmNM with N of M kept (nm24)");
  };
  if (name == "dense") return {.name = std::string(name)};
  if (name.starts_with("nm")) {
    const std::string_view digits = name.substr(2);
    if (digits.size() != 2 || digits[0] < '1' || digits[0] >= digits[1] || digits[1] > '9') {
      return fail();
    }
    const int kept = digits[0] - '0';
    const int group = digits[1] - '0';
    return {.name = std::string(name),
            .kind = Kind::nm,
            .kept = static_cast<double>(kept) / group,
            .group = group};
  }
  for (const auto& [word, kind] : {std::pair<std::string_view, Kind>{"random", Kind::random},
                                   {"block", Kind::block},
                                   {"channel", Kind::channel}}) {
    if (!name.starts_with(word)) continue;
    const std::string_view digits = name.substr(word.size());
    const bool plain = !digits.empty() && digits.size() <= 2 && digits[0] != '0' &&
                       digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!plain) return fail();
    const auto removed = static_cast<double>(*parse_whole(digits));
    return {.name = std::string(name), .kind = kind, .kept = 1 - removed / 100};
  }
  return fail();
}

std::vector<PrunedConvolution> prune(const NetworkModel& model, const WeightPattern& pattern) {
  using Kind = WeightPattern::Kind;
  if (model.kind != TraceKind::cnn && pattern.kind != Kind::dense) {
    throw SpecificationError("pattern " + in_quotes(pattern.name) + " is for CNNs and model " +
                             in_quotes(model.name) + " is attention; allowed is dense");
  }
  std::vector<PrunedConvolution> layers;
  for (const ConvolutionStatistics& layer : model.convolutions) {
    layers.push_back(
        {.shape = layer.shape, .weights = layer.weights, .unevenness = layer.unevenness});
  }
  if (pattern.kind == Kind::channel) {
    prune_channels(model, pattern, layers);
  } else if (pattern.kind != Kind::dense) {
    prune_weights(model, pattern, layers);
  }
  return layers;
}

}  // namespace dysta
