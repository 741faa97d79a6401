#include <bit>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/accel/mask.hpp"
#include "dysta/accel/mask_kernels.hpp"

namespace dysta {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr int kWidths[] = {1, 3, 4, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 130};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

bool bit_at(std::span<const std::uint64_t> words, std::size_t index) {
  return (words[index / 64] >> (index % 64) & 1) != 0;
}

// ---- kernels --------------------------------------------------------------------------------

// A value in three and a value in seven are not zero, so that rows differ; what lies beyond the
// last word is guarded. Short rows are packed across their ends, so there are many.
TEST(PackNonzeros, every_width_and_nothing_beyond) {
  const auto is_set = [](std::size_t i) { return i % 3 == 0 || i % 7 == 0; };
  for (std::size_t columns = 1; columns <= 130; ++columns) {
    for (const std::size_t rows : {1UL, 2UL, 3UL, 67UL}) {
      const std::size_t words_per_row = (columns + 63) / 64;
      std::vector<float> values(rows * columns);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = is_set(i) ? 0.5F : 0.0F;
      std::vector<std::uint64_t> words(rows * words_per_row + 1, 0xabcdef);
      pack_nonzeros(values.data(), rows, columns, words.data());
      for (std::size_t row = 0; row < rows; ++row) {
        const auto packed = std::span(words).subspan(row * words_per_row, words_per_row);
        for (std::size_t column = 0; column < words_per_row * 64; ++column) {
          const bool expected = column < columns && is_set(row * columns + column);
          ASSERT_EQ(bit_at(packed, column), expected) << columns << ' ' << row << ' ' << column;
        }
      }
      EXPECT_EQ(words.back(), 0xabcdefU);
    }
  }
}

// At every place of a row, so in full vectors and in what is left over.
TEST(PackNonzeros, what_counts_as_zero) {
  constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const int width : kWidths) {
    const auto columns = static_cast<std::size_t>(width);
    std::vector<std::uint64_t> words((columns + 63) / 64);
    for (std::size_t place = 0; place < columns; ++place) {
      std::vector<float> values(columns, -0.0F);
      for (const float value : {kNan, -kNan, kSmallest, -kSmallest, kInfinity, -kInfinity, -1.0F}) {
        values[place] = value;
        pack_nonzeros(values.data(), 1, columns, words.data());
        for (std::size_t i = 0; i < words.size(); ++i) {
          ASSERT_EQ(words[i], i == place / 64 ? std::uint64_t{1} << (place % 64) : 0U)
              << value << " at " << place << " of " << width;
        }
      }
    }
  }
}

TEST(CountRows, one_word_and_several) {
  const std::vector<std::uint64_t> rows{0b1011, ~std::uint64_t{0}, 0};
  const std::uint64_t columns = 0b0110;
  std::vector<std::uint32_t> counts(4, 99);
  count_rows(rows.data(), 3, 1, &columns, counts.data());
  EXPECT_THAT(counts, ElementsAre(1, 2, 0, 99));

  const std::vector<std::uint64_t> wide{1, 3, ~std::uint64_t{0}, 0b111, 0, 1};
  const std::vector<std::uint64_t> all_but_one{~std::uint64_t{0}, 0b110, 1};
  std::vector<std::uint32_t> of_wide(3, 99);
  count_rows(wide.data(), 2, 3, all_but_one.data(), of_wide.data());
  // Row 0: 1 + 1 + 1; row 1: 3 + 0 + 1.
  EXPECT_THAT(of_wide, ElementsAre(3, 4, 99));
}

TEST(CountRows, no_rows) { count_rows(nullptr, 0, 2, nullptr, nullptr); }

// ---- activations ----------------------------------------------------------------------------

TEST(ActivationMask, set_bits_are_where_they_belong) {
  for (const int width : kWidths) {
    ActivationMask mask(2, 3, width);
    EXPECT_EQ(mask.nonzeros(), 0);
    EXPECT_EQ(mask.sparsity(), 1);
    EXPECT_EQ(mask.words_per_row(), (static_cast<std::size_t>(width) + 63) / 64);
    mask.set(1, 2, width - 1);
    mask.set(1, 2, width - 1);  // twice is once
    mask.set(0, 0, 0);
    EXPECT_EQ(mask.nonzeros(), 2);
    EXPECT_DOUBLE_EQ(mask.sparsity(), 1 - 2.0 / (6 * width));
    EXPECT_EQ(mask.plane(0)[0], 1U);
    const auto last = mask.plane(1).subspan(2 * mask.words_per_row());
    EXPECT_TRUE(bit_at(last, static_cast<std::size_t>(width - 1)));
    EXPECT_EQ(mask.plane(1).size(), 3 * mask.words_per_row());
  }
}

