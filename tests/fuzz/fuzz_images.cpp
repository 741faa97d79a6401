// Any bytes as a picture, and what is done to it before a network sees it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "preparation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dysta::profiler;
  constexpr std::size_t kMostPixelsPrepared = 1 << 20;  // larger ones are right, but slow
  try {
    const Image image = decode_image("fuzz.png", {reinterpret_cast<const char*>(data), size});
    const auto pixels =
        static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width);
    if (image.height < 1 || image.width < 1 || image.rgb.size() != pixels * 3) std::abort();
    if (pixels > kMostPixelsPrepared || std::max(image.height, image.width) > 4096) return 0;
    for (const char* steps : {"letterbox=9x14", "resize=8,crop=8", "crop=70%,resize=5x11"}) {
      const PreparedImage prepared = prepare("fuzz.png", image, {.steps = steps});
      for (const float value : prepared.values) {
        if (!(value >= 0 && value <= 1)) std::abort();
      }
    }
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
