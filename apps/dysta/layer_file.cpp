#include "layer_file.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta::cli {
namespace {

using Json = nlohmann::json;

std::size_t line_of(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

/// The keys of a JSON file's object.
class LayerReader {
 public:
  explicit LayerReader(const std::string& path) : path_(path), text_(read_file(path)) {
    try {
      json_ = Json::parse(text_, [this](int depth, Json::parse_event_t event, Json& parsed) {
        if (depth == 1 && event == Json::parse_event_t::key) note_key(parsed);
        return true;
      });
    } catch (const Json::parse_error& error) {
      throw FileError(path, line_of(text_, error.byte), "is not JSON; allowed is one JSON object");
    } catch (const Json::exception&) {
      throw FileError(path, 0, "holds a number that is too large; allowed are numbers up to 1e308");
    }
    if (!json_.is_object()) throw FileError(path, 1, "holds no JSON object; one is needed");
  }

  bool has(const char* key) const { return json_.contains(key); }

  int whole(const char* key) const {
    if (!has(key)) {
      throw FileError(path_, 0, "lacks " + in_quotes(key) + "; it is needed here");
    }
    if (const auto number = as_whole(json_[key])) return *number;
    fail(key, std::string(key) + " is " + in_quotes(json_[key].dump()) +
                  "; allowed is a whole number from 0 to 1000000");
  }

  int whole(const char* key, int otherwise) const { return has(key) ? whole(key) : otherwise; }

  /// One number for all of `count` places, or a list of so many.
  std::vector<int> each(const char* key, std::size_t count, int otherwise) const {
    if (!has(key)) return std::vector<int>(count, otherwise);
    const Json& value = json_[key];
    if (!value.is_array()) return std::vector<int>(count, whole(key));
    std::vector<int> numbers;
    for (const Json& entry : value) {
      const auto number = as_whole(entry);
      if (number) numbers.push_back(*number);
    }
    if (numbers.size() != count || value.size() != count) {
      fail(key, std::string(key) + " is " + in_quotes(value.dump()) +
                    "; allowed is a whole number from 0 to 1000000, or a list of " +
                    std::to_string(count));
    }
    return numbers;
  }

  /// Tells on standard error which keys are neither of a layer nor of its description.
  void note_unknown_keys() const {
    constexpr std::string_view kKnown[] = {
        "in_channels", "out_channels", "height",    "width",          "kernel",
        "stride",      "padding",      "dilation",  "groups",         "iacts",
        "weights",     "heads",        "queries",   "keys",           "mask",
        "kind",        "name",         "pe_cycles", "weight_density", "dense_macs"};
    for (const std::string& key : keys_) {
      if (std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown)) continue;
      std::fprintf(stderr, "dysta: %s: %s is not a key of a layer and not looked at\n",
                   path_.c_str(), in_quotes(key).c_str());
    }
  }

  /// The characters 0 and 1 of the file that `key` names, as numbers; there must be `count`.
  std::vector<std::uint8_t> bits(const char* key, std::int64_t count) const {
    const Json& value = json_[key];
    if (!value.is_string() || value.get<std::string>().empty()) {
      fail(key, std::string(key) + " is " + in_quotes(value.dump()) + "; allowed is a file's path");
    }
    const std::string path = find(value.get<std::string>());
    const std::string text = read_file(path);
    std::vector<std::uint8_t> bits;
    bits.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '0' || c == '1') {
        bits.push_back(static_cast<std::uint8_t>(c - '0'));
      } else if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) {
        throw FileError(path, line_of(text, i),
                        "holds " + in_quotes(text.substr(i, 1)) +
                            "; allowed are 0 and 1, and blanks between them");
      }
    }
    if (static_cast<std::int64_t>(bits.size()) != count) {
      throw FileError(path, 0,
                      "holds " + std::to_string(bits.size()) +
                          " bits; allowed are as many as the layer has, " + std::to_string(count));
    }
    return bits;
  }

  /// Runs the check of a shape, whose complaints become the file's.
  template <class Shape>
  void check(const Shape& shape) const {
    try {
      shape.check();
    } catch (const SpecificationError& error) {
      throw FileError(path_, 0, error.what());
    }
  }

 private:
  static std::optional<int> as_whole(const Json& value) {
    const double number = value.is_number() ? value.get<double>() : -1;
    if (!(number >= 0) || number > 1e6 || number != static_cast<int>(number)) return std::nullopt;
    return static_cast<int>(number);
  }

  void note_key(const Json& key) {
    const auto name = key.get<std::string>();
    if (std::find(keys_.begin(), keys_.end(), name) != keys_.end()) {
      fail(name, in_quotes(name) + " stands twice; allowed is once");
    }
    keys_.push_back(name);
  }

  [[noreturn]] void fail(const std::string& key, const std::string& message) const {
    const auto place = text_.rfind('"' + key + '"');
    throw FileError(path_, place == std::string::npos ? 0 : line_of(text_, place), message);
  }

  std::string find(const std::string& name) const {
    namespace fs = std::filesystem;
    const fs::path beside = fs::path(path_).parent_path() / name;  // `name` itself, if absolute
    std::error_code ignored;
    return fs::exists(beside, ignored) ? beside.string() : name;
  }

  std::string path_;
  std::string text_;
  std::vector<std::string> keys_;
  Json json_;
};

