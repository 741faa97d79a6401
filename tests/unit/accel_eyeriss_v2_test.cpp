#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/accel/eyeriss_v2.hpp"
#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

/// One element of one product a cycle, columns of two output channels, no memory.
EyerissV2Parameters one_element() {
  EyerissV2Parameters parameters;
  parameters.clock_hz = 1e6;
  parameters.clusters = parameters.cluster_rows = parameters.cluster_columns = 1;
  parameters.cycles_per_mac = 1;
  parameters.cycles_per_empty_column = 1;
  parameters.output_channels_per_element = 2;
  parameters.weights_per_element = 8;
  return parameters;
}

/// Two input channels, three output channels, an image of two pixels.
ConvolutionShape tiny() { return {.in_channels = 2, .out_channels = 3, .in_width = 2}; }

//            input channel: 0  1
//          output channel 0: 1  .
//                         1: .  .
//                         2: 1  1
WeightMask tiny_weights() { return WeightMask({1, 0, 0, 0, 1, 1}); }

/// Both pixels of channel 0, the first of channel 1.
ActivationMask tiny_activations() {
  return ActivationMask::of_nonzeros(std::vector<float>{1, 1, 1, 0}, 2, 1, 2);
}

LayerCost tiny_cost(const EyerissV2Parameters& parameters) {
  return EyerissV2("e", parameters).prepare(tiny(), tiny_weights())->cost(tiny_activations());
}

// Columns are output channels {0, 1} and {2}. An activation of channel 0 meets 1 + 1 weights; one
// of channel 1 an empty column and 1 weight. So 2 · 2 + 1 · (1 + 1) = 6 cycles for 5 products.
TEST(EyerissV2, one_element_by_hand) {
  const LayerCost cost = tiny_cost(one_element());
  EXPECT_EQ(cost.effectual_macs, 5);
  EXPECT_EQ(cost.compute_cycles, 6);
  EXPECT_EQ(cost.memory_cycles, 0);
  EXPECT_EQ(cost.cycles, 6);
  EXPECT_DOUBLE_EQ(cost.latency.count(), 6e-6);
}

TEST(EyerissV2, empty_columns_cost_what_they_are_said_to) {
  EyerissV2Parameters parameters = one_element();
  parameters.cycles_per_empty_column = 0;
  EXPECT_EQ(tiny_cost(parameters).cycles, 5);
  parameters.cycles_per_empty_column = 0.25;
  EXPECT_EQ(tiny_cost(parameters).compute_cycles, 5.25);
  EXPECT_EQ(tiny_cost(parameters).cycles, 6);  // whole cycles
  parameters.cycles_per_mac = 4;
  EXPECT_EQ(tiny_cost(parameters).compute_cycles, 20.25);
}

// With columns of one, an activation of channel 0 meets one empty column, one of channel 1 two.
TEST(EyerissV2, shorter_columns_are_empty_more_often) {
  EyerissV2Parameters parameters = one_element();
  parameters.output_channels_per_element = 1;
  EXPECT_EQ(tiny_cost(parameters).cycles, 5 + 2 * 1 + 1 * 2);
  parameters.output_channels_per_element = 3;
  EXPECT_EQ(tiny_cost(parameters).cycles, 5);
}

// Two clusters take an input channel each: 2 · 2 and 1 · 2 cycles.
TEST(EyerissV2, the_busiest_element_decides) {
  EyerissV2Parameters parameters = one_element();
  parameters.clusters = 2;
  EXPECT_EQ(map_layer(parameters, tiny()).in_channels, 2);
  const LayerCost cost = tiny_cost(parameters);
  EXPECT_EQ(cost.compute_cycles, 4);
  EXPECT_EQ(cost.effectual_macs, 5);
}

