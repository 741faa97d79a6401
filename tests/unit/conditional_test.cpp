// Conditional expectations: lines by length, elasticities, the recursion, and their estimates.
#include "dysta/predict/conditional.hpp"

#include <cmath>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/predict/gaussian.hpp"
#include "dysta/predict/noisy.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;

/// A first layer of 1 s with each of these densities and a second one of these seconds.
Trace two_layers(const std::vector<std::pair<double, double>>& density_and_second) {
  std::vector<test::TinySample> inputs;
  for (const auto& [density, second] : density_and_second) {
    inputs.push_back({{1, 1 - density}, {second, 0.5}});
  }
  return tiny_trace("m_a", inputs);
}

TEST(ConditionalTable, has_a_line_in_each_bucket_of_lengths) {
  // A step after 16 tokens, as hardware that works in tiles has it.
  std::vector<test::TinySample> inputs;
  std::vector<std::uint32_t> lengths;
  for (std::uint32_t length = 1; length <= 32; ++length) {
    const double second = length <= 16 ? 2.0 * length : 100.0 + length;
    inputs.push_back({{3, 0.5}, {second, length <= 16 ? 0.5 : 1 - length / 64.0}});
    lengths.push_back(length);
  }
  const ConditionalTable table(tiny_trace("m", inputs, lengths));
  ASSERT_EQ(table.buckets(), 2u);
  EXPECT_EQ(table.bucket(1), 0u);
  EXPECT_EQ(table.bucket(16), 0u);
  EXPECT_EQ(table.bucket(17), 1u);
  EXPECT_EQ(table.bucket(1000), 1u);
  EXPECT_NEAR(table.remaining_s(0, 1, 5), 10, 1e-12);
  EXPECT_NEAR(table.remaining_s(0, 0, 5), 13, 1e-12);
  EXPECT_NEAR(table.remaining_s(1, 1, 30), 130, 1e-12);
  EXPECT_NEAR(table.remaining_s(1, 1, 60), 160, 1e-12);  // longer than any seen
  EXPECT_EQ(table.remaining_s(1, 2, 30), 0);
  EXPECT_NEAR(table.density(0, 1, 5), 0.5, 1e-12);
  EXPECT_NEAR(table.density(1, 1, 32), 0.5, 1e-12);
}

TEST(ConditionalTable, never_falls_below_half_of_the_least_seen) {
  std::vector<test::TinySample> inputs;
  std::vector<std::uint32_t> lengths;
  for (std::uint32_t length = 10; length <= 12; ++length) {
    inputs.push_back({{2.0 * (length - 9), 0.5}});
    lengths.push_back(length);
  }
  const ConditionalTable table(tiny_trace("m", inputs, lengths));
  EXPECT_NEAR(table.remaining_s(0, 0, 11), 4, 1e-12);
  EXPECT_NEAR(table.remaining_s(0, 0, 9), 1, 1e-12);  // the line says 0
}

TEST(ConditionalTable, finds_a_law_without_noise) {
  // The second layer takes 2 + 4 · (density - 1/2) s, so per surplus of density (density / 0.5 - 1)
  // and mean latency 2 s: one for one.
  const ConditionalTable table(two_layers({{0.2, 0.8}, {0.4, 1.6}, {0.6, 2.4}, {0.8, 3.2}}));
  EXPECT_NEAR(table.elasticity(1), 1, 1e-12);
  EXPECT_NEAR(table.gain(0), 1, 1e-12);
  EXPECT_EQ(table.keep(0), 0);
  EXPECT_NEAR(table.deviation(1), 0, 1e-12);
}

TEST(ConditionalTable, shrinks_what_may_be_chance) {
  // Surpluses -1/2, 1/2, -1/2, 1/2 and relative latencies -0.2, 0.2, 0, 0: a slope of 0.2 with
  // residuals of 0.1, so a variance of 4 · 0.01 / (4 - 1 - 1) and t² = 2: half of it stays.
  const ConditionalTable table(two_layers({{0.25, 0.8}, {0.75, 1.2}, {0.25, 1}, {0.75, 1}}));
  EXPECT_NEAR(table.elasticity(1), 0.1, 1e-12);
  EXPECT_NEAR(table.gain(0), 0.1, 1e-12);
  // What is left is -0.15, 0.15, 0.05, -0.05; a mean and two coefficients were fitted.
  EXPECT_NEAR(table.deviation(1), std::sqrt(0.05), 1e-12);
  // Before the first layer: mean 2 s, so -0.1, 0.1, 0, 0 and one mean.
  EXPECT_NEAR(table.deviation(0), std::sqrt(0.02 / 3), 1e-12);
}

TEST(ConditionalTable, does_not_listen_to_what_tells_nothing) {
  const ConditionalTable table(two_layers({{0.25, 0.8}, {0.75, 0.8}, {0.25, 1.2}, {0.75, 1.2}}));
  EXPECT_EQ(table.elasticity(1), 0);
  EXPECT_EQ(table.gain(0), 0);
  const ConditionalTable constant(two_layers({{0.5, 0.8}, {0.5, 1.2}, {0.5, 1}}));
  EXPECT_EQ(constant.gain(0), 0);
}

