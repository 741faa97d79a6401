// The number formats of the hardware's dynamic level: hw/README.md, in C++.
//
// An arithmetic is a class with
//   Number       what times, sums and scores are; has +, - and <, and 0 as its default
//   Coefficient  what a Number is multiplied by: `number * coefficient` is a Number
// and the conversions below. Conversions from double are software's, all others the hardware's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "dysta/sched/dysta/half.hpp"

namespace dysta {

/// A density as the monitor gives it, with 16 fraction bits.
using DensityCode = std::uint16_t;

/// The code of a density in [0, 1]: rounded down, the largest code for 1 itself.
inline DensityCode density_code(double density) {
  return static_cast<DensityCode>(std::min(65535.0, std::floor(density * 0x1p16)));
}

/// IEEE arithmetic: every operation rounds to nearest even. `Float` is float or `Half`.
template <class Float>
struct Ieee {
  using Number = Float;
  using Coefficient = Float;

  static constexpr double kLargest =
      std::is_same_v<Float, Half> ? 65504 : static_cast<double>(std::numeric_limits<float>::max());
  static constexpr double kSmallest =
      std::is_same_v<Float, Half> ? 0x1p-24
                                  : static_cast<double>(std::numeric_limits<float>::denorm_min());

  /// The nearest number, at most the largest finite one either way. `integer` is below 2^53.
  static Number number(std::int64_t integer) { return rounded(static_cast<double>(integer)); }

  /// The nearest number greater than 0 and finite.
  static Number positive_number(double value) { return rounded(std::max(value, kSmallest)); }

  static Coefficient reciprocal(std::uint32_t n) { return rounded(1.0 / n); }

  static Coefficient inverse_density(double inverse) { return rounded(inverse); }

  /// Of coefficients that software scales: none, since they have exponents.
  static int fraction_bits(double) { return 0; }
  static Coefficient coefficient(double value, int) { return rounded(value); }
  static bool is_zero(Coefficient coefficient) { return coefficient == Float{}; }

  /// Density times inverse mean density.
  static Number ratio(DensityCode density, Coefficient inverse_density) {
    return Float(static_cast<double>(number(density)) * 0x1p-16) * inverse_density;
  }

  /// A mean of ratios as what remaining latency is multiplied by.
  static Coefficient gamma(Number mean_ratio) { return mean_ratio; }

 private:
  static Float rounded(double value) { return Float(std::clamp(value, -kLargest, kLargest)); }
};

using Fp32 = Ieee<float>;
using Fp16 = Ieee<Half>;

/// Fixed point: one product is one multiplication of 27 by 18 bits, both signed, as in the DSP
/// blocks of today's FPGAs.
struct Fixed {
  static constexpr int kFractionBits = 8;  ///< of times and scores
  static constexpr std::int64_t kLargest = (1 << 26) - 1;
  static constexpr std::int64_t kLargestCoefficient = (1 << 17) - 1;
  static constexpr int kReciprocalBits = 17;
  static constexpr int kRatioBits = 13;
  static constexpr int kInverseDensityBits = 10;
  static constexpr int kMostFractionBits = 31;  ///< of coefficients that software scales

  struct Coefficient {
    std::int32_t raw = 0;  ///< 17 bits, at least 0
    int fraction_bits = 0;
  };

  /// 27 bits. Saturates.
  class Number {
   public:
    constexpr Number() = default;
    /// From what `raw` times the weight of the last bit is.
    static constexpr Number saturated(std::int64_t raw) {
      Number number;
      number.raw_ = static_cast<std::int32_t>(std::clamp(raw, -kLargest - 1, kLargest));
      return number;
    }
    constexpr std::int32_t raw() const { return raw_; }

    friend constexpr Number operator+(Number a, Number b) {
      return saturated(std::int64_t{a.raw_} + b.raw_);
    }
    friend constexpr Number operator-(Number a, Number b) {
      return saturated(std::int64_t{a.raw_} - b.raw_);
    }
    /// Rounded half up.
    friend constexpr Number operator*(Number a, Coefficient c) {
      const std::int64_t product = std::int64_t{a.raw_} * c.raw;
      if (c.fraction_bits == 0) return saturated(product);
      return saturated((product + (std::int64_t{1} << (c.fraction_bits - 1))) >> c.fraction_bits);
    }
    friend constexpr auto operator<=>(Number, Number) = default;

   private:
    std::int32_t raw_ = 0;
  };

  /// `integer` is below 2^53.
  static Number number(std::int64_t integer) {
    return Number::saturated(integer * (1 << kFractionBits));
  }

  static Number positive_number(double value) {
    return Number::saturated(
        std::llround(std::clamp(value * (1 << kFractionBits), 1.0, double(kLargest))));
  }

  static Coefficient reciprocal(std::uint32_t n) {
    const std::int64_t doubled = std::int64_t{1} << (kReciprocalBits + 1);
    return bounded((doubled + n) / (2 * std::int64_t{n}), kReciprocalBits);
  }

  static Coefficient inverse_density(double inverse) {
    return coefficient(inverse, kInverseDensityBits);
  }

  /// The most with which `largest` still is a coefficient. `largest` is at least 0.
  static int fraction_bits(double largest) {
    int bits = kMostFractionBits;
    while (bits > 0 && std::ldexp(largest, bits) > kLargestCoefficient) --bits;
    return bits;
  }

  /// The nearest with so many fraction bits, and at most the largest. `value` is at least 0.
  static Coefficient coefficient(double value, int fraction_bits) {
    const double scaled = std::min(std::ldexp(value, fraction_bits), double(kLargestCoefficient));
    return bounded(std::llround(scaled), fraction_bits);
  }
  static bool is_zero(Coefficient coefficient) { return coefficient.raw == 0; }

  /// The ratio has `kRatioBits` fraction bits, as have sums and means of ratios.
  static Number ratio(DensityCode density, Coefficient inverse_density) {
    constexpr int kDensityBits = 16;
    return Number::saturated(density) *
           Coefficient{.raw = inverse_density.raw,
                       .fraction_bits = kDensityBits + kInverseDensityBits - kRatioBits};
  }

  static Coefficient gamma(Number mean_ratio) { return bounded(mean_ratio.raw(), kRatioBits); }

 private:
  static constexpr Coefficient bounded(std::int64_t raw, int fraction_bits) {
    return {.raw = static_cast<std::int32_t>(std::clamp<std::int64_t>(raw, 0, kLargestCoefficient)),
            .fraction_bits = fraction_bits};
  }
};

}  // namespace dysta
