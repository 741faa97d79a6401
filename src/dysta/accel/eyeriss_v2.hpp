// Eyeriss-V2 (arXiv 1807.07928): clusters of processing elements that skip zero weights and zero
// activations, both of which stay compressed up to the multiplier.
#pragma once

#include <optional>
#include <string>

#include "dysta/accel/accelerator.hpp"

namespace dysta {

struct EyerissV2Parameters {
  double clock_hz = 0;
  int clusters = 0;
  int cluster_rows = 0;  ///< elements; kernel rows, or channels where there are none, side by side
  int cluster_columns = 0;  ///< elements; output rows, or channels, side by side

  double cycles_per_mac = 0;  ///< of one element, an effectual multiply-accumulate

  /// What it costs an element to find that a column of the compressed weights (those that one
  /// activation meets) has no non-zero.
  double cycles_per_empty_column = 0;

  int output_channels_per_element = 0;  ///< M0: the longest column
  int weights_per_element = 0;          ///< capacity of the weight scratch pad

  /// Whether work divides evenly over the elements, as the public artifact of Sparse-DySta has it.
  bool perfect_balance = false;

  /// Whether every address check costs a cycle, as in that artifact; see `address_checks`.
  bool address_checks = false;

  struct Memory {
    double bytes_per_cycle = 0;    ///< between the chip and its memory
    double bytes_per_nonzero = 0;  ///< of a compressed weight or activation
    double bytes_per_output = 0;   ///< outputs leave uncompressed
    double activation_buffer_bytes = 0;
  };
  std::optional<Memory> memory;  ///< none: not modelled

  int elements() const { return clusters * cluster_rows * cluster_columns; }
};

/// Over how many elements each dimension of a layer is spread; a dimension of n is dealt in blocks
/// of ceil(n / parts). The elements that find no block stay idle.
struct EyerissV2Mapping {
  int groups = 1;
  int out_channels = 1;  ///< within a group
  int in_channels = 1;   ///< within a group
  int kernel_rows = 1;
  int out_rows = 1;

  /// Multiply-accumulates of the element with the largest share, without skipping.
  double busiest_share(const ConvolutionShape& shape) const;
};

/// The mapping with the smallest busiest share among those the array can do: rows of a cluster
/// take kernel rows, input channels, output channels or groups; columns take output rows, output
/// channels, input channels or groups; clusters are divided over output channels, input channels,
/// output rows and groups. Of equals, the one that splits input channels least, for their partial
/// sums have to be added up.
EyerissV2Mapping map_layer(const EyerissV2Parameters& parameters, const ConvolutionShape& shape);

/// Address checks of the public artifact, of which each takes a cycle: one for every block of
/// output channels, block of input channels, kernel column and output position, and two for every
/// block of output channels, kernel column and column of activations with a non-zero in it.
double address_checks(const EyerissV2Parameters& parameters, const ConvolutionShape& shape,
                      double columns_with_nonzeros);

/// An element works through the products of its share one after another; the layer ends when the
/// busiest element does, or when the memory has moved what is needed, whichever is later.
class EyerissV2 final : public Accelerator {
 public:
  EyerissV2(std::string name, const EyerissV2Parameters& parameters)
      : name_(std::move(name)), parameters_(parameters) {}

  std::string_view name() const override { return name_; }
  const EyerissV2Parameters& parameters() const { return parameters_; }
  double peak_macs_per_cycle() const override {
    return parameters_.elements() / parameters_.cycles_per_mac;
  }
  bool runs_convolutions() const override { return true; }

  /// Zeros are taken to be spread as the density's `unevenness` says; padding counts as if it were
  /// input.
  LayerCost cost(const ConvolutionShape& shape, const ConvolutionDensity& density) const override;
  std::unique_ptr<const PreparedConvolution> prepare(const ConvolutionShape& shape,
                                                     const WeightMask& weights) const override;
  using Accelerator::cost;

 private:
  std::string name_;
  EyerissV2Parameters parameters_;
};

}  // namespace dysta
