// Model files: what they say, and every way in which they can be wrong.
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/synth/network_model.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using test::message_of;

const std::string kHead =
    "schema: 1\nname: tiny\nwhat: a test\nkind: cnn\norigin: {layers: made up}\n"
    "data_sets:\n  - {name: day}\n  - {name: night, shift: 0.5, spread: 0.9}\n"
    "factors: 2\ndepth_correlation: 0.25\n"
    "pruning: {exponent: 0.2, random_unevenness: 0.1}\n";
const std::string kFirst =
    "  - {name: first, in_channels: 3, out_channels: 8, height: 9, width: 7, kernel: 3, "
    "padding: 1, density: 0.9, sd: 0.01}\n";
const std::string kSecond =
    "  - {name: second, in_channels: 8, out_channels: 4, height: 9, width: 7, kernel: [1, 3], "
    "padding: [0, 1, 0, 1], stride: [2, 1], density: 0.5, sd: 0.05, loadings: [0.5, -0.5], "
    "shifts: -1.5, weights: 0.7, unevenness: 1.25}\n";
const std::string kTiny = kHead + "layers:\n" + kFirst + kSecond;

const std::string kAttention =
    "schema: 1\nname: talk\nwhat: a test\nkind: attention\norigin: {layers: made up}\n"
    "data_sets:\n  - {name: fixed, tokens: 64}\n  - {name: varied, tokens: [8, 64, 128]}\n"
    "reference_tokens: 64\nlayers:\n"
    "  - {name: a, heads: 2, width: 16, causal: true, density: 0.3, sd: 0.02, "
    "length_effect: [-0.5, 0.1], balance: 0.6, balance_length: 0.2, balance_density: 0.9, "
    "balance_sd: 0.05}\n"
    "  - {name: b, heads: 2, width: 16, density: 1}\n";

std::string fault(const std::string& text) {
  const std::string message = message_of<FileError>([&] { parse_model("m.yaml", text); });
  EXPECT_TRUE(message.starts_with("m.yaml:")) << message;
  return message.substr(std::min(message.size(), std::string("m.yaml:").size()));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ParseModel, reads_a_cnn) {
  const NetworkModel model = parse_model("m.yaml", kTiny);
  EXPECT_EQ(model.name, "tiny");
  EXPECT_EQ(model.pattern, "dense");
  EXPECT_EQ(model.kind, TraceKind::cnn);
  EXPECT_EQ(model.factors(), 2U);
  EXPECT_EQ(model.pruning.random_unevenness, 0.1);
  ASSERT_EQ(model.data_sets.size(), 2U);
  EXPECT_EQ(model.data_sets[1].spread, 0.9);
  ASSERT_EQ(model.convolutions.size(), 2U);
  const ConvolutionStatistics& second = model.convolutions[1];
  EXPECT_EQ(second.after, std::vector<std::size_t>{0});
  EXPECT_EQ(second.shape.kernel_width, 3);
  EXPECT_EQ(second.shape.pad_left, 1);
  EXPECT_EQ(second.shape.stride_height, 2);
  EXPECT_EQ(second.density.shifts, (std::vector<double>{0, -1.5}));
  EXPECT_EQ(model.convolutions[0].density.shifts, (std::vector<double>{0, 0.5}));
  EXPECT_EQ(model.convolutions[0].density.loadings, (std::vector<double>{0, 0}));
  EXPECT_EQ(model.dense_macs(), 3 * 8 * 9 * 63 + 8 * 4 * 3 * 5 * 7);
}

TEST(ParseModel, reads_attention) {
  const NetworkModel model = parse_model("m.yaml", kAttention);
  EXPECT_EQ(model.kind, TraceKind::attention);
  ASSERT_EQ(model.attention.size(), 2U);
  EXPECT_TRUE(model.attention[0].causal);
  EXPECT_EQ(model.attention[0].length_effect, (std::vector<double>{-0.5, 0.1}));
  EXPECT_EQ(model.data_sets[1].tokens, (std::vector<double>{8, 64, 128}));
  EXPECT_EQ(model.dense_macs(), 2 * 2 * 64 * 64 * 16);
}

