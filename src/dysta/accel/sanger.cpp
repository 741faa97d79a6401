#include "dysta/accel/sanger.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

void check_share(std::string_view name, double value) {
  if (!(value > 0) || value > 1) {
    throw SpecificationError(std::string(name) + " is " + readable_text(value) +
                             "; allowed is a number greater than 0 and at most 1");
  }
}

}  // namespace

double PackedMask::load_balance() const {
  if (sub_rows == 0) return 1;
  return static_cast<double>(kept) / (static_cast<double>(sub_rows) * width);
}

PackedMask pack_and_split(const AttentionMask& mask, int width, EmptyChunks empty) {
  PackedMask packed{.kept = 0, .sub_rows = 0, .width = width};
  const auto visible = mask.visible_keys();  // a word is a chunk
  for (int head = 0; head < mask.heads(); ++head) {
    for (int query = 0; query < mask.queries(); ++query) {
      if (!mask.query_visible(query)) continue;
      const auto row = mask.row(head, query);
      for (std::size_t chunk = 0; chunk < row.size(); ++chunk) {
        if (visible[chunk] == 0) continue;
        const int kept = std::popcount(row[chunk]);
        packed.kept += kept;
        packed.sub_rows += kept == 0 && empty == EmptyChunks::keep ? 1 : (kept + width - 1) / width;
      }
    }
  }
  return packed;
}

void quantise_symmetric(std::span<float> values, int bits) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  if (largest == 0) return;
  const float step = largest / static_cast<float>((1 << (bits - 1)) - 1);
  for (float& value : values) value = std::nearbyint(value / step) * step;
}

LayerCost Sanger::cost(const AttentionShape& shape, const AttentionDensity& density) const {
  shape.check();
  check_share("the density", density.kept);
  check_share("the load balance", density.load_balance);
  SangerConstants constants = parameters_.latency;
  constants.width = shape.width;
  const Seconds latency =
      sanger_layer_latency(density.kept, density.load_balance, shape.queries, constants);
  const double cycles = latency.count() / constants.seconds_per_cycle;
  return {.effectual_macs = static_cast<double>(shape.dense_macs()) * density.kept,
          .compute_cycles = cycles,
          .memory_cycles = 0,
          .cycles = cycles,
          .latency = latency};
}

LayerCost Sanger::cost(const AttentionShape& shape, const AttentionMask& mask) const {
  const PackedMask packed = pack_and_split(mask, parameters_.sub_row_width, EmptyChunks::skip);
  const double visible = std::max(1.0, static_cast<double>(mask.visible()));
  LayerCost result = cost(
      shape, AttentionDensity{.kept = std::max(1.0, static_cast<double>(packed.kept)) / visible,
                              .load_balance = packed.load_balance()});
  result.effectual_macs = static_cast<double>(packed.kept) * 2.0 * shape.width / shape.heads;
  return result;
}

}  // namespace dysta
