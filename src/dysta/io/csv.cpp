#include "dysta/io/csv.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 30;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

std::string read_file(const std::string& path) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file{std::fopen(path.c_str(), "rb"), close};
  if (!file) throw FileError(path, 0, std::string("cannot be opened: ") + std::strerror(errno));
  std::string text;
  constexpr std::size_t kBlock = std::size_t{1} << 18;
  for (;;) {
    const std::size_t had = text.size();
    text.resize(had + kBlock);
    const std::size_t got = std::fread(text.data() + had, 1, kBlock, file.get());
    text.resize(had + got);
    if (text.size() > kLargestFile) {
      throw FileError(path, 0, "is larger than 1 GiB; split it, or give the right file");
    }
    if (got < kBlock) break;
  }
  if (std::ferror(file.get()) != 0) {
    throw FileError(path, 0, std::string("cannot be read: ") + std::strerror(errno));
  }
  return text;
}

CsvReader::CsvReader(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  if (text_.starts_with(kByteOrderMark)) position_ = kByteOrderMark.size();
  std::string_view line;
  if (!next_line(line)) {
    throw FileError(name_, 0, "is empty; a header line with column names is needed");
  }
  split(line);
  header_.assign(fields_.begin(), fields_.end());
  header_line_ = line_;
}

bool CsvReader::next_line(std::string_view& line) {
  while (position_ < text_.size()) {
    const auto rest = std::string_view(text_).substr(position_);
    const auto length = std::min(rest.find('\n'), rest.size());
    position_ += length + 1;
    ++line_;
    line = trimmed(rest.substr(0, length));
    if (!line.empty()) return true;
  }
  return false;
}

void CsvReader::split(std::string_view line) {
  fields_.clear();
  unescaped_.clear();
  for (;;) {
    line = line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with('"')) {
      const auto comma = line.find(',');
      fields_.push_back(trimmed(line.substr(0, comma)));
      if (comma == std::string_view::npos) return;
      line.remove_prefix(comma + 1);
      continue;
    }
    auto end = line.find('"', 1);
    bool escaped = false;
    while (end != std::string_view::npos && line.substr(end).starts_with("\"\"")) {
      escaped = true;
      end = line.find('"', end + 2);
    }
    if (end == std::string_view::npos)
      fail("a quoted field does not end on its line; allowed are quotes in pairs");
    auto field = line.substr(1, end - 1);
    if (escaped) {
      auto& plain = unescaped_.emplace_back();
      for (std::size_t i = 0; i < field.size(); ++i) {
        plain += field[i];
        if (field[i] == '"') ++i;
      }
      field = plain;
    }
    fields_.push_back(field);
    line = trimmed(line.substr(end + 1));
    if (line.empty()) return;
    if (!line.starts_with(','))
      fail("a comma is missing after a quoted field; allowed is a comma or the line's end");
    line.remove_prefix(1);
  }
}

std::optional<CsvReader::Column> CsvReader::find_column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  if (std::find(found + 1, header_.end(), name) != header_.end()) {
    throw FileError(name_, header_line_,
                    "column " + in_quotes(name) + " stands twice in the header; allowed is once");
  }
  return static_cast<Column>(found - header_.begin());
}

CsvReader::Column CsvReader::column(std::string_view name) const {
  if (const auto found = find_column(name)) return *found;
  fail_header("column " + in_quotes(name) + " is missing");
}

void CsvReader::fail_header(std::string_view message) const {
  std::string text = std::string(message) + "; the header has";
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < std::min(header_.size(), kShown); ++i) {
    text.append(i == 0 ? " " : ", ").append(in_quotes(header_[i]));
  }
  if (header_.size() > kShown) text += ", ...";
  throw FileError(name_, header_line_, text);
}

bool CsvReader::next_row() {
  std::string_view line;
  if (!next_line(line)) return false;
  split(line);
  if (fields_.size() != header_.size()) {
    fail("the row has " + counted(fields_.size(), "field") + "; the header has " +
         std::to_string(header_.size()));
  }
  return true;
}

double CsvReader::number(Column column) const {
  const auto value = parse_number(fields_[column]);
  if (!value) fail_field(column, "a finite number");
  return *value;
}

std::uint64_t CsvReader::whole(Column column, std::uint64_t largest) const {
  const auto value = parse_whole(fields_[column]);
  if (!value || *value > largest) {
    fail_field(column, largest == 0 ? "0" : "a whole number from 0 to " + std::to_string(largest));
  }
  return *value;
}

void CsvReader::fail(std::string_view message) const { throw FileError(name_, line_, message); }

void CsvReader::fail_field(Column column, std::string_view allowed) const {
  fail(header_[column] + " is " + in_quotes(fields_[column]) + "; allowed is " +
       std::string(allowed));
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && trimmed(text) == text) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

}  // namespace dysta
