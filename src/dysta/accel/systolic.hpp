// A dense systolic array: the contrast. It multiplies zeros like any other number.
#pragma once

#include <string>

#include "dysta/accel/accelerator.hpp"

namespace dysta {

struct SystolicParameters {
  double clock_hz = 0;
  int rows = 0;     ///< inputs of a dot product side by side
  int columns = 0;  ///< outputs side by side
};

/// Weight-stationary: an array of `rows` × `columns` weights stays while all output positions
/// stream through. A matrix product of P positions, K inputs and N outputs takes
/// ceil(K / rows) · ceil(N / columns) · (2·rows + columns + P − 2) cycles: the weights' loading,
/// the stream and its skew (SCALE-Sim, arXiv 1811.02883, equation 1). Groups run one by one;
/// attention as one pair of products a head. Memory is not modelled.
class SystolicArray final : public Accelerator {
 public:
  SystolicArray(std::string name, const SystolicParameters& parameters)
      : name_(std::move(name)), parameters_(parameters) {}

  std::string_view name() const override { return name_; }
  double peak_macs_per_cycle() const override {
    return static_cast<double>(parameters_.rows) * parameters_.columns;
  }
  bool runs_convolutions() const override { return true; }
  bool runs_attention() const override { return true; }

  LayerCost cost(const ConvolutionShape& shape, const ConvolutionDensity& density) const override;
  std::unique_ptr<const PreparedConvolution> prepare(const ConvolutionShape& shape,
                                                     const WeightMask& weights) const override;
  LayerCost cost(const AttentionShape& shape, const AttentionDensity& density) const override;
  LayerCost cost(const AttentionShape& shape, const AttentionMask& mask) const override;

 private:
  double product_cycles(double positions, double inputs, double outputs) const;
  LayerCost with_cycles(double cycles, double effectual_macs) const;
  double convolution_cycles(const ConvolutionShape& shape) const;
  double attention_cycles(const AttentionShape& shape) const;

  std::string name_;
  SystolicParameters parameters_;
};

}  // namespace dysta
