#include "dysta/trace/describe.hpp"

#include <gtest/gtest.h>

#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;

void expect_range(const Range& range, double least, double mean, double largest) {
  EXPECT_DOUBLE_EQ(range.least, least);
  EXPECT_DOUBLE_EQ(range.mean, mean);
  EXPECT_DOUBLE_EQ(range.largest, largest);
}

TEST(Describe, ranges_are_over_networks_and_over_layers) {
  const TraceDescription description =
      describe(tiny_trace("a", {{{1, 0.25}, {2, 0.5}}, {{3, 0.25}, {6, 0.75}}}));
  expect_range(description.network_latency_s, 3, 6, 9);
  expect_range(description.layer_latency_s, 1, 3, 6);
  expect_range(description.network_sparsity, 0.375, 0.4375, 0.5);
  expect_range(description.layer_sparsity, 0.25, 0.4375, 0.75);
  expect_range(description.sequence_length, 0, 0, 0);
}

TEST(Describe, relative_range_is_the_width_over_the_mean) {
  EXPECT_DOUBLE_EQ((Range{.least = 3, .mean = 6, .largest = 9}).relative(), 1);
  EXPECT_EQ((Range{}).relative(), 0);
}

TEST(Describe, lengths_of_inputs_are_described_where_there_are_any) {
  expect_range(describe(tiny_trace("a", {{{1, 0}}, {{1, 0}}}, {64, 128})).sequence_length, 64, 96,
               128);
}

/// The correlation of a trace with these sparsities, a row an input.
double correlation_of(const std::vector<std::vector<double>>& sparsities) {
  std::vector<test::TinySample> samples;
  for (const auto& row : sparsities) {
    auto& sample = samples.emplace_back();
    for (const double sparsity : row) sample.push_back({.latency_s = 1, .sparsity = sparsity});
  }
  return describe(tiny_trace("a", samples)).layer_correlation;
}

TEST(Describe, layers_that_rise_and_fall_together_correlate_fully) {
  EXPECT_NEAR(correlation_of({{0.1, 0.2}, {0.2, 0.4}, {0.3, 0.6}}), 1, 1e-12);
  EXPECT_NEAR(correlation_of({{0.1, 0.6}, {0.2, 0.4}, {0.3, 0.2}}), -1, 1e-12);
}

TEST(Describe, correlation_is_the_mean_over_pairs_of_layers) {
  // Layers 0 and 1 are equal (1); layer 2 is orthogonal to both (0, 0): (1 + 0 + 0) / 3.
  EXPECT_NEAR(correlation_of({{0.1, 0.1, 0.1}, {0.3, 0.3, 0.1}, {0.1, 0.1, 0.3}, {0.3, 0.3, 0.3}}),
              1.0 / 3, 1e-12);
}

TEST(Describe, layers_that_never_change_are_left_out_of_the_correlation) {
  EXPECT_NEAR(correlation_of({{0.1, 0.5, 0.2}, {0.2, 0.5, 0.4}, {0.3, 0.5, 0.6}}), 1, 1e-12);
  EXPECT_EQ(correlation_of({{0.1, 0.5}, {0.2, 0.5}}), 0);
  EXPECT_EQ(correlation_of({{0.1, 0.5}}), 0);
}

}  // namespace
}  // namespace dysta