// All that moves: 3 activations of 1.5 bytes, which are two tiles of at most 3 bytes, so that the
// 3 weights pass twice; 6 outputs of 1 byte. (4.5 + 2 · 4.5 + 6) / 2 = 9.75 cycles.
TEST(EyerissV2, memory_bound) {
  EyerissV2Parameters parameters = one_element();
  parameters.memory = {.bytes_per_cycle = 2,
                       .bytes_per_nonzero = 1.5,
                       .bytes_per_output = 1,
                       .activation_buffer_bytes = 3};
  LayerCost cost = tiny_cost(parameters);
  EXPECT_EQ(cost.memory_cycles, 9.75);
  EXPECT_EQ(cost.compute_cycles, 6);
  EXPECT_EQ(cost.cycles, 10);
  EXPECT_DOUBLE_EQ(cost.latency.count(), 10e-6);

  parameters.memory->activation_buffer_bytes = 4.5;  // one tile
  EXPECT_EQ(tiny_cost(parameters).memory_cycles, (4.5 + 4.5 + 6) / 2);
  parameters.memory->bytes_per_cycle = 100;
  EXPECT_EQ(tiny_cost(parameters).cycles, 6);  // bound by the elements
}

TEST(EyerissV2, nothing_to_do_takes_a_cycle) {
  const auto prepared = EyerissV2("e", one_element()).prepare(tiny(), tiny_weights());
  const LayerCost cost = prepared->cost(ActivationMask(2, 1, 2));
  EXPECT_EQ(cost.effectual_macs, 0);
  EXPECT_EQ(cost.compute_cycles, 0);
  EXPECT_EQ(cost.cycles, 1);
}

// The 6 cycles over 2 elements. Address checks: 2 blocks of output channels, both input channels
// in one block (2 columns of 2 weights fit into 8), 2 positions, both with a non-zero in them:
// 2 · (1 · 2 + 2 · 2) = 12.
TEST(EyerissV2, perfect_balance_and_address_checks) {
  EyerissV2Parameters parameters = one_element();
  parameters.clusters = 2;
  parameters.perfect_balance = true;
  EXPECT_EQ(tiny_cost(parameters).compute_cycles, 3);
  parameters.address_checks = true;
  EXPECT_EQ(address_checks(parameters, tiny(), 2), 12);
  EXPECT_EQ(tiny_cost(parameters).compute_cycles, (6 + 12) / 2.0);

  // One input channel at a time: 2 blocks of them, and 3 columns with a non-zero, of one channel
  // each: 2 · (2 · 2 + 2 · 3) = 20.
  parameters.weights_per_element = 2;
  EXPECT_EQ(address_checks(parameters, tiny(), 3), 20);
  EXPECT_EQ(tiny_cost(parameters).compute_cycles, (6 + 20) / 2.0);
}

// Groups of two channels: columns do not reach over their end, although 8 weights would let them.
TEST(EyerissV2, columns_of_activations_end_with_their_group) {
  EyerissV2Parameters parameters = one_element();
  parameters.perfect_balance = parameters.address_checks = true;
  parameters.cycles_per_empty_column = 0;
  const ConvolutionShape shape{.in_channels = 4, .out_channels = 4, .groups = 2};
  const auto activations = ActivationMask::of_nonzeros(std::vector<float>{1, 1, 1, 0}, 4, 1, 1);
  const LayerCost cost = EyerissV2("e", parameters)
                             .prepare(shape, WeightMask(std::vector<std::uint8_t>(8, 1)))
                             ->cost(activations);
  // 3 activations meet 2 weights each. Checks: 1 block of output channels; 2 groups of 1 block of
  // input channels, 1 position; 2 columns, each with a non-zero: 2 + 2 · 2.
  EXPECT_EQ(cost.effectual_macs, 6);
  EXPECT_EQ(cost.compute_cycles, 6 + 2 + 2 * 2);
}

// ---- the shipped ones -----------------------------------------------------------------------

