// The hardware's number formats beyond IEEE's own operations: conversions, saturation, fixed point.
#include "dysta/sched/dysta/arithmetic.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace dysta {
namespace {

TEST(DensityCode, rounds_down_and_saturates) {
  EXPECT_EQ(density_code(0), 0);
  EXPECT_EQ(density_code(0.5), 0x8000);
  EXPECT_EQ(density_code(0.75 + 0x1.8p-17), 0xc000);
  EXPECT_EQ(density_code(1), 0xffff);
}

// ---- IEEE -----------------------------------------------------------------------------------

TEST(Fp16, integers_round_to_even_and_saturate) {
  EXPECT_EQ(double(Fp16::number(2049)), 2048);
  EXPECT_EQ(double(Fp16::number(2051)), 2052);
  EXPECT_EQ(double(Fp16::number(-2051)), -2052);
  EXPECT_EQ(double(Fp16::number(65520)), 65504);
  EXPECT_EQ(double(Fp16::number(std::int64_t{1} << 31)), 65504);
  EXPECT_EQ(double(Fp16::number(-(std::int64_t{1} << 31))), -65504);
}

TEST(Fp32, integers_round_to_even) {
  EXPECT_EQ(Fp32::number((1 << 24) + 1), 0x1p24F);
  EXPECT_EQ(Fp32::number((1 << 24) + 3), 0x1p24F + 4);
  EXPECT_EQ(Fp32::number(-(std::int64_t{1} << 31)), -0x1p31F);
}

TEST(Fp16, software_writes_what_is_greater_than_0_and_finite) {
  EXPECT_EQ(double(Fp16::positive_number(1e-30)), 0x1p-24);
  EXPECT_EQ(double(Fp16::positive_number(1e30)), 65504);
  EXPECT_EQ(double(Fp16::inverse_density(1e9)), 65504);
  EXPECT_EQ(double(Fp16::coefficient(1e9, 0)), 65504);
}

TEST(Fp32, software_writes_what_is_greater_than_0_and_finite) {
  EXPECT_EQ(Fp32::positive_number(1e-60), std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(Fp32::positive_number(1e60), std::numeric_limits<float>::max());
}

TEST(Ieee, every_density_keeps_its_bits_below_the_point) {
  for (std::uint32_t code = 0; code <= 0xffff; ++code) {
    const auto density = static_cast<DensityCode>(code);
    ASSERT_EQ(Fp32::ratio(density, 1), static_cast<float>(code) * 0x1p-16F);
    ASSERT_EQ(double(Fp16::ratio(density, Half(1))), double(Fp16::number(code)) * 0x1p-16);
  }
  EXPECT_EQ(double(Fp16::ratio(0xffff, Half(1))), 65504 * 0x1p-16);
  EXPECT_EQ(double(Fp16::ratio(0x8000, Half(3))), 1.5);
}

TEST(Ieee, reciprocals_are_the_nearest) {
  for (std::uint32_t n = 1; n <= 1024; ++n) {
    ASSERT_EQ(Fp32::reciprocal(n), 1.0F / static_cast<float>(n));  // float division rounds once
    ASSERT_LE(std::abs(double(Fp16::reciprocal(n)) * n - 1), 0x1p-11) << n;
  }
  EXPECT_EQ(Fp16::reciprocal(3).bits(), 0x3555);
}

// ---- fixed point ----------------------------------------------------------------------------

Fixed::Number raw(std::int64_t value) { return Fixed::Number::saturated(value); }

TEST(Fixed, sums_saturate_at_27_bits) {
  EXPECT_EQ((raw(Fixed::kLargest) + raw(1)).raw(), 67108863);
  EXPECT_EQ((raw(-Fixed::kLargest) - raw(2)).raw(), -67108864);
  EXPECT_EQ((raw(5) - raw(7)).raw(), -2);
}

TEST(Fixed, products_round_half_up_and_saturate) {
  const auto times = [](std::int64_t number, std::int32_t coefficient, int fraction_bits) {
    return (raw(number) * Fixed::Coefficient{coefficient, fraction_bits}).raw();
  };
  EXPECT_EQ(times(3, 5, 0), 15);
  EXPECT_EQ(times(3, 5, 1), 8);    // 7.5
  EXPECT_EQ(times(-3, 5, 1), -7);  // -7.5
  EXPECT_EQ(times(3, 3, 2), 2);    // 2.25
  EXPECT_EQ(times(Fixed::kLargest, Fixed::kLargestCoefficient, 0), Fixed::kLargest);
  EXPECT_EQ(times(Fixed::kLargest, Fixed::kLargestCoefficient, 31), 4096);
}

TEST(Fixed, integers_saturate) {
  EXPECT_EQ(Fixed::number(3).raw(), 3 * 256);
  EXPECT_EQ(Fixed::number(-1).raw(), -256);
  EXPECT_EQ(Fixed::number(1 << 18).raw(), Fixed::kLargest);
  EXPECT_EQ(Fixed::number(-(std::int64_t{1} << 31)).raw(), -Fixed::kLargest - 1);
}

TEST(Fixed, software_writes_what_is_greater_than_0) {
  EXPECT_EQ(Fixed::positive_number(1e-9).raw(), 1);
  EXPECT_EQ(Fixed::positive_number(1.25).raw(), 320);
  EXPECT_EQ(Fixed::positive_number(1e9).raw(), Fixed::kLargest);
}

TEST(Fixed, reciprocals_are_nearest_and_that_of_1_is_just_below) {
  EXPECT_EQ(Fixed::reciprocal(1).raw, 131071);
  EXPECT_EQ(Fixed::reciprocal(2).raw, 65536);
  EXPECT_EQ(Fixed::reciprocal(3).raw, 43691);  // 43690.67
  for (std::uint32_t n = 2; n <= 1024; ++n) {
    ASSERT_EQ(Fixed::reciprocal(n).raw, std::lround(0x1p17 / n)) << n;
  }
}

TEST(Fixed, scaled_coefficients_use_their_bits) {
  EXPECT_EQ(Fixed::fraction_bits(0.01), 23);  // 0.01 · 2^23 = 83886.08, twice that is too much
  EXPECT_EQ(Fixed::coefficient(0.01, 23).raw, 83886);
  EXPECT_EQ(Fixed::fraction_bits(0), 31);
  EXPECT_EQ(Fixed::fraction_bits(131071), 0);
  EXPECT_EQ(Fixed::fraction_bits(1e9), 0);
  EXPECT_EQ(Fixed::coefficient(1e9, 0).raw, 131071);
}

TEST(Fixed, ratios_have_13_fraction_bits_and_gamma_17_bits) {
  // Half as dense as the mean of 3/4: 2/3 of 2^13, from the inverse 1365/1024.
  EXPECT_EQ(Fixed::inverse_density(1 / 0.75).raw, 1365);
  EXPECT_EQ(Fixed::ratio(0x8000, Fixed::inverse_density(1 / 0.75)).raw(), 5460);
  EXPECT_EQ(Fixed::inverse_density(1000).raw, 131071);
  EXPECT_EQ(Fixed::gamma(raw(5460)).raw, 5460);
  EXPECT_EQ(Fixed::gamma(raw(1 << 20)).raw, 131071);
}

}  // namespace
}  // namespace dysta
