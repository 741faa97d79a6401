// What pruning leaves of a network's weights.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/synth/network_model.hpp"

namespace dysta {

/// How weights were pruned, named like the variants that `profiler/zoo` makes.
struct WeightPattern {
  enum class Kind : std::uint8_t {
    dense,   ///< as the model states them
    random,  ///< single weights: `random80` removes 80%
    nm,      ///< `nm24`: 2 of every 4 input channels are kept, at each place of each filter
    block,   ///< places of 4 consecutive filters: `block75` removes 75% of them
    channel  ///< whole filters, and what would have read their outputs: `channel50` removes 50%
  };

  std::string name;
  Kind kind = Kind::dense;
  double kept = 1;  ///< share
  int group = 1;    ///< M of N:M
};

/// Throws `SpecificationError` that says what is allowed.
WeightPattern parse_weight_pattern(std::string_view name);

/// A convolution as pruning left it.
struct PrunedConvolution {
  ConvolutionShape shape;  ///< `channel` makes it smaller
  double weights = 1;      ///< share that is not zero
  double unevenness = 1;   ///< see `ConvolutionDensity`
};

/// The layers of a CNN after pruning, in the model's order.
///
/// Left alone are layers that read the network's input, grouped (above all depthwise) convolutions,
/// layers that nothing reads, and for `nm` those whose input channels M does not divide. Of the
/// others, `random` and `block` keep the pattern's share of all weights together, and `channel` the
/// pattern's share of filters on average over layers; layers share this out as
/// `PruningStatistics::exponent` says (half of it for filters). Layers whose outputs are added up
/// lose the same filters. A weight that is zero anyhow counts among those removed.
///
/// Throws `SpecificationError` where `channel` is asked for and the model does not say whose
/// outputs a layer reads, and where the model is no CNN and the pattern not dense.
std::vector<PrunedConvolution> prune(const NetworkModel& model, const WeightPattern& pattern);

}  // namespace dysta