TEST(ParseModel, its_text_reads_back_as_the_same_model) {
  for (const std::string& text : {kTiny, kAttention}) {
    const NetworkModel model = parse_model("m.yaml", text);
    EXPECT_EQ(parse_model("again.yaml", text_of(model)), model);
  }
  for (const ShippedModel& shipped : shipped_models()) {
    const NetworkModel model = load_model(std::string(shipped.name));
    EXPECT_EQ(parse_model("again.yaml", text_of(model)), model) << shipped.name;
  }
}

TEST(ParseModel, origins_may_hold_anything) {
  const NetworkModel model = parse_model(
      "m.yaml", replaced(kTiny, "{layers: made up}", "{layers: \"a \\\"b\\\" \\\\ \\x07 #: c\"}"));
  EXPECT_EQ(model.origins[0].text, "a \"b\" \\ \a #: c");
  EXPECT_EQ(parse_model("again.yaml", text_of(model)), model);
}

TEST(ParseModel, faults_have_line_and_column) {
  EXPECT_EQ(fault(replaced(kTiny, "schema: 1", "schema: 2")),
            "1:9: schema is '2'; allowed is a whole number from 1 to 1");
  EXPECT_EQ(
      fault(replaced(kTiny, "name: tiny", "name: ti_ny")),
      "2:7: name is 'ti_ny'; allowed is one word of letters, digits, '-' and '.' that begins with "
      "a letter or digit");
  EXPECT_EQ(fault(replaced(kTiny, "kind: cnn", "kind: rnn")),
            "4:7: kind is 'rnn'; allowed is cnn or attention");
  EXPECT_EQ(fault(replaced(kTiny, "spread: 0.9", "spread: 0")),
            "8:39: spread is '0'; allowed is a number greater than 0 and at most 100");
  EXPECT_EQ(fault(replaced(kTiny, "name: night", "name: day")),
            "8:12: name is 'day'; allowed is a name that no other has");
  EXPECT_EQ(fault(replaced(kTiny, "{name: day}", "{name: day, shift: 1}")),
            "7:17: 'shift' is not known here; allowed are name, spread");
  EXPECT_EQ(fault(replaced(kTiny, "factors: 2", "factors: 1.5")),
            "9:10: factors is '1.5'; allowed is a whole number from 0 to 16");
  EXPECT_EQ(fault(kTiny + "extra: 1\n").substr(0, 34), "15:1: 'extra' is not known here; a");
  EXPECT_EQ(fault(kHead + "layers: []\n"),
            "12:9: layers is an empty list; allowed is a map, or a list of maps, at least one");
}

TEST(ParseModel, faults_of_layers) {
  const auto second = [](const std::string& from, const std::string& to) {
    return fault(replaced(kTiny, from, to));
  };
  EXPECT_EQ(second("density: 0.5", "density: 0"),
            "14:138: density is '0'; allowed is a number greater than 0 and at most 1");
  EXPECT_EQ(second("density: 0.5", "density: .nan"),
            "14:138: density is '.nan'; allowed is a number greater than 0 and at most 1");
  EXPECT_EQ(second("sd: 0.05", "sd: 0.46"),
            "14:147: sd is '0.46'; allowed is a number from 0 to 0.45");
  EXPECT_EQ(second("[0.5, -0.5]", "[0.9, 0.9]"),
            "14:163: loadings have squares that sum to 1.62; allowed is at most 1");
  EXPECT_EQ(second("[0.5, -0.5]", "[0.9]"),
            "14:163: loadings are 1; allowed are as many as the model has factors, 2");
  EXPECT_EQ(second("shifts: -1.5", "shifts: [1, 2]"),
            "14:184: shifts are 2; allowed is one for each data set but the first, 1");
  EXPECT_EQ(second("kernel: [1, 3]", "kernel: [1, 3, 3]"),
            "14:82: kernel has 3 numbers; allowed is a whole number, or a list of 2");
  EXPECT_EQ(second("kernel: [1, 3]", "kernel: 1.5"),
            "14:82: kernel has 1 number, not all whole; allowed is a whole number, or a list of 2");
  EXPECT_EQ(second("kernel: [1, 3]", "kernel: 99"),
            "14:33: kernel 99 x 99 is larger than the padded input 9 x 7; allowed is one that "
            "fits into it");
  EXPECT_EQ(second("name: second", "name: first"),
            "14:12: name is 'first'; allowed is a name that no other has");
  EXPECT_EQ(second("name: second", "name: second, after: [third]"),
            "14:27: after has 'third'; allowed are names of layers before this one, and 'input'");
  EXPECT_EQ(second("name: second", "name: second, after: [first, first]"),
            "14:27: after has a layer twice; allowed is once");
  EXPECT_EQ(second("weights: 0.7", "weights: 1.1"),
            "14:199: weights is '1.1'; allowed is a number greater than 0 and at most 1");
  EXPECT_EQ(second("unevenness: 1.25", "uneven: 1").substr(0, 34),
            "14:204: 'uneven' is not known here");
}

