// Typed, named parameters of policies: declared once, checked once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dysta {

/// A number, or a word where the declaration allows words.
using ParameterValue = std::variant<double, std::string>;

/// `value` as a user writes it.
std::string to_text(const ParameterValue& value);

/// The declaration of one parameter.
struct ParameterSpec {
  enum class Numbers { none, any, whole };

  std::string name;
  std::string help;  ///< one line
  ParameterValue default_value;
  Numbers numbers = Numbers::any;  ///< which numbers are allowed
  double least = 0;                ///< smallest number allowed
  double largest = 1e9;
  std::vector<std::string> words{};  ///< words allowed

  /// What is allowed, in words: "a number from 0", "boundary or static".
  std::string allowed() const;

  /// `text` as a value. Throws `SpecificationError` if it is not allowed.
  ParameterValue parse(std::string_view text) const;
};

/// The declaration of a choice among words.
ParameterSpec choice(std::string name, std::string help, std::string default_value,
                     std::vector<std::string> words);

/// The values of all parameters of one policy, in the order of their declaration.
class Parameters {
 public:
  explicit Parameters(std::vector<std::pair<std::string, ParameterValue>> values)
      : values_(std::move(values)) {}

  const std::vector<std::pair<std::string, ParameterValue>>& all() const { return values_; }

  /// The value of a declared parameter; throws `std::out_of_range` for an undeclared one.
  const ParameterValue& operator[](std::string_view name) const;

  double number(std::string_view name) const { return std::get<double>((*this)[name]); }
  const std::string& word(std::string_view name) const {
    return std::get<std::string>((*this)[name]);
  }
  bool is(std::string_view name, std::string_view word) const {
    const auto* text = std::get_if<std::string>(&(*this)[name]);
    return text != nullptr && *text == word;
  }

 private:
  std::vector<std::pair<std::string, ParameterValue>> values_;
};

}  // namespace dysta
