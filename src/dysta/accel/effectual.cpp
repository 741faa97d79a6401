#include "dysta/accel/effectual.hpp"

#include <functional>
#include <numeric>

#include "dysta/accel/mask_kernels.hpp"

namespace dysta {
namespace {

std::size_t size(int value) { return static_cast<std::size_t>(value); }

}  // namespace

TapCounter::TapCounter(const ConvolutionShape& shape, int row_blocks)
    : shape_(shape),
      row_blocks_(row_blocks),
      words_per_row_((size(shape.in_width) + 63) / 64),
      columns_(size(shape.kernel_width) * words_per_row_) {
  for (int tap = 0; tap < shape.kernel_width; ++tap) {
    for (int out = 0; out < shape.out_width(); ++out) {
      const int column = out * shape.stride_width - shape.pad_left + tap * shape.dilation_width;
      if (column < 0 || column >= shape.in_width) continue;  // padding
      columns_[size(tap) * words_per_row_ + size(column) / 64] |= std::uint64_t{1}
                                                                  << (size(column) % 64);
    }
  }
}

std::vector<std::uint32_t> TapCounter::count(const ActivationMask& mask) const {
  const auto blocks = size(row_blocks_);
  const auto height = size(shape_.in_height);
  const auto kernel_width = size(shape_.kernel_width);
  const int out_height = shape_.out_height();
  const int rows_per_block = (out_height + row_blocks_ - 1) / row_blocks_;
  std::vector<std::uint32_t> counts(size(shape_.in_channels) * size(shape_.taps()) * blocks);
  std::vector<std::uint32_t> in_row(kernel_width * height);
  for (int channel = 0; channel < shape_.in_channels; ++channel) {
    const auto plane = mask.plane(channel);
    for (std::size_t tap = 0; tap < kernel_width; ++tap) {
      count_rows(plane.data(), height, words_per_row_, &columns_[tap * words_per_row_],
                 &in_row[tap * height]);
    }
    for (int tap_row = 0; tap_row < shape_.kernel_height; ++tap_row) {
      const std::size_t first_tap =
          size(channel) * size(shape_.taps()) + size(tap_row) * kernel_width;
      for (int out = 0; out < out_height; ++out) {
        const int row =
            out * shape_.stride_height - shape_.pad_top + tap_row * shape_.dilation_height;
        if (row < 0 || row >= shape_.in_height) continue;  // padding
        const auto block = size(out / rows_per_block);
        for (std::size_t tap = 0; tap < kernel_width; ++tap) {
          counts[(first_tap + tap) * blocks + block] += in_row[tap * height + size(row)];
        }
      }
    }
  }
  return counts;
}

std::vector<std::uint32_t> nonzero_weights(const ConvolutionShape& shape,
                                           const WeightMask& weights) {
  const auto taps = size(shape.taps());
  const auto per_group = size(shape.in_channels_per_group());
  std::vector<std::uint32_t> counts(size(shape.in_channels) * taps);
  for (std::size_t out = 0; out < size(shape.out_channels); ++out) {
    const std::size_t first_in = out / size(shape.out_channels_per_group()) * per_group;
    for (std::size_t i = 0; i < per_group * taps; ++i) {
      counts[first_in * taps + i] += weights.bits()[out * per_group * taps + i];
    }
  }
  return counts;
}

EffectualMacs::EffectualMacs(const ConvolutionShape& shape, const WeightMask& weights)
    : counter_((shape.check(), shape)), weights_(nonzero_weights(shape, weights)) {}

std::int64_t EffectualMacs::count(const ActivationMask& activations) const {
  const auto met = counter_.count(activations);
  return std::inner_product(met.begin(), met.end(), weights_.begin(), std::int64_t{0},
                            std::plus<>(), [](std::int64_t a, std::int64_t b) { return a * b; });
}

}  // namespace dysta
