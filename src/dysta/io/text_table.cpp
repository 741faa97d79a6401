#include "dysta/io/text_table.hpp"

#include <algorithm>
#include <string_view>

namespace dysta {
namespace {

/// Characters of UTF-8 text.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line = row[0] + std::string(widths[0] - width(row[0]), ' ');
    for (std::size_t c = 1; c < row.size(); ++c) {
      line += std::string(2 + widths[c] - width(row[c]), ' ') + row[c];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace dysta
