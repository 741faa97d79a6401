// Lists of seeds as users write them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace dysta {

/// Every whole number up to this is exact as floating point, which JSON readers take it for.
inline constexpr std::uint64_t kLargestSeed = std::uint64_t{1} << 53;

/// Reads `1-5`, `3` or `1,4,7-9`. Throws `SpecificationError` unless these are whole numbers up to
/// `kLargestSeed`, each once and not more than 10,000.
std::vector<std::uint64_t> parse_seeds(std::string_view text);

}  // namespace dysta
