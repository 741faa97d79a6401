#include "dysta/trace/sanger_latency.hpp"

#include <gtest/gtest.h>

namespace dysta {
namespace {

// Q = 512, d/b = 1, so n = 4 · 512 = 2048:
//   6 · 512 · 768² / 2048e9                          = 1811939328 / 2048e9 = 884.736 µs
//   2 · 512 · 768² · 1 / 2048e9                      =  603979776 / 2048e9 = 294.912 µs
//   (2048/64) · (512/64) · (768 + 64 + 2048 + 64) ns = 256 · 2944 ns       = 753.664 µs
TEST(SangerLatency, dense_and_balanced) {
  EXPECT_NEAR(sanger_layer_latency(1, 1, 512).count(), 1933.312e-6, 1e-15);
}

// d/b = 1/4, so n = 512: 884.736 + 294.912 / 4 + (8 · 8 · 1408) / 1000 = 73.728 + 90.112 more.
TEST(SangerLatency, sparse_and_unbalanced) {
  EXPECT_NEAR(sanger_layer_latency(0.125, 0.5, 512).count(), 1048.576e-6, 1e-15);
}

// Q = 64, d/b = 1/2, so n = 128: 110.592 + 18.432 + (2 · 1 · 1024) / 1000.
TEST(SangerLatency, short_input) {
  EXPECT_NEAR(sanger_layer_latency(0.5, 1, 64).count(), 131.072e-6, 1e-15);
}

TEST(SangerLatency, only_the_quotient_of_density_and_balance_counts) {
  EXPECT_EQ(sanger_layer_latency(0.25, 0.5, 384), sanger_layer_latency(0.5, 1, 384));
}

}  // namespace
}  // namespace dysta