// 64 to 64 channels of 8 × 8 pixels, all ones: 64 · 64 · 64 products of 4 cycles. Checks: 2 blocks
// of 32 output channels; 192 / 32 = 6 input channels at a time are 11 blocks; 64 positions, each
// column with a non-zero: 2 · (11 · 64 + 2 · 11 · 64) = 4224.
TEST(EyerissV2, the_artifact_takes_four_cycles_and_checks_addresses) {
  const auto artifact = load_accelerator("eyeriss_v2_artifact");
  const ConvolutionShape shape{
      .in_channels = 64, .out_channels = 64, .in_height = 8, .in_width = 8};
  const std::vector<float> ones(64 * 64, 1);
  const LayerCost cost = artifact->prepare(shape, WeightMask::of_nonzeros(ones))
                             ->cost(ActivationMask::of_nonzeros(ones, 64, 8, 8));
  EXPECT_EQ(cost.effectual_macs, 64 * 64 * 64);
  EXPECT_DOUBLE_EQ(cost.compute_cycles, (4 * 262144 + 4224) / 192.0);
  EXPECT_EQ(cost.cycles, 5484);
  EXPECT_EQ(cost.memory_cycles, 0);
  EXPECT_DOUBLE_EQ(cost.latency.count(), 5484 / 200e6);
}

// With nothing skipped, both questions have the same answer.
TEST(Accelerators, densities_of_one_cost_what_masks_of_ones_do) {
  const ConvolutionShape shapes[] = {
      {.in_channels = 64, .out_channels = 48, .in_height = 14, .in_width = 14},
      {.in_channels = 1000, .out_channels = 10},
      {.in_channels = 3,
       .out_channels = 32,
       .in_height = 21,
       .in_width = 70,
       .kernel_height = 3,
       .kernel_width = 3,
       .stride_height = 2,
       .stride_width = 2},
      {.in_channels = 20,
       .out_channels = 20,
       .in_height = 9,
       .in_width = 9,
       .kernel_height = 5,
       .kernel_width = 3,
       .dilation_width = 2,
       .groups = 20},
      {.in_channels = 12, .out_channels = 18, .in_height = 5, .in_width = 66, .groups = 6},
  };
  for (const ShippedAccelerator& shipped : shipped_accelerators()) {
    const auto accelerator = load_accelerator(std::string(shipped.name));
    if (!accelerator->runs_convolutions()) continue;
    for (const ConvolutionShape& shape : shapes) {
      const std::vector<float> inputs(static_cast<std::size_t>(shape.inputs()), 1);
      const std::vector<float> weights(static_cast<std::size_t>(shape.weights()), 1);
      const LayerCost masks = accelerator->prepare(shape, WeightMask::of_nonzeros(weights))
                                  ->cost(ActivationMask::of_nonzeros(
                                      inputs, shape.in_channels, shape.in_height, shape.in_width));
      const LayerCost densities = accelerator->cost(shape, ConvolutionDensity{});
      EXPECT_EQ(masks.effectual_macs, static_cast<double>(shape.dense_macs())) << shipped.name;
      EXPECT_EQ(masks.effectual_macs, densities.effectual_macs);
      EXPECT_DOUBLE_EQ(masks.compute_cycles, densities.compute_cycles) << shipped.name;
      EXPECT_DOUBLE_EQ(masks.memory_cycles, densities.memory_cycles);
      EXPECT_EQ(masks.cycles, densities.cycles);
      EXPECT_EQ(masks.latency, densities.latency);
    }
  }
}

// 12 dense products; half of the activations, and a column of two weights of density 1/2 is empty
// in a quarter of all cases: 12 · 1/2 · (1/2 + 1/4 / 2) = 3.75 cycles for 3 products.
TEST(EyerissV2, densities_by_hand) {
  const LayerCost cost = EyerissV2("e", one_element())
                             .cost(tiny(), ConvolutionDensity{.activations = 0.5, .weights = 0.5});
  EXPECT_EQ(cost.effectual_macs, 3);
  EXPECT_DOUBLE_EQ(cost.compute_cycles, 3.75);
  EXPECT_EQ(cost.cycles, 4);
}

// ---- mapping --------------------------------------------------------------------------------

