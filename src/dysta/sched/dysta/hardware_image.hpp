// What software writes into the hardware: tables, settings and requests, in the hardware's numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "dysta/sched/dysta/arithmetic.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "dysta/trace/profile.hpp"

namespace dysta {

/// An instant in ticks, modulo 2^32.
using Ticks = std::uint32_t;

/// Ticks from `earlier` to `later`, right where they lie less than 2^31 apart.
constexpr std::int32_t ticks_between(Ticks earlier, Ticks later) {
  return static_cast<std::int32_t>(later - earlier);
}

/// The smallest power of two of nanoseconds, from one nanosecond on, of which every variant's mean
/// latency takes less than 2^12: with deadlines of ten times that, binary16 (at most 65504) and the
/// fixed-point numbers (2^18) hold what the hardware computes.
Seconds automatic_tick(const Profiles& profiles, Tables tables);

/// What software chooses.
struct HardwareSettings {
  double beta = 0.01;      ///< weight of slack and waiting against remaining latency
  double wait_unit_s = 1;  ///< seconds that the waiting term's pure number stands for
  Tables tables = Tables::pattern;
  Seconds tick{};  ///< greater than 0
};

/// The contents of the hardware's tables for one set of profiles, and of its rows for requests.
template <class Arithmetic>
class HardwareImage {
 public:
  using Number = typename Arithmetic::Number;
  using Coefficient = typename Arithmetic::Coefficient;

  struct Layer {
    Number average_remaining{};  ///< ticks from its start to the end; greater than 0
    Coefficient inverse_density{};
  };

  /// A row of the request table when the request comes.
  struct Request {
    Ticks arrival = 0;
    Ticks deadline = 0;
    Coefficient wait_rate{};  ///< wait_unit / isolated latency
  };

  /// Profiles are only read here. Latencies that have no number in the format become the nearest
  /// one that does.
  HardwareImage(const Profiles& profiles, const HardwareSettings& settings);

  std::size_t variants() const { return first_layer_.size() - 1; }
  std::size_t layers(VariantId variant) const {
    return first_layer_[index(variant) + 1] - first_layer_[index(variant)];
  }
  const Layer& layer(VariantId variant, std::size_t layer) const {
    return layers_[first_layer_[index(variant)] + layer];
  }
  Coefficient beta() const { return beta_; }
  /// Of every request's wait_rate.
  int wait_fraction_bits() const { return wait_fraction_bits_; }

  /// Rounded down.
  Ticks ticks(Seconds instant) const;

  Request request(const RequestRecord& record) const;

 private:
  Seconds tick_;
  double wait_unit_s_;
  int wait_fraction_bits_;
  Coefficient beta_;
  std::vector<Layer> layers_;  ///< of all variants, one after the other
  std::vector<std::size_t> first_layer_;
};

extern template class HardwareImage<Fp32>;
extern template class HardwareImage<Fp16>;
extern template class HardwareImage<Fixed>;

}  // namespace dysta
