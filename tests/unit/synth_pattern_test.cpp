// Weight patterns: what each leaves of which layer.
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/synth/weight_pattern.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using test::message_of;

std::vector<PrunedConvolution> pruned(const NetworkModel& model, const char* pattern) {
  return prune(model, parse_weight_pattern(pattern));
}

/// Four layers in a row after the first, of which the third is depthwise, and a classifier.
NetworkModel row_of_layers(double exponent) {
  return parse_model(
      "m.yaml",
      "schema: 1\nname: row\nwhat: a test\nkind: cnn\norigin: {layers: made up}\n"
      "data_sets: [{name: day}]\npruning: {exponent: " +
          std::to_string(exponent) +
          ", random_unevenness: 0.5}\nlayers:\n"
          "  - {name: a, in_channels: 3, out_channels: 8, height: 4, width: 4, density: 0.9}\n"
          "  - {name: b, in_channels: 8, out_channels: 16, height: 4, width: 4, density: 0.5}\n"
          "  - {name: c, in_channels: 16, out_channels: 16, height: 4, width: 4, groups: 16, "
          "density: 0.5}\n"
          "  - {name: d, in_channels: 16, out_channels: 64, height: 4, width: 4, density: 0.5}\n"
          "  - {name: e, in_channels: 64, out_channels: 10, height: 1, width: 1, density: 0.5}\n");
}

TEST(WeightPattern, reads_names) {
  EXPECT_EQ(parse_weight_pattern("dense").kind, WeightPattern::Kind::dense);
  EXPECT_DOUBLE_EQ(parse_weight_pattern("random80").kept, 0.2);
  EXPECT_DOUBLE_EQ(parse_weight_pattern("block75").kept, 0.25);
  EXPECT_DOUBLE_EQ(parse_weight_pattern("channel5").kept, 0.95);
  const WeightPattern nm = parse_weight_pattern("nm24");
  EXPECT_EQ(nm.kind, WeightPattern::Kind::nm);
  EXPECT_DOUBLE_EQ(nm.kept, 0.5);
  EXPECT_EQ(nm.group, 4);
}

TEST(WeightPattern, refuses_other_names) {
  EXPECT_EQ(message_of<SpecificationError>([] { parse_weight_pattern("random"); }),
            "pattern 'random' is not known; allowed are dense, randomR, blockR and channelR with R "
            "percent removed (1 to 99), and nmNM with N of M kept (nm24)");
  for (const char* name : {"", "Dense", "random0", "random100", "random08", "random5.5", "random-5",
                           "nm", "nm2", "nm42", "nm22", "nm04", "nm244", "block", "filter50"}) {
    EXPECT_THROW(parse_weight_pattern(name), SpecificationError) << name;
  }
}

TEST(Prune, single_weights_add_up_and_larger_layers_lose_more) {
  for (const double exponent : {0.0, 0.2, 1.0}) {
    const NetworkModel model = row_of_layers(exponent);
    const auto layers = pruned(model, "random75");
    // First, depthwise and last layers are left alone.
    for (const std::size_t i : {0U, 2U, 4U}) EXPECT_EQ(layers[i].weights, 1) << i;
    const double kept = layers[1].weights * 128 + layers[3].weights * 1024;
    EXPECT_NEAR(kept, 0.25 * (128 + 1024), 1e-6);
    // Shares are proportional to weights^-exponent unless one would be above 1.
    const double ratio = layers[1].weights / layers[3].weights;
    EXPECT_NEAR(ratio, std::min(std::pow(8, exponent), 1 / layers[3].weights), 1e-6);
    EXPECT_NEAR(layers[3].unevenness, std::pow(layers[3].weights, -0.5), 1e-12);
    EXPECT_EQ(layers[0].unevenness, 1);
  }
}

TEST(Prune, weights_that_are_zero_anyhow_count) {
  NetworkModel model = row_of_layers(0);
  model.convolutions[1].weights = 0.1;
  model.convolutions[3].weights = 0.9;
  const auto layers = pruned(model, "random75");
  EXPECT_DOUBLE_EQ(layers[1].weights, 0.1);
  EXPECT_EQ(layers[1].unevenness, 1);
  EXPECT_NEAR(layers[3].weights, 0.25, 1e-9);
}