TEST(ConditionalTable, learns_nothing_about_densities_from_two_inputs) {
  const ConditionalTable table(two_layers({{0.25, 0.8}, {0.75, 1.2}}));
  EXPECT_EQ(table.elasticity(1), 0);
  EXPECT_EQ(table.gain(0), 0);
}

class Conditional : public testing::Test {
 protected:
  static constexpr TaskId kTask{0};

  /// Three layers of 1 s, 2 s and 4 s times the input's own factor, which every density shows.
  static Trace proportional() {
    std::vector<test::TinySample> inputs;
    for (const double factor : {0.5, 0.75, 1.0, 1.25, 1.5}) {
      inputs.push_back({{factor, 1 - factor / 2}, {2 * factor, 1 - factor / 2}, {4 * factor, 0.5}});
    }
    return tiny_trace("m_a", inputs);
  }

  const TraceSet traces_{[] {
    std::vector<Trace> all;
    all.push_back(proportional());
    return all;
  }()};
  const Profiles profiles_{traces_};
};

TEST_F(Conditional, estimates_what_the_table_expects) {
  for (const Evidence evidence : {Evidence::mean_density, Evidence::recursion}) {
    ConditionalPredictor predictor(profiles_, evidence);
    const Estimate first = predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
    EXPECT_NEAR(first.remaining.count(), 7, 1e-12);
    EXPECT_NEAR(first.next_layer.count(), 1, 1e-12);
    EXPECT_NEAR(first.isolated.count(), 7, 1e-12);
    const Estimate second =
        predictor.on_layer_done(kTask, {.layer = 0, .sparsity = 0.3});  // factor 1.4
    EXPECT_NEAR(second.remaining.count(), 6 * 1.4, 1e-9);
    EXPECT_NEAR(second.next_layer.count(), 2 * 1.4, 1e-9);
    EXPECT_NEAR(second.isolated.count(), 1 + 6 * 1.4, 1e-9);
    const Estimate third = predictor.on_layer_done(kTask, {.layer = 1, .sparsity = 0.3});
    EXPECT_NEAR(third.remaining.count(), 4 * 1.4, 1e-9);
  }
}

TEST_F(Conditional, of_length_alone_ignores_densities) {
  ConditionalPredictor predictor(profiles_, Evidence::length);
  predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  const Estimate second = predictor.on_layer_done(kTask, {.layer = 0, .sparsity = 0.3});
  EXPECT_NEAR(second.remaining.count(), 6, 1e-12);
  EXPECT_EQ(second.deviation, Seconds{0});
}

TEST_F(Conditional, starts_anew_with_every_task) {
  ConditionalPredictor predictor(profiles_, Evidence::recursion);
  predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  predictor.on_layer_done(kTask, {.layer = 0, .sparsity = 0.3});
  EXPECT_NEAR(predictor.on_arrival({.task = kTask, .variant = VariantId{0}}).remaining.count(), 7,
              1e-12);
}

TEST_F(Conditional, tells_a_deviation_by_recursion) {
  ConditionalPredictor predictor(profiles_, Evidence::recursion);
  // Relative latencies are -0.5, -0.25, 0, 0.25 and 0.5, about one mean.
  const Estimate first = predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  EXPECT_NEAR(first.deviation.count(), 7 * std::sqrt(0.625 / 4), 1e-12);
}

TEST_F(Conditional, gaussian_agrees_where_one_number_tells_all) {
  GaussianPredictor gaussian(traces_.all().front());
  EXPECT_NEAR(gaussian.on_arrival({.task = kTask}).remaining.count(), 7, 1e-12);
  // One density, no correlations to shrink... but of the second and third layers' there are.
  const Estimate second = gaussian.on_layer_done(kTask, {.layer = 0, .sparsity = 0.3});
  EXPECT_GT(second.remaining.count(), 6 * 1.2);
  EXPECT_LE(second.remaining.count(), 6 * 1.4 + 1e-9);
}

TEST_F(Conditional, noise_is_one_factor_a_task_and_the_same_in_every_run) {
  const auto estimates = [&](double noise) {
    NoisyPredictor predictor(std::make_unique<ConditionalPredictor>(profiles_, Evidence::recursion),
                             noise);
    std::vector<double> remaining;
    for (const std::uint32_t task : {0u, 1u}) {
      const auto id = static_cast<TaskId>(task);
      remaining.push_back(predictor.on_arrival({.task = id, .variant = VariantId{0}}).remaining /
                          Seconds{7});
      remaining.push_back(predictor.on_layer_done(id, {.layer = 0, .sparsity = 0.5}).remaining /
                          Seconds{6});
    }
    return remaining;
  };
  const auto noisy = estimates(0.5);
  EXPECT_NEAR(noisy[0], noisy[1], 1e-12);
  EXPECT_NEAR(noisy[2], noisy[3], 1e-12);
  EXPECT_NE(noisy[0], noisy[2]);
  EXPECT_NE(noisy[0], 1);
  EXPECT_EQ(noisy, estimates(0.5));
  EXPECT_NEAR(std::log(estimates(1)[0]), 2 * std::log(noisy[0]), 1e-12);
}

}  // namespace
}  // namespace dysta
