// Effectual multiply-accumulates: those of which neither the activation nor the weight is zero.
//
// Counting them pair by pair costs as much as the convolution itself. But how often an activation
// is used by tap (kh, kw) of the kernel depends on where it stands and not on the output channel,
// so for every input channel and tap the number of non-zero activations that the tap meets, times
// the number of non-zero weights there, is exact. Bits are counted 64 at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "dysta/accel/layer.hpp"
#include "dysta/accel/mask.hpp"

namespace dysta {

/// Counts the non-zero activations that each tap of a kernel meets.
class TapCounter {
 public:
  /// The output rows are dealt to `row_blocks` (from 1) blocks of equal height, the last ones
  /// smaller or empty.
  explicit TapCounter(const ConvolutionShape& shape, int row_blocks = 1);

  const ConvolutionShape& shape() const { return shape_; }
  int row_blocks() const { return row_blocks_; }

  /// Counts laid out [in channel][kernel row][kernel column][row block]. The mask has the shape's
  /// channels, height and width.
  std::vector<std::uint32_t> count(const ActivationMask& mask) const;

 private:
  ConvolutionShape shape_;
  int row_blocks_;
  std::size_t words_per_row_;
  std::vector<std::uint64_t> columns_;  ///< [kernel column][word]: columns that it meets
};

/// The non-zero weights of each input channel and tap, over all output channels of its group: laid
/// out [in channel][kernel row][kernel column]. The mask holds as many bits as the shape weights.
std::vector<std::uint32_t> nonzero_weights(const ConvolutionShape& shape,
                                           const WeightMask& weights);

/// Counts the effectual multiply-accumulates of one layer, whose weights are known beforehand.
class EffectualMacs {
 public:
  /// Checks the shape.
  EffectualMacs(const ConvolutionShape& shape, const WeightMask& weights);

  const ConvolutionShape& shape() const { return counter_.shape(); }
  std::int64_t count(const ActivationMask& activations) const;

 private:
  TapCounter counter_;
  std::vector<std::uint32_t> weights_;
};

}  // namespace dysta
