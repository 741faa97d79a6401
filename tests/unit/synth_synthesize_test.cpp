// Drawing traces: the same bytes for the same seed, what stays when something else changes, and
// that what is drawn has the moments that the model states.
#include <cmath>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/synth/synthesize.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using test::message_of;
using Json = nlohmann::json;

const NetworkModel& tiny() {
  static const NetworkModel model = parse_model(
      "m.yaml",
      "schema: 1\nname: tiny\nwhat: a test\nkind: cnn\norigin: {layers: made up}\n"
      "data_sets: [{name: day}, {name: night, shift: 1, spread: 0.5}]\n"
      "factors: 1\ndepth_correlation: 0.5\n"
      "pruning: {random_unevenness: 0.2}\nlayers:\n"
      "  - {name: a, in_channels: 3, out_channels: 8, height: 8, width: 8, density: 0.99}\n"
      "  - {name: b, in_channels: 8, out_channels: 8, height: 8, width: 8, density: 0.3, sd: 0.1, "
      "loadings: 0.6, shifts: 0}\n"
      "  - {name: c, in_channels: 8, out_channels: 8, height: 8, width: 8, density: 0.8, sd: 0.02, "
      "loadings: -0.6}\n"
      "  - {name: d, in_channels: 8, out_channels: 8, height: 8, width: 8, density: 0.5, "
      "sd: 0.05}\n");
  return model;
}

const Accelerator& eyeriss() {
  static const auto accelerator = load_accelerator("eyeriss_v2");
  return *accelerator;
}

const Accelerator& sanger() {
  static const auto accelerator = load_accelerator("sanger");
  return *accelerator;
}

SynthesizedTrace draw(const NetworkModel& model, std::size_t day, std::size_t night = 0,
                      std::uint64_t seed = 1, const char* pattern = "") {
  SynthesisOptions options;
  options.inputs = {{model.data_sets[0].name, day}};
  if (night > 0) options.inputs.emplace_back(model.data_sets[1].name, night);
  options.seed = seed;
  options.pattern = pattern;
  return synthesize(model, model.kind == TraceKind::cnn ? eyeriss() : sanger(), options);
}

