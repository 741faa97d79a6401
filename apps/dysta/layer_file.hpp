// Descriptions of single layers for `dysta accel --layer`.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "dysta/accel/layer.hpp"
#include "dysta/accel/mask.hpp"

namespace dysta::cli {

/// A convolution, with its masks where the file names them.
struct ConvolutionLayer {
  ConvolutionShape shape;
  std::optional<ActivationMask> activations;
  std::optional<WeightMask> weights;
};

/// An attention block, with its mask where the file names one.
struct AttentionLayer {
  AttentionShape shape;
  std::optional<AttentionMask> mask;
};

using LayerFile = std::variant<ConvolutionLayer, AttentionLayer>;

/// Reads a layer from a JSON object. One with `heads` is an attention block: `heads`, `queries`,
/// `keys` (as many as queries if not given), `width`, and optionally `mask`, a file of characters
/// 0 and 1 laid out [head][query][key]. Any other is a convolution: `in_channels`, `out_channels`,
/// `height` and `width` of the input, and optionally `kernel`, `stride`, `padding`, `dilation`,
/// `groups` (1, 1, 0, 1, 1; the first two and `dilation` also [rows, columns], `padding` also [top,
/// left, bottom, right]) and the files `iacts` [height][width][channel] and `weights`
/// [out][in / groups][kernel row][kernel column]. Other keys are told of on
/// standard error and not looked at.
/// Files are looked for beside the JSON file, then where the program runs. Throws `FileError`.
LayerFile read_layer(const std::string& path);

}  // namespace dysta::cli
