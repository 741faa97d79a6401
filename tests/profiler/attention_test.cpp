// Profiles of a network with attention that is made up: who gets which layer, what padding hides,
// and that threads change nothing.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "network.hpp"
#include "profile.hpp"
#include "report.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta::profiler {
namespace {

using dysta::test::message_of;

/// A linear layer of as many inputs as there are tokens, of which token 0 is a zero; with `heads`,
/// attention of as many queries, each of which sees all keys alike.
class FakeNetwork final : public Network {
 public:
  explicit FakeNetwork(int heads = 0) : Network("fake.pt"), heads_(heads) {}

  void run(const Array& input, LayerObserver& observer) const override {
    const auto& tokens = std::get<std::vector<std::int64_t>>(input.values);
    const int count = static_cast<int>(tokens.size());
    ActivationMask mask(count, 1, 1);
    for (int i = 0; i < count; ++i) {
      if (tokens[static_cast<std::size_t>(i)] != 0) mask.set(i, 0, 0);
    }
    const std::function<WeightMask()> weights = [&] {
      return WeightMask(std::vector<std::uint8_t>(static_cast<std::size_t>(2 * count), 1));
    };
    observer.on_convolution({.name = "linear",
                             .shape = {.in_channels = count, .out_channels = 2},
                             .weights_key = "first",
                             .weights = weights,
                             .activations = mask});
    if (heads_ == 0) return;
    const std::vector<float> alike(static_cast<std::size_t>(heads_ * count * count),
                                   1.0F / static_cast<float>(count));
    std::vector<bool> hidden;
    for (const auto token : tokens) hidden.push_back(token == 0);
    const std::function<std::vector<float>(int)> predicted = [&](int) { return alike; };
    observer.on_attention(
        {.shape = {.heads = heads_, .queries = count, .keys = count, .width = heads_ * 4},
         .probabilities = alike,
         .key_hidden = hidden,
         .predicted = predicted});
  }

 private:
  int heads_;
};

class AttentionProfile : public testing::Test {
 protected:
  Profile run(const std::string& tokens, const std::vector<std::string>& names,
              const Network& network, ProfileOptions options = {}) {
    std::vector<InputSet> sets;
    sets.push_back(InputSet::open(folder_.write("t.txt", tokens), {}));
    return profile(network, sets, accelerators(names), options);
  }

  static std::vector<std::unique_ptr<const Accelerator>> accelerators(
      const std::vector<std::string>& names) {
    std::vector<std::unique_ptr<const Accelerator>> all;
    for (const std::string& name : names) all.push_back(load_accelerator(name));
    return all;
  }

  std::string fault(const std::string& tokens, const std::vector<std::string>& names,
                    const Network& network) {
    return message_of<FileError>([&] { run(tokens, names, network); });
  }

  dysta::test::TemporaryFolder folder_;
};

TEST_F(AttentionProfile, accelerators_get_the_layers_they_run) {
  const Profile found = run("1 0 2 3\n5 6 7 8\n", {"dense", "sanger"}, FakeNetwork(2));
  ASSERT_EQ(found.inputs.size(), 2U);
  EXPECT_FALSE(found.interrupted);
  EXPECT_EQ(found.layers[0].size(), 2U);
  EXPECT_EQ(found.layers[1].size(), 1U);
  EXPECT_EQ(found.layers[0][0].name, "linear");
  EXPECT_EQ(found.layers[0][0].dense_macs(), 8);
  const auto& first = found.inputs[0];
  EXPECT_EQ(first.layers[0][0].sparsity, 0.25);
  EXPECT_EQ(first.layers[0][0].cost.effectual_macs, 6);
  EXPECT_EQ(first.tokens, 3);  // token 0 is padding
  EXPECT_EQ(first.layers[1][0].sparsity, 0);
  EXPECT_EQ(first.layers[1][0].dense_macs, 2 * 3 * 3 * 8);
  // Three entries in a sub-row of 32, or of 16.
  EXPECT_DOUBLE_EQ(first.layers[1][0].balance_of_half, 3.0 / 32);
  EXPECT_DOUBLE_EQ(first.layers[1][0].balance_of_quarter, 3.0 / 16);
  EXPECT_EQ(found.inputs[1].tokens, 4);
}

TEST_F(AttentionProfile, threads_change_nothing) {
  std::string tokens;
  for (int i = 1; i < 60; ++i) {
    for (int j = 0; j < 1 + i % 7; ++j) tokens += std::to_string(i * j % 5) + ' ';
    tokens += '\n';
  }
  const FakeNetwork network(2);
  std::vector<std::string> traces;
  for (const std::size_t threads : {1UL, 2UL, 5UL, 100UL}) {
    const Profile found =
        run(tokens, {"dense", "sanger"}, network, {.preparation = {}, .threads = threads});
    traces.push_back(trace_csv(found, 0, false) + trace_csv(found, 1, true));
    EXPECT_EQ(traces.back(), traces.front()) << threads;
  }
}

TEST_F(AttentionProfile, networks_that_an_accelerator_cannot_run) {
  EXPECT_TRUE(fault("1 2\n", {"eyeriss_v2"}, FakeNetwork(1))
                  .starts_with("fake.pt: holds attention, which accelerator 'eyeriss_v2' does not "
                               "run; allowed is one that does, like sanger or dense (at "));
  EXPECT_EQ(fault("1 2\n", {"sanger"}, FakeNetwork()),
            "fake.pt: has no layers that accelerator 'sanger' runs; allowed is one that does");
}

TEST_F(AttentionProfile, traces_read_back) {
  const Profile found = run("1 0 2 3\n5 6 7 8\n0 0 0 0\n", {"dense", "sanger"}, FakeNetwork(2));
  const Trace dense = parse_trace("n_p.csv", trace_csv(found, 0, false));
  EXPECT_EQ(dense.samples(), 3U);
  EXPECT_EQ(dense.layers(), 2U);
  EXPECT_EQ(dense.sample(0)[0].sparsity, 0.25);
  EXPECT_LT(dense.sample(2)[0].sparsity, 1);  // all zero, but predictors divide by the rest
  const Trace sanger = parse_trace("n_p.csv", trace_csv(found, 1, true));
  EXPECT_EQ(sanger.samples(), 3U);
  EXPECT_EQ(sanger.layers(), 1U);
}

}  // namespace
}  // namespace dysta::profiler
