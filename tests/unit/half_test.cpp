// Binary16: every number, every rounding boundary, and pairs against GCC's own type.
#include "dysta/sched/dysta/half.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "dysta/core/random.hpp"
#include "support/float16.hpp"

namespace dysta {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Half half(unsigned bits) { return Half::from_bits(static_cast<std::uint16_t>(bits)); }

TEST(Half, numbers_known_from_the_standard) {
  EXPECT_EQ(double(half(0x3c00)), 1);
  EXPECT_EQ(double(half(0xc000)), -2);
  EXPECT_EQ(double(half(0x7bff)), 65504);
  EXPECT_EQ(double(half(0x0400)), 0x1p-14);
  EXPECT_EQ(double(half(0x0001)), 0x1p-24);
  EXPECT_EQ(double(half(0x7c00)), kInfinity);
  EXPECT_EQ(double(half(0xfc00)), -kInfinity);
  EXPECT_TRUE(std::isnan(double(half(0x7e00))));
  EXPECT_TRUE(std::signbit(double(half(0x8000))));
  EXPECT_EQ(Half().bits(), 0);
}

TEST(Half, every_number_survives_the_way_to_double_and_back) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const double value = double(half(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(double(Half(value)))) << bits;
    } else {
      ASSERT_EQ(Half(value).bits(), bits);
    }
  }
}

TEST(Half, doubles_between_two_numbers_go_to_the_nearer_and_ties_to_the_even) {
  for (unsigned bits = 0; bits < 0x7c00; ++bits) {
    const double below = double(half(bits));
    const double above = bits == 0x7bff ? 0x1p16 : double(half(bits + 1));
    const double middle = (below + above) / 2;
    ASSERT_EQ(Half(std::nextafter(middle, 0)).bits(), bits);
    ASSERT_EQ(Half(std::nextafter(middle, kInfinity)).bits(), bits + 1);
    ASSERT_EQ(Half(middle).bits(), bits % 2 == 0 ? bits : bits + 1);
    ASSERT_EQ(Half(-middle).bits(), Half(middle).bits() | 0x8000u);
  }
}

TEST(Half, what_is_far_outside_becomes_zero_or_infinity) {
  EXPECT_EQ(Half(1e300).bits(), 0x7c00);
  EXPECT_EQ(Half(-kInfinity).bits(), 0xfc00);
  EXPECT_EQ(Half(1e-300).bits(), 0);
  EXPECT_EQ(Half(-std::numeric_limits<double>::denorm_min()).bits(), 0x8000);
}

TEST(Half, operations_round_once) {
  EXPECT_EQ(Half(2048) + Half(1), Half(2048));  // a tie, to even
  EXPECT_EQ(Half(2050) + Half(1), Half(2052));
  EXPECT_EQ(Half(65504) + Half(16), half(0x7c00));
  EXPECT_EQ(Half(0x1p-14) - Half(0x1p-24), half(0x03ff));
  EXPECT_EQ(Half(0x1p-12) * Half(0x1p-12), half(0x0001));
  EXPECT_EQ((Half(0x1p-13) * Half(0x1p-12)).bits(), 0);  // half the smallest, to even
  EXPECT_TRUE(std::isnan(double(half(0x7c00) - half(0x7c00))));
  EXPECT_TRUE(std::isnan(double(half(0x7c00) * Half())));
}

TEST(Half, comparisons_are_ieee) {
  EXPECT_LT(Half(-1), Half(0.5));
  EXPECT_EQ(half(0x8000), half(0x0000));
  EXPECT_FALSE(half(0x7e00) == half(0x7e00));
  EXPECT_FALSE(half(0x7e00) < Half(1));
  EXPECT_LT(Half(65504), half(0x7c00));
}

#ifdef DYSTA_HAS_FLOAT16

TEST(Half, every_number_is_the_one_gcc_means) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const double expected = static_cast<double>(test::float16(half(bits)));
    if (!std::isnan(expected)) {
      ASSERT_EQ(double(half(bits)), expected) << bits;
    }
  }
}

TEST(Half, pairs_on_a_grid_agree_with_gcc) {
  // Steps that share no factor with 2, so that fractions and exponents vary.
  for (unsigned a = 0; a < 0x10000; a += 61) {
    for (unsigned b = 0; b < 0x10000; b += 67) {
      ASSERT_TRUE(test::agrees_on(half(a), half(b))) << a << " and " << b;
    }
  }
}

TEST(Half, every_number_agrees_with_gcc_beside_those_at_the_edges) {
  for (const unsigned edge : {0x0000u, 0x0001u, 0x03ffu, 0x0400u, 0x0401u, 0x3bffu, 0x3c00u,
                              0x3c01u, 0x7bffu, 0x7c00u, 0x7e00u}) {
    for (const unsigned other : {edge, edge | 0x8000u}) {
      for (unsigned bits = 0; bits < 0x10000; ++bits) {
        ASSERT_TRUE(test::agrees_on(half(bits), half(other))) << bits << " and " << other;
      }
    }
  }
}

#endif

}  // namespace
}  // namespace dysta
