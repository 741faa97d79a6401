// What dysta_scheduler has to answer, by hw/README.md, in plain C++ of its own: not the simulator's
// policy, which the co-simulation compares with.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace dysta::hw {

/// Settings and rows as words of the command port.
struct Settings {
  std::uint32_t beta = 0;
  unsigned wait_shift = 0;
  unsigned beta_shift = 0;
};

struct LayerProfile {
  std::uint32_t average_remaining = 0;
  std::uint32_t inverse_density = 0;
  std::uint32_t scale = 0;
  unsigned shift = 0;
};

struct Request {
  std::uint32_t slot = 0;
  std::uint32_t variant = 0;
  std::uint32_t deadline = 0;
  std::uint32_t last_run = 0;
  std::uint32_t wait_rate = 0;
  std::uint32_t remaining = 0;
  std::uint32_t ratio_sum = 0;
  std::uint32_t next_layer = 0;
  bool running = false;
};

inline std::uint32_t density(std::uint32_t count, const LayerProfile& layer) {
  const std::uint64_t product = std::uint64_t{count} * layer.scale;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(0xffff, product >> layer.shift));
}

/// binary32 and binary16 by GCC's types.
template <class Float, class Bits>
struct FloatArithmetic {
  static Float number(std::uint32_t word) { return std::bit_cast<Float>(static_cast<Bits>(word)); }
  static std::uint32_t word(Float value) { return std::bit_cast<Bits>(value); }
  static Float of(std::int32_t whole) {
    constexpr double kLargest = sizeof(Float) == 2 ? 65504.0 : 3.4028234663852886e38;
    return static_cast<Float>(std::clamp(static_cast<double>(whole), -kLargest, kLargest));
  }

  static void layer_done(Request& row, std::uint32_t q, const LayerProfile& ended,
                         const LayerProfile& next) {
    const Float seen = of(static_cast<std::int32_t>(q)) * static_cast<Float>(0x1p-16);
    const Float ratio = seen * number(ended.inverse_density);
    const Float sum = number(row.ratio_sum) + ratio;
    const Float gamma = sum * reciprocal(row.next_layer + 1);
    row.ratio_sum = word(sum);
    row.remaining = word(number(next.average_remaining) * gamma);
  }

  static Float score(const Request& row, std::uint32_t now, std::uint32_t ready,
                     const Settings& settings) {
    const Float left = of(static_cast<std::int32_t>(row.deadline - now));
    const Float slack = std::max<Float>(0, left - number(row.remaining));
    const Float waited = of(static_cast<std::int32_t>(now - row.last_run));
    const Float alone = waited * number(row.wait_rate);
    const Float waiting = alone * reciprocal(ready);
    const Float both = slack + waiting;
    const Float weighed = both * number(settings.beta);
    return number(row.remaining) + weighed;
  }

 private:
  static Float reciprocal(std::uint32_t n) { return static_cast<Float>(1.0 / n); }
};

using Fp32 = FloatArithmetic<float, std::uint32_t>;
using Fp16 = FloatArithmetic<_Float16, std::uint16_t>;

struct Fixed {
  static std::int64_t number(std::uint32_t word) {
    return static_cast<std::int32_t>(word << 5U) >> 5;
  }
  static std::uint32_t word(std::int64_t value) {
    return static_cast<std::uint32_t>(value) & ((1U << 27U) - 1);
  }

  static void layer_done(Request& row, std::uint32_t q, const LayerProfile& ended,
                         const LayerProfile& next) {
    const std::int64_t ratio = product(q, ended.inverse_density, 13);
    const std::int64_t sum = saturated(number(row.ratio_sum) + ratio);
    const std::int64_t mean = product(sum, reciprocal(row.next_layer + 1), 17);
    const auto gamma = static_cast<std::uint32_t>(std::clamp<std::int64_t>(mean, 0, 0x1ffff));
    row.ratio_sum = word(sum);
    row.remaining = word(product(number(next.average_remaining), gamma, 13));
  }

  static std::int64_t score(const Request& row, std::uint32_t now, std::uint32_t ready,
                            const Settings& settings) {
    const std::int64_t remaining = number(row.remaining);
    const std::int64_t left = of(static_cast<std::int32_t>(row.deadline - now));
    const std::int64_t slack = std::max<std::int64_t>(0, saturated(left - remaining));
    const std::int64_t waited = of(static_cast<std::int32_t>(now - row.last_run));
    const std::int64_t alone = product(waited, row.wait_rate, settings.wait_shift);
    const std::int64_t waiting = product(alone, reciprocal(ready), 17);
    const std::int64_t both = saturated(slack + waiting);
    return saturated(remaining + product(both, settings.beta, settings.beta_shift));
  }

 private:
  static std::int64_t saturated(std::int64_t value) {
    return std::clamp<std::int64_t>(value, -(1 << 26), (1 << 26) - 1);
  }
  static std::int64_t of(std::int32_t whole) { return saturated(std::int64_t{whole} * 256); }
  static std::int64_t product(std::int64_t a, std::uint32_t coefficient, unsigned shift) {
    const std::int64_t half = shift == 0 ? 0 : 1LL << (shift - 1);
    return saturated((a * coefficient + half) >> shift);
  }
  static std::uint32_t reciprocal(std::uint32_t n) {
    return std::min(0x1ffffU, ((1U << 18U) + n) / (2 * n));
  }
};

/// The table: rows in the order of admission.
template <class Arithmetic>
class SchedulerModel {
 public:
  SchedulerModel(std::uint32_t variants, std::uint32_t layers)
      : layers_(layers), profiles_(std::size_t{variants} * layers) {}

  Settings settings;

  LayerProfile& profile(std::uint32_t variant, std::uint32_t layer) {
    return profiles_[std::size_t{variant} * layers_ + layer];
  }
  std::vector<Request>& rows() { return rows_; }
  Request* find(std::uint32_t slot) {
    const auto row =
        std::find_if(rows_.begin(), rows_.end(), [&](const Request& r) { return r.slot == slot; });
    return row == rows_.end() ? nullptr : &*row;
  }
  std::uint32_t ready() const {
    return static_cast<std::uint32_t>(
        std::count_if(rows_.begin(), rows_.end(), [](const Request& r) { return !r.running; }));
  }

  void layer_done(Request& row, std::uint32_t count, std::uint32_t now) {
    const LayerProfile& ended = profile(row.variant, row.next_layer);
    Arithmetic::layer_done(row, density(count, ended), ended,
                           profile(row.variant, row.next_layer + 1));
    ++row.next_layer;
    row.last_run = now;
    row.running = false;
  }

  void task_done(std::uint32_t slot) {
    std::erase_if(rows_, [&](const Request& r) { return r.slot == slot; });
  }

  /// The task that runs next, which is then running; none if none is ready.
  std::optional<std::uint32_t> select(std::uint32_t now) {
    Request* best = nullptr;
    decltype(Arithmetic::score(rows_[0], 0, 1, settings)) best_score{};
    const std::uint32_t count = ready();
    for (Request& row : rows_) {
      if (row.running) continue;
      const auto score = Arithmetic::score(row, now, count, settings);
      if (best == nullptr || score < best_score) {
        best = &row;
        best_score = score;
      }
    }
    if (best == nullptr) return std::nullopt;
    best->running = true;
    return best->slot;
  }

 private:
  std::uint32_t layers_;
  std::vector<LayerProfile> profiles_;
  std::vector<Request> rows_;
};

}  // namespace dysta::hw
