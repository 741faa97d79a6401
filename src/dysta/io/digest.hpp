// SHA-256, which tells whether two texts are the same without keeping them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dysta {

/// The digest of what is added, bit by bit.
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

/// The digest of one text, in hexadecimal.
std::string sha256(std::string_view bytes);

}  // namespace dysta
