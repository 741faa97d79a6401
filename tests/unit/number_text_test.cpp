#include "dysta/io/number_text.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace dysta {
namespace {

TEST(NumberText, shortest_text_has_no_digit_too_many) {
  EXPECT_EQ(shortest_text(0.1), "0.1");
  EXPECT_EQ(shortest_text(1.0), "1");
  EXPECT_EQ(shortest_text(-2.5), "-2.5");
  EXPECT_EQ(shortest_text(1e22), "1e+22");
  EXPECT_EQ(shortest_text(1.0 / 3), "0.3333333333333333");
}

TEST(NumberText, shortest_text_reads_back_exactly) {
  for (const double value :
       {0.0, 0.1 + 0.2, 1e-9, 123456789.123456789, std::numeric_limits<double>::min(),
        std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(),
        -std::numeric_limits<double>::max()}) {
    EXPECT_EQ(parse_number(shortest_text(value)), value);
  }
}

TEST(NumberText, readable_text_has_exponents_as_people_write_them) {
  EXPECT_EQ(readable_text(1e9), "1e9");
  EXPECT_EQ(readable_text(1e22), "1e22");
  EXPECT_EQ(readable_text(1.5e100), "1.5e100");
  EXPECT_EQ(readable_text(0.25), "0.25");
}

TEST(NumberText, decimal_numbers_are_numbers) {
  EXPECT_EQ(parse_number("2"), 2.0);
  EXPECT_EQ(parse_number("-0.5"), -0.5);
  EXPECT_EQ(parse_number("1e-9"), 1e-9);
  EXPECT_EQ(parse_number(".5"), 0.5);
}

TEST(NumberText, nothing_else_is_a_number) {
  for (const char* text : {"", " 1", "1 ", "+1", "1,5", "0x10", "1e", "one", "nan", "inf",
                           "-infinity", "1e400", "1e-400", "1.5.2"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(NumberText, whole_numbers_may_be_written_as_floating_point) {
  EXPECT_EQ(parse_whole("12"), 12U);
  EXPECT_EQ(parse_whole("12.0"), 12U);
  EXPECT_EQ(parse_whole("1e3"), 1000U);
  EXPECT_EQ(parse_whole("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(NumberText, fractions_negatives_and_what_rounding_would_blur_are_not_whole) {
  for (const char* text : {"", "12.5", "-1", "1e16", "18446744073709551616", "nan", "x", "1 2"}) {
    EXPECT_EQ(parse_whole(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace dysta
