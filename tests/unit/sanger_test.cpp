#include "dysta/accel/sanger.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using testing::ElementsAre;

/// A row of 64 keys for each count, of which so many are kept.
AttentionMask rows_with(const std::vector<int>& counts) {
  AttentionMask mask(1, static_cast<int>(counts.size()), 64);
  for (std::size_t query = 0; query < counts.size(); ++query) {
    for (int i = 0; i < counts[query]; ++i) {
      mask.keep(0, static_cast<int>(query), (i * 7) % 64);  // 7 and 64 share no factor
    }
  }
  return mask;
}

// Sub-rows of 32: 0 1 1 1 2 2; of 16: 0 1 2 2 3 4. An empty chunk takes one if it is kept.
TEST(PackAndSplit, chunks_of_every_fullness) {
  const AttentionMask mask = rows_with({0, 16, 17, 32, 33, 64});
  struct Case {
    int width;
    EmptyChunks empty;
    int sub_rows;
  };
  for (const Case& each : {Case{32, EmptyChunks::skip, 7}, Case{32, EmptyChunks::keep, 8},
                           Case{16, EmptyChunks::skip, 12}, Case{16, EmptyChunks::keep, 13}}) {
    const PackedMask packed = pack_and_split(mask, each.width, each.empty);
    EXPECT_EQ(packed.kept, 162);
    EXPECT_EQ(packed.sub_rows, each.sub_rows);
    EXPECT_EQ(packed.width, each.width);
    EXPECT_DOUBLE_EQ(packed.load_balance(), 162.0 / (each.sub_rows * each.width));
  }
}

TEST(PackAndSplit, exactly_full_is_not_one_more) {
  const auto sub_rows = [](int kept, int width) {
    return pack_and_split(rows_with({kept}), width, EmptyChunks::skip).sub_rows;
  };
  EXPECT_EQ(sub_rows(1, 16), 1);
  EXPECT_EQ(sub_rows(16, 16), 1);
  EXPECT_EQ(sub_rows(17, 16), 2);
  EXPECT_EQ(sub_rows(32, 16), 2);
  EXPECT_EQ(sub_rows(33, 16), 3);
  EXPECT_EQ(sub_rows(64, 16), 4);
  EXPECT_EQ(sub_rows(32, 32), 1);
  EXPECT_EQ(sub_rows(33, 32), 2);
  EXPECT_EQ(sub_rows(64, 32), 2);
  EXPECT_EQ(sub_rows(64, 64), 1);
  EXPECT_EQ(pack_and_split(rows_with({64, 64}), 16, EmptyChunks::keep).load_balance(), 1);
}

// 130 keys are chunks of 64, 64 and 2, each on its own.
TEST(PackAndSplit, chunks_do_not_share_sub_rows) {
  AttentionMask mask(1, 1, 130);
  for (const int key : {0, 64, 128, 129}) mask.keep(0, 0, key);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::skip).sub_rows, 3);
  EXPECT_DOUBLE_EQ(pack_and_split(mask, 32, EmptyChunks::skip).load_balance(), 4.0 / 96);
}

TEST(PackAndSplit, hidden_chunks_do_not_count_at_all) {
  AttentionMask mask(2, 2, 130);
  mask.keep(0, 0, 5);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::keep).sub_rows, 12);
  for (int key = 65; key < 130; ++key) mask.hide_key(key);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::keep).sub_rows, 8);  // key 64 is visible
  mask.hide_key(64);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::keep).sub_rows, 4);
  mask.hide_query(1);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::keep).sub_rows, 2);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::skip).sub_rows, 1);
}

TEST(PackAndSplit, nothing_kept_is_balanced) {
  const AttentionMask mask(1, 2, 64);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::skip).load_balance(), 1);
  EXPECT_EQ(pack_and_split(mask, 32, EmptyChunks::keep).load_balance(), 0);
}

// ---- quantisation ---------------------------------------------------------------------------

std::vector<float> quantised(std::vector<float> values, int bits) {
  quantise_symmetric(values, bits);
  return values;
}

// 4 bits have 7 levels, of step 1 here. Halves go to the even level.
TEST(QuantiseSymmetric, four_bits_by_hand) {
  EXPECT_THAT(quantised({7, 2.5, 3.5, -0.5, -1.5, -7, 0.4F}, 4),
              ElementsAre(7, 2, 4, 0, -2, -7, 0));
}

TEST(QuantiseSymmetric, two_bits_have_one_level) {
  EXPECT_THAT(quantised({4, 2, -2, -3, 1}, 2), ElementsAre(4, 0, 0, -4, 0));
}

// The largest magnitude is negative; 127 levels of step 2.
TEST(QuantiseSymmetric, eight_bits_by_hand) {
  EXPECT_THAT(quantised({-254, 2.9F, 3.1F, 101}, 8), ElementsAre(-254, 2, 4, 100));
}

TEST(QuantiseSymmetric, sixteen_bits_change_little) {
  const std::vector<float> values{1, -0.333F, 0.25F};
  const auto few = quantised(values, 16);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(few[i], values[i], 0.5 / 32767);
}

