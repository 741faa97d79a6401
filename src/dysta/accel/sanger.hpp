// Sanger (MICRO'21): attention of which only the scores that matter are computed.
//
// It predicts the attention matrix from queries and keys of few bits, keeps what exceeds a
// threshold after the softmax, and packs what is kept into an array whose rows can be split.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "dysta/accel/accelerator.hpp"
#include "dysta/trace/sanger_latency.hpp"

namespace dysta {

struct SangerParameters {
  SangerConstants latency;  ///< width aside, which is the layer's
  int sub_row_width = 32;   ///< whose load balance, without empty chunks, the latency uses
  AttentionSelection selection{.threshold = 2e-3, .prediction_bits = 0};
};

/// Whether a chunk of a row in which nothing is kept takes a sub-row.
enum class EmptyChunks : std::uint8_t { skip, keep };

/// What packing and splitting make of a mask.
struct PackedMask {
  std::int64_t kept = 0;      ///< entries
  std::int64_t sub_rows = 0;  ///< of `width` slots each
  int width = 0;

  /// Share of slots with an entry, in (0, 1]; 1 where there is no sub-row.
  double load_balance() const;
};

/// Cuts each row of the mask into chunks of 64 keys; a chunk with k entries is split into
/// ceil(k / width) sub-rows. Chunks of which nothing is visible do not count at all.
PackedMask pack_and_split(const AttentionMask& mask, int width, EmptyChunks empty);

/// Rounds values to whole multiples of one step, so that the largest magnitude is on the largest
/// level of a signed number of `bits` (from 2) bits: 2^(bits - 1) - 1. Halves go to the even level.
void quantise_symmetric(std::span<float> values, int bits);

/// The layer latency is the published formula's, with the load balance measured at
/// `sub_row_width`. A layer of which nothing is kept costs as much as if one score was.
class Sanger final : public Accelerator {
 public:
  Sanger(std::string name, const SangerParameters& parameters)
      : name_(std::move(name)), parameters_(parameters) {}

  std::string_view name() const override { return name_; }
  const SangerParameters& parameters() const { return parameters_; }
  double peak_macs_per_cycle() const override {
    return parameters_.latency.macs_per_s * parameters_.latency.seconds_per_cycle;
  }
  bool runs_attention() const override { return true; }
  AttentionSelection attention_selection() const override { return parameters_.selection; }

  LayerCost cost(const AttentionShape& shape, const AttentionDensity& density) const override;
  LayerCost cost(const AttentionShape& shape, const AttentionMask& mask) const override;
  using Accelerator::cost;

 private:
  std::string name_;
  SangerParameters parameters_;
};

}  // namespace dysta
