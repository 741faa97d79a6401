// SHA-256, by which provenance says what exactly was read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dysta::profiler {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);

  /// The digest in hexadecimal; nothing can be added afterwards.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256(std::string_view bytes);

}  // namespace dysta::profiler
