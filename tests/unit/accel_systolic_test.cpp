#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/accel/systolic.hpp"
#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

SystolicArray array() { return {"s", {.clock_hz = 1e6, .rows = 4, .columns = 2}}; }

// K = 3 · 3 · 3 = 27 is 7 folds of 4 rows, N = 5 is 3 folds of 2 columns, P = 4 · 5 = 20:
// 21 · (8 + 2 + 20 - 2) = 588 cycles.
TEST(SystolicArray, convolution_by_hand) {
  const ConvolutionShape shape{.in_channels = 3,
                               .out_channels = 5,
                               .in_height = 4,
                               .in_width = 5,
                               .kernel_height = 3,
                               .kernel_width = 3,
                               .pad_top = 1,
                               .pad_left = 1,
                               .pad_bottom = 1,
                               .pad_right = 1};
  const LayerCost cost =
      array().cost(shape, ConvolutionDensity{.activations = 0.5, .weights = 0.25});
  EXPECT_EQ(cost.cycles, 588);
  EXPECT_EQ(cost.compute_cycles, 588);
  EXPECT_EQ(cost.memory_cycles, 0);
  EXPECT_DOUBLE_EQ(cost.latency.count(), 588e-6);
  EXPECT_EQ(cost.effectual_macs, 27 * 5 * 20 * 0.125);
}

// A group: K = 2 · 3 = 6 is 2 folds, N = 3 is 2, P = 3 · 2 = 6: 4 · (8 + 2 + 6 - 2) = 56. Twice.
TEST(SystolicArray, groups_one_by_one) {
  const ConvolutionShape shape{.in_channels = 4,
                               .out_channels = 6,
                               .in_height = 5,
                               .in_width = 2,
                               .kernel_height = 3,
                               .groups = 2};
  EXPECT_EQ(array().cost(shape, ConvolutionDensity{}).cycles, 112);
}

// Zeros change what is effectual and nothing else.
TEST(SystolicArray, zeros_are_multiplied_too) {
  const ConvolutionShape shape{.in_channels = 2, .out_channels = 2, .in_width = 2};
  const auto prepared = array().prepare(shape, WeightMask({1, 0, 1, 1}));
  const auto some = ActivationMask::of_nonzeros(std::vector<float>{1, 0, 1, 1}, 2, 1, 2);
  EXPECT_EQ(prepared->cost(some).effectual_macs, 1 * 2 + 2 * 1);
  EXPECT_EQ(prepared->cost(some).cycles, 8 + 2 + 2 - 2);
  EXPECT_EQ(prepared->cost(ActivationMask(2, 1, 2)).cycles, 8 + 2 + 2 - 2);
  EXPECT_EQ(prepared->cost(ActivationMask(2, 1, 2)).effectual_macs, 0);
}

// A head of width 3. Scores: K = 3 is 1 fold, N = 5 is 3, P = 3: 3 · 11 = 33. Values: K = 5 is 2
// folds, N = 3 is 2: 4 · 11 = 44. Two heads.
TEST(SystolicArray, attention_by_hand) {
  const AttentionShape shape{.heads = 2, .queries = 3, .keys = 5, .width = 6};
  const LayerCost cost = array().cost(shape, AttentionDensity{.kept = 0.5, .load_balance = 0.1});
  EXPECT_EQ(cost.cycles, 154);
  EXPECT_EQ(cost.effectual_macs, 90);
  AttentionMask mask(2, 3, 5);
  mask.keep(1, 2, 4);
  mask.keep(0, 0, 0);
  EXPECT_EQ(array().cost(shape, mask).cycles, 154);
  EXPECT_EQ(array().cost(shape, mask).effectual_macs, 2 * 2 * 3);  // 3 products for a score, twice
}

TEST(SystolicArray, computes_all_of_an_attention) {
  EXPECT_EQ(array().attention_selection().threshold, 0);
  EXPECT_EQ(array().attention_selection().prediction_bits, 0);
}

TEST(SystolicArray, refuses_shapes_that_cannot_be) {
  EXPECT_EQ(test::message_of<SpecificationError>([] {
              array().cost(ConvolutionShape{.in_channels = 2, .groups = 3}, ConvolutionDensity{});
            }),
            "groups is 3 for 2 input and 1 output channels; allowed is a number that divides both");
  const std::string message = "heads is 2 for a width of 3; allowed is a number that divides it";
  const AttentionShape shape{.heads = 2, .queries = 1, .keys = 1, .width = 3};
  EXPECT_EQ(test::message_of<SpecificationError>([&] { array().cost(shape, AttentionDensity{}); }),
            message);
  EXPECT_EQ(
      test::message_of<SpecificationError>([&] { array().cost(shape, AttentionMask(2, 1, 1)); }),
      message);
}

}  // namespace
}  // namespace dysta
