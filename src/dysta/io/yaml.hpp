// YAML files, read strictly: every fault has a line, and nothing that stands there is ignored.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dysta {

/// A map of a YAML file. All functions that find a fault throw `FileError` with file and line.
class YamlMap {
 public:
  /// `name` is what messages call the file.
  static YamlMap parse(const std::string& name, const std::string& text);

  ~YamlMap();
  YamlMap(YamlMap&&) noexcept;
  YamlMap& operator=(YamlMap&&) noexcept;

  bool has(std::string_view key) const;

  std::string text(std::string_view key);

  /// A finite number from `least` to `largest`.
  double number(std::string_view key, double least, double largest);

  /// A finite number greater than 0 and at most `largest`.
  double positive(std::string_view key, double largest);

  /// A whole number from `least` to `largest`.
  int whole(std::string_view key, int least, int largest);

  bool flag(std::string_view key);

  /// A map within this one; its own `done` is to be called.
  YamlMap map(std::string_view key);

  /// Throws for the first key that was never asked for.
  void done() const;

  /// Throws `FileError` at a key's line: "KEY is VALUE; allowed is ALLOWED".
  [[noreturn]] void fail(std::string_view key, std::string_view allowed) const;

 private:
  struct Impl;
  explicit YamlMap(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace dysta
