#include "dysta/synth/measured_trace.hpp"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/trace/trace_reader.hpp"

namespace dysta {
namespace {

using Json = nlohmann::json;

/// The `50%-skip` of every layer of every input of a trace that was read before without a fault.
std::vector<double> load_balances(const std::string& path, const Trace& trace) {
  std::vector<double> balances(trace.samples() * trace.layers());
  CsvReader csv = CsvReader::open(path);
  const auto balance = csv.column("50%-skip");
  const auto sample = csv.column("batch-indx");
  const auto layer = csv.column("layer-indx");
  while (csv.next_row()) {
    const auto s = static_cast<std::size_t>(csv.whole(sample, trace.samples() - 1));
    const auto l = static_cast<std::size_t>(csv.whole(layer, trace.layers() - 1));
    balances[s * trace.layers() + l] = csv.number(balance);
  }
  return balances;
}

MeasuredLayer layer_of(const Json& json) {
  MeasuredLayer layer;
  layer.name = json.at("name").get<std::string>();
  layer.weight_density = json.at("weight_density").get<double>();
  const auto pair = [&](const char* key) { return json.at(key).get<std::array<int, 2>>(); };
  if (json.at("kind") == "attention") {
    layer.shape = AttentionShape{.heads = json.at("heads").get<int>(),
                                 .queries = json.at("queries").get<int>(),
                                 .keys = json.at("keys").get<int>(),
                                 .width = json.at("width").get<int>()};
  } else {
    const auto padding = json.at("padding").get<std::array<int, 4>>();
    layer.shape = ConvolutionShape{.in_channels = json.at("in_channels").get<int>(),
                                   .out_channels = json.at("out_channels").get<int>(),
                                   .in_height = json.at("height").get<int>(),
                                   .in_width = json.at("width").get<int>(),
                                   .kernel_height = pair("kernel")[0],
                                   .kernel_width = pair("kernel")[1],
                                   .stride_height = pair("stride")[0],
                                   .stride_width = pair("stride")[1],
                                   .pad_top = padding[0],
                                   .pad_left = padding[1],
                                   .pad_bottom = padding[2],
                                   .pad_right = padding[3],
                                   .dilation_height = pair("dilation")[0],
                                   .dilation_width = pair("dilation")[1],
                                   .groups = json.at("groups").get<int>()};
  }
  std::visit([](const auto& shape) { shape.check(); }, layer.shape);
  return layer;
}

/// Fills in what the provenance says.
void read_provenance(const Json& json, MeasuredTrace& measured) {
  measured.origin = json.at("origin").get<std::string>();
  const Json& description =
      json.contains("network") ? json["network"].at("description") : json.at("model");
  for (const char* key : {"title", "what"}) {
    if (description.is_object() && description.contains(key)) {
      measured.title = description[key].get<std::string>();
    }
  }
  for (const Json& set : json.at("inputs")) {
    const auto count = set.at("inputs").get<std::size_t>();
    if (count > 0) measured.inputs.emplace_back(set.at("name").get<std::string>(), count);
  }
  measured.accelerator = json.at("accelerator").at("name").get<std::string>();
  measured.accelerator_parameters = json.at("accelerator").at("parameters").get<std::string>();
  for (const Json& layer : json.at("layers")) measured.layers.push_back(layer_of(layer));
}

}  // namespace

MeasuredTrace read_measured_trace(const std::string& path) {
  MeasuredTrace measured{.trace = read_trace(path),
                         .load_balance = {},
                         .title = {},
                         .origin = {},
                         .inputs = {},
                         .accelerator = {},
                         .accelerator_parameters = {},
                         .layers = {}};
  const Trace& trace = measured.trace;
  const bool attention = trace.identity().kind == TraceKind::attention;
  if (attention) measured.load_balance = load_balances(path, trace);
  const std::string provenance = std::filesystem::path(path).replace_extension(".json").string();
  try {
    read_provenance(Json::parse(read_file(provenance)), measured);
  } catch (const Json::exception& error) {
    throw FileError(provenance, 0,
                    "is not the provenance of a trace: " + std::string(error.what()) +
                        "; allowed is what dysta profile writes beside one");
  } catch (const SpecificationError& error) {
    throw FileError(provenance, 0, error.what());
  }
  std::size_t inputs = 0;
  for (const auto& [name, count] : measured.inputs) inputs += count;
  if (inputs != trace.samples() || measured.layers.size() != trace.layers()) {
    throw FileError(provenance, 0,
                    "is about " + counted(inputs, "input") + " and " +
                        counted(measured.layers.size(), "layer") + ", and " + path + " has " +
                        counted(trace.samples(), "input") + " and " +
                        counted(trace.layers(), "layer") + "; allowed is the same");
  }
  for (const MeasuredLayer& layer : measured.layers) {
    if (std::holds_alternative<AttentionShape>(layer.shape) != attention) {
      throw FileError(provenance, 0,
                      "has layers that are not of the trace's kind; allowed are convolutions for "
                      "CNN traces and attention for the others");
    }
    if (!(layer.weight_density > 0) || layer.weight_density > 1) {
      throw FileError(provenance, 0,
                      "has a layer " + in_quotes(layer.name) +
                          " whose weight_density is not in (0, 1]; allowed is a share of weights");
    }
  }
  return measured;
}

}  // namespace dysta
