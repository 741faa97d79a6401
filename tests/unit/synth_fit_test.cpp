// Fitting: factors that were put in are found again, and what is synthesised from a model fitted to
// a measured trace looks like that trace.
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/synth/calibration.hpp"
#include "dysta/synth/factors.hpp"
#include "dysta/synth/fit.hpp"
#include "dysta/synth/synthesize.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

using test::message_of;

const std::string kTraces = DYSTA_TRACES;

TEST(AnalyseFactors, finds_what_was_put_in) {
  constexpr std::size_t kVariables = 12;
  constexpr std::size_t kCount = 5000;
  RandomStream random(5, StreamPurpose::synthesis);
  Observations observations{.variables = kVariables, .values = {}};
  for (std::size_t s = 0; s < kCount; ++s) {
    const double common = random.normal();
    for (std::size_t v = 0; v < kVariables; ++v) {
      const double loading = v % 2 == 0 ? 0.8 : -0.4;
      observations.values.push_back(
          10 + 3 * (loading * common + std::sqrt(1 - loading * loading) * random.normal()));
    }
  }
  const FactorAnalysis analysis = analyse_factors(observations, 8);
  ASSERT_EQ(analysis.factors, 1U);
  for (std::size_t v = 0; v < kVariables; ++v) {
    // A correlation's standard error is 0.014 at most; a loading's is of that size.
    EXPECT_NEAR(analysis.loadings[v][0], v % 2 == 0 ? 0.8 : -0.4, 0.07);
  }
  EXPECT_NEAR(analysis.neighbour_correlation, 0, 0.05);
}

TEST(AnalyseFactors, finds_none_in_noise_and_neighbours_in_a_chain) {
  RandomStream random(6, StreamPurpose::synthesis);
  Observations observations{.variables = 20, .values = {}};
  for (std::size_t s = 0; s < 4000; ++s) {
    double state = random.normal();
    for (std::size_t v = 0; v < 20; ++v) {
      observations.values.push_back(state);
      state = 0.1 * state + std::sqrt(1 - 0.01) * random.normal();
    }
  }
  const FactorAnalysis chain = analyse_factors(observations, 0);
  EXPECT_EQ(chain.factors, 0U);
  EXPECT_NEAR(chain.neighbour_correlation, 0.1, 0.02);
}

TEST(FitModel, reads_back_what_was_synthesised) {
  const test::TemporaryFolder folder;
  const NetworkModel truth = load_model("mobilenetv1");
  SynthesisOptions options;
  options.inputs = {{"imagenet", 3000}, {"imagenet_dark", 1000}};
  options.accelerator_parameters = accelerator_parameters("eyeriss_v2");
  const auto drawn = synthesize(truth, *load_accelerator("eyeriss_v2"), options);
  const std::string path = folder.write("mobilenetv1_dense.csv", drawn.csv);
  folder.write("mobilenetv1_dense.json", drawn.provenance);
  const NetworkModel fitted = fit_model(read_measured_trace(path));
  EXPECT_EQ(fitted.name, "mobilenetv1");
  EXPECT_EQ(parse_model("again.yaml", text_of(fitted, 6)).layers(), truth.layers());
  ASSERT_EQ(fitted.layers(), truth.layers());
  EXPECT_NEAR(fitted.data_sets[1].spread, truth.data_sets[1].spread, 0.03);
  EXPECT_NEAR(fitted.depth_correlation, truth.depth_correlation, 0.05);
  for (std::size_t i = 0; i < truth.layers(); ++i) {
    const ConvolutionStatistics& a = fitted.convolutions[i];
    const ConvolutionStatistics& b = truth.convolutions[i];
    EXPECT_EQ(a.shape, b.shape) << i;
    EXPECT_NEAR(a.density.mean, b.density.mean, 0.1 * b.density.deviation) << i;
    EXPECT_NEAR(a.density.deviation, b.density.deviation, 0.1 * b.density.deviation) << i;
    if (b.density.mean < 0.95) {
      EXPECT_NEAR(a.density.shifts[1], b.density.shifts[1], 0.2) << i;
      // Where moving data takes the time, it cannot be told.
      if (a.unevenness != 1) {
        EXPECT_NEAR(a.unevenness, b.unevenness, 0.03) << i;
      }
    }
  }
  // Factors may be turned; what they say of two layers may not.
  const auto shared = [](const NetworkModel& model, std::size_t i, std::size_t j) {
    double sum = 0;
    for (std::size_t k = 0; k < model.factors(); ++k) {
      sum += model.density(i).loadings[k] * model.density(j).loadings[k];
    }
    return sum;
  };
  for (std::size_t i = 0; i < truth.layers(); ++i) {
    for (std::size_t j = i + 2; j < truth.layers(); ++j) {
      EXPECT_NEAR(shared(fitted, i, j), shared(truth, i, j), 0.12) << i << ' ' << j;
    }
  }
}

