// What a network is run on: pictures, arrays, token sequences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "npy.hpp"
#include "preparation.hpp"

namespace dysta::profiler {

/// Inputs of one kind from one place, in their order.
class InputSet {
 public:
  /// `text` is `[NAME=]PATH`. A folder is one of pictures (.jpg, .jpeg, .png), in the order of
  /// their names; a `.npy` file holds an input for each index of its first dimension; a `.txt` file
  /// one for each line, as token numbers separated by blanks. Where there are more than `most`, as
  /// many are taken, evenly spread. The name is the path's last part unless given. Throws
  /// `FileError` where there is nothing, or not what is needed.
  static InputSet open(const std::string& text, std::optional<std::size_t> most);

  const std::string& name() const { return name_; }
  std::size_t size() const { return chosen_.size(); }

  /// Whether inputs are token numbers.
  bool tokens() const { return kind_ == Kind::tokens; }
  bool pictures() const { return kind_ == Kind::pictures; }

  /// What input `i` is called in messages.
  std::string label(std::size_t i) const;

  /// Input `i` with a leading dimension of 1. `digest` receives the SHA-256 of what was read. For
  /// pictures throws `FileError` where one cannot be read. Safe to call from several threads.
  Array load(std::size_t i, const Preparation& preparation, std::string& digest) const;

 private:
  enum class Kind : std::uint8_t { pictures, arrays, tokens };

  std::string name_;
  std::string path_;
  Kind kind_ = Kind::pictures;
  std::vector<std::string> files_;
  Array array_;
  std::vector<std::vector<std::int64_t>> sequences_;
  std::vector<std::size_t> chosen_;  ///< indices into the above
};

}  // namespace dysta::profiler
