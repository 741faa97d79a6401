#include "profile.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "report.hpp"
#include "support/temporary_folder.hpp"

namespace dysta::profiler {
namespace {

using testing::HasSubstr;

/// Its one convolution, of one weight on an image of 1 × 8, sees the tokens of the input as
/// activations; it then multiplies as many matrices of ones as the first token says.
class FakeNetwork final : public Network {
 public:
  FakeNetwork() : Network("fake.pt") {}

  void run(const Array& input, LayerObserver& observer) const override {
    const auto& tokens = std::get<std::vector<std::int64_t>>(input.values);
    if (tokens.size() != 8) throw NetworkError("refuses an input of another length than 8");
    std::vector<float> values(tokens.begin(), tokens.end());
    const auto mask = ActivationMask::of_nonzeros(values, 1, 1, 8);
    const std::function<WeightMask()> weights = [] { return WeightMask({1}); };
    observer.on_convolution({.name = "first",
                             .shape = {.in_width = 8},
                             .weights_key = "first",
                             .weights = weights,
                             .activations = mask});
    for (std::int64_t i = 0; i < tokens[0]; ++i) {
      const auto ones = ActivationMask::of_nonzeros(std::vector<float>{1, 1}, 2, 1, 1);
      const std::function<WeightMask()> some = [] { return WeightMask({1, 0}); };
      observer.on_convolution({.name = "further",
                               .shape = {.in_channels = 2},
                               .weights_key = "",
                               .weights = some,
                               .activations = ones});
    }
  }
};

class ProfileTest : public testing::Test {
 protected:
  std::vector<InputSet> tokens(const std::string& text) {
    const std::string path = folder_.path("tokens.txt");
    std::ofstream(path) << text;
    std::vector<InputSet> sets;
    sets.push_back(InputSet::open(path, std::nullopt));
    return sets;
  }

  static std::vector<std::unique_ptr<const Accelerator>> accelerators() {
    std::vector<std::unique_ptr<const Accelerator>> both;
    both.push_back(load_accelerator("eyeriss_v2"));
    both.push_back(load_accelerator("dense"));
    return both;
  }