// Channel 0: 1 0 / -0 NaN; channel 1: 0 0 / 0 -2. Three of eight are not zero.
TEST(ActivationMask, of_values) {
  const std::vector<float> values{1, 0, -0.0F, kNan, 0, 0, 0, -2};
  const auto mask = ActivationMask::of_nonzeros(values, 2, 2, 2);
  EXPECT_THAT(std::vector(mask.plane(0).begin(), mask.plane(0).end()), ElementsAre(0b01, 0b10));
  EXPECT_THAT(std::vector(mask.plane(1).begin(), mask.plane(1).end()), ElementsAre(0, 0b10));
  EXPECT_EQ(mask.nonzeros(), 3);
  EXPECT_EQ(mask.sparsity(), 5.0 / 8);
}

TEST(ActivationMask, of_values_at_every_width) {
  for (const int width : kWidths) {
    const std::vector<float> values(static_cast<std::size_t>(2 * 2 * width), 0.25F);
    const auto mask = ActivationMask::of_nonzeros(values, 2, 2, width);
    EXPECT_EQ(mask.nonzeros(), 4 * width);
    EXPECT_EQ(mask.sparsity(), 0);
  }
}

// ---- weights --------------------------------------------------------------------------------

TEST(WeightMask, of_values) {
  const std::vector<float> values{0, -0.0F, kNan, 1e-40F, -3, 0, 0, 0};
  const auto mask = WeightMask::of_nonzeros(values);
  EXPECT_THAT(std::vector(mask.bits().begin(), mask.bits().end()),
              ElementsAre(0, 0, 1, 1, 1, 0, 0, 0));
  EXPECT_EQ(mask.density(), 3.0 / 8);
}

// ---- attention ------------------------------------------------------------------------------

TEST(AttentionMask, starts_empty_and_visible) {
  for (const int keys : kWidths) {
    const AttentionMask mask(2, 3, keys);
    EXPECT_EQ(mask.kept(), 0);
    EXPECT_EQ(mask.visible(), 2 * 3 * keys);
    EXPECT_EQ(mask.density(), 0);
    int bits = 0;
    for (const auto word : mask.visible_keys()) bits += std::popcount(word);
    EXPECT_EQ(bits, keys);
  }
}

TEST(AttentionMask, keeps_what_it_is_told_to) {
  for (const int keys : kWidths) {
    AttentionMask mask(2, 2, keys);
    mask.keep(1, 0, keys - 1);
    EXPECT_EQ(mask.kept(), 1);
    EXPECT_TRUE(bit_at(mask.row(1, 0), static_cast<std::size_t>(keys - 1)));
    EXPECT_THAT(std::vector(mask.row(0, 0).begin(), mask.row(0, 0).end()), Each(0U));
    EXPECT_EQ(mask.density(), 1.0 / (4 * keys));
  }
}

// Greater than the threshold, not equal to it; NaN is not greater.
TEST(AttentionMask, keeps_above_a_threshold) {
  AttentionMask mask(1, 2, 5);
  mask.keep_above(0, 1, std::vector<float>{0.25F, 0.2500001F, 0.24F, kNan, 1}, 0.25F);
  EXPECT_EQ(mask.row(0, 1)[0], 0b10010U);
  EXPECT_EQ(mask.row(0, 0)[0], 0U);
}

TEST(AttentionMask, hidden_keys_are_neither_kept_nor_dropped) {
  AttentionMask mask(2, 2, 130);
  for (int key = 0; key < 130; ++key) mask.keep(1, 1, key);
  for (const int key : {0, 63, 64, 129}) mask.hide_key(key);
  EXPECT_EQ(mask.kept(), 126);
  EXPECT_EQ(mask.visible(), 4 * 126);
  mask.keep(0, 0, 64);  // hidden: ignored
  mask.keep_above(0, 1, std::vector<float>(130, 1.0F), 0.5F);
  EXPECT_EQ(mask.kept(), 2 * 126);
  EXPECT_FALSE(bit_at(mask.row(0, 1), 129));
  EXPECT_TRUE(bit_at(mask.row(0, 1), 128));
  EXPECT_EQ(mask.density(), 0.5);
}

TEST(AttentionMask, hidden_queries_are_neither_kept_nor_dropped) {
  AttentionMask mask(2, 3, 65);
  mask.keep(0, 1, 64);
  mask.keep(1, 1, 0);
  mask.keep(1, 2, 0);
  mask.hide_query(1);
  EXPECT_EQ(mask.kept(), 1);
  EXPECT_EQ(mask.visible_query_count(), 2);
  EXPECT_EQ(mask.visible(), 2 * 2 * 65);
  EXPECT_FALSE(mask.query_visible(1));
  EXPECT_TRUE(mask.query_visible(2));
  mask.keep(0, 1, 3);
  EXPECT_EQ(mask.kept(), 1);
}

TEST(AttentionMask, nothing_visible_has_density_zero) {
  AttentionMask mask(1, 1, 2);
  mask.hide_key(0);
  mask.hide_key(1);
  EXPECT_EQ(mask.visible(), 0);
  EXPECT_EQ(mask.density(), 0);
  mask.hide_query(0);
  EXPECT_EQ(mask.density(), 0);
}

}  // namespace
}  // namespace dysta