// Blocks are rounded up: 1 of 2 groups, 2 of 3 channels, 1 of 4, 2 of 3 kernel rows, 2 of 5 output
// rows, times 3 kernel columns and 4 output columns.
TEST(EyerissV2Mapping, busiest_share_rounds_up) {
  const ConvolutionShape shape{.in_channels = 8,
                               .out_channels = 6,
                               .in_height = 7,
                               .in_width = 6,
                               .kernel_height = 3,
                               .kernel_width = 3,
                               .groups = 2};
  const EyerissV2Mapping mapping{
      .groups = 2, .out_channels = 2, .in_channels = 4, .kernel_rows = 2, .out_rows = 3};
  EXPECT_EQ(mapping.busiest_share(shape), 1 * 2 * 1 * 2 * 2 * 3 * 4);
  EXPECT_EQ(EyerissV2Mapping{}.busiest_share(shape), static_cast<double>(shape.dense_macs()));
}

// 288 products over 12 elements: kernel rows over the three rows of a cluster, 4 output rows and 2
// output channels over its columns and the clusters.
TEST(EyerissV2Mapping, a_layer_made_for_the_array) {
  EyerissV2Parameters parameters = one_element();
  parameters.clusters = 2;
  parameters.cluster_rows = 3;
  parameters.cluster_columns = 2;
  const ConvolutionShape shape{.in_channels = 1,
                               .out_channels = 2,
                               .in_height = 6,
                               .in_width = 6,
                               .kernel_height = 3,
                               .kernel_width = 3};
  const EyerissV2Mapping mapping = map_layer(parameters, shape);
  EXPECT_EQ(mapping.busiest_share(shape), 24);
  EXPECT_EQ(mapping.kernel_rows, 3);
  EXPECT_EQ(mapping.in_channels, 1);
  EXPECT_EQ(mapping.out_channels * mapping.out_rows, 4);
}

TEST(EyerissV2Mapping, of_equals_the_one_without_partial_sums) {
  EyerissV2Parameters parameters = one_element();
  parameters.clusters = 2;
  const EyerissV2Mapping mapping = map_layer(parameters, {.in_channels = 4, .out_channels = 4});
  EXPECT_EQ(mapping.out_channels, 2);
  EXPECT_EQ(mapping.in_channels, 1);
}

TEST(EyerissV2Mapping, groups_take_elements_where_channels_cannot) {
  EyerissV2Parameters parameters = one_element();
  parameters.clusters = 4;
  parameters.cluster_columns = 2;
  const ConvolutionShape depthwise{.in_channels = 8, .out_channels = 8, .groups = 8};
  const EyerissV2Mapping mapping = map_layer(parameters, depthwise);
  EXPECT_EQ(mapping.groups, 8);
  EXPECT_EQ(mapping.busiest_share(depthwise), 1);
}

TEST(EyerissV2Mapping, a_layer_too_small_leaves_elements_idle) {
  EyerissV2Parameters parameters = one_element();
  parameters.clusters = 16;
  EXPECT_EQ(map_layer(parameters, {}).busiest_share({}), 1);
}

// ---- what it is not made for ----------------------------------------------------------------

TEST(EyerissV2, does_not_run_attention) {
  const EyerissV2 model("e", one_element());
  EXPECT_FALSE(model.runs_attention());
  EXPECT_TRUE(model.runs_convolutions());
  const std::string message = "accelerator 'e' does not run attention; allowed is one that does";
  EXPECT_EQ(test::message_of<SpecificationError>(
                [&] { model.cost(AttentionShape{}, AttentionDensity{}); }),
            message);
  EXPECT_EQ(test::message_of<SpecificationError>(
                [&] { model.cost(AttentionShape{}, AttentionMask(1, 1, 1)); }),
            message);
}

TEST(EyerissV2, refuses_shapes_that_cannot_be) {
  const EyerissV2 model("e", one_element());
  const std::string message = "stride is 0; allowed is a whole number from 1 to 1000000";
  const ConvolutionShape shape{.stride_width = 0};
  EXPECT_EQ(test::message_of<SpecificationError>([&] { model.cost(shape, ConvolutionDensity{}); }),
            message);
  EXPECT_EQ(test::message_of<SpecificationError>([&] { model.prepare(shape, WeightMask({1})); }),
            message);
}

}  // namespace
}  // namespace dysta
