#include "dysta/accel/mask_kernels.hpp"

#include <bit>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dysta/accel/mask_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dysta::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// The next word: up to 64 values.
HWY_INLINE std::uint64_t pack_word(const float* values, std::size_t count) {
  const hn::ScalableTag<float> lanes;
  const auto zero = hn::Zero(lanes);
  const std::size_t step = hn::Lanes(lanes);
  std::uint64_t word = 0;
  std::size_t i = 0;
  for (; i + step <= count; i += step) {
    std::uint8_t bytes[8] = {};
    // Not "unequal", which some instruction sets answer with no for NaN.
    const auto nonzero = hn::Not(hn::Eq(hn::LoadU(lanes, values + i), zero));
    const std::size_t size = hn::StoreMaskBits(lanes, nonzero, bytes);
    for (std::size_t byte = 0; byte < size; ++byte) {
      word |= std::uint64_t{bytes[byte]} << (i + 8 * byte);
    }
  }
  for (; i < count; ++i) word |= static_cast<std::uint64_t>(values[i] != 0.0F) << i;
  return word;
}

/// Rows shorter than a word are packed 64 values at a time, whatever row they are of, and then cut.
void pack_short_rows(const float* values, std::size_t rows, std::size_t columns,
                     std::uint64_t* words) {
  const std::uint64_t row_bits = (std::uint64_t{1} << columns) - 1;
  const std::size_t total = rows * columns;
  std::size_t packed = 0;
  std::uint64_t left = 0;  // bits of the word before that no row has taken yet
  std::size_t left_count = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (left_count >= columns) {
      words[row] = left & row_bits;
      left >>= columns;
      left_count -= columns;
      continue;
    }
    const std::size_t count = total - packed < 64 ? total - packed : 64;
    const std::uint64_t next = pack_word(values + packed, count);
    packed += count;
    const std::size_t taken = columns - left_count;
    words[row] = (left | next << left_count) & row_bits;
    left = next >> taken;
    left_count = count - taken;
  }
}

void pack(const float* values, std::size_t rows, std::size_t columns, std::uint64_t* words) {
  if (columns < 64) {
    pack_short_rows(values, rows, columns, words);
    return;
  }
  for (std::size_t row = 0; row < rows; ++row, values += columns) {
    for (std::size_t begin = 0; begin < columns; begin += 64) {
      *words++ = pack_word(values + begin, columns - begin < 64 ? columns - begin : 64);
    }
  }
}

void count(const std::uint64_t* rows, std::size_t row_count, std::size_t words_per_row,
           const std::uint64_t* columns, std::uint32_t* counts) {
  if (words_per_row == 1) {  // most images are at most 64 wide
    for (std::size_t row = 0; row < row_count; ++row) {
      counts[row] = static_cast<std::uint32_t>(std::popcount(rows[row] & columns[0]));
    }
    return;
  }
  for (std::size_t row = 0; row < row_count; ++row) {
    int sum = 0;
    for (std::size_t word = 0; word < words_per_row; ++word) {
      sum += std::popcount(rows[row * words_per_row + word] & columns[word]);
    }
    counts[row] = static_cast<std::uint32_t>(sum);
  }
}

}  // namespace dysta::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dysta {

HWY_EXPORT(pack);
HWY_EXPORT(count);

void pack_nonzeros(const float* values, std::size_t rows, std::size_t columns,
                   std::uint64_t* words) {
  HWY_DYNAMIC_DISPATCH(pack)(values, rows, columns, words);
}

void count_rows(const std::uint64_t* rows, std::size_t row_count, std::size_t words_per_row,
                const std::uint64_t* columns, std::uint32_t* counts) {
  HWY_DYNAMIC_DISPATCH(count)(rows, row_count, words_per_row, columns, counts);
}

}  // namespace dysta
#endif
