#include "dysta/core/error.hpp"

#include <string>

#include <gtest/gtest.h>

namespace dysta {
namespace {

TEST(Error, names_file_and_line) {
  EXPECT_STREQ(FileError("a.csv", 7, "is wrong").what(), "a.csv:7: is wrong");
}

TEST(Error, names_the_column_where_there_is_one) {
  EXPECT_STREQ(FileError("a.yaml", 7, 3, "is wrong").what(), "a.yaml:7:3: is wrong");
  EXPECT_STREQ(FileError("a.yaml", 7, 0, "is wrong").what(), "a.yaml:7: is wrong");
  EXPECT_STREQ(FileError("a.yaml", 0, 3, "is wrong").what(), "a.yaml: is wrong");
}

TEST(Error, names_the_file_alone_where_no_line_is_at_fault) {
  EXPECT_STREQ(FileError("a.csv", 0, "is wrong").what(), "a.csv: is wrong");
}

TEST(Error, quoted_text_stays_on_one_line) {
  EXPECT_EQ(in_quotes("a\nb\x01\x7f"), R"('a\x0ab\x01\x7f')");
}

TEST(Error, quoted_text_is_cut_after_forty_bytes) {
  EXPECT_EQ(in_quotes(std::string(40, 'x')), "'" + std::string(40, 'x') + "'");
  EXPECT_EQ(in_quotes(std::string(41, 'x')), "'" + std::string(40, 'x') + "...'");
}

}  // namespace
}  // namespace dysta
