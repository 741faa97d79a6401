// Pictures as bytes: decoding, and what is usually done to them before a network sees them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dysta::profiler {

/// A picture has at most so many.
inline constexpr std::int64_t kMostPixels = 100'000'000;

/// Red, green, blue of each pixel, row by row.
struct Image {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> rgb;
};

/// A picture from the bytes of a JPEG or PNG file; `name` is what messages call it. Grey becomes
/// colour and transparency black. Throws `FileError` for anything else, or above `kMostPixels`.
Image decode_image(const std::string& name, std::string_view bytes);

/// The picture in another size, by triangle filters as wide as the shrinking asks for (what
/// imaging libraries call bilinear with antialiasing).
Image resize(const Image& image, int height, int width);

/// The middle of the picture. Sizes are at most its own.
Image crop_centre(const Image& image, int height, int width);

/// The largest picture of this shape that fits into the size, with black bars, centred.
Image letterbox(const Image& image, int height, int width);

}  // namespace dysta::profiler
