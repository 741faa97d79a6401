// Any text as an accelerator's parameters: what is accepted costs a small layer something finite.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/yaml.hpp"

namespace {

void check(const dysta::LayerCost& cost) {
  if (!(cost.cycles > 0) || !std::isfinite(cost.cycles)) std::abort();
  if (!(cost.latency.count() > 0)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const auto accelerator = dysta::parse_accelerator("fuzz.yaml", text);
    if (accelerator->runs_convolutions()) {
      const dysta::ConvolutionShape shape{.in_channels = 2, .out_channels = 3, .in_width = 5};
      check(
          accelerator->cost(shape, dysta::ConvolutionDensity{.activations = 0.5, .weights = 0.5}));
      dysta::ActivationMask activations(2, 1, 5);
      activations.set(1, 0, 4);
      check(accelerator->prepare(shape, dysta::WeightMask({0, 1, 1, 1, 0, 0}))->cost(activations));
    }
    if (accelerator->runs_attention()) {
      const dysta::AttentionShape shape{.heads = 2, .queries = 3, .keys = 70, .width = 8};
      dysta::AttentionMask mask(2, 3, 70);
      mask.keep(1, 2, 69);
      check(accelerator->cost(shape, mask));
    }
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
