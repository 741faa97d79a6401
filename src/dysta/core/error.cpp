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
  std::size_t longest = 40;
  while (longest < text.size() && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80) {
    --longest;  // not amid a UTF-8 character
    if (longest == 0) break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  if (text.size() > longest) out += "...";
  return out += '\'';
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count).append(" ").append(noun).append(count == 1 ? "" : "s");
}

}  // namespace dysta
