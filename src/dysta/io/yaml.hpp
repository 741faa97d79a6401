// YAML files, read strictly: every fault has a line and column, and nothing that stands there is
// ignored.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dysta {

/// Where something stands in a file, for faults that are found after the file is read. Lines and
/// columns count from 1; line 0 means the file as a whole.
struct YamlPlace {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;

  /// Throws `FileError` there.
  [[noreturn]] void complain(std::string_view message) const;
};

/// A map of a YAML file. All functions that find a fault throw `FileError` with file, line and
/// column.
class YamlMap {
 public:
  /// `name` is what messages call the file.
  static YamlMap parse(const std::string& name, const std::string& text);

  ~YamlMap();
  YamlMap(YamlMap&&) noexcept;
  YamlMap& operator=(YamlMap&&) noexcept;

  bool has(std::string_view key) const;

  /// `allowed` is what messages say of anything but a word.
  std::string text(std::string_view key, std::string_view allowed = "a word");

  /// A finite number from `least` to `largest`.
  double number(std::string_view key, double least, double largest);

  /// A finite number greater than 0 and at most `largest`.
  double positive(std::string_view key, double largest);

  /// A whole number from `least` to `largest`.
  int whole(std::string_view key, int least, int largest);

  bool flag(std::string_view key);

  /// A map within this one; its own `done` is to be called.
  YamlMap map(std::string_view key);

  /// A list of maps, at least one; a single map is a list of one.
  std::vector<YamlMap> maps(std::string_view key);

  /// A list of words, at least one; a single word is a list of one.
  std::vector<std::string> texts(std::string_view key);

  /// A list of finite numbers from `least` to `largest`, at least one; a single number is a list of
  /// one.
  std::vector<double> numbers(std::string_view key, double least, double largest);

  /// The keys, in the order of the file: for maps from names that the file chooses.
  std::vector<std::string> keys() const;

  /// Throws for the first key that was never asked for.
  void done() const;

  /// Throws `FileError` at a key's value: "KEY is VALUE; allowed is ALLOWED".
  [[noreturn]] void fail(std::string_view key, std::string_view allowed) const;

  /// Throws `FileError` at a key's value, or where the map begins if it has no such key, with a
  /// message of the caller's own.
  [[noreturn]] void complain(std::string_view key, std::string_view message) const;

  /// Where a key's value stands, or the map begins if it has no such key.
  YamlPlace place(std::string_view key) const;

 private:
  struct Impl;
  explicit YamlMap(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace dysta