TEST(ParseModel, faults_of_attention) {
  const auto at = [](const std::string& from, const std::string& to) {
    return fault(replaced(kAttention, from, to));
  };
  EXPECT_EQ(
      at("[8, 64, 128]", "[8, 128, 64]"),
      "8:28: tokens do not ascend; allowed is a length, or quantiles of lengths from the least "
      "to the largest");
  EXPECT_EQ(at(", tokens: 64", ""), "7:5: lacks 'tokens'; it is needed here");
  EXPECT_EQ(at("heads: 2", "heads: 3"),
            "11:22: heads is 3 for a width of 16; allowed is a number that divides it");
  EXPECT_EQ(at("causal: true", "causal: maybe"),
            "11:44: causal is 'maybe'; allowed is true or false");
  EXPECT_EQ(at("reference_tokens: 64", "reference_tokens: 0"),
            "9:19: reference_tokens is '0'; allowed is a number from 1 to 1e6");
}

TEST(LoadModel, unknown_names_and_files) {
  EXPECT_EQ(message_of<SpecificationError>([] { load_model("resnet51"); }),
            "model 'resnet51' is not known; allowed are bart, bert, googlenet, gpt2, inceptionv3, "
            "mobilenetv1, resnet50, ssd300-resnet18, vgg16, and model files (.yaml)");
  EXPECT_EQ(message_of<FileError>([] { load_model("no/such.yaml"); }),
            "no/such.yaml: cannot be opened: No such file or directory");
}

TEST(ShippedModels, dense_totals_are_those_published) {
  const auto total = [](const char* name) {
    return static_cast<double>(load_model(name).dense_macs());
  };
  EXPECT_NEAR(total("resnet50"), 4.089e9, 0.5e6);
  EXPECT_NEAR(total("vgg16"), 15.470e9, 0.5e6);
  EXPECT_NEAR(total("mobilenetv1"), 0.5687e9, 0.5e5);
  EXPECT_NEAR(total("googlenet"), 1.50e9, 5e6);
  EXPECT_NEAR(total("inceptionv3"), 5.71e9, 5e6);
  EXPECT_NEAR(total("ssd300-resnet18"), 7.782e9, 0.5e6);  // of profiler/zoo/ssd300.py
  // Queries × keys and probabilities × values, of every block.
  EXPECT_EQ(total("bert"), 12 * 2.0 * 384 * 384 * 768);
  EXPECT_EQ(total("gpt2"), 12 * 2.0 * 512 * 512 * 768);
  EXPECT_EQ(total("bart"), 18 * 2.0 * 512 * 512 * 768);
}

TEST(ShippedModels, say_where_every_figure_is_from) {
  for (const ShippedModel& shipped : shipped_models()) {
    const NetworkModel model = load_model(std::string(shipped.name));
    EXPECT_EQ(model.name, shipped.name);
    const auto has = [&](const std::string& of) {
      return std::any_of(model.origins.begin(), model.origins.end(),
                         [&](const Origin& origin) { return origin.of == of; });
    };
    EXPECT_TRUE(has("layers") && has("densities")) << shipped.name;
    EXPECT_TRUE(model.kind == TraceKind::cnn ? has("pruning") && has("unevenness")
                                             : has("balance") && has("tokens"))
        << shipped.name;
  }
}

}  // namespace
}  // namespace dysta
