// Numbers from and to text, without locale and without loss.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dysta {

/// The shortest text that reads back as exactly `value`.
std::string shortest_text(double value);

/// The same for messages: `1e9` rather than `1e+09`.
std::string readable_text(double value);

/// The number that the whole of `text` says in decimal notation (`2`, `-0.5`, `1e-9`); nothing for
/// anything else, NaN, infinities and what a double cannot hold included.
std::optional<double> parse_number(std::string_view text);

/// The whole number from 0 that the whole of `text` says (`12`, `12.0`); nothing for anything else.
std::optional<std::uint64_t> parse_whole(std::string_view text);

}  // namespace dysta
