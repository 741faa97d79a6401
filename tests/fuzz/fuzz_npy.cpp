// Any bytes as a NumPy array: what is accepted has as many finite values as its shape says.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "npy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto array =
        dysta::profiler::parse_npy("fuzz.npy", {reinterpret_cast<const char*>(data), size});
    if (array.shape.empty() || array.size() < 1) std::abort();
    const auto count = std::visit([](const auto& values) { return values.size(); }, array.values);
    if (count != static_cast<std::size_t>(array.size())) std::abort();
    if (const auto* reals = std::get_if<std::vector<float>>(&array.values)) {
      for (const float value : *reals) {
        if (!std::isfinite(value)) std::abort();
      }
    }
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
