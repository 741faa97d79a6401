#include "dysta/core/random.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dysta {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> first_bits(std::uint64_t seed, StreamPurpose purpose) {
  RandomStream random(seed, purpose);
  return {random.bits(), random.bits(), random.bits()};
}

// Worked out by an implementation of xoshiro256++ and SplitMix64 of its own, itself checked against
// the published first outputs (state 1, 2, 3, 4: 41943041, 58720359, 3588806011781223).
TEST(Random, streams_are_the_same_on_every_machine) {
  EXPECT_THAT(first_bits(1, StreamPurpose::arrivals),
              ElementsAre(0xee6513f27695b342, 0x3bd20c4d716cc99, 0x9d11eb2620375f62));
  EXPECT_THAT(first_bits(1, StreamPurpose::variants),
              ElementsAre(0x3d81dd232edb4737, 0x354c1913e169a8a, 0x549cbdc840984cf1));
  EXPECT_THAT(first_bits(2, StreamPurpose::arrivals),
              ElementsAre(0x68fe2eaae04663d9, 0x1a3891f5643c1a5c, 0x25dcbe762938bdd1));
  EXPECT_THAT(first_bits(0, StreamPurpose::priorities),
              ElementsAre(0x2ce92e436fff8107, 0xb631af286539382b, 0x84b1af295081dc72));
}

TEST(Random, uniform_is_the_upper_53_bits) {
  RandomStream random(1, StreamPurpose::arrivals);
  EXPECT_EQ(random.uniform(), static_cast<double>(0xee6513f27695b342U >> 11) / 0x1p53);
}

// (bits · 10) >> 64 of the first ten outputs, by the same other implementation.
TEST(Random, below_scales_the_bits) {
  RandomStream random(1, StreamPurpose::samples);
  std::vector<std::uint64_t> drawn;
  for (int i = 0; i < 10; ++i) drawn.push_back(random.below(10));
  EXPECT_THAT(drawn, ElementsAre(4, 7, 0, 8, 3, 0, 9, 1, 3, 0));
}

TEST(Random, below_one_is_zero) {
  RandomStream random(3, StreamPurpose::samples);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, below_has_no_bias_where_the_range_is_no_power_of_two) {
  // With n = 3·2^62 plain scaling would give the multiples of 3 twice the chance of the others.
  constexpr std::uint64_t kRange = 3ULL << 62;
  RandomStream random(4, StreamPurpose::samples);
  std::array<int, 3> counts{};
  constexpr int kDraws = 30000;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t value = random.below(kRange);
    ASSERT_LT(value, kRange);
    ++counts[value % 3];
  }
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 3, 400);  // five standard deviations
}

TEST(Random, purposes_and_neighbouring_seeds_give_different_streams) {
  std::vector<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const auto purpose : {StreamPurpose::arrivals, StreamPurpose::variants,
                               StreamPurpose::samples, StreamPurpose::priorities}) {
      firsts.push_back(RandomStream(seed, purpose).bits());
    }
  }
  std::sort(firsts.begin(), firsts.end());
  EXPECT_EQ(std::adjacent_find(firsts.begin(), firsts.end()), firsts.end());
}

/// Mean and variance over many draws, and the smallest draw.
struct Moments {
  double mean = 0;
  double variance = 0;
  double least = 0;
};

Moments moments_of(const std::function<double(RandomStream&)>& draw) {
  constexpr int kDraws = 100000;
  RandomStream random(5, StreamPurpose::arrivals);
  double sum = 0;
  double squares = 0;
  double least = draw(random);
  for (int i = 0; i < kDraws; ++i) {
    const double value = draw(random);
    sum += value;
    squares += value * value;
    least = std::min(least, value);
  }
  const double mean = sum / kDraws;
  return {mean, squares / kDraws - mean * mean, least};
}

// The tolerances are about five standard errors over 100,000 draws.
TEST(Random, uniform_has_mean_a_half_and_variance_a_twelfth) {
  const Moments moments = moments_of([](RandomStream& random) { return random.uniform(); });
  EXPECT_NEAR(moments.mean, 0.5, 0.005);
  EXPECT_NEAR(moments.variance, 1.0 / 12, 0.002);
  EXPECT_GE(moments.least, 0);
}

TEST(Random, exponential_has_mean_and_variance_one) {
  const Moments moments = moments_of([](RandomStream& random) { return random.exponential(); });
  EXPECT_NEAR(moments.mean, 1, 0.016);
  EXPECT_NEAR(moments.variance, 1, 0.05);
  EXPECT_GE(moments.least, 0);
}

TEST(Random, normal_has_mean_zero_and_variance_one) {
  const Moments moments = moments_of([](RandomStream& random) { return random.normal(); });
  EXPECT_NEAR(moments.mean, 0, 0.016);
  EXPECT_NEAR(moments.variance, 1, 0.025);
}

TEST(Random, gamma_has_mean_and_variance_of_its_shape_on_both_sides_of_one) {
  for (const double shape : {0.25, 1.0, 6.0}) {
    const Moments moments =
        moments_of([shape](RandomStream& random) { return random.gamma(shape); });
    EXPECT_NEAR(moments.mean, shape, 0.016 * std::sqrt(shape)) << "shape " << shape;
    EXPECT_NEAR(moments.variance, shape, 0.08 * shape) << "shape " << shape;
    EXPECT_GE(moments.least, 0) << "shape " << shape;
  }
}

}  // namespace
}  // namespace dysta
