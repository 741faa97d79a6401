// GCC's binary16, to hold `Half` against.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "dysta/sched/dysta/half.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#define DYSTA_HAS_FLOAT16 1

namespace dysta::test {

__extension__ typedef _Float16 Float16;

inline Float16 float16(Half half) { return std::bit_cast<Float16>(half.bits()); }

/// Whether the two are the same number, zeros of one sign, or no number both.
inline bool same(Half half, Float16 expected) {
  if (expected != expected) return std::isnan(double(half));
  return half.bits() == std::bit_cast<std::uint16_t>(expected);
}

/// Whether sum, difference, product and comparisons of two numbers are GCC's.
inline bool agrees_on(Half a, Half b) {
  const Float16 x = float16(a);
  const Float16 y = float16(b);
  return same(a + b, x + y) && same(a - b, x - y) && same(a * b, x * y) && (a < b) == (x < y) &&
         (a == b) == (x == y);
}

}  // namespace dysta::test
#endif
