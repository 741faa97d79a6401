// The layers that accelerators run, by shape.
#pragma once

#include <compare>
#include <cstdint>

namespace dysta {

/// A two-dimensional convolution of one input. A fully connected layer is a 1 × 1 convolution of a
/// 1 × 1 image; one that is applied to many rows, of an image as high as there are rows.
struct ConvolutionShape {
  int in_channels = 1;
  int out_channels = 1;
  int in_height = 1;  ///< without padding
  int in_width = 1;
  int kernel_height = 1;
  int kernel_width = 1;
  int stride_height = 1;
  int stride_width = 1;
  int pad_top = 0;
  int pad_left = 0;
  int pad_bottom = 0;
  int pad_right = 0;
  int dilation_height = 1;
  int dilation_width = 1;
  int groups = 1;  ///< input and output channels are split alike; as many as channels: depthwise

  int out_height() const;
  int out_width() const;
  int taps() const { return kernel_height * kernel_width; }
  int in_channels_per_group() const { return in_channels / groups; }
  int out_channels_per_group() const { return out_channels / groups; }

  /// Multiply-accumulates when no zero is skipped, those with padding included.
  std::int64_t dense_macs() const;
  std::int64_t inputs() const;
  std::int64_t outputs() const;
  std::int64_t weights() const;

  /// Throws `SpecificationError` that names the first number that cannot be: sizes, strides,
  /// dilations and groups are from 1 and padding from 0, all at most 1e6; groups divide both
  /// channel counts; the kernel fits into the padded input; and there are at most 1e14 multiply-
  /// accumulates and 2^31 inputs, and fewer than 2^31 taps.
  void check() const;

  auto operator<=>(const ConvolutionShape&) const = default;
};

/// One self-attention or cross-attention block of one input: `heads` products of queries and keys.
struct AttentionShape {
  int heads = 1;
  int queries = 1;  ///< tokens that ask; the sequence length
  int keys = 1;     ///< tokens that are asked
  int width = 1;    ///< of the model: heads times the width of a head

  std::int64_t scores() const { return std::int64_t{heads} * queries * keys; }

  /// Multiply-accumulates of queries × keys and of probabilities × values, without projections.
  std::int64_t dense_macs() const { return 2 * std::int64_t{queries} * keys * width; }

  /// Throws `SpecificationError` unless all are from 1 to 1e6 and heads divide the width.
  void check() const;
};

}  // namespace dysta
