#include "npy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>

#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta::profiler {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are read as they lie");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::int64_t kMostValues = std::int64_t{1} << 31;

/// What stands between `'key':` and the next of `ends`.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key,
                                         std::string_view ends) {
  const auto place = header.find("'" + std::string(key) + "':");
  if (place == header.npos) return std::nullopt;
  auto rest = header.substr(place + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto end = rest.find_first_of(ends, 1);
  if (end == rest.npos) return std::nullopt;
  return rest.substr(0, end);
}

std::optional<std::vector<std::int64_t>> parse_shape(std::string_view text) {
  if (!text.starts_with('(')) return std::nullopt;
  std::vector<std::int64_t> shape;
  for (std::size_t begin = 1; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    auto part = text.substr(begin, end - begin);
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    begin = end + 1;
    if (part.empty() && begin >= text.size()) break;  // (3,)
    const auto extent = parse_whole(part);
    if (!extent || *extent > static_cast<std::uint64_t>(kMostValues)) return std::nullopt;
    shape.push_back(static_cast<std::int64_t>(*extent));
  }
  return shape;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

template <class Stored, class Value>
std::vector<Value> copy_as(std::string_view bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<Value>(stored);
  }
  return values;
}

}  // namespace

std::int64_t Array::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

Array parse_npy(const std::string& name, std::string_view bytes) {
  const auto fail = [&](const std::string& message) { throw FileError(name, 0, message); };
  if (!bytes.starts_with(kMagic) || bytes.size() < 12) {
    fail("is no NumPy array; allowed are .npy files");
  }
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) fail("is of a version that is not known; allowed are 1 to 3");
  const std::size_t start = version == 1 ? 10 : 12;
  const std::size_t length = version == 1
                                 ? byte(8) | byte(9) << 8
                                 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (start + length > bytes.size()) fail("ends within its header; allowed are whole files");
  const auto header = bytes.substr(start, length);
  const auto data = bytes.substr(start + length);

  const auto type = value_of(header, "descr", ",}");
  const auto order = value_of(header, "fortran_order", ",}");
  const auto extents = value_of(header, "shape", ")");
  const auto shape = extents ? parse_shape(*extents) : std::nullopt;
  if (!type || !order || !shape) fail("has no readable header; allowed is what NumPy writes");
  if (*order != "False") fail("is in Fortran order; allowed is C order");
  Array array{.shape = *shape, .values = {}};
  if (array.shape.empty()) fail("is a single number; needed is at least one dimension");
  std::int64_t count = 1;
  for (const std::int64_t extent : array.shape) {
    if (extent == 0 || count > kMostValues / extent) {
      fail("has no elements, or more than 2^31; allowed is something between");
    }
    count *= extent;
  }
  const std::size_t width = *type == "'|u1'"                       ? 1
                            : *type == "'<f4'" || *type == "'<i4'" ? 4
                            : *type == "'<f8'" || *type == "'<i8'" ? 8
                                                                   : 0;
  if (width == 0) {
    fail("holds elements of type " + in_quotes(unquoted(*type)) +
         "; allowed are little-endian float32, float64, int32, int64 and uint8");
  }
  if (data.size() != static_cast<std::size_t>(count) * width) {
    fail("holds " + std::to_string(data.size()) + " bytes of data; its shape needs " +
         std::to_string(static_cast<std::size_t>(count) * width));
  }
  if (*type == "'<f4'") array.values = copy_as<float, float>(data);
  if (*type == "'<f8'") array.values = copy_as<double, float>(data);
  if (*type == "'<i4'") array.values = copy_as<std::int32_t, std::int64_t>(data);
  if (*type == "'<i8'") array.values = copy_as<std::int64_t, std::int64_t>(data);
  if (*type == "'|u1'") array.values = copy_as<std::uint8_t, std::int64_t>(data);
  if (const auto* reals = std::get_if<std::vector<float>>(&array.values)) {
    for (const float value : *reals) {
      if (!std::isfinite(value)) {
        fail("holds " + std::to_string(value) + "; allowed are finite numbers");
      }
    }
  }
  return array;
}

}  // namespace dysta::profiler
