#include "dysta/workload/seeds.hpp"

#include <string>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta {
namespace {

using Seeds = std::vector<std::uint64_t>;

TEST(Seeds, numbers_and_ranges) {
  EXPECT_EQ(parse_seeds("3"), (Seeds{3}));
  EXPECT_EQ(parse_seeds("1-5"), (Seeds{1, 2, 3, 4, 5}));
  EXPECT_EQ(parse_seeds("9,1-3,5"), (Seeds{9, 1, 2, 3, 5}));
  EXPECT_EQ(parse_seeds("7-7"), (Seeds{7}));
  EXPECT_EQ(parse_seeds("9007199254740992"), (Seeds{kLargestSeed}));
  EXPECT_EQ(parse_seeds("1-10000").size(), 10'000U);
}

TEST(Seeds, anything_else_is_told) {
  for (const char* text : {"", "-", "1-", "5-1", "1,", "1,1", "1-3,2", "a", "1.5", "1-10001",
                           "1-10000,10001", "9007199254740993", "0x1", "1 - 3"}) {
    EXPECT_EQ(test::message_of<SpecificationError>([&] { parse_seeds(text); }),
              "seeds '" + std::string(text) +
                  "' are not allowed; allowed are whole numbers and ranges like 1-5, separated by "
                  "commas, each once and at most 2^53, 10000 in all");
  }
}

}  // namespace
}  // namespace dysta
