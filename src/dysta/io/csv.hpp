// Comma-separated tables, read strictly: every fault has a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dysta {

/// The whole of a file. Throws `FileError` if it cannot be read or is larger than 1 GiB.
std::string read_file(const std::string& path);

/// Reads a table row by row. The first line is the header; columns are found by name. Tolerated: a
/// UTF-8 byte-order mark, CRLF, blank lines, blanks around a field, fields in double quotes (with
/// "" for a quote inside; no line breaks inside). Not tolerated: a row with more or fewer fields
/// than the header. All functions that find a fault throw `FileError` with file and line.
class CsvReader {
 public:
  using Column = std::size_t;

  /// `name` is what messages call the file.
  CsvReader(std::string name, std::string text);

  /// Reads the file at `path`.
  static CsvReader open(const std::string& path) { return {path, read_file(path)}; }

  CsvReader(CsvReader&&) = delete;  // fields point into the text
  CsvReader& operator=(CsvReader&&) = delete;

  /// The column with this name, if the header has it. A name that stands twice is a fault.
  std::optional<Column> find_column(std::string_view name) const;

  /// The column with this name. The message for a missing one lists `name` and what is there.
  Column column(std::string_view name) const;

  /// Throws `FileError` at the header's line: `message`, and what is there.
  [[noreturn]] void fail_header(std::string_view message) const;

  /// Moves to the next row; false at the end of the file.
  bool next_row();

  /// The current line, from 1 (the header's).
  std::size_t line() const { return line_; }

  const std::string& name() const { return name_; }

  /// A field of the current row, valid until the next call of `next_row`.
  std::string_view text(Column column) const { return fields_[column]; }

  /// A field as a finite number.
  double number(Column column) const;

  /// A field as a whole number in 0 … `largest`.
  std::uint64_t whole(Column column, std::uint64_t largest) const;

  /// Throws `FileError` at the current line.
  [[noreturn]] void fail(std::string_view message) const;

  /// Throws `FileError` at the current line about one field: "NAME is 'value'; allowed is ALLOWED".
  [[noreturn]] void fail_field(Column column, std::string_view allowed) const;

 private:
  bool next_line(std::string_view& line);
  void split(std::string_view line);

  std::string name_;
  std::string text_;
  std::size_t position_ = 0;
  std::size_t line_ = 0;
  std::size_t header_line_ = 0;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // quoted fields that held escapes
  std::vector<std::string> header_;
};

/// `text` as one field of a CSV row: in quotes where it has to be.
std::string csv_field(std::string_view text);

}  // namespace dysta
