// What a trace looks like in numbers.
#pragma once

#include "dysta/trace/trace.hpp"

namespace dysta {

struct Range {
  double least = 0;
  double mean = 0;
  double largest = 0;

  /// (largest - least) / mean, the literature's measure of how dynamic a network is; 0 if mean is.
  double relative() const { return mean == 0 ? 0 : (largest - least) / mean; }
};

struct TraceDescription {
  Range network_latency_s;  ///< over inputs, of the whole network
  Range layer_latency_s;    ///< over layers and inputs
  Range network_sparsity;   ///< over inputs, of the mean over layers
  Range layer_sparsity;     ///< over layers and inputs
  /// Mean over pairs of layers of the correlation of their sparsity over inputs (Pearson). Layers
  /// whose sparsity never changes are left out; 0 where fewer than two are left.
  double layer_correlation = 0;
  Range sequence_length;  ///< over inputs, in tokens; all 0 where inputs have no length
};

TraceDescription describe(const Trace& trace);

}  // namespace dysta
