#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "dysta/accel/accelerator.hpp"
#include "dysta/accel/sanger.hpp"
#include "dysta/core/error.hpp"
#include "layer_file.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct AccelCommandOptions {
  std::string accelerator;
  std::string layer;
  std::optional<double> activation_density;
  std::optional<double> weight_density;
  std::optional<double> kept;
  std::optional<double> load_balance;
};

/// A count that is whole is written without a point, however large.
OrderedJson count(double value) {
  if (value < 9e15 && value == static_cast<double>(static_cast<std::int64_t>(value))) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

void add_cost(OrderedJson& json, const Accelerator& accelerator, const LayerCost& cost,
              std::int64_t dense_macs) {
  json["dense_macs"] = dense_macs;
  json["effectual_macs"] = count(cost.effectual_macs);
  json["cycles"] = count(cost.cycles);
  json["compute_cycles"] = count(cost.compute_cycles);
  json["memory_cycles"] = count(cost.memory_cycles);
  json["latency_s"] = cost.latency.count();
  json["utilisation"] = cost.effectual_macs / (accelerator.peak_macs_per_cycle() * cost.cycles);
}

[[noreturn]] void refuse_density(const char* option, const char* file_key) {
  throw SpecificationError(fmt::format(
      "{} is given, and so is '{}' in the layer's file; allowed is one of them", option, file_key));
}

void refuse(const std::optional<double>& given, const char* option, const char* layers) {
  if (given) {
    throw SpecificationError(
        fmt::format("{} is for {}; allowed is what the layer has", option, layers));
  }
}

/// A side that is given by neither mask nor density has no zeros.
OrderedJson convolution_cost(const Accelerator& accelerator, const ConvolutionLayer& layer,
                             const AccelCommandOptions& options) {
  refuse(options.kept, "--kept", "attention");
  refuse(options.load_balance, "--load-balance", "attention");
  if (options.activation_density && layer.activations) {
    refuse_density("--activation-density", "iacts");
  }
  if (options.weight_density && layer.weights) refuse_density("--weight-density", "weights");
  OrderedJson json;
  LayerCost cost;
  ConvolutionDensity density{
      .activations = layer.activations ? 1 - layer.activations->sparsity()
                                       : options.activation_density.value_or(1),
      .weights = layer.weights ? layer.weights->density() : options.weight_density.value_or(1)};
  if (layer.activations && layer.weights) {
    json["from"] = "masks";
    cost = accelerator.prepare(layer.shape, *layer.weights)->cost(*layer.activations);
  } else {
    json["from"] = "densities";
    cost = accelerator.cost(layer.shape, density);
  }
  json["activation_density"] = density.activations;
  json["weight_density"] = density.weights;
  add_cost(json, accelerator, cost, layer.shape.dense_macs());
  return json;
}

OrderedJson attention_cost(const Accelerator& accelerator, const AttentionLayer& layer,
                           const AccelCommandOptions& options) {
  refuse(options.activation_density, "--activation-density", "convolutions");
  refuse(options.weight_density, "--weight-density", "convolutions");
  OrderedJson json;
  LayerCost cost;
  if (layer.mask) {
    if (options.kept) refuse_density("--kept", "mask");
    if (options.load_balance) refuse_density("--load-balance", "mask");
    json["from"] = "masks";
    cost = accelerator.cost(layer.shape, *layer.mask);
    json["kept"] = layer.mask->density();
    OrderedJson& balance = json["load_balance"];
    for (const auto& [key, width] : {std::pair{"50%", 32}, std::pair{"25%", 16}}) {
      balance[std::string(key) + "-skip"] =
          pack_and_split(*layer.mask, width, EmptyChunks::skip).load_balance();
      balance[std::string(key) + "-no-skip"] =
          pack_and_split(*layer.mask, width, EmptyChunks::keep).load_balance();
    }
  } else {
    const AttentionDensity density{.kept = options.kept.value_or(1),
                                   .load_balance = options.load_balance.value_or(1)};
    json["from"] = "densities";
    cost = accelerator.cost(layer.shape, density);
    json["kept"] = density.kept;
    json["load_balance"] = density.load_balance;
  }
  add_cost(json, accelerator, cost, layer.shape.dense_macs());
  return json;
}

int list() {
  for (const ShippedAccelerator& shipped : shipped_accelerators()) {
    print(fmt::format("{}\n\n{}\n", shipped.name, shipped.parameters));
  }
  return 0;
}

int run(const AccelCommandOptions& options) {
  if (options.accelerator.empty()) return list();
  const auto accelerator = load_accelerator(options.accelerator);
  if (options.layer.empty()) {
    print(accelerator_parameters(options.accelerator));
    return 0;
  }
  const LayerFile layer = read_layer(options.layer);
  OrderedJson json = {{"schema", 1}, {"accelerator", accelerator->name()}};
  json.update(std::holds_alternative<ConvolutionLayer>(layer)
                  ? convolution_cost(*accelerator, std::get<ConvolutionLayer>(layer), options)
                  : attention_cost(*accelerator, std::get<AttentionLayer>(layer), options));
  print(json.dump(2) + '\n');
  return 0;
}

}  // namespace

void add_accel_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("accel", "Show the accelerator models, and what one layer costs on one");
  command->footer(
      "A layer is a JSON object: in_channels, out_channels, height, width, and optionally kernel,\n"
      "stride, padding, dilation, groups (1, 1, 0, 1, 1), iacts and weights (files of characters\n"
      "0 and 1, laid out [height][width][channel] and [out][in/groups][row][column]).\n"
      "Attention: heads, queries, width, and optionally keys and mask ([head][query][key]).");
  auto options = std::make_shared<AccelCommandOptions>();
  command
      ->add_option("ACCELERATOR", options->accelerator,
                   "Name, or parameter file (.yaml); none: all that come along")
      ->check(some_text())
      ->type_name("");
  auto* layer = command
                    ->add_option("--layer", options->layer,
                                 "Print, as JSON, what this layer costs; from its masks if its "
                                 "file names them, else from densities")
                    ->check(some_text())
                    ->type_name("FILE");
  const auto add_share = [&](const char* name, std::optional<double>& value, bool zero,
                             const char* help) {
    command->add_option(name, value, help)
        ->check(number_in(0, 1, zero))
        ->needs(layer)
        ->type_name("SHARE");
  };
  add_share("--activation-density", options->activation_density, true,
            "Activations that are not zero (1 if neither this nor a mask is given)");
  add_share("--weight-density", options->weight_density, true, "The same of weights");
  add_share("--kept", options->kept, false, "Attention scores kept");
  add_share("--load-balance", options->load_balance, false, "Packed slots that do work");
  command->callback([options, &action] { action = [=] { return run(*options); }; });
}

}  // namespace dysta::cli
