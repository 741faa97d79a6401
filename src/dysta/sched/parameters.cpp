#include "dysta/sched/parameters.hpp"

#include <algorithm>
#include <stdexcept>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {

std::string to_text(const ParameterValue& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? shortest_text(*number) : std::get<std::string>(value);
}

std::string ParameterSpec::allowed() const {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += &word == &words.back() && numbers == Numbers::none ? " or " : ", ";
    text += word;
  }
  if (numbers == Numbers::none) return text;
  if (!text.empty()) text += " or ";
  text += numbers == Numbers::whole ? "a whole number from " : "a number from ";
  return text + readable_text(least) + " to " + readable_text(largest);
}

ParameterValue ParameterSpec::parse(std::string_view text) const {
  if (std::find(words.begin(), words.end(), text) != words.end()) return std::string(text);
  if (numbers != Numbers::none) {
    const auto number = parse_number(text);
    const bool whole = number && parse_whole(text).has_value();
    if (number && *number >= least && *number <= largest && (whole || numbers == Numbers::any)) {
      return *number;
    }
  }
  throw SpecificationError("parameter '" + name + "' is " + in_quotes(text) + "; allowed is " +
                           allowed());
}

ParameterSpec choice(std::string name, std::string help, std::string default_value,
                     std::vector<std::string> words) {
  return {.name = std::move(name),
          .help = std::move(help),
          .default_value = std::move(default_value),
          .numbers = ParameterSpec::Numbers::none,
          .words = std::move(words)};
}

const ParameterValue& Parameters::operator[](std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  throw std::out_of_range("no parameter " + in_quotes(name) + " is declared");
}

}  // namespace dysta
