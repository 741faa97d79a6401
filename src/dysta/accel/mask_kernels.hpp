// The two loops that profiling spends its time in, compiled for several instruction sets; the one
// the processor has is chosen when the program runs. Results do not depend on which.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dysta {

/// Packs `rows` rows of `columns` values into rows of (columns + 63) / 64 words: a bit is set where
/// its value is not zero (NaN is not); the bits beyond the last column are 0.
void pack_nonzeros(const float* values, std::size_t rows, std::size_t columns,
                   std::uint64_t* words);

/// `counts[r]` = number of bits of row r that `columns` has too, for rows of `words_per_row` words.
void count_rows(const std::uint64_t* rows, std::size_t row_count, std::size_t words_per_row,
                const std::uint64_t* columns, std::uint32_t* counts);

}  // namespace dysta
