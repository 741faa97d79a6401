#include "preparation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta::profiler {
namespace {

constexpr int kLargestSide = 16384;

struct Step {
  enum class Kind { crop_share, crop, resize_short, resize, letterbox } kind;
  double share = 0;
  int height = 0;
  int width = 0;
};

std::optional<int> side(std::string_view text) {
  const auto value = parse_whole(text);
  if (!value || *value < 1 || *value > kLargestSide) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<Step> parse_step(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos) return std::nullopt;
  const auto name = text.substr(0, equals);
  const auto value = text.substr(equals + 1);
  if (name == "crop" && value.ends_with('%')) {
    const auto percent = parse_number(value.substr(0, value.size() - 1));
    if (!percent || !(*percent > 0) || *percent > 100) return std::nullopt;
    return Step{.kind = Step::Kind::crop_share, .share = *percent / 100};
  }
  const auto cross = value.find('x');
  const auto height = side(value.substr(0, cross));
  const auto width = cross == value.npos ? height : side(value.substr(cross + 1));
  if (!height || !width) return std::nullopt;
  Step step{.kind = Step::Kind::crop, .share = 0, .height = *height, .width = *width};
  if (name == "resize") {
    step.kind = cross == value.npos ? Step::Kind::resize_short : Step::Kind::resize;
  } else if (name == "letterbox") {
    step.kind = Step::Kind::letterbox;
  } else if (name != "crop") {
    return std::nullopt;
  }
  return step;
}

std::vector<Step> parse_steps(const std::string& text) {
  std::vector<Step> steps;
  if (text.empty()) return steps;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto step = parse_step(std::string_view(text).substr(begin, end - begin));
    if (!step) {
      throw SpecificationError("a preparation step is " +
                               in_quotes(text.substr(begin, end - begin)) +
                               "; allowed are crop=P%, crop=N, crop=HxW, resize=N, resize=HxW and "
                               "letterbox=HxW, separated by commas");
    }
    steps.push_back(*step);
    begin = end + 1;
  }
  return steps;
}

Image apply(const std::string& name, const Image& image, const Step& step) {
  const auto crop = [&](int height, int width) {
    if (height > image.height || width > image.width) {
      throw FileError(name, 0,
                      "is " + std::to_string(image.height) + " x " + std::to_string(image.width) +
                          " when " + std::to_string(height) + " x " + std::to_string(width) +
                          " is to be cut out; allowed are larger pictures, or a resize before");
    }
    return crop_centre(image, height, width);
  };
  const int short_side = std::min(image.height, image.width);
  switch (step.kind) {
    case Step::Kind::crop_share: {
      const int side = std::max(1, static_cast<int>(std::nearbyint(short_side * step.share)));
      return crop(side, side);
    }
    case Step::Kind::crop:
      return crop(step.height, step.width);
    case Step::Kind::resize_short: {
      const auto scaled = [&](int length) {
        return static_cast<std::int64_t>(length) * step.height / short_side;
      };
      if (scaled(image.height) * scaled(image.width) > kMostPixels) {
        throw FileError(name, 0,
                        "is " + std::to_string(image.height) + " x " + std::to_string(image.width) +
                            " when its short side is to be " + std::to_string(step.height) +
                            "; allowed are results of at most 100 million pixels");
      }
      return resize(image, static_cast<int>(scaled(image.height)),
                    static_cast<int>(scaled(image.width)));
    }
    case Step::Kind::resize:
      return resize(image, step.height, step.width);
    case Step::Kind::letterbox:
      return letterbox(image, step.height, step.width);
  }
  return image;
}

}  // namespace

void check(const Preparation& preparation) {
  parse_steps(preparation.steps);
  for (const double mean : preparation.mean) {
    if (!std::isfinite(mean)) {
      throw SpecificationError("a mean is " + readable_text(mean) + "; allowed are finite numbers");
    }
  }
  for (const double deviation : preparation.deviation) {
    if (!(std::abs(deviation) >= 1e-9) || !std::isfinite(deviation)) {
      throw SpecificationError("a standard deviation is " + readable_text(deviation) +
                               "; allowed are numbers that can be divided by");
    }
  }
}

PreparedImage prepare(const std::string& name, Image image, const Preparation& preparation) {
  for (const Step& step : parse_steps(preparation.steps)) image = apply(name, image, step);
  PreparedImage result{.height = image.height, .width = image.width, .values = {}};
  const auto pixels =
      static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width);
  result.values.resize(pixels * 3);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::size_t colour = preparation.bgr ? 2 - channel : channel;
    // In pixel units, so that a pixel that equals the mean becomes exactly zero.
    const auto mean = static_cast<float>(255 * preparation.mean[channel]);
    const auto scale = static_cast<float>(1 / (255 * preparation.deviation[channel]));
    for (std::size_t i = 0; i < pixels; ++i) {
      const auto pixel = static_cast<float>(image.rgb[i * 3 + colour]);
      result.values[channel * pixels + i] = (pixel - mean) * scale;
    }
  }
  return result;
}

}  // namespace dysta::profiler
