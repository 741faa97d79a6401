// How a picture becomes what a network sees.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "image.hpp"

namespace dysta::profiler {

struct Preparation {
  /// Steps from left to right, separated by commas: `crop=87.5%` (the middle square, as long as
  /// that share of the short side), `crop=224` or `crop=HxW` (the middle), `resize=256` (short
  /// side), `resize=HxW`, `letterbox=HxW` (whole, with black bars). Empty: none.
  std::string steps;
  std::array<double, 3> mean{0, 0, 0};  ///< of pixels in [0, 1], by channel
  std::array<double, 3> deviation{1, 1, 1};
  bool bgr = false;  ///< whether the network's first channel is blue
};

/// Throws `SpecificationError` for steps that are not as described.
void check(const Preparation& preparation);

/// The picture as (pixel / 255 - mean) / deviation, laid out [channel][row][column]. `name` is
/// what messages call it. Throws `FileError` where it is smaller than a crop.
struct PreparedImage {
  int height = 0;
  int width = 0;
  std::vector<float> values;
};
PreparedImage prepare(const std::string& name, Image image, const Preparation& preparation);

}  // namespace dysta::profiler
