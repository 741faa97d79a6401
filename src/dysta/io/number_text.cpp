#include "dysta/io/number_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace dysta {

std::string shortest_text(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};  // 32 characters hold every double
}

std::string readable_text(double value) {
  std::string text = shortest_text(value);
  if (const auto plus = text.find("e+"); plus != text.npos) {
    text.erase(plus + 1, text[plus + 2] == '0' ? 2 : 1);
  }
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  // Tools that keep every column as floating point write 3 as 3.0.
  constexpr double kLargestExact = 9007199254740992.0;  // 2^53
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > kLargestExact || *number != std::floor(*number)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(*number);
}

}  // namespace dysta