/// Two populations that attend differently at equal lengths, or of other lengths as well: what is
/// drawn from the fitted model has the mean density of each.
TEST(FitModel, attention_of_two_data_sets_keeps_the_level_of_each) {
  const test::TemporaryFolder folder;
  NetworkModel truth = load_model("gpt2");
  const std::string first = truth.data_sets.front().name;
  truth.data_sets.resize(1);
  truth.data_sets.push_back({.name = "other", .spread = 1.2, .tokens = {}});
  for (AttentionStatistics& layer : truth.attention) layer.density.shifts = {0, 2};
  const auto accelerator = load_accelerator("sanger");
  SynthesisOptions options;
  options.inputs = {{first, 2000}, {"other", 1000}};
  options.accelerator_parameters = accelerator_parameters("sanger");
  const auto mean_density = [](const Trace& trace, std::size_t begin, std::size_t count) {
    double sum = 0;
    for (std::size_t s = begin; s < begin + count; ++s) {
      for (const LayerSample& layer : trace.sample(s)) sum += 1 - layer.sparsity;
    }
    return sum / static_cast<double>(count * trace.layers());
  };
  const double length = truth.reference_tokens;
  for (const bool of_one_length : {true, false}) {
    SCOPED_TRACE(of_one_length ? "one length" : "several lengths");
    truth.data_sets[0].tokens = {of_one_length ? length : length / 2, length};
    truth.data_sets[1].tokens = {of_one_length ? length : 0.7 * length, length};
    const auto drawn = synthesize(truth, *accelerator, options);
    const std::string path = folder.write("gpt2_dense.csv", drawn.csv);
    folder.write("gpt2_dense.json", drawn.provenance);
    const NetworkModel fitted = fit_model(read_measured_trace(path));
    EXPECT_NEAR(fitted.data_sets[1].spread, 1.2, 0.06);
    for (std::size_t i = 0; i < truth.layers(); ++i) {
      const DensityStatistics& a = fitted.attention[i].density;
      const DensityStatistics& b = truth.attention[i].density;
      EXPECT_EQ(a.shifts[0], 0);
      EXPECT_NEAR(a.shifts[1], 2, 0.2) << i;
      if (!of_one_length) continue;  // what is stated is at another reference length
      EXPECT_NEAR(a.mean, b.mean, 0.1 * b.deviation) << i;
      EXPECT_NEAR(a.deviation, b.deviation, 0.1 * b.deviation) << i;
    }
    options.seed = 2;
    const auto again = synthesize(fitted, *accelerator, options);
    EXPECT_NEAR(mean_density(again.trace, 0, 2000), mean_density(drawn.trace, 0, 2000), 0.002);
    EXPECT_NEAR(mean_density(again.trace, 2000, 1000), mean_density(drawn.trace, 2000, 1000),
                0.003);
    options.seed = 1;
  }
}

