#include "report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/io/digest.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/io/text_table.hpp"

namespace dysta::profiler {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kDecimals = 1e7;

double rounded(double value) { return std::nearbyint(value * kDecimals) / kDecimals; }

double rounded_share(double share) { return std::clamp(rounded(share), 1 / kDecimals, 1.0); }

struct Spread {
  std::size_t count = 0;
  double sum = 0;
  double squares = 0;
  double least = INFINITY;
  double largest = -INFINITY;

  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
    least = std::min(least, value);
    largest = std::max(largest, value);
  }
  double mean() const { return sum / static_cast<double>(count); }
  double deviation() const {
    if (count < 2) return 0;
    const auto n = static_cast<double>(count);
    return std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)));
  }
  Json json() const {
    return {{"mean", mean()}, {"sd", deviation()}, {"least", least}, {"largest", largest}};
  }
};

std::string shape_text(const ConvolutionShape& s) {
  if (s.in_height == 1 && s.in_width == 1 && s.taps() == 1) {
    return fmt::format("{} > {}", s.in_channels, s.out_channels);
  }
  if (s.in_width == 1 && s.taps() == 1 && s.stride_height == 1) {
    return fmt::format("{} > {}, {} rows", s.in_channels, s.out_channels, s.in_height);
  }
  std::string text = fmt::format("{}x{}x{} > {}, {}x{}", s.in_channels, s.in_height, s.in_width,
                                 s.out_channels, s.kernel_height, s.kernel_width);
  if (s.stride_height != 1 || s.stride_width != 1) text += fmt::format("/{}", s.stride_height);
  if (s.dilation_height != 1) text += fmt::format(" d{}", s.dilation_height);
  if (s.groups != 1) text += fmt::format(" g{}", s.groups);
  return text;
}

std::string shape_text(const AttentionShape& s) {
  return fmt::format("{} heads of {}, {}x{}", s.heads, s.width / s.heads, s.queries, s.keys);
}

Json shape_json(const ConvolutionShape& s) {
  return {{"kind", "convolution"},
          {"in_channels", s.in_channels},
          {"out_channels", s.out_channels},
          {"height", s.in_height},
          {"width", s.in_width},
          {"kernel", {s.kernel_height, s.kernel_width}},
          {"stride", {s.stride_height, s.stride_width}},
          {"padding", {s.pad_top, s.pad_left, s.pad_bottom, s.pad_right}},
          {"dilation", {s.dilation_height, s.dilation_width}},
          {"groups", s.groups}};
}

Json shape_json(const AttentionShape& s) {
  return {{"kind", "attention"},
          {"heads", s.heads},
          {"queries", s.queries},
          {"keys", s.keys},
          {"width", s.width}};
}

/// Zeros over the whole network, each layer weighted by its multiply-accumulates.
double network_sparsity(const std::vector<LayerMeasurement>& layers) {
  double zeros = 0;
  double all = 0;
  for (const LayerMeasurement& layer : layers) {
    zeros += layer.dense_macs * layer.sparsity;
    all += layer.dense_macs;
  }
  return zeros / all;
}

