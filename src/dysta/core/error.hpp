// The two ways input can be wrong.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace dysta {

/// A file, or something in it, is not as it has to be. `what()` is one line,
/// `FILE:LINE: what is wrong; what is allowed`, without the line where there is none and with the
/// column behind it (`FILE:LINE:COLUMN:`) where that helps.
class FileError : public std::runtime_error {
 public:
  /// `line` counts from 1; 0 means the file as a whole.
  FileError(std::string_view file, std::size_t line, std::string_view message);

  /// `column` counts from 1; 0 means the line as a whole.
  FileError(std::string_view file, std::size_t line, std::size_t column, std::string_view message);
};

/// A name or parameter that a caller gave in words (a policy, an arrival process) is unknown or out
/// of range. `what()` is one line that says what is allowed.
class SpecificationError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// `text` fit to be quoted in a one-line message: in single quotes, unprintable bytes escaped,
/// shortened when long.
std::string in_quotes(std::string_view text);

/// A count with its noun: "1 layer", "2 layers".
std::string counted(std::size_t count, std::string_view noun);

}  // namespace dysta