double density(const Trace& trace, std::size_t sample, std::size_t layer) {
  return 1 - trace.sample(sample)[layer].sparsity;
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments moments(const Trace& trace, std::size_t layer, std::size_t from, std::size_t to) {
  Moments m;
  const auto count = static_cast<double>(to - from);
  for (std::size_t s = from; s < to; ++s) m.mean += density(trace, s, layer) / count;
  for (std::size_t s = from; s < to; ++s) {
    m.deviation += std::pow(density(trace, s, layer) - m.mean, 2);
  }
  m.deviation = std::sqrt(m.deviation / (count - 1));
  return m;
}

double correlation(const Trace& trace, std::size_t a, std::size_t b, std::size_t count) {
  const Moments of_a = moments(trace, a, 0, count);
  const Moments of_b = moments(trace, b, 0, count);
  double sum = 0;
  for (std::size_t s = 0; s < count; ++s) {
    sum += (density(trace, s, a) - of_a.mean) * (density(trace, s, b) - of_b.mean);
  }
  return sum / static_cast<double>(count - 1) / (of_a.deviation * of_b.deviation);
}

TEST(Synthesize, same_seed_same_bytes) {
  const SynthesizedTrace first = draw(tiny(), 20, 10, 7);
  const SynthesizedTrace again = draw(tiny(), 20, 10, 7);
  EXPECT_EQ(first.csv, again.csv);
  EXPECT_EQ(first.provenance, again.provenance);
  EXPECT_NE(first.csv, draw(tiny(), 20, 10, 8).csv);
}

TEST(Synthesize, fewer_inputs_are_the_first_of_more) {
  const std::string few = draw(tiny(), 5).csv;
  EXPECT_TRUE(draw(tiny(), 50).csv.starts_with(few));
  const NetworkModel bert = load_model("bert");
  EXPECT_TRUE(draw(bert, 9).csv.starts_with(draw(bert, 4).csv));
}

TEST(Synthesize, data_sets_do_not_depend_on_each_other) {
  const Trace both = draw(tiny(), 4, 6).trace;
  SynthesisOptions options;
  options.inputs = {{"night", 6}};
  const Trace night = synthesize(tiny(), eyeriss(), options).trace;
  for (std::size_t s = 0; s < 6; ++s) {
    for (std::size_t l = 0; l < 4; ++l) {
      EXPECT_EQ(density(both, 4 + s, l), density(night, s, l));
    }
  }
}

TEST(Synthesize, patterns_see_the_same_inputs) {
  const Trace dense = draw(tiny(), 8).trace;
  const Trace sparse = draw(tiny(), 8, 0, 1, "random50").trace;
  EXPECT_EQ(dense.name(), "tiny_dense");
  EXPECT_EQ(sparse.name(), "tiny_random50");
  EXPECT_EQ(sparse.identity().model, "tiny");
  EXPECT_EQ(sparse.identity().pattern, "random50");
  for (std::size_t s = 0; s < 8; ++s) {
    for (std::size_t l = 0; l < 4; ++l) EXPECT_EQ(density(dense, s, l), density(sparse, s, l));
  }
}

TEST(Synthesize, moments_are_those_stated) {
  // 10000 inputs: standard errors are 1% of a deviation for means, 0.7% for deviations and 0.01 for
  // correlations; allowed are four to five of each.
  constexpr std::size_t kCount = 10'000;
  const Trace trace = draw(tiny(), kCount, kCount, 3).trace;
  for (const std::size_t l : {1U, 2U, 3U}) {
    const DensityStatistics& stated = tiny().convolutions[l].density;
    const Moments drawn = moments(trace, l, 0, kCount);
    EXPECT_NEAR(drawn.mean, stated.mean, 0.045 * stated.deviation) << l;
    EXPECT_NEAR(drawn.deviation, stated.deviation, 0.035 * stated.deviation) << l;
  }
  EXPECT_NEAR(moments(trace, 0, 0, kCount).deviation, 0, 1e-9);  // constant
  // b and c: -0.36 from the factor and 0.64 · 0.5 from the rest; b and d: 0.8 · 0.25.
  EXPECT_NEAR(correlation(trace, 1, 2, kCount), -0.36 + 0.64 * 0.5, 0.04);
  EXPECT_NEAR(correlation(trace, 1, 3, kCount), 0.8 * 0.25, 0.04);
  EXPECT_NEAR(correlation(trace, 2, 3, kCount), 0.8 * 0.5, 0.04);
  // At night: b is not shifted but half as wide; d is shifted by one deviation.
  const Moments b = moments(trace, 1, kCount, 2 * kCount);
  EXPECT_NEAR(b.deviation, 0.05, 0.003);
  const Moments d = moments(trace, 3, kCount, 2 * kCount);
  EXPECT_NEAR(d.mean, 0.55, 0.003);
}

TEST(Synthesize, lengths_follow_their_quantiles) {
  const NetworkModel gpt2 = load_model("gpt2");
  SynthesisOptions options;
  options.inputs = {{"tokens_varied", 4000}};
  const Trace trace = synthesize(gpt2, sanger(), options).trace;
  const std::vector<double>& quantiles = gpt2.data_sets[1].tokens;
  const double median = quantiles[quantiles.size() / 2];
  std::size_t below = 0;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    const double tokens = trace.sequence_length(s);
    EXPECT_GE(tokens, quantiles.front());
    EXPECT_LE(tokens, quantiles.back());
    if (tokens <= median) ++below;
    for (const LayerSample& layer : trace.sample(s)) {  // causality
      EXPECT_LE(1 - layer.sparsity, (tokens + 1) / (2 * tokens) + 1e-6);
    }
  }
  // A binomial of 4000 with share 0.5 has a deviation of 32.
  EXPECT_NEAR(static_cast<double>(below), 2000, 5 * 32);
}