Json inputs_json(const Profile& profile, std::size_t accelerator,
                 const std::vector<InputSet>& sets) {
  Json json = Json::array();
  for (std::size_t set = 0; set < sets.size(); ++set) {
    Sha256 digest;
    Spread sparsity;
    Spread work;
    Spread latency;
    Spread tokens;
    for (const ProfiledInput& input : profile.inputs) {
      if (input.set != set) continue;
      digest.add(input.digest);
      sparsity.add(network_sparsity(input.layers[accelerator]));
      double macs = 0;
      double seconds = 0;
      for (const LayerMeasurement& layer : input.layers[accelerator]) {
        macs += layer.cost.effectual_macs;
        seconds += layer.cost.latency.count();
      }
      work.add(macs);
      latency.add(seconds);
      if (input.tokens > 0) tokens.add(input.tokens);
    }
    const auto skipped = std::count_if(profile.skipped.begin(), profile.skipped.end(),
                                       [&](const SkippedInput& s) { return s.set == set; });
    Json entry = {{"name", sets[set].name()},
                  {"inputs", sparsity.count},
                  {"skipped", skipped},
                  {"sha256", digest.hex()}};
    if (sparsity.count > 0) {
      entry["network_sparsity"] = sparsity.json();
      entry["effectual_macs"] = work.json();
      entry["latency_s"] = latency.json();
    }
    if (tokens.count > 0) entry["tokens"] = tokens.json();
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace

bool is_attention_trace(const Accelerator& accelerator) {
  return accelerator.runs_attention() && !accelerator.runs_convolutions();
}

std::string trace_csv(const Profile& profile, std::size_t accelerator, bool attention) {
  std::string text = attention ? "sim_lat,overall-sparsity,50%-skip,25%-skip,batch-indx,layer-indx,"
                                 "seq-len\n"
                               : "sim_lat,overall-sparsity,batch-indx,layer-indx\n";
  auto out = std::back_inserter(text);
  for (std::size_t i = 0; i < profile.inputs.size(); ++i) {
    const ProfiledInput& input = profile.inputs[i];
    const auto& layers = input.layers[accelerator];
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      const LayerMeasurement& m = layers[layer];
      fmt::format_to(out, "{:.9g},", m.cost.latency.count());
      if (attention) {
        fmt::format_to(out, "{},{},{},{},{},{}\n", shortest_text(rounded_share(1 - m.sparsity)),
                       shortest_text(rounded_share(m.balance_of_half)),
                       shortest_text(rounded_share(m.balance_of_quarter)), i, layer, input.tokens);
      } else {
        // Below 1: predictors divide by what is left.
        const double sparsity = std::min(rounded(m.sparsity), 1 - 1 / kDecimals);
        fmt::format_to(out, "{},{},{}\n", shortest_text(sparsity), i, layer);
      }
    }
  }
  return text;
}

std::string provenance_json(const Profile& profile, std::size_t accelerator,
                            const ProvenanceOf& of) {
  Json json = {{"schema", 1},
               {"trace", of.variant + ".csv"},
               {"origin", "measured zeros of a network run on these inputs; latency modelled"},
               {"interrupted", profile.interrupted}};
  Json& network = json["network"];
  network["sha256"] = of.network.file_digest();
  network["weights_sha256"] = of.network.weights_digest();
  network["description"] =
      of.network.description().empty() ? Json() : Json::parse(of.network.description());
  json["inputs"] = inputs_json(profile, accelerator, of.sets);
  if (std::any_of(of.sets.begin(), of.sets.end(), [](const auto& s) { return s.pictures(); })) {
    json["preparation"] = {{"steps", of.preparation.steps},
                           {"mean", of.preparation.mean},
                           {"std", of.preparation.deviation},
                           {"channels", of.preparation.bgr ? "BGR" : "RGB"}};
  }
  json["accelerator"] = {{"name", of.accelerator.name()},
                         {"sha256", sha256(of.accelerator_parameters)},
                         {"parameters", of.accelerator_parameters}};
  json["versions"] = {{"dysta", of.dysta_version}, {"libtorch", of.libtorch_version}};
  json["seed"] = of.seed;
  Json& layers = json["layers"] = Json::array();
  for (const ProfiledLayer& layer : profile.layers[accelerator]) {
    Json entry = {{"name", layer.name}};
    entry.update(std::visit([](const auto& s) { return shape_json(s); }, layer.shape));
    entry["dense_macs"] = layer.dense_macs();
    entry["weight_density"] = layer.weight_density;
    layers.push_back(std::move(entry));
  }
  // Names are those of files, which hold any bytes.
  const auto line = [](const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  // A line for each entry of a list: to be read and compared by people.
  std::string text = "{\n";
  for (auto item = json.begin(); item != json.end(); ++item) {
    text += fmt::format(" {}: ", line(item.key()));
    if (item->is_array()) {
      text += "[\n";
      for (std::size_t i = 0; i < item->size(); ++i) {
        text += fmt::format("  {}{}\n", line((*item)[i]), i + 1 < item->size() ? "," : "");
      }
      text += " ]";
    } else {
      text += line(*item);
    }
    text += std::next(item) == json.end() ? "\n" : ",\n";
  }
  return text + "}\n";
}

std::string summary_text(const Profile& profile, std::size_t accelerator,
                         const Accelerator& model) {
  const auto& layers = profile.layers[accelerator];
  std::vector<Spread> sparsity(layers.size());
  std::vector<Spread> cycles(layers.size());
  Spread total;
  Spread latency;
  Spread whole;
  Spread effectual;
  double dense = 0;
  for (const ProfiledInput& input : profile.inputs) {
    double sum = 0;
    double seconds = 0;
    double macs = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerMeasurement& m = input.layers[accelerator][i];
      sparsity[i].add(m.sparsity);
      cycles[i].add(m.cost.cycles);
      sum += m.cost.cycles;
      seconds += m.cost.latency.count();
      macs += m.cost.effectual_macs;
      dense += m.dense_macs / static_cast<double>(profile.inputs.size());
    }
    total.add(sum);
    latency.add(seconds);
    effectual.add(macs);
    whole.add(network_sparsity(input.layers[accelerator]));
  }
  TextTable table({"layer", "shape", "weights", "zeros", "sd", "cycles", "share"});
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = layers[i].name.empty() ? std::to_string(i) : layers[i].name;
    table.add(
        {name.size() > 32 ? "..." + name.substr(name.size() - 29) : name,
         std::visit([](const auto& s) { return shape_text(s); }, layers[i].shape),
         fmt::format("{:.3f}", layers[i].weight_density), fmt::format("{:.4f}", sparsity[i].mean()),
         fmt::format("{:.4f}", sparsity[i].deviation()), fmt::format("{:.0f}", cycles[i].mean()),
         fmt::format("{:.1f}%", 100 * cycles[i].mean() / total.mean())});
  }
  return fmt::format(
      "{}weights: share that is not zero; zeros: share of the {}, mean and deviation over {}\n"
      "{}: {:.0f} cycles, {:.4g} ms an input, {:.1f} inputs/s; {:.4g} of {:.4g} million "
      "multiply-accumulates effectual;\n"
      "network sparsity {:.4f}, sd {:.4f}, from {:.4f} to {:.4f}\n",
      table.text(), is_attention_trace(model) ? "attention scores not kept" : "input activations",
      counted(profile.inputs.size(), "input"), model.name(), total.mean(), latency.mean() * 1e3,
      1 / latency.mean(), effectual.mean() / 1e6, dense / 1e6, whole.mean(), whole.deviation(),
      whole.least, whole.largest);
}

}  // namespace dysta::profiler