AttentionLayer attention(const LayerReader& reader) {
  AttentionLayer layer;
  layer.shape = {.heads = reader.whole("heads"),
                 .queries = reader.whole("queries"),
                 .keys = reader.whole("keys", reader.whole("queries")),
                 .width = reader.whole("width")};
  const AttentionShape& shape = layer.shape;
  reader.check(shape);
  if (!reader.has("mask")) return layer;
  const auto bits = reader.bits("mask", shape.scores());
  layer.mask.emplace(shape.heads, shape.queries, shape.keys);
  std::size_t i = 0;
  for (int head = 0; head < shape.heads; ++head) {
    for (int query = 0; query < shape.queries; ++query) {
      for (int key = 0; key < shape.keys; ++key, ++i) {
        if (bits[i] != 0) layer.mask->keep(head, query, key);
      }
    }
  }
  return layer;
}

ConvolutionLayer convolution(const LayerReader& reader) {
  ConvolutionLayer layer;
  const auto kernel = reader.each("kernel", 2, 1);
  const auto stride = reader.each("stride", 2, 1);
  const auto padding = reader.each("padding", 4, 0);
  const auto dilation = reader.each("dilation", 2, 1);
  layer.shape = {.in_channels = reader.whole("in_channels"),
                 .out_channels = reader.whole("out_channels"),
                 .in_height = reader.whole("height"),
                 .in_width = reader.whole("width"),
                 .kernel_height = kernel[0],
                 .kernel_width = kernel[1],
                 .stride_height = stride[0],
                 .stride_width = stride[1],
                 .pad_top = padding[0],
                 .pad_left = padding[1],
                 .pad_bottom = padding[2],
                 .pad_right = padding[3],
                 .dilation_height = dilation[0],
                 .dilation_width = dilation[1],
                 .groups = reader.whole("groups", 1)};
  const ConvolutionShape& shape = layer.shape;
  reader.check(shape);
  if (reader.has("iacts")) {
    const auto bits = reader.bits("iacts", shape.inputs());
    layer.activations.emplace(shape.in_channels, shape.in_height, shape.in_width);
    std::size_t i = 0;
    for (int row = 0; row < shape.in_height; ++row) {
      for (int column = 0; column < shape.in_width; ++column) {
        for (int channel = 0; channel < shape.in_channels; ++channel, ++i) {
          if (bits[i] != 0) layer.activations->set(channel, row, column);
        }
      }
    }
  }
  if (reader.has("weights")) layer.weights.emplace(reader.bits("weights", shape.weights()));
  return layer;
}

}  // namespace

LayerFile read_layer(const std::string& path) {
  const LayerReader reader(path);
  reader.note_unknown_keys();
  if (reader.has("heads") && reader.has("in_channels")) {
    throw FileError(path, 0,
                    "has 'heads' and 'in_channels'; allowed are the keys of attention or those of "
                    "a convolution");
  }
  if (reader.has("heads")) return attention(reader);
  return convolution(reader);
}

}  // namespace dysta::cli