TEST(QuantiseSymmetric, zeros_and_nothing) {
  EXPECT_THAT(quantised({0, -0.0F}, 4), ElementsAre(0, 0));
  EXPECT_TRUE(quantised({}, 4).empty());
}

// ---- cost -----------------------------------------------------------------------------------

/// n = 4·Q·d/b;
/// t = 6·Q·W²/2048e9 + 2·Q·W²·(d/b)/2048e9 + (n/64)·(Q/64)·(W + 64 + n + 64)·1e-9.
double published(double w, double q, double d, double b) {
  const double n = 4 * q * d / b;
  return 6 * q * w * w / 2048e9 + 2 * q * w * w * (d / b) / 2048e9 +
         (n / 64) * (q / 64) * (w + 64 + n + 64) * 1e-9;
}

TEST(Sanger, costs_what_the_published_formula_says) {
  const auto sanger = load_accelerator("sanger");
  for (const int width : {64, 256, 768, 1024}) {
    for (const int queries : {1, 17, 64, 384, 512}) {
      for (const double kept : {1.0, 0.25, 0.003}) {
        for (const double balance : {1.0, 0.6}) {
          const AttentionShape shape{.heads = 4, .queries = queries, .keys = 77, .width = width};
          const LayerCost cost =
              sanger->cost(shape, AttentionDensity{.kept = kept, .load_balance = balance});
          const double expected = published(width, queries, kept, balance);
          EXPECT_NEAR(cost.latency.count(), expected, 1e-12 * expected);
          EXPECT_NEAR(cost.cycles, expected * 1e9, 1e-3 * expected * 1e9);
          EXPECT_DOUBLE_EQ(cost.effectual_macs, 2.0 * queries * 77 * width * kept);
        }
      }
    }
  }
}

// 12 heads of Q = 64: rows keep 16 and 33 of 64 keys, turn by turn. Kept are 24.5 of 64; sub-rows
// of 32 are 1 and 2, so the balance is 49 / 96. Their quotient is 0.75.
TEST(Sanger, costs_of_a_mask_by_hand) {
  AttentionMask mask(12, 64, 64);
  for (int head = 0; head < 12; ++head) {
    for (int query = 0; query < 64; ++query) {
      for (int key = 0; key < (query % 2 == 0 ? 16 : 33); ++key) mask.keep(head, query, key);
    }
  }
  const AttentionShape shape{.heads = 12, .queries = 64, .keys = 64, .width = 768};
  const LayerCost cost = load_accelerator("sanger")->cost(shape, mask);
  EXPECT_DOUBLE_EQ(cost.latency.count(), published(768, 64, 0.75, 1));
  // 64 products for the score and 64 for the value of each that is kept.
  EXPECT_EQ(cost.effectual_macs, 12 * 32 * 49 * 128);
}

// Padding leaves 2 queries and 2 keys; 2 of 4 scores are kept, in a sub-row each.
TEST(Sanger, padding_is_not_part_of_the_density) {
  AttentionMask mask(1, 4, 4);
  for (const int padded : {2, 3}) {
    mask.hide_key(padded);
    mask.hide_query(padded);
  }
  mask.keep(0, 0, 0);
  mask.keep(0, 1, 1);
  const AttentionShape shape{.heads = 1, .queries = 2, .keys = 4, .width = 64};
  EXPECT_DOUBLE_EQ(load_accelerator("sanger")->cost(shape, mask).latency.count(),
                   published(64, 2, 0.5, 2.0 / 64));
}

TEST(Sanger, nothing_kept_costs_as_if_one_score_was) {
  const AttentionMask mask(1, 4, 5);
  const AttentionShape shape{.heads = 1, .queries = 4, .keys = 5, .width = 64};
  const LayerCost cost = load_accelerator("sanger")->cost(shape, mask);
  EXPECT_DOUBLE_EQ(cost.latency.count(), published(64, 4, 1.0 / 20, 1));
  EXPECT_EQ(cost.effectual_macs, 0);
}

TEST(Sanger, refusals) {
  const auto sanger = load_accelerator("sanger");
  const auto fault = [&](const AttentionDensity& density) {
    return test::message_of<SpecificationError>([&] { sanger->cost(AttentionShape{}, density); });
  };
  EXPECT_EQ(fault({.kept = 0}),
            "the density is 0; allowed is a number greater than 0 and at most 1");
  EXPECT_EQ(fault({.kept = 1.5}),
            "the density is 1.5; allowed is a number greater than 0 and at most 1");
  EXPECT_EQ(fault({.kept = 1, .load_balance = -1}),
            "the load balance is -1; allowed is a number greater than 0 and at most 1");
  EXPECT_EQ(test::message_of<SpecificationError>(
                [&] { sanger->cost(ConvolutionShape{}, ConvolutionDensity{}); }),
            "accelerator 'sanger' does not run convolutions; allowed is one that does");
  EXPECT_EQ(test::message_of<SpecificationError>(
                [&] { sanger->prepare(ConvolutionShape{}, WeightMask({1})); }),
            "accelerator 'sanger' does not run convolutions; allowed is one that does");
}

}  // namespace
}  // namespace dysta