/// What is measured has to lie where draws from the model do. Forty draws tell their mean and
/// deviation; the trace itself is one more draw, so allowed are three deviations. The second bound,
/// relative to what was measured, keeps a wide spread from excusing a wrong model.
void expect_recovered(const std::string& path, double correlation_bound) {
  const Calibration c = calibrate(read_measured_trace(path), 40);
  const auto close = [&](double TraceStatistics::*member, double bound, const char* what) {
    const double measured = c.measured.*member;
    const double synthesised = c.synthesised.*member;
    const double spread = c.spread.*member;
    EXPECT_LT(std::abs(measured - synthesised), 3 * spread) << what;
    EXPECT_LT(std::abs(measured - synthesised), bound) << what;
  };
  close(&TraceStatistics::sparsity, 0.005, "mean");
  close(&TraceStatistics::sparsity_deviation, 0.1 * c.measured.sparsity_deviation, "spread");
  close(&TraceStatistics::sparsity_range, 0.15 * c.measured.sparsity_range, "relative range");
  close(&TraceStatistics::layer_correlation, correlation_bound, "layer correlation");
  close(&TraceStatistics::latency_s, 0.02 * c.measured.latency_s, "latency");
}

TEST(FitModel, recovers_a_measured_cnn_with_both_data_sets) {
  expect_recovered(kTraces + "/eyeriss_v2/squeezenet_pruned.csv", 0.05);
  expect_recovered(kTraces + "/eyeriss_v2/mobilenetv1-075_dense.csv", 0.05);
}

TEST(FitModel, recovers_measured_attention_with_varying_lengths) {
  expect_recovered(kTraces + "/sanger/gpttoy.csv", 0.02);
}

TEST(FitModel, constant_layers_stay_constant) {
  const NetworkModel model =
      fit_model(read_measured_trace(kTraces + "/eyeriss_v2/palmdetector_dense.csv"));
  std::size_t constant = 0;
  for (const ConvolutionStatistics& layer : model.convolutions) {
    if (layer.density.deviation == 0) ++constant;
  }
  EXPECT_EQ(constant, 52U);  // of 53; 48 never change, four by less than 1e-5
  EXPECT_NO_THROW(parse_model("again.yaml", text_of(model, 6)));
}

TEST(ReadMeasuredTrace, faults) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write(
      "net_dense.csv", "sim_lat,overall-sparsity,batch-indx,layer-indx\n0.001,0.5,0,0\n");
  const std::string provenance = folder.path("net_dense.json");
  const auto fault = [&] {
    return message_of<FileError>([&] { fit_model(read_measured_trace(path)); });
  };
  EXPECT_EQ(fault(), provenance + ": cannot be opened: No such file or directory");
  const auto write = [&](const std::string& text) { folder.write("net_dense.json", text); };
  write("{");
  EXPECT_EQ(fault(),
            provenance + ":1: is not JSON; allowed beside a trace is its provenance as JSON");
  write("{}");
  EXPECT_TRUE(fault().starts_with(provenance + ": is not the provenance of a trace: ")) << fault();
  EXPECT_TRUE(fault().ends_with("; allowed is what dysta profile writes beside one"));
  const auto provenance_of = [](const std::string& inputs, const std::string& weights) {
    return R"({"origin": "o", "model": {"what": "w"}, "inputs": [{"name": "day", "inputs": )" +
           inputs + R"(}], "accelerator": {"name": "a", "parameters": "p"}, "layers": [{"name": "l",
           "kind": "convolution", "in_channels": 1, "out_channels": 1, "height": 1, "width": 1,
           "kernel": [1, 1], "stride": [1, 1], "padding": [0, 0, 0, 0], "dilation": [1, 1],
           "groups": 1, "weight_density": )" +
           weights + "}]}";
  };
  write(provenance_of("2", "1"));
  EXPECT_EQ(fault(), provenance + ": is about 2 inputs and 1 layer, and " + path +
                         " has 1 input and 1 layer; allowed is the same");
  write(provenance_of("1", "0"));
  EXPECT_EQ(fault(), provenance +
                         ": has a layer 'l' whose weight_density is not in (0, 1]; allowed is a "
                         "share of weights");
  write(provenance_of("1", "1"));
  EXPECT_EQ(fault(), path + ": has 1 input of data set 'day'; needed are at least 10");
}

}  // namespace
}  // namespace dysta
