#include "dysta/synth/network_model.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace dysta {
namespace {

/// Writes models as the YAML that `parse_model` reads: a line a layer, defaults left out.
class Writer {
 public:
  explicit Writer(int digits) : digits_(digits) {}

  std::string number(double value) const { return fmt::format("{:.{}g}", value, digits_); }

  std::string list(const auto& values) const {
    std::string text;
    for (const auto value : values) text += (text.empty() ? "" : ", ") + number(value);
    return values.size() == 1 ? text : '[' + text + ']';
  }

  /// A scalar as it is where it is a plain word, in quotes otherwise.
  static std::string word(const std::string& text) {
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    };
    const bool begins = !text.empty() && plain(text.front()) && text.front() != '-';
    const bool is_null = text == "null" || text == "Null" || text == "NULL";
    return begins && !is_null && std::all_of(text.begin(), text.end(), plain) ? text : quoted(text);
  }

  /// A scalar that may hold anything.
  static std::string quoted(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') quoted += '\\';
      if (static_cast<unsigned char>(c) < 0x20) {
        quoted += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
      } else {
        quoted += c;
      }
    }
    return quoted + '"';
  }

  std::string density(const DensityStatistics& density) const {
    std::string text = ", density: " + number(density.mean);
    if (density.deviation > 0) text += ", sd: " + number(density.deviation);
    if (any(density.loadings)) text += ", loadings: " + list(density.loadings);
    if (any(density.shifts)) {
      text += ", shifts: " + list(std::vector(density.shifts.begin() + 1, density.shifts.end()));
    }
    return text;
  }

  static bool any(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double value) { return value != 0; });
  }

  /// Sizes of which equal ones are written once.
  static std::string sizes(std::string_view key, std::vector<int> values, int otherwise) {
    const bool equal = std::count(values.begin(), values.end(), values.front()) ==
                       static_cast<std::ptrdiff_t>(values.size());
    if (equal && values.front() == otherwise) return {};
    return equal ? fmt::format(", {}: {}", key, values.front())
                 : fmt::format(", {}: [{}]", key, fmt::join(values, ", "));
  }

  std::string layer(const NetworkModel& model, std::size_t index) const {
    const ConvolutionStatistics& c = model.convolutions[index];
    const ConvolutionShape& s = c.shape;
    std::string text = "name: " + word(c.name);
    const bool after_previous =
        index == 0 ? c.after.empty() : c.after == std::vector<std::size_t>{index - 1};
    if (!after_previous) {
      std::string names;
      for (const std::size_t before : c.after) {
        names += (names.empty() ? "" : ", ") + word(model.convolutions[before].name);
      }
      text += ", after: [" + (names.empty() ? "input" : names) + ']';
    }
    text += fmt::format(", in_channels: {}, out_channels: {}, height: {}, width: {}", s.in_channels,
                        s.out_channels, s.in_height, s.in_width);
    text += sizes("kernel", {s.kernel_height, s.kernel_width}, 1);
    text += sizes("stride", {s.stride_height, s.stride_width}, 1);
    text += sizes("padding", {s.pad_top, s.pad_left, s.pad_bottom, s.pad_right}, 0);
    text += sizes("dilation", {s.dilation_height, s.dilation_width}, 1);
    if (s.groups != 1) text += fmt::format(", groups: {}", s.groups);
    text += density(c.density);
    if (c.weights != 1) text += ", weights: " + number(c.weights);
    if (c.unevenness != 1) text += ", unevenness: " + number(c.unevenness);
    return text;
  }

  std::string layer(const AttentionStatistics& a) const {
    std::string text =
        fmt::format("name: {}, heads: {}, width: {}", word(a.name), a.heads, a.width);
    if (a.causal) text += ", causal: true";
    text += density(a.density);
    if (!a.length_effect.empty()) text += ", length_effect: " + list(a.length_effect);
    if (a.balance != 1) text += ", balance: " + number(a.balance);
    if (!a.balance_length.empty()) text += ", balance_length: " + list(a.balance_length);
    if (a.balance_density != 0) text += ", balance_density: " + number(a.balance_density);
    if (a.balance_deviation != 0) text += ", balance_sd: " + number(a.balance_deviation);
    return text;
  }

 private:
  int digits_;
};

}  // namespace

std::int64_t NetworkModel::dense_macs() const {
  std::int64_t macs = 0;
  for (const ConvolutionStatistics& layer : convolutions) macs += layer.shape.dense_macs();
  const int tokens = static_cast<int>(std::round(reference_tokens));
  for (const AttentionStatistics& layer : attention) {
    macs +=
        AttentionShape{
            .heads = layer.heads, .queries = tokens, .keys = tokens, .width = layer.width}
            .dense_macs();
  }
  return macs;
}

std::string text_of(const NetworkModel& model, int digits) {
  const Writer writer(digits);
  std::string text =
      fmt::format("schema: 1\nname: {}\nwhat: {}\nkind: {}\n", Writer::word(model.name),
                  Writer::quoted(model.what), name_of(model.kind));
  if (model.pattern != "dense") text += "pattern: " + Writer::word(model.pattern) + '\n';
  text += "origin:\n";
  for (const Origin& origin : model.origins) {
    text += fmt::format("  {}: {}\n", Writer::word(origin.of), Writer::quoted(origin.text));
  }
  text += "data_sets:\n";
  for (const DataSet& set : model.data_sets) {
    text += "  - {name: " + Writer::word(set.name);
    if (set.spread != 1) text += ", spread: " + writer.number(set.spread);
    if (!set.tokens.empty()) text += ", tokens: " + writer.list(set.tokens);
    text += "}\n";
  }
  if (model.factors() > 0) text += fmt::format("factors: {}\n", model.factors());
  if (model.depth_correlation != 0) {
    text += "depth_correlation: " + writer.number(model.depth_correlation) + '\n';
  }
  if (model.kind == TraceKind::attention) {
    text += "reference_tokens: " + writer.number(model.reference_tokens) + '\n';
  } else if (model.pruning != PruningStatistics{}) {
    const PruningStatistics& p = model.pruning;
    text += fmt::format(
        "pruning: {{exponent: {}, random_unevenness: {}, nm_unevenness: {}, "
        "block_unevenness: {}}}\n",
        writer.number(p.exponent), writer.number(p.random_unevenness),
        writer.number(p.nm_unevenness), writer.number(p.block_unevenness));
  }
  text += "layers:\n";
  for (std::size_t i = 0; i < model.layers(); ++i) {
    text +=
        "  - {" +
        (model.kind == TraceKind::cnn ? writer.layer(model, i) : writer.layer(model.attention[i])) +
        "}\n";
  }
  return text;
}

}  // namespace dysta
