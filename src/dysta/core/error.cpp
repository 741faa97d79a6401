#include "dysta/core/error.hpp"

#include <algorithm>

namespace dysta {
namespace {

std::string located(std::string_view file, std::size_t line, std::string_view message) {
  std::string text{file};
  if (line > 0) text += ':' + std::to_string(line);
  return text.append(": ").append(message);
}

}  // namespace

FileError::FileError(std::string_view file, std::size_t line, std::string_view message)
    : std::runtime_error(located(file, line, message)) {}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  if (text.size() > kLongest) out += "...";
  return out += '\'';
}

}  // namespace dysta
