#include "image.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include <png.h>
#include <turbojpeg.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
// Weights of small pictures add up to something further from 1 than it asserts; it scales them.
#define STBIR_ASSERT(x) static_cast<void>(0)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <stb/stb_image_resize.h>
#pragma GCC diagnostic pop

#include "dysta/core/error.hpp"

namespace dysta::profiler {
namespace {

Image empty_image(const std::string& name, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1 || height * width > kMostPixels) {
    throw FileError(name, 0,
                    "is a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                        " pixels; allowed are at most 100 million");
  }
  Image image{.height = static_cast<int>(height), .width = static_cast<int>(width), .rgb = {}};
  image.rgb.resize(static_cast<std::size_t>(height * width * 3));
  return image;
}

[[noreturn]] void fail(const std::string& name, const char* format, const char* why) {
  throw FileError(
      name, 0,
      "is not a whole " + std::string(format) + " picture (" + why + "); allowed are JPEG and PNG");
}

Image decode_jpeg(const std::string& name, std::string_view bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling,
                          &colours) != 0) {
    fail(name, "JPEG", tjGetErrorStr2(decoder.get()));
  }
  if (width < 1 || height < 1) fail(name, "JPEG", "it has no size");
  Image image = empty_image(name, height, width);
  if (tjDecompress2(decoder.get(), data, bytes.size(), image.rgb.data(), width, 0, height, TJPF_RGB,
                    TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING) != 0) {
    fail(name, "JPEG", tjGetErrorStr2(decoder.get()));
  }
  return image;
}

Image decode_png(const std::string& name, std::string_view bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> owner(&png, png_image_free);
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    fail(name, "PNG", png.message);
  }
  png.format = PNG_FORMAT_RGB;
  Image image = empty_image(name, png.height, png.width);
  const png_color black{};
  if (png_image_finish_read(&png, &black, image.rgb.data(), 0, nullptr) == 0) {
    fail(name, "PNG", png.message);
  }
  return image;
}

}  // namespace

Image decode_image(const std::string& name, std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8")) return decode_jpeg(name, bytes);
  if (bytes.starts_with("\x89PNG")) return decode_png(name, bytes);
  throw FileError(name, 0, "is no picture; allowed are JPEG and PNG");
}

Image resize(const Image& image, int height, int width) {
  if (height == image.height && width == image.width) return image;
  Image result{.height = height, .width = width, .rgb = {}};
  result.rgb.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  const int done =
      stbir_resize_uint8_generic(image.rgb.data(), image.width, image.height, 0, result.rgb.data(),
                                 width, height, 0, 3, STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP,
                                 STBIR_FILTER_TRIANGLE, STBIR_COLORSPACE_LINEAR, nullptr);
  if (done == 0) throw std::bad_alloc();
  return result;
}

Image crop_centre(const Image& image, int height, int width) {
  Image result{.height = height, .width = width, .rgb = {}};
  // Halves go to the even pixel, as the usual image libraries round.
  const auto top = static_cast<std::size_t>(std::nearbyint((image.height - height) / 2.0));
  const auto left = static_cast<std::size_t>(std::nearbyint((image.width - width) / 2.0));
  const auto row_bytes = static_cast<std::size_t>(width) * 3;
  result.rgb.resize(static_cast<std::size_t>(height) * row_bytes);
  for (std::size_t row = 0; row < static_cast<std::size_t>(height); ++row) {
    const std::size_t from = ((top + row) * static_cast<std::size_t>(image.width) + left) * 3;
    std::memcpy(&result.rgb[row * row_bytes], &image.rgb[from], row_bytes);
  }
  return result;
}

Image letterbox(const Image& image, int height, int width) {
  const double scale = std::min(static_cast<double>(height) / image.height,
                                static_cast<double>(width) / image.width);
  const int inner_height =
      std::clamp(static_cast<int>(std::nearbyint(image.height * scale)), 1, height);
  const int inner_width =
      std::clamp(static_cast<int>(std::nearbyint(image.width * scale)), 1, width);
  const Image inner = resize(image, inner_height, inner_width);
  Image result{.height = height, .width = width, .rgb = {}};
  result.rgb.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  const auto top = static_cast<std::size_t>((height - inner_height) / 2);
  const auto left = static_cast<std::size_t>((width - inner_width) / 2);
  const auto row_bytes = static_cast<std::size_t>(inner_width) * 3;
  for (std::size_t row = 0; row < static_cast<std::size_t>(inner_height); ++row) {
    const std::size_t to = ((top + row) * static_cast<std::size_t>(width) + left) * 3;
    std::memcpy(&result.rgb[to], &inner.rgb[row * row_bytes], row_bytes);
  }
  return result;
}

}  // namespace dysta::profiler
