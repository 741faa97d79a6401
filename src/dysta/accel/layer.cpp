#include "dysta/accel/layer.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

#include "dysta/core/error.hpp"

namespace dysta {
namespace {

constexpr int kLargest = 1'000'000;
constexpr double kMostMacs = 1e14;
constexpr double kMostInputs = 2147483648.0;  // counts of one channel fit 32 bits
constexpr double kMostTaps = 2147483647.0;

struct Named {
  std::string_view name;
  int value;
};

void check_range(std::initializer_list<Named> numbers, int least) {
  for (const auto& [name, value] : numbers) {
    if (value < least || value > kLargest) {
      throw SpecificationError(std::string(name) + " is " + std::to_string(value) +
                               "; allowed is a whole number from " + std::to_string(least) +
                               " to " + std::to_string(kLargest));
    }
  }
}

int out_size(int in, int pads, int kernel, int dilation, int stride) {
  return (in + pads - dilation * (kernel - 1) - 1) / stride + 1;
}

}  // namespace

int ConvolutionShape::out_height() const {
  return out_size(in_height, pad_top + pad_bottom, kernel_height, dilation_height, stride_height);
}

int ConvolutionShape::out_width() const {
  return out_size(in_width, pad_left + pad_right, kernel_width, dilation_width, stride_width);
}

std::int64_t ConvolutionShape::inputs() const {
  return std::int64_t{in_channels} * in_height * in_width;
}

std::int64_t ConvolutionShape::outputs() const {
  return std::int64_t{out_channels} * out_height() * out_width();
}

std::int64_t ConvolutionShape::weights() const {
  return std::int64_t{out_channels} * in_channels_per_group() * taps();
}

std::int64_t ConvolutionShape::dense_macs() const { return weights() * out_height() * out_width(); }

void ConvolutionShape::check() const {
  check_range({{"in_channels", in_channels},
               {"out_channels", out_channels},
               {"height", in_height},
               {"width", in_width},
               {"kernel", kernel_height},
               {"kernel", kernel_width},
               {"stride", stride_height},
               {"stride", stride_width},
               {"dilation", dilation_height},
               {"dilation", dilation_width},
               {"groups", groups}},
              1);
  check_range({{"padding", pad_top},
               {"padding", pad_left},
               {"padding", pad_bottom},
               {"padding", pad_right}},
              0);
  if (in_channels % groups != 0 || out_channels % groups != 0) {
    throw SpecificationError("groups is " + std::to_string(groups) + " for " +
                             std::to_string(in_channels) + " input and " +
                             std::to_string(out_channels) +
                             " output channels; allowed is a number that divides both");
  }
  const auto fits = [](int in, int before, int after, int kernel, int dilation) {
    return std::int64_t{in} + before + after > std::int64_t{dilation} * (kernel - 1);
  };
  if (!fits(in_height, pad_top, pad_bottom, kernel_height, dilation_height) ||
      !fits(in_width, pad_left, pad_right, kernel_width, dilation_width)) {
    throw SpecificationError("kernel " + std::to_string(kernel_height) + " x " +
                             std::to_string(kernel_width) + " is larger than the padded input " +
                             std::to_string(in_height) + " x " + std::to_string(in_width) +
                             "; allowed is one that fits into it");
  }
  const double macs = static_cast<double>(out_channels) * in_channels_per_group() * kernel_height *
                      kernel_width * out_height() * out_width();
  const double values = static_cast<double>(in_channels) * in_height * in_width;
  const double places = static_cast<double>(kernel_height) * kernel_width;
  if (macs > kMostMacs || values > kMostInputs || places > kMostTaps) {
    throw SpecificationError(
        "the layer is too large; allowed are 1e14 multiply-accumulates, 2^31 inputs and fewer "
        "than 2^31 places of the kernel");
  }
}

void AttentionShape::check() const {
  check_range({{"heads", heads}, {"queries", queries}, {"keys", keys}, {"width", width}}, 1);
  if (width % heads != 0) {
    throw SpecificationError("heads is " + std::to_string(heads) + " for a width of " +
                             std::to_string(width) + "; allowed is a number that divides it");
  }
}

}  // namespace dysta
