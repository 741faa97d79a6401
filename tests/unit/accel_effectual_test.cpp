#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/accel/effectual.hpp"
#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using testing::ElementsAre;

//  1 . 1
//  . 1 1
//  1 . .
ActivationMask three_by_three() {
  const std::vector<float> values{1, 0, 1, 0, 1, 1, 1, 0, 0};
  return ActivationMask::of_nonzeros(values, 1, 3, 3);
}

/// Kernel 2 × 2 with a row of padding above: outputs are 3 × 2.
ConvolutionShape two_by_two() {
  return {.in_channels = 1,
          .out_channels = 2,
          .in_height = 3,
          .in_width = 3,
          .kernel_height = 2,
          .kernel_width = 2,
          .pad_top = 1};
}

// The upper taps meet rows 0 and 1, the lower ones all; the left taps columns 0 and 1, the right
// ones 1 and 2.
TEST(TapCounter, padding_meets_nothing) {
  EXPECT_THAT(TapCounter(two_by_two()).count(three_by_three()), ElementsAre(2, 3, 3, 3));
}

// Output rows 0 and 1 are block 0, row 2 is block 1.
TEST(TapCounter, blocks_of_output_rows) {
  EXPECT_THAT(TapCounter(two_by_two(), 2).count(three_by_three()),
              ElementsAre(1, 1, 1, 2, 2, 1, 3, 0));
}

// More blocks than rows: the last two find none.
TEST(TapCounter, idle_blocks) {
  EXPECT_THAT(TapCounter(two_by_two(), 5).count(three_by_three()),
              ElementsAre(0, 1, 1, 0, 0, 0, 1, 2, 0, 0, 1, 1, 1, 0, 0, 1, 2, 0, 0, 0));
}

// Stride 2 and kernel 1 see the corners alone.
TEST(TapCounter, stride) {
  ConvolutionShape shape{.in_height = 3, .in_width = 3, .stride_height = 2, .stride_width = 2};
  EXPECT_THAT(TapCounter(shape).count(three_by_three()), ElementsAre(3));
  shape.stride_width = 1;
  EXPECT_THAT(TapCounter(shape).count(three_by_three()), ElementsAre(3));
}

// Dilation 2 and kernel 2: one output, whose taps are the corners.
TEST(TapCounter, dilation) {
  const ConvolutionShape shape{.in_height = 3,
                               .in_width = 3,
                               .kernel_height = 2,
                               .kernel_width = 2,
                               .dilation_height = 2,
                               .dilation_width = 2};
  EXPECT_THAT(TapCounter(shape).count(three_by_three()), ElementsAre(1, 1, 1, 0));
}

// Column 64 is in the second word.
TEST(TapCounter, rows_of_two_words) {
  ActivationMask mask(1, 1, 65);
  mask.set(0, 0, 63);
  mask.set(0, 0, 64);
  const ConvolutionShape shape{.in_height = 1, .in_width = 65, .kernel_width = 2};
  EXPECT_THAT(TapCounter(shape).count(mask), ElementsAre(1, 2));
}

// A kernel that sees padding alone.
TEST(TapCounter, only_padding) {
  ActivationMask mask(1, 1, 1);
  mask.set(0, 0, 0);
  ConvolutionShape shape{.in_height = 1, .in_width = 1, .kernel_width = 3};
  shape.pad_left = 2;
  EXPECT_THAT(TapCounter(shape).count(mask), ElementsAre(0, 0, 1));
}

TEST(NonzeroWeights, groups_have_their_own_output_channels) {
  const ConvolutionShape shape{.in_channels = 4, .out_channels = 4, .groups = 2};
  const WeightMask weights({1, 1, 0, 1, 1, 0, 1, 1});
  EXPECT_THAT(nonzero_weights(shape, weights), ElementsAre(1, 2, 2, 1));
}

// Weights per tap over both output channels: 2 1 / 0 1; activations: 2 3 / 3 3.
TEST(EffectualMacs, worked_out) {
  const EffectualMacs macs(two_by_two(), WeightMask({1, 0, 0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(macs.count(three_by_three()), 2 * 2 + 3 * 1 + 3 * 0 + 3 * 1);
  EXPECT_EQ(macs.shape(), two_by_two());
  EXPECT_EQ(macs.count(ActivationMask(1, 3, 3)), 0);
}

// Depthwise: channel 0 with weight 1 and two activations, channel 1 with weight 0.
TEST(EffectualMacs, depthwise) {
  const ConvolutionShape shape{.in_channels = 2, .out_channels = 2, .in_width = 2, .groups = 2};
  const EffectualMacs macs(shape, WeightMask({1, 0}));
  EXPECT_EQ(macs.count(ActivationMask::of_nonzeros(std::vector<float>{1, 1, 1, 1}, 2, 1, 2)), 2);
}

// 3 of 4 activations and 2, 1, 0, 2 weights of 2 output channels.
TEST(EffectualMacs, fully_connected) {
  const ConvolutionShape shape{.in_channels = 4, .out_channels = 2};
  const EffectualMacs macs(shape, WeightMask({1, 1, 0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(macs.count(ActivationMask::of_nonzeros(std::vector<float>{5, 0, 5, 5}, 4, 1, 1)), 4);
}

TEST(EffectualMacs, a_shape_that_cannot_be_is_refused) {
  EXPECT_EQ(test::message_of<SpecificationError>(
                [] { EffectualMacs({.in_channels = 0}, WeightMask({})); }),
            "in_channels is 0; allowed is a whole number from 1 to 1000000");
}

}  // namespace
}  // namespace dysta
