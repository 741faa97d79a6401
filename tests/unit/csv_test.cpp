#include "dysta/io/csv.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

using test::message_of;
using testing::ElementsAre;
using testing::StartsWith;
using namespace std::string_literals;

/// The rows of `text`, the fields of the columns named `columns`.
std::vector<std::vector<std::string>> rows_of(std::string text,
                                              const std::vector<std::string>& columns) {
  CsvReader csv("t.csv", std::move(text));
  std::vector<std::vector<std::string>> rows;
  while (csv.next_row()) {
    auto& row = rows.emplace_back();
    for (const std::string& name : columns) row.emplace_back(csv.text(csv.column(name)));
  }
  return rows;
}

/// What is wrong with the first row of a table with one column `x` next to another.
template <class Read>
std::string fault_in(std::string_view field, Read&& read) {
  CsvReader csv("t.csv", "x,y\n"s.append(field).append(",0\n"));
  EXPECT_TRUE(csv.next_row());
  return message_of<FileError>([&] { read(csv, csv.column("x")); });
}

TEST(Csv, columns_are_found_by_name_in_any_order) {
  EXPECT_THAT(rows_of("b,a\n1,2\n3,4\n", {"a", "b"}),
              ElementsAre(ElementsAre("2", "1"), ElementsAre("4", "3")));
}

TEST(Csv, the_last_line_needs_no_end) {
  EXPECT_THAT(rows_of("a\n1\n2", {"a"}), ElementsAre(ElementsAre("1"), ElementsAre("2")));
}

TEST(Csv, byte_order_mark_crlf_blank_lines_and_blanks_around_fields_are_tolerated) {
  EXPECT_THAT(rows_of("\xef\xbb\xbf\r\n a ,\tb\r\n\r\n 1 , 2\t\r\n   \r\n", {"a", "b"}),
              ElementsAre(ElementsAre("1", "2")));
}

TEST(Csv, quoted_fields_hold_commas_blanks_and_quotes) {
  EXPECT_THAT(rows_of("\"a\",b\n\" x, y \",\"say \"\"no\"\"\"\n", {"a", "b"}),
              ElementsAre(ElementsAre(" x, y ", "say \"no\"")));
}

TEST(Csv, empty_fields_are_empty) {
  EXPECT_THAT(rows_of("a,b,c\n,,\n\"\",1,\n", {"a", "b", "c"}),
              ElementsAre(ElementsAre("", "", ""), ElementsAre("", "1", "")));
}

TEST(Csv, lines_are_counted_as_an_editor_does) {
  CsvReader csv("t.csv", "\na\n\n1\n\n\n2\n");
  EXPECT_EQ(csv.line(), 2U);
  ASSERT_TRUE(csv.next_row());
  EXPECT_EQ(csv.line(), 4U);
  ASSERT_TRUE(csv.next_row());
  EXPECT_EQ(csv.line(), 7U);
  EXPECT_FALSE(csv.next_row());
}

TEST(Csv, a_file_without_any_line_is_refused) {
  for (const char* text : {"", "\n\n", " \r\n", "\xef\xbb\xbf"}) {
    EXPECT_EQ(message_of<FileError>([&] { CsvReader("t.csv", text); }),
              "t.csv: is empty; a header line with column names is needed");
  }
}

TEST(Csv, a_row_has_as_many_fields_as_the_header) {
  EXPECT_EQ(message_of<FileError>([] { rows_of("a,b\n1,2\n\n1\n", {"a"}); }),
            "t.csv:4: the row has 1 field; the header has 2");
  EXPECT_EQ(message_of<FileError>([] { rows_of("a,b\n1,2,3\n", {"a"}); }),
            "t.csv:2: the row has 3 fields; the header has 2");
}

TEST(Csv, faults_of_quoting_have_their_line) {
  EXPECT_EQ(message_of<FileError>([] { rows_of("a\n\"1\n2\"\n", {"a"}); }),
            "t.csv:2: a quoted field does not end on its line; allowed are quotes in pairs");
  EXPECT_EQ(
      message_of<FileError>([] { rows_of("a,b\n\"1\"2,3\n", {"a"}); }),
      "t.csv:2: a comma is missing after a quoted field; allowed is a comma or the line's end");
}

TEST(Csv, a_missing_column_is_named_with_what_is_there) {
  EXPECT_EQ(message_of<FileError>([] { CsvReader("t.csv", "a,b\n").column("x"); }),
            "t.csv:1: column 'x' is missing; the header has 'a', 'b'");
  EXPECT_EQ(message_of<FileError>([] { CsvReader("t.csv", "1,2,3,4,5,6,7,8,9\n").column("x"); }),
            "t.csv:1: column 'x' is missing; the header has '1', '2', '3', '4', '5', '6', '7', "
            "'8', ...");
}

TEST(Csv, a_column_that_may_be_missing_is_nothing) {
  CsvReader csv("t.csv", "a,b\n");
  EXPECT_EQ(csv.find_column("x"), std::nullopt);
  EXPECT_EQ(csv.find_column("b"), 1U);
}

TEST(Csv, a_column_that_stands_twice_is_refused_only_when_asked_for) {
  CsvReader csv("t.csv", "a,b,a\n1,2,3\n");
  EXPECT_EQ(csv.column("b"), 1U);
  EXPECT_EQ(message_of<FileError>([&] { csv.column("a"); }),
            "t.csv:1: column 'a' stands twice in the header; allowed is once");
}

TEST(Csv, numbers_are_finite) {
  const auto number = [](const CsvReader& csv, CsvReader::Column x) { csv.number(x); };
  for (const std::string text : {"", "abc", "nan", "inf", "-inf", "1e999", "1.0s"}) {
    EXPECT_EQ(fault_in(text, number), "t.csv:2: x is '" + text + "'; allowed is a finite number");
  }
}

TEST(Csv, whole_numbers_are_whole_and_not_too_large) {
  const auto digit = [](const CsvReader& csv, CsvReader::Column x) { csv.whole(x, 9); };
  for (const std::string text : {"", "abc", "-1", "1.5", "10", "nan"}) {
    EXPECT_EQ(fault_in(text, digit),
              "t.csv:2: x is '" + text + "'; allowed is a whole number from 0 to 9");
  }
}

TEST(Csv, a_file_that_cannot_be_opened_is_named) {
  const test::TemporaryFolder folder;
  const std::string missing = folder.path("missing.csv");
  EXPECT_EQ(message_of<FileError>([&] { read_file(missing); }),
            missing + ": cannot be opened: No such file or directory");
  EXPECT_THAT(message_of<FileError>([&] { read_file(folder.path()); }),
              StartsWith(folder.path() + ": cannot be read: "));
}

TEST(Csv, a_file_larger_than_one_read_is_read_whole) {
  const test::TemporaryFolder folder;
  std::string text = "a\n";
  while (text.size() < 1'000'000) text += std::to_string(text.size()) + '\n';
  EXPECT_EQ(read_file(folder.write("large.csv", text)), text);
}

TEST(Csv, fields_are_written_in_quotes_where_they_have_to_be) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(csv_field(" padded "), "\" padded \"");
}

TEST(Csv, written_fields_read_back) {
  for (const std::string field : {"plain", "a,b", "\"", "\"\"", " x", "a\"b,c", ","}) {
    EXPECT_THAT(rows_of("f,g\n" + csv_field(field) + ",1\n", {"f"}),
                ElementsAre(ElementsAre(field)));
  }
}

}  // namespace
}  // namespace dysta
