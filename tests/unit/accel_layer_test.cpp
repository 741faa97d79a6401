#include <string>

#include <gtest/gtest.h>

#include "dysta/accel/layer.hpp"
#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using test::message_of;

template <class Shape>
std::string fault_of(const Shape& shape) {
  return message_of<SpecificationError>([&] { shape.check(); });
}

/// Everything differs from everything else.
ConvolutionShape odd_shape() {
  return {.in_channels = 6,
          .out_channels = 4,
          .in_height = 7,
          .in_width = 9,
          .kernel_height = 3,
          .kernel_width = 2,
          .stride_height = 2,
          .stride_width = 3,
          .pad_top = 1,
          .pad_left = 0,
          .pad_bottom = 2,
          .pad_right = 1,
          .dilation_height = 1,
          .dilation_width = 2,
          .groups = 2};
}

// Height: 7 + 1 + 2 = 10 rows, a kernel of 3 fits at 0, 2, 4, 6 (it ends at 8). Width: 9 + 1 = 10
// columns, a kernel that spans 3 fits at 0, 3, 6.
TEST(ConvolutionShape, sizes_worked_out) {
  const ConvolutionShape shape = odd_shape();
  EXPECT_NO_THROW(shape.check());
  EXPECT_EQ(shape.out_height(), 4);
  EXPECT_EQ(shape.out_width(), 3);
  EXPECT_EQ(shape.taps(), 6);
  EXPECT_EQ(shape.in_channels_per_group(), 3);
  EXPECT_EQ(shape.out_channels_per_group(), 2);
  EXPECT_EQ(shape.inputs(), 6 * 7 * 9);
  EXPECT_EQ(shape.outputs(), 4 * 4 * 3);
  EXPECT_EQ(shape.weights(), 4 * 3 * 6);
  EXPECT_EQ(shape.dense_macs(), 4 * 3 * 6 * 4 * 3);
}

TEST(ConvolutionShape, a_kernel_that_just_fits_has_one_output) {
  ConvolutionShape shape{.in_height = 3, .in_width = 5, .kernel_height = 2, .kernel_width = 5};
  shape.dilation_height = 2;
  EXPECT_NO_THROW(shape.check());
  EXPECT_EQ(shape.out_height(), 1);
  EXPECT_EQ(shape.out_width(), 1);
  shape.stride_width = 1'000'000;
  EXPECT_EQ(shape.out_width(), 1);
}

TEST(ConvolutionShape, depthwise_and_fully_connected) {
  ConvolutionShape depthwise{.in_channels = 8, .out_channels = 16, .groups = 8};
  EXPECT_EQ(depthwise.weights(), 16);
  EXPECT_EQ(depthwise.out_channels_per_group(), 2);
  ConvolutionShape linear{.in_channels = 1000, .out_channels = 10, .in_height = 5};
  EXPECT_EQ(linear.dense_macs(), 1000 * 10 * 5);
}

// 1e14 is allowed, a little more is not: 1e6 x 1e6 x 100 positions.
TEST(ConvolutionShape, counts_are_64_bits) {
  ConvolutionShape shape{.in_channels = 1'000'000, .out_channels = 1'000'000, .in_height = 100};
  EXPECT_NO_THROW(shape.check());
  EXPECT_EQ(shape.weights(), 1'000'000'000'000);
  EXPECT_EQ(shape.dense_macs(), 100'000'000'000'000);
  shape.in_height = 101;
  EXPECT_EQ(fault_of(shape),
            "the layer is too large; allowed are 1e14 multiply-accumulates, 2^31 inputs and "
            "fewer than 2^31 places of the kernel");
}

TEST(ConvolutionShape, too_many_inputs) {
  ConvolutionShape shape{.in_channels = 2048, .in_height = 1 << 10, .in_width = 1 << 10};
  EXPECT_NO_THROW(shape.check());
  ++shape.in_channels;
  EXPECT_EQ(fault_of(shape),
            "the layer is too large; allowed are 1e14 multiply-accumulates, 2^31 inputs and "
            "fewer than 2^31 places of the kernel");
}

// 46341² is the first square above 2^31.
TEST(ConvolutionShape, places_of_the_kernel_are_counted_in_an_int) {
  ConvolutionShape shape{.in_height = 46340, .in_width = 46340};
  shape.kernel_height = shape.kernel_width = 46340;
  EXPECT_NO_THROW(shape.check());
  EXPECT_EQ(shape.dense_macs(), std::int64_t{46340} * 46340);
  shape = {.in_height = 1, .in_width = 1, .kernel_height = 46341, .kernel_width = 46341};
  shape.pad_top = shape.pad_left = 46340;
  EXPECT_EQ(fault_of(shape),
            "the layer is too large; allowed are 1e14 multiply-accumulates, 2^31 inputs and "
            "fewer than 2^31 places of the kernel");
}

