// Any text as a model file: what is accepted reads back from its own text as the same model, and a
// small one can be pruned and drawn from.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/synth/network_model.hpp"
#include "dysta/synth/synthesize.hpp"

namespace {

constexpr std::size_t kMostLayers = 64;

void draw(const dysta::NetworkModel& model, const char* pattern) {
  static const auto eyeriss = dysta::load_accelerator("eyeriss_v2");
  static const auto sanger = dysta::load_accelerator("sanger");
  dysta::SynthesisOptions options;
  options.pattern = pattern;
  options.inputs = {{model.data_sets.back().name, 2}};
  const bool cnn = model.kind == dysta::TraceKind::cnn;
  try {
    const auto drawn = dysta::synthesize(model, cnn ? *eyeriss : *sanger, options);
    if (drawn.trace.samples() != 2 || drawn.trace.layers() != model.layers()) std::abort();
  } catch (const dysta::SpecificationError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const dysta::NetworkModel model = dysta::parse_model("fuzz.yaml", text);
    if (!(dysta::parse_model("again.yaml", dysta::text_of(model)) == model)) std::abort();
    if (model.layers() > kMostLayers) return 0;
    for (const char* pattern : {"", "random90", "nm24", "channel50"}) draw(model, pattern);
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