  test::TemporaryFolder folder_;
  FakeNetwork network_;
};

TEST_F(ProfileTest, counts_every_layer_of_every_input_on_every_accelerator) {
  const auto sets = tokens("1 0 0 0 0 0 0 0\n1 1 1 1 0 0 0 0\n");
  const Profile result = profile(network_, sets, accelerators(), {});
  ASSERT_EQ(result.inputs.size(), 2U);
  ASSERT_EQ(result.layers[0].size(), 2U);
  EXPECT_EQ(result.layers[0][0].name, "first");
  EXPECT_EQ(result.layers[0][1].weight_density, 0.5);
  EXPECT_EQ(result.inputs[0].layers[0][0].sparsity, 7.0 / 8);
  EXPECT_EQ(result.inputs[0].layers[0][0].cost.effectual_macs, 1);
  EXPECT_EQ(result.inputs[1].layers[0][0].cost.effectual_macs, 4);
  EXPECT_EQ(result.inputs[1].layers[0][1].cost.effectual_macs, 1);
  EXPECT_EQ(result.inputs[1].layers[1][0].cost.effectual_macs, 4);
  EXPECT_NE(result.inputs[0].digest, result.inputs[1].digest);
}

TEST_F(ProfileTest, thread_count_changes_nothing) {
  std::string lines;
  for (int i = 0; i < 64; ++i) {
    lines += "2 " + std::to_string(i % 2) + " 0 " + std::to_string(i % 3) + " 0 1 0 1\n";
  }
  const auto sets = tokens(lines);
  const auto on = accelerators();
  const auto text = [&](std::size_t threads) {
    std::size_t last = 0;
    const auto progress = [&](std::size_t done, std::size_t of) {
      EXPECT_EQ(done, last + 1);
      EXPECT_EQ(of, 64U);
      last = done;
    };
    const Profile result = profile(network_, sets, on,
                                   {.preparation = {},
                                    .threads = threads,
                                    .strict = false,
                                    .progress = progress,
                                    .stop = nullptr});
    EXPECT_EQ(last, 64U);
    return trace_csv(result, 0, false) + summary_text(result, 1, *on[1]);
  };
  const std::string one = text(1);
  EXPECT_EQ(text(2), one);
  EXPECT_EQ(text(5), one);
  EXPECT_EQ(text(1000), one);
}

TEST_F(ProfileTest, trace_reads_back) {
  const auto sets = tokens("1 0 0 0 0 0 0 0\n1 1 1 1 0 0 0 0\n1 0 0 0 0 0 0 0\n");
  const Profile result = profile(network_, sets, accelerators(), {});
  const Trace trace = parse_trace("net_dense.csv", trace_csv(result, 0, false));
  EXPECT_EQ(trace.samples(), 3U);
  EXPECT_EQ(trace.layers(), 2U);
  EXPECT_EQ(trace.sample(1)[0].sparsity, 0.5);
  EXPECT_EQ(trace.sample(1)[0].latency_s, result.inputs[1].layers[0][0].cost.latency.count());
}

TEST_F(ProfileTest, all_zero_inputs_stay_below_one) {
  const auto sets = tokens("0 0 0 0 0 0 0 0\n");
  const Profile result = profile(network_, sets, accelerators(), {});
  EXPECT_EQ(result.inputs[0].layers[0][0].sparsity, 1);
  EXPECT_EQ(parse_trace("net.csv", trace_csv(result, 0, false)).sample(0)[0].sparsity, 0.9999999);
}

TEST_F(ProfileTest, provenance_is_json_that_says_where_the_trace_is_from) {
  const auto sets = tokens("1 0 0 0 0 0 0 0\n1 1 1 1 0 0 0 0\n");
  const auto on = accelerators();
  const Profile result = profile(network_, sets, on, {});
  const Preparation preparation;
  const auto json = nlohmann::json::parse(provenance_json(result, 0,
                                                          {.network = network_,
                                                           .sets = sets,
                                                           .accelerator = *on[0],
                                                           .accelerator_parameters = "text",
                                                           .preparation = preparation,
                                                           .dysta_version = "1",
                                                           .libtorch_version = "2",
                                                           .seed = 3,
                                                           .variant = "net_dense"}));
  EXPECT_EQ(json["trace"], "net_dense.csv");
  EXPECT_EQ(json["inputs"][0]["inputs"], 2);
  EXPECT_EQ(json["inputs"][0]["effectual_macs"]["largest"], 5);
  EXPECT_EQ(json["layers"][1]["weight_density"], 0.5);
  EXPECT_EQ(json["seed"], 3);
  EXPECT_EQ(json["accelerator"]["name"], "eyeriss_v2");
  EXPECT_FALSE(json["interrupted"]);
}

TEST_F(ProfileTest, the_first_fault_is_told_whatever_thread_meets_one) {
  const auto sets = tokens("1 0 0 0 0 0 0 0\n1 0 0 0 0 0 0 0\n1 2\n1 2 3\n");
  const auto on = accelerators();
  for (const std::size_t threads : {1U, 4U}) {
    try {
      profile(network_, sets, on,
              {.preparation = {}, .threads = threads, .strict = false, .progress = {}, .stop = {}});
      FAIL() << "an input of two tokens was accepted";
    } catch (const FileError& error) {
      EXPECT_THAT(error.what(), HasSubstr("fake.pt: refuses an input of another length than 8"));
    }
  }
}

TEST_F(ProfileTest, inputs_must_run_the_same_number_of_layers) {
  const auto sets = tokens("1 0 0 0 0 0 0 0\n2 0 0 0 0 0 0 0\n");
  try {
    profile(network_, sets, accelerators(), {});
    FAIL() << "different numbers of layers were accepted";
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ran 3 layers"));
    EXPECT_THAT(error.what(), HasSubstr("and 2 for the first input"));
  }
}

TEST_F(ProfileTest, accelerators_that_run_none_of_it_are_refused) {
  std::vector<std::unique_ptr<const Accelerator>> sanger;
  sanger.push_back(load_accelerator("sanger"));
  const auto sets = tokens("1 0 0 0 0 0 0 0\n");
  EXPECT_THROW(profile(network_, sets, sanger, {}), FileError);
}

TEST_F(ProfileTest, stops_when_asked_and_says_so) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "1 0 0 0 0 0 0 0\n";
  const auto sets = tokens(lines);
  std::atomic<bool> stop = false;
  const Profile result = profile(network_, sets, accelerators(),
                                 {.preparation = {},
                                  .threads = 2,
                                  .strict = false,
                                  .progress =
                                      [&](std::size_t done, std::size_t) {
                                        if (done == 10) stop = true;
                                      },
                                  .stop = &stop});
  EXPECT_TRUE(result.interrupted);
  EXPECT_GE(result.inputs.size(), 10U);
  EXPECT_LT(result.inputs.size(), 20U);
}

TEST_F(ProfileTest, pictures_that_cannot_be_read_are_left_out_or_an_error) {
  std::filesystem::create_directory(folder_.path("pictures"));
  std::ofstream(folder_.path("pictures/one.jpg")) << "no picture";
  std::vector<InputSet> sets;
  sets.push_back(InputSet::open(folder_.path("pictures"), std::nullopt));
  const auto on = accelerators();
  EXPECT_THROW(profile(network_, sets, on, {}), FileError);  // none is left
  auto with_tokens = tokens("1 0 0 0 0 0 0 0\n");
  sets.push_back(std::move(with_tokens[0]));
  const Profile result = profile(network_, sets, on, {});
  EXPECT_EQ(result.inputs.size(), 1U);
  EXPECT_EQ(result.inputs[0].set, 1U);
  ASSERT_EQ(result.skipped.size(), 1U);
  EXPECT_THAT(result.skipped[0].why, HasSubstr("one.jpg: is no picture"));
  ProfileOptions strict;
  strict.strict = true;
  EXPECT_THROW(profile(network_, sets, on, strict), FileError);
}

}  // namespace
}  // namespace dysta::profiler