TEST(ConvolutionShape, every_number_has_its_range) {
  struct Case {
    int ConvolutionShape::*member;
    const char* name;
    int least;
  };
  using S = ConvolutionShape;
  for (const Case& each :
       {Case{&S::in_channels, "in_channels", 1}, Case{&S::out_channels, "out_channels", 1},
        Case{&S::in_height, "height", 1}, Case{&S::in_width, "width", 1},
        Case{&S::kernel_height, "kernel", 1}, Case{&S::kernel_width, "kernel", 1},
        Case{&S::stride_height, "stride", 1}, Case{&S::stride_width, "stride", 1},
        Case{&S::dilation_height, "dilation", 1}, Case{&S::dilation_width, "dilation", 1},
        Case{&S::groups, "groups", 1}, Case{&S::pad_top, "padding", 0},
        Case{&S::pad_left, "padding", 0}, Case{&S::pad_bottom, "padding", 0},
        Case{&S::pad_right, "padding", 0}}) {
    for (const int value : {each.least - 1, 1'000'001, -2147483647 - 1}) {
      ConvolutionShape shape;
      shape.*each.member = value;
      EXPECT_EQ(fault_of(shape), std::string(each.name) + " is " + std::to_string(value) +
                                     "; allowed is a whole number from " +
                                     std::to_string(each.least) + " to 1000000");
    }
    ConvolutionShape shape;
    shape.*each.member = each.least;
    EXPECT_NO_THROW(shape.check()) << each.name;
  }
}

TEST(ConvolutionShape, groups_divide_both_channel_counts) {
  ConvolutionShape shape{.in_channels = 6, .out_channels = 4, .groups = 3};
  EXPECT_EQ(fault_of(shape),
            "groups is 3 for 6 input and 4 output channels; allowed is a number that divides both");
  shape.groups = 4;
  EXPECT_EQ(fault_of(shape),
            "groups is 4 for 6 input and 4 output channels; allowed is a number that divides both");
  shape.groups = 2;
  EXPECT_NO_THROW(shape.check());
}

TEST(ConvolutionShape, the_kernel_fits_into_the_padded_input) {
  const std::string message =
      "kernel 3 x 2 is larger than the padded input 4 x 5; allowed is one that fits into it";
  ConvolutionShape shape{.in_height = 4, .in_width = 5, .kernel_height = 3, .kernel_width = 2};
  shape.dilation_height = 2;  // spans 5 rows
  EXPECT_EQ(fault_of(shape), message);
  shape.pad_bottom = 1;
  EXPECT_NO_THROW(shape.check());
  shape.dilation_width = 5;  // spans 6 columns
  EXPECT_EQ(fault_of(shape), message);
  shape.pad_left = 1;
  EXPECT_NO_THROW(shape.check());
  shape.dilation_height = 1'000'000;
  EXPECT_EQ(fault_of(shape), message);
}

TEST(ConvolutionShape, shapes_compare_by_all_they_hold) {
  ConvolutionShape other = odd_shape();
  EXPECT_EQ(other, odd_shape());
  other.pad_right = 2;
  EXPECT_NE(other, odd_shape());
}

TEST(AttentionShape, sizes_worked_out) {
  const AttentionShape shape{.heads = 2, .queries = 3, .keys = 5, .width = 8};
  EXPECT_NO_THROW(shape.check());
  EXPECT_EQ(shape.scores(), 30);
  EXPECT_EQ(shape.dense_macs(), 2 * 3 * 5 * 8);
  const AttentionShape large{.heads = 1, .queries = 1'000'000, .keys = 1'000'000, .width = 1000};
  EXPECT_EQ(large.dense_macs(), 2'000'000'000'000'000);
}

TEST(AttentionShape, refusals) {
  EXPECT_EQ(fault_of(AttentionShape{.heads = 3, .queries = 1, .keys = 1, .width = 8}),
            "heads is 3 for a width of 8; allowed is a number that divides it");
  using S = AttentionShape;
  for (const auto& [member, name] :
       {std::pair{&S::heads, "heads"}, std::pair{&S::queries, "queries"},
        std::pair{&S::keys, "keys"}, std::pair{&S::width, "width"}}) {
    for (const int value : {0, -1, 1'000'001}) {
      AttentionShape shape;
      shape.*member = value;
      EXPECT_EQ(fault_of(shape), std::string(name) + " is " + std::to_string(value) +
                                     "; allowed is a whole number from 1 to 1000000");
    }
  }
}

}  // namespace
}  // namespace dysta
