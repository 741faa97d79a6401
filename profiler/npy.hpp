// NumPy's array files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dysta::profiler {

/// An array, in C order: real numbers as `float`, whole ones as `int64_t`.
struct Array {
  std::vector<std::int64_t> shape;
  std::variant<std::vector<float>, std::vector<std::int64_t>> values;

  std::int64_t size() const;
};

/// Reads version 1 to 3 of the format: little-endian float32, float64, int32, int64 and uint8, in C
/// order, finite, with at least one element and one dimension. Throws `FileError`; `name` is what
/// messages call the file.
Array parse_npy(const std::string& name, std::string_view bytes);

}  // namespace dysta::profiler
