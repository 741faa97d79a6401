// IEEE 754 binary16 as a number: Clang 14 has no `_Float16` on x86.
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstdint>

namespace dysta {

/// A binary16 number. Every conversion to it and every operation rounds once, to nearest with ties
/// to even; subnormals are kept, and what is too large becomes an infinity. Comparisons are IEEE's:
/// zeros are equal, NaN is unordered.
class Half {
 public:
  constexpr Half() = default;

  /// The nearest binary16 number.
  constexpr explicit Half(double value) : bits_(nearest(value)) {}

  static constexpr Half from_bits(std::uint16_t bits) {
    Half half;
    half.bits_ = bits;
    return half;
  }
  constexpr std::uint16_t bits() const { return bits_; }

  /// The same number: every binary16 number is a double.
  constexpr explicit operator double() const;

  // Sums, differences and products of two binary16 numbers are doubles without rounding (at most 41
  // significant bits), so that rounding the double's result is the only rounding.
  friend constexpr Half operator+(Half a, Half b) { return Half(double(a) + double(b)); }
  friend constexpr Half operator-(Half a, Half b) { return Half(double(a) - double(b)); }
  friend constexpr Half operator*(Half a, Half b) { return Half(double(a) * double(b)); }

  friend constexpr bool operator==(Half a, Half b) { return double(a) == double(b); }
  friend constexpr std::partial_ordering operator<=>(Half a, Half b) {
    return double(a) <=> double(b);
  }

 private:
  static constexpr std::uint16_t kInfinity = 0x7c00;
  static constexpr std::uint16_t kNan = 0x7e00;
  static constexpr int kFractionBits = 10;
  static constexpr int kLeastExponent = -14;  ///< of normal numbers

  static constexpr std::uint16_t nearest(double value);

  std::uint16_t bits_ = 0;
};

constexpr Half::operator double() const {
  constexpr int kDoubleFractionBits = 52;
  const std::uint64_t sign = static_cast<std::uint64_t>(bits_ & 0x8000u) << 48;
  const std::uint64_t exponent = (bits_ & kInfinity) >> kFractionBits;
  const std::uint64_t fraction = bits_ & 0x03ffu;
  if (exponent == 0) {
    const double magnitude = static_cast<double>(fraction) * 0x1p-24;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint64_t wide_exponent = exponent == 31 ? 2047 : exponent - 15 + 1023;
  return std::bit_cast<double>(sign | wide_exponent << kDoubleFractionBits |
                               fraction << (kDoubleFractionBits - kFractionBits));
}

constexpr std::uint16_t Half::nearest(double value) {
  constexpr int kDoubleFractionBits = 52;
  constexpr std::uint64_t kDoubleInfinity = std::uint64_t{2047} << kDoubleFractionBits;
  constexpr std::uint64_t kHidden = std::uint64_t{1} << kDoubleFractionBits;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 48 & 0x8000u);
  const std::uint64_t magnitude = bits & ~(std::uint64_t{1} << 63);
  if (magnitude > kDoubleInfinity) return sign | kNan;
  // From half a step above the largest number on, 2^16 - 2^5 being that number.
  if (magnitude >= std::bit_cast<std::uint64_t>(0x1p16 - 0x1p4)) return sign | kInfinity;
  // Up to half the smallest subnormal.
  if (magnitude <= std::bit_cast<std::uint64_t>(0x1p-25)) return sign;

  const int exponent = static_cast<int>(magnitude >> kDoubleFractionBits) - 1023;
  const std::uint64_t significand = (magnitude & (kHidden - 1)) | kHidden;
  const int dropped = kDoubleFractionBits - kFractionBits + std::max(0, kLeastExponent - exponent);
  const std::uint64_t rest = significand & ((std::uint64_t{1} << dropped) - 1);
  const std::uint64_t tie = std::uint64_t{1} << (dropped - 1);
  std::uint64_t kept = significand >> dropped;
  if (rest > tie || (rest == tie && (kept & 1) != 0)) ++kept;
  // The hidden bit of a normal number adds 1 to the exponent, and so does a carry into it.
  const auto biased = static_cast<std::uint64_t>(std::max(exponent, kLeastExponent) + 14);
  return static_cast<std::uint16_t>(sign | ((biased << kFractionBits) + kept));
}

}  // namespace dysta