TEST(Synthesize, a_length_for_all) {
  const NetworkModel bert = load_model("bert");
  SynthesisOptions options;
  options.inputs = {{"tokens_varied", 3}};
  options.sequence_length = 100;
  const SynthesizedTrace drawn = synthesize(bert, sanger(), options);
  EXPECT_EQ(drawn.trace.name(), "bert");
  for (std::size_t s = 0; s < 3; ++s) EXPECT_EQ(drawn.trace.sequence_length(s), 100U);
  EXPECT_EQ(Json::parse(drawn.provenance)["sequence_length"], 100);
}

TEST(Synthesize, provenance_says_that_it_is_synthesised) {
  const SynthesizedTrace drawn = draw(tiny(), 5, 3, 9, "random50");
  const Json json = Json::parse(drawn.provenance);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["trace"], "tiny_random50.csv");
  EXPECT_EQ(json["origin"], "synthesised from a statistical model; latency modelled");
  EXPECT_EQ(json["pattern"], "random50");
  EXPECT_EQ(json["seed"], 9);
  EXPECT_EQ(json["accelerator"]["name"], "eyeriss_v2");
  ASSERT_EQ(json["inputs"].size(), 2U);
  EXPECT_EQ(json["inputs"][1]["name"], "night");
  EXPECT_EQ(json["inputs"][1]["inputs"], 3);
  ASSERT_EQ(json["layers"].size(), 4U);
  EXPECT_EQ(json["layers"][1]["weight_density"], 0.5);
  EXPECT_EQ(parse_model("m.yaml", json["model"]["text"].get<std::string>()), tiny());
  double mean_s = 0;
  for (std::size_t s = 5; s < 8; ++s) mean_s += drawn.trace.isolated(s).count() / 3;
  EXPECT_NEAR(json["inputs"][1]["latency_s"]["mean"].get<double>(), mean_s, 1e-12);
}

TEST(Synthesize, every_shipped_model_has_a_trace) {
  for (const ShippedModel& shipped : shipped_models()) {
    const NetworkModel model = load_model(std::string(shipped.name));
    const Trace trace = draw(model, 4, 4).trace;
    EXPECT_EQ(trace.samples(), 8U);
    EXPECT_EQ(trace.layers(), model.layers());
    EXPECT_EQ(trace.identity().model, model.name);
  }
}

TEST(Synthesize, refusals) {
  const auto refusal = [](const NetworkModel& model, const Accelerator& accelerator,
                          const SynthesisOptions& options) {
    return message_of<SpecificationError>([&] { synthesize(model, accelerator, options); });
  };
  SynthesisOptions options;
  EXPECT_EQ(refusal(tiny(), sanger(), options),
            "accelerator 'sanger' does not run convolutions, which model 'tiny' consists of; "
            "allowed is one that does");
  options.sequence_length = 5;
  EXPECT_EQ(refusal(tiny(), eyeriss(), options),
            "a sequence length is given, and model 'tiny' is a CNN; allowed is one for attention "
            "alone");
  options = {};
  options.inputs = {{"dusk", 3}};
  EXPECT_EQ(refusal(tiny(), eyeriss(), options),
            "model 'tiny' has no data set 'dusk'; allowed are day, night");
  options.inputs = {{"day", 0}};
  EXPECT_EQ(refusal(tiny(), eyeriss(), options),
            "data set 'day' is to have 0 inputs; allowed are 1 to 1000000");
  options.inputs = {{"day", 1}, {"day", 2}};
  EXPECT_EQ(refusal(tiny(), eyeriss(), options), "data set 'day' is given twice; allowed is once");
}

}  // namespace
}  // namespace dysta
