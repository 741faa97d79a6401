#include "dysta/sched/dysta/hardware_image.hpp"

#include <algorithm>
#include <cmath>

namespace dysta {
namespace {

/// Whole ticks from the start of the workload, rounded down; as many as there are.
double whole_ticks(Seconds instant, Seconds tick) { return std::floor(instant / tick); }

const LatencyTable& latencies(const Profile& profile, Tables tables) {
  return tables == Tables::pattern ? profile.by_pattern : profile.by_model;
}

}  // namespace

Seconds automatic_tick(const Profiles& profiles, Tables tables) {
  double longest_s = 0;
  for (std::size_t v = 0; v < profiles.size(); ++v) {
    const Profile& profile = profiles[static_cast<VariantId>(v)];
    longest_s = std::max(longest_s, latencies(profile, tables).isolated_s());
  }
  double tick_s = 1e-9;
  while (longest_s >= tick_s * 0x1p12) tick_s *= 2;
  return Seconds{tick_s};
}

template <class Arithmetic>
HardwareImage<Arithmetic>::HardwareImage(const Profiles& profiles, const HardwareSettings& settings)
    : tick_(settings.tick),
      wait_unit_s_(settings.wait_unit_s),
      beta_(Arithmetic::coefficient(settings.beta, Arithmetic::fraction_bits(settings.beta))) {
  // An infinity times a β of 0 would be no number.
  if (Arithmetic::is_zero(beta_)) wait_unit_s_ = 0;
  double highest_rate = 0;
  for (std::size_t v = 0; v < profiles.size(); ++v) {
    const Profile& profile = profiles[static_cast<VariantId>(v)];
    const LatencyTable& table = latencies(profile, settings.tables);
    highest_rate = std::max(highest_rate, wait_unit_s_ / table.isolated_s());
    first_layer_.push_back(layers_.size());
    for (std::size_t l = 0; l < table.layer_s.size(); ++l) {
      layers_.push_back(
          {.average_remaining = Arithmetic::positive_number(table.remaining_s[l] / tick_.count()),
           .inverse_density = Arithmetic::inverse_density(1 / profile.average_density[l])});
    }
  }
  first_layer_.push_back(layers_.size());
  wait_fraction_bits_ = Arithmetic::fraction_bits(highest_rate);
}

template <class Arithmetic>
Ticks HardwareImage<Arithmetic>::ticks(Seconds instant) const {
  return static_cast<Ticks>(std::fmod(whole_ticks(instant, tick_), 0x1p32));
}

template <class Arithmetic>
auto HardwareImage<Arithmetic>::request(const RequestRecord& record) const -> Request {
  const Ticks arrival = ticks(record.arrival);
  const double time_left = whole_ticks(record.deadline, tick_) - whole_ticks(record.arrival, tick_);
  return {.arrival = arrival,
          .deadline = arrival + static_cast<Ticks>(std::clamp(time_left, 0.0, 0x1p30)),
          .wait_rate = Arithmetic::coefficient(wait_unit_s_ * record.inverse_isolated_hz,
                                               wait_fraction_bits_)};
}

template class HardwareImage<Fp32>;
template class HardwareImage<Fp16>;
template class HardwareImage<Fixed>;

}  // namespace dysta