TEST(Prune, groups_keep_their_share_where_they_divide_the_channels) {
  NetworkModel model = row_of_layers(0.2);
  const auto layers = pruned(model, "nm23");  // 3 divides neither 8 nor 16
  for (const PrunedConvolution& layer : layers) EXPECT_EQ(layer.weights, 1);
  const auto halves = pruned(model, "nm24");
  EXPECT_EQ(halves[1].weights, 0.5);
  EXPECT_EQ(halves[3].weights, 0.5);
  EXPECT_EQ(halves[2].weights, 1);
}

TEST(Prune, channels_that_go_are_not_read) {
  const auto layers = pruned(row_of_layers(0), "channel50");
  EXPECT_EQ(layers[0].shape.out_channels, 8);  // reads the network's input
  EXPECT_EQ(layers[1].shape.out_channels, 8);
  EXPECT_EQ(layers[2].shape.in_channels, 8);
  EXPECT_EQ(layers[2].shape.groups, 8);
  EXPECT_EQ(layers[2].shape.out_channels, 8);
  EXPECT_EQ(layers[3].shape.in_channels, 8);
  EXPECT_EQ(layers[3].shape.out_channels, 32);
  EXPECT_EQ(layers[4].shape.in_channels, 32);
  EXPECT_EQ(layers[4].shape.out_channels, 10);
}

TEST(Prune, every_shipped_cnn_stays_whole_under_every_pattern) {
  for (const ShippedModel& shipped : shipped_models()) {
    const NetworkModel model = load_model(std::string(shipped.name));
    if (model.kind != TraceKind::cnn) continue;
    for (const char* pattern : {"dense", "random50", "random95", "nm24", "block75", "channel20",
                                "channel50", "channel90"}) {
      const auto layers = pruned(model, pattern);
      ASSERT_EQ(layers.size(), model.layers());
      for (std::size_t i = 0; i < layers.size(); ++i) {
        EXPECT_NO_THROW(layers[i].shape.check()) << shipped.name << ' ' << pattern << ' ' << i;
        EXPECT_GT(layers[i].weights, 0);
        EXPECT_LE(layers[i].weights, 1);
        // What a layer reads is what those before it put out, added up or side by side.
        int joined = 0;
        bool summed = true;
        for (const std::size_t before : model.convolutions[i].after) {
          joined += layers[before].shape.out_channels;
          summed = summed && layers[before].shape.out_channels == layers[i].shape.in_channels;
        }
        if (joined == 0) continue;
        EXPECT_TRUE(summed || layers[i].shape.in_channels % joined == 0)
            << shipped.name << ' ' << pattern << ' ' << model.convolutions[i].name;
      }
    }
  }
}

TEST(Prune, rates_of_vgg16_vary_as_measured_ones_do) {
  // Han et al., NIPS 2015, Table 5: percent of weights kept in conv1_2 … fc7, of all 7.5%.
  constexpr double kHan[] = {22, 34, 36, 53, 24, 42, 32, 27, 34, 35, 29, 36, 4, 4};
  const NetworkModel vgg = load_model("vgg16");
  const auto error = [&](double exponent) {
    NetworkModel model = vgg;
    model.pruning.exponent = exponent;
    const auto layers = prune(
        model, {.name = "as Han", .kind = WeightPattern::Kind::random, .kept = 0.075, .group = 1});
    double squares = 0;
    for (std::size_t i = 0; i < std::size(kHan); ++i) {
      squares += std::pow(std::log(layers[i + 1].weights / (kHan[i] / 100)), 2);
    }
    return std::sqrt(squares / static_cast<double>(std::size(kHan)));
  };
  // Not exact, but closer than the same rate for every layer, and than the usual ERK (about 1).
  EXPECT_LT(error(vgg.pruning.exponent), 0.75);
  EXPECT_GT(error(0), 1.3);
}

TEST(Prune, refusals) {
  EXPECT_EQ(message_of<SpecificationError>([] { pruned(load_model("bert"), "random50"); }),
            "pattern 'random50' is for CNNs and model 'bert' is attention; allowed is dense");
  NetworkModel model = row_of_layers(0);
  model.convolutions[3].after = {0, 1};
  EXPECT_EQ(message_of<SpecificationError>([&] { pruned(model, "channel50"); }),
            "model 'row' does not say whose outputs layer 'd' reads: it has 16 channels and those "
            "before it 24; allowed are patterns other than channel");
  model = row_of_layers(0);
  model.convolutions[2].shape.groups = 4;
  EXPECT_EQ(message_of<SpecificationError>([&] { pruned(model, "channel50"); }),
            "layer 'c' is grouped, but not one filter for each channel of one layer; allowed are "
            "patterns other than channel");
}

}  // namespace
}  // namespace dysta
