#include "dysta/accel/systolic.hpp"

#include <cmath>

#include "dysta/accel/effectual.hpp"

namespace dysta {
namespace {

class Prepared final : public PreparedConvolution {
 public:
  Prepared(EffectualMacs macs, LayerCost cost) : macs_(std::move(macs)), cost_(cost) {}

  LayerCost cost(const ActivationMask& activations) const override {
    LayerCost cost = cost_;
    cost.effectual_macs = static_cast<double>(macs_.count(activations));
    return cost;
  }

 private:
  EffectualMacs macs_;
  LayerCost cost_;
};

}  // namespace

double SystolicArray::product_cycles(double positions, double inputs, double outputs) const {
  const double folds =
      std::ceil(inputs / parameters_.rows) * std::ceil(outputs / parameters_.columns);
  return folds * (2.0 * parameters_.rows + parameters_.columns + positions - 2);
}

LayerCost SystolicArray::with_cycles(double cycles, double effectual_macs) const {
  return {.effectual_macs = effectual_macs,
          .compute_cycles = cycles,
          .memory_cycles = 0,
          .cycles = cycles,
          .latency = Seconds{cycles / parameters_.clock_hz}};
}

double SystolicArray::convolution_cycles(const ConvolutionShape& shape) const {
  const double positions = static_cast<double>(shape.out_height()) * shape.out_width();
  const double inputs = static_cast<double>(shape.in_channels_per_group()) * shape.taps();
  return shape.groups * product_cycles(positions, inputs, shape.out_channels_per_group());
}

double SystolicArray::attention_cycles(const AttentionShape& shape) const {
  const double head_width = static_cast<double>(shape.width) / shape.heads;
  return shape.heads * (product_cycles(shape.queries, head_width, shape.keys) +
                        product_cycles(shape.queries, shape.keys, head_width));
}

LayerCost SystolicArray::cost(const ConvolutionShape& shape,
                              const ConvolutionDensity& density) const {
  shape.check();
  return with_cycles(convolution_cycles(shape), static_cast<double>(shape.dense_macs()) *
                                                    density.activations * density.weights);
}

std::unique_ptr<const PreparedConvolution> SystolicArray::prepare(const ConvolutionShape& shape,
                                                                  const WeightMask& weights) const {
  return std::make_unique<Prepared>(EffectualMacs(shape, weights),
                                    with_cycles(convolution_cycles(shape), 0));
}

LayerCost SystolicArray::cost(const AttentionShape& shape, const AttentionDensity& density) const {
  shape.check();
  return with_cycles(attention_cycles(shape),
                     static_cast<double>(shape.dense_macs()) * density.kept);
}

LayerCost SystolicArray::cost(const AttentionShape& shape, const AttentionMask& mask) const {
  shape.check();
  const double macs_per_score = 2.0 * shape.width / shape.heads;
  return with_cycles(attention_cycles(shape), static_cast<double>(mask.kept()) * macs_per_score);
}

}  // namespace dysta
