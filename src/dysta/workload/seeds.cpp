#include "dysta/workload/seeds.hpp"

#include <set>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {

std::vector<std::uint64_t> parse_seeds(std::string_view text) {
  constexpr std::uint64_t kMostSeeds = 10'000;
  std::vector<std::uint64_t> seeds;
  std::set<std::uint64_t> seen;
  const auto fail = [&] {
    throw SpecificationError("seeds " + in_quotes(text) +
                             " are not allowed; allowed are whole numbers and ranges like 1-5, "
                             "separated by commas, each once and at most 2^53, 10000 in all");
  };
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    const auto dash = part.find('-');
    const auto first = parse_whole(part.substr(0, dash));
    const auto last = dash == part.npos ? first : parse_whole(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last > kLargestSeed) fail();
    if (*last - *first >= kMostSeeds) fail();
    for (std::uint64_t seed = *first; seed <= *last; ++seed) {
      if (!seen.insert(seed).second) fail();
      seeds.push_back(seed);
    }
    if (seeds.size() > kMostSeeds) fail();
    if (comma == rest.npos) return seeds;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace dysta
