#include "torch_network.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <sstream>
#include <string_view>

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>
#include <torch/version.h>

#include "dysta/accel/sanger.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/digest.hpp"

namespace dysta::profiler {
namespace {

/// Parameters, buffers and constants: tensors that are there before anything runs.
using ConstantNames = std::map<const void*, std::string>;

const void* storage_of(const at::Tensor& tensor) {
  return tensor.has_storage() ? tensor.storage().data() : nullptr;
}

int extent(std::int64_t value) {
  constexpr std::int64_t kLargest = 1'000'000;
  if (value < 1 || value > kLargest) {
    throw NetworkError("has a layer with a dimension of " + std::to_string(value) +
                       "; allowed are 1 to 1000000");
  }
  return static_cast<int>(value);
}

std::span<const float> values_of(const at::Tensor& contiguous) {
  return {contiguous.data_ptr<float>(), static_cast<std::size_t>(contiguous.numel())};
}

at::Tensor as_floats(const at::Tensor& tensor) {
  if (!tensor.is_floating_point()) {
    throw NetworkError("multiplies tensors that are not of real numbers; allowed are those");
  }
  return tensor.to(at::kFloat).contiguous();
}

/// Watches one run of a network on one thread.
class Recorder {
 public:
  Recorder(const ConstantNames& constants, LayerObserver& observer)
      : constants_(constants), observer_(observer) {}

  /// The first thing that went wrong: libtorch swallows exceptions of callbacks.
  std::exception_ptr failure;

  void begin(std::string_view op, c10::ArrayRef<const c10::IValue> inputs) {
    refuse_uncountable(op);
    if (op == "aten::_convolution") {
      if (inside_convolution_++ == 0) convolution(inputs);
    } else if (inside_convolution_ > 0) {
      return;
    } else if (op == "aten::mm" || op == "aten::bmm") {
      product(op, inputs[0].toTensor(), inputs[1].toTensor());
    } else if (op == "aten::addmm" || op == "aten::baddbmm") {
      product(op, inputs[1].toTensor(), inputs[2].toTensor());
    } else if (op == "aten::mv" || op == "aten::addmv") {
      const std::size_t first = op == "aten::mv" ? 0 : 1;
      product(op, inputs[first].toTensor(), inputs[first + 1].toTensor().unsqueeze(1));
    }
  }

  void end(std::string_view op, const std::vector<c10::IValue>& inputs,
           const std::vector<c10::IValue>& outputs) {
    if (op == "aten::_convolution") {
      --inside_convolution_;
    } else if (op == "aten::constant_pad_nd") {
      padding(inputs, outputs.back().toTensor());
    } else if (op == "aten::_softmax") {
      softmax(inputs.at(0).toTensor(), outputs.back().toTensor());
    }
  }

  /// To be called when the network is done.
  void finish() const { refuse_pending(); }

 private:
  struct Padding {
    at::Tensor padded;  ///< held, so that no other tensor takes its place
    at::Tensor inner;
    int left, right, top, bottom;
  };

  struct Product {
    std::string op;
    at::Tensor queries;  ///< [head][query][channel]
    at::Tensor keys;     ///< [head][channel][key]
  };

  static void refuse_uncountable(std::string_view op) {
    constexpr std::array<std::string_view, 19> kUncountable{"quantized::",
                                                            "mkldnn::",
                                                            "mkldnn_prepacked::",
                                                            "prepacked::",
                                                            "aten::lstm",
                                                            "aten::gru",
                                                            "aten::rnn_tanh",
                                                            "aten::rnn_relu",
                                                            "aten::bilinear",
                                                            "aten::dot",
                                                            "aten::vdot",
                                                            "aten::_trilinear",
                                                            "aten::_native_multi_head_attention",
                                                            "aten::_transformer_encoder_layer_fwd",
                                                            "aten::conv_transpose",
                                                            "aten::conv3d",
                                                            "aten::conv_tbc",
                                                            "aten::addbmm",
                                                            "aten::conv_depthwise3d"};
    for (const auto name : kUncountable) {
      if (op.starts_with(name)) refuse(op);
    }
  }

  [[noreturn]] static void refuse(std::string_view op) {
    throw NetworkError("holds the operator " + std::string(op) +
                       ", whose work cannot be counted; allowed are convolutions in one and two "
                       "dimensions, linear layers whose weights are constant, and attention by "
                       "products and softmax");
  }

  std::string name_of(const at::Tensor& weights) const {
    const auto found = constants_.find(storage_of(weights));
    if (found == constants_.end()) return {};
    std::string_view name = found->second;
    if (name.ends_with(".weight")) name.remove_suffix(std::string_view(".weight").size());
    return std::string(name);
  }

  /// The same for the same values in the same layout.
  static std::string key_of(const at::Tensor& weights) {
    std::ostringstream key;
    key << weights.data_ptr() << ' ' << weights.scalar_type() << ' ' << weights.strides();
    return key.str();
  }

  bool is_constant(const at::Tensor& tensor) const {
    return constants_.contains(storage_of(tensor));
  }

  void convolution(c10::ArrayRef<const c10::IValue> inputs) {
    at::Tensor input = inputs[0].toTensor();
    at::Tensor weights = inputs[1].toTensor();
    auto stride = inputs[3].toIntVector();
    auto pads = inputs[4].toIntVector();
    auto dilation = inputs[5].toIntVector();
    if (inputs[6].toBool()) refuse("aten::_convolution, transposed");
    Padding around{{}, {}, 0, 0, 0, 0};
    for (const Padding& padding : paddings_) {
      if (!padding.padded.is_same(input)) continue;
      // Of images, that is: channels can be padded too.
      const auto channels = 1 - weights.dim();
      if (padding.inner.size(channels) == input.size(channels)) around = padding;
    }
    if (around.inner.defined()) input = around.inner;
    if (weights.dim() == 3) {  // one dimension: an image of one row
      if (input.dim() == 2) input = input.unsqueeze(0);
      input = input.unsqueeze(2);
      weights = weights.unsqueeze(2);
      stride.insert(stride.begin(), 1);
      pads.insert(pads.begin(), 0);
      dilation.insert(dilation.begin(), 1);
    }
    if (weights.dim() != 4) refuse("aten::_convolution in three dimensions");
    if (input.dim() == 3) input = input.unsqueeze(0);
    if (input.size(0) != 1) {
      throw NetworkError("runs a convolution on " + std::to_string(input.size(0)) +
                         " images at a time for one input; allowed is 1");
    }
    const auto number = [](std::int64_t value) { return static_cast<int>(value); };
    ConvolutionShape shape{.in_channels = extent(input.size(1)),
                           .out_channels = extent(weights.size(0)),
                           .in_height = extent(input.size(2)),
                           .in_width = extent(input.size(3)),
                           .kernel_height = extent(weights.size(2)),
                           .kernel_width = extent(weights.size(3)),
                           .stride_height = number(stride.at(0)),
                           .stride_width = number(stride.at(1)),
                           .pad_top = number(pads.at(0)) + around.top,
                           .pad_left = number(pads.at(1)) + around.left,
                           .pad_bottom = number(pads.at(0)) + around.bottom,
                           .pad_right = number(pads.at(1)) + around.right,
                           .dilation_height = number(dilation.at(0)),
                           .dilation_width = number(dilation.at(1)),
                           .groups = extent(inputs[8].toInt())};
    report(shape, weights, input);
  }

  /// `weights` are laid out [out][in / groups][...] and `input` [in][...].
  void report(const ConvolutionShape& shape, const at::Tensor& weights, const at::Tensor& input) {
    shape.check();
    const at::Tensor values = as_floats(input);
    const auto mask = ActivationMask::of_nonzeros(values_of(values), shape.in_channels,
                                                  shape.in_height, shape.in_width);
    const std::function<WeightMask()> weight_mask = [&] {
      const at::Tensor contiguous = as_floats(weights);
      return WeightMask::of_nonzeros(values_of(contiguous));
    };
    observer_.on_convolution({.name = name_of(weights),
                              .shape = shape,
                              .weights_key = is_constant(weights) ? key_of(weights) : "",
                              .weights = weight_mask,
                              .activations = mask});
  }

  void product(std::string_view op, at::Tensor left, at::Tensor right) {
    if (is_constant(left) && is_constant(right)) return;  // the same for all inputs
    if (is_constant(left)) {                              // W · x is (xᵀ · Wᵀ)ᵀ
      std::swap(left, right);
      left = left.transpose(-1, -2);
      right = right.transpose(-1, -2);
    }
    if (is_constant(right)) {
      if (left.dim() == 3 && left.size(0) == 1) {
        left = left[0];
        right = right[0];
      }
      if (left.dim() != 2) refuse(std::string(op) + " with a batch of weights");
      const ConvolutionShape shape{.in_channels = extent(left.size(1)),
                                   .out_channels = extent(right.size(1)),
                                   .in_height = extent(left.size(0))};
      report(shape, right.t(), left.t());
      return;
    }
    if (left.dim() == 2) left = left.unsqueeze(0);
    if (right.dim() == 2) right = right.unsqueeze(0);
    const bool weighs_values = last_probabilities_.defined() &&
                               last_probabilities_.numel() == left.numel() &&
                               last_probabilities_.size(-1) == left.size(2) &&
                               last_probabilities_.size(-2) == left.size(1);
    if (weighs_values) {
      last_probabilities_ = at::Tensor();
      return;
    }
    refuse_pending();
    pending_ = {.op = std::string(op), .queries = left, .keys = right};
  }

  void refuse_pending() const {
    if (pending_.queries.defined()) {
      refuse(pending_.op + " of two activations that is no attention (no softmax follows)");
    }
  }

  void padding(const std::vector<c10::IValue>& inputs, const at::Tensor& padded) {
    const auto pads = inputs.at(1).toIntVector();  // left, right, top, bottom, ...
    const at::Tensor& inner = inputs.at(0).toTensor();
    const bool images = pads.size() == 2 || pads.size() == 4;
    const bool grows = std::all_of(pads.begin(), pads.end(), [](auto p) { return p >= 0; });
    if (!images || !grows || inputs.at(2).toScalar().toDouble() != 0) return;
    const auto pad = [&](std::size_t i) { return i < pads.size() ? static_cast<int>(pads[i]) : 0; };
    paddings_.push_back({padded, inner, pad(0), pad(1), pad(2), pad(3)});
  }

  void softmax(const at::Tensor& scores, const at::Tensor& probabilities) {
    if (!pending_.queries.defined()) return;  // of a classifier
    const Product product = std::exchange(pending_, {});
    const auto heads = product.queries.size(0);
    const auto queries = product.queries.size(1);
    const auto keys = product.keys.size(2);
    const bool fits = scores.dim() >= 2 && scores.size(-1) == keys && scores.size(-2) == queries &&
                      scores.numel() == heads * queries * keys;
    if (!fits) refuse(product.op + " of two activations that is no attention");
    last_probabilities_ = probabilities;
    const AttentionShape shape{.heads = extent(heads),
                               .queries = extent(queries),
                               .keys = extent(keys),
                               .width = extent(heads * product.queries.size(2))};
    const at::Tensor before = as_floats(scores).view({heads, queries, keys});
    const at::Tensor after = as_floats(probabilities);
    // What masks add is so negative that nothing is left of it after the softmax.
    const at::Tensor hidden = before.lt(-5000).all(1).all(0).contiguous();
    std::vector<bool> key_hidden(static_cast<std::size_t>(keys));
    for (std::size_t key = 0; key < key_hidden.size(); ++key) {
      key_hidden[key] = hidden.data_ptr<bool>()[key];
    }
    const std::function<std::vector<float>(int)> predicted = [&](int bits) {
      return predict(product, before, hidden, bits);
    };
    observer_.on_attention({.shape = shape,
                            .probabilities = values_of(after),
                            .key_hidden = key_hidden,
                            .predicted = predicted});
  }

  /// The softmax again, of scores in which the product of queries and keys is that of few bits.
  /// Padding, whose keys are `hidden`, has no say in the step of quantisation.
  static std::vector<float> predict(const Product& product, const at::Tensor& scores,
                                    const at::Tensor& hidden, int bits) {
    const at::Tensor exact = at::bmm(as_floats(product.queries), as_floats(product.keys));
    // Scores are the product times a number, plus what masks add. Where the mask adds nothing the
    // number is the quotient of both; the largest visible product tells it best.
    const at::Tensor visible = scores.gt(-5000);
    const at::Tensor magnitude = at::where(visible, exact.abs(), at::zeros_like(exact));
    const auto place = magnitude.argmax().item<std::int64_t>();
    const float largest = exact.flatten()[place].item<float>();
    const float scale = largest == 0 ? 0 : scores.flatten()[place].item<float>() / largest;
    const at::Tensor rest = at::where(visible, scores - exact * scale, at::zeros_like(exact));
    if (!(rest.abs().max().item<float>() <=
          1e-3 * (1 + std::abs(scale) * magnitude.max().item<float>()))) {
      throw NetworkError(
          "adds to its attention scores more than a mask; prediction with few bits "
          "allows only scaled products and masks");
    }
    const auto quantised = [&](const at::Tensor& tensor) {
      at::Tensor copy = tensor.clone();
      quantise_symmetric({copy.data_ptr<float>(), static_cast<std::size_t>(copy.numel())}, bits);
      return copy;
    };
    at::Tensor queries = as_floats(product.queries);
    if (queries.size(1) == hidden.size(0)) {  // self-attention: padding asks nothing either
      queries = queries.masked_fill(hidden.view({1, -1, 1}), 0);
    }
    const at::Tensor keys = as_floats(product.keys).masked_fill(hidden.view({1, 1, -1}), 0);
    const at::Tensor few = at::bmm(quantised(queries), quantised(keys)) * scale;
    const at::Tensor masked =
        at::where(visible, few, at::full_like(few, -std::numeric_limits<float>::infinity()));
    const at::Tensor result = masked.softmax(-1).nan_to_num(0).contiguous();
    const auto values = values_of(result);
    return {values.begin(), values.end()};
  }

  const ConstantNames& constants_;
  LayerObserver& observer_;
  int inside_convolution_ = 0;
  std::vector<Padding> paddings_;
  Product pending_;
  at::Tensor last_probabilities_;
};

thread_local Recorder* recorder = nullptr;

/// What the end of an operator needs of its beginning.
struct Call final : at::ObserverContext {
  std::string op;
  std::vector<c10::IValue> inputs;
};

template <class Body>
void guarded(const Body& body) {
  if (recorder == nullptr || recorder->failure) return;
  const at::DisableRecordFunctionGuard unseen;
  const torch::NoGradGuard no_gradients;
  try {
    body();
  } catch (...) {
    recorder->failure = std::current_exception();
  }
}

std::unique_ptr<at::ObserverContext> on_begin(const at::RecordFunction& function) {
  auto call = std::make_unique<Call>();
  call->op = function.name();
  guarded([&] {
    // The interpreter hands over its whole stack, of which the operator's own come last.
    const auto stack = function.inputs();
    const auto inputs = stack.slice(stack.size() - function.num_inputs());
    if (call->op == "aten::constant_pad_nd" || call->op == "aten::_softmax") {
      call->inputs.assign(inputs.begin(), inputs.end());
    }
    recorder->begin(call->op, inputs);
  });
  return call;
}

void on_end(const at::RecordFunction& function, at::ObserverContext* context) {
  const auto& call = *static_cast<Call*>(context);
  guarded([&] { recorder->end(call.op, call.inputs, function.outputs()); });
}

/// Adds the callbacks to this thread while it lives.
class Recording {
 public:
  explicit Recording(Recorder& target)
      : handle_(at::addThreadLocalCallback(at::RecordFunctionCallback(on_begin, on_end)
                                               .needsInputs(true)
                                               .needsOutputs(true)
                                               .scopes({at::RecordScope::FUNCTION}))) {
    recorder = &target;
  }
  ~Recording() {
    recorder = nullptr;
    at::removeCallback(handle_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  at::CallbackHandle handle_;
};

/// The line of libtorch's many that says what is wrong.
std::string reason(const std::exception& error) {
  std::istringstream lines(error.what());
  std::string first;
  std::string named;
  for (std::string line; std::getline(lines, line);) {
    if (first.empty()) first = line;
    const auto place = line.find("Error: ");
    if (named.empty() && place != line.npos) named = line.substr(place + 7);
  }
  std::string text = named.empty() ? first : named;
  if (const auto cut = text.find(" (Exception raised from"); cut != text.npos) text.resize(cut);
  return text.substr(0, 300);
}

at::Tensor tensor_of(const Array& array) {
  return std::visit(
      [&](const auto& values) {
        using Value = typename std::decay_t<decltype(values)>::value_type;
        const auto type = std::is_same_v<Value, float> ? at::kFloat : at::kLong;
        return torch::from_blob(const_cast<Value*>(values.data()), array.shape, type).clone();
      },
      array.values);
}

/// The same for the same input, on every machine (FNV-1a).
std::uint64_t hash_of(const Array& array) {
  return std::visit(
      [](const auto& values) {
        std::uint64_t hash = 0xcbf29ce484222325;
        const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
        for (std::size_t i = 0; i < values.size() * sizeof(values.front()); ++i) {
          hash = (hash ^ bytes[i]) * 0x100000001b3;
        }
        return hash;
      },
      array.values);
}

/// One thread an operator, no rewriting of the graph: settings of this thread and of all.
void use_plain_execution() {
  at::set_num_threads(1);
  torch::jit::setGraphExecutorOptimize(false);
  torch::jit::setTensorExprFuserEnabled(false);
}

/// Operators that draw from libtorch's one generator of random numbers.
bool draws_random_numbers(const torch::jit::Node& node) {
  constexpr std::array<std::string_view, 9> kRandom{
      "aten::rand",        "aten::bernoulli", "aten::normal", "aten::multinomial", "aten::uniform",
      "aten::exponential", "aten::poisson",   "aten::cauchy", "aten::rrelu"};
  const std::string_view op = node.kind().toQualString();
  for (const auto name : kRandom) {
    if (op.starts_with(name)) return true;
  }
  if (!op.ends_with("dropout") && !op.ends_with("dropout_")) return false;
  const auto training = torch::jit::toIValue(node.input(2));
  return training && training->isBool() && training->toBool();
}

class TorchNetwork final : public Network {
 public:
  TorchNetwork(const std::string& path, std::uint64_t seed);
  void run(const Array& input, LayerObserver& observer) const override;

 private:
  void add_constant(const std::string& name, const at::Tensor& tensor) {
    if (tensor.has_storage()) constants_.emplace(storage_of(tensor), name);
  }

  void add_constants_of(torch::jit::Block& block) {
    for (auto* node : block.nodes()) {
      random_ = random_ || draws_random_numbers(*node);
      if (node->kind() == c10::prim::Constant && node->hasAttribute(c10::attr::value) &&
          node->kindOf(c10::attr::value) == torch::jit::AttributeKind::t) {
        add_constant({}, node->t(c10::attr::value));
      }
      for (auto* inner : node->blocks()) add_constants_of(*inner);
    }
  }

  mutable torch::jit::Module module_;  // running one does not change it
  std::uint64_t seed_;
  bool random_ = false;
  mutable std::mutex generator_;  // taken by the runs of a network that draws random numbers
  ConstantNames constants_;
};

TorchNetwork::TorchNetwork(const std::string& path, std::uint64_t seed)
    : Network(path), seed_(seed) {
  const std::string bytes = read_file(path);
  file_digest_ = sha256(bytes);
  torch::jit::ExtraFilesMap extra{{"dysta.json", ""}};
  try {
    std::istringstream stream(bytes);
    module_ = torch::jit::load(stream, at::kCPU, extra);
    module_.eval();
  } catch (const std::exception&) {
    throw FileError(path, 0,
                    "is not a TorchScript file, or one of a newer libtorch; allowed is what "
                    "torch.jit.save writes");
  }
  description_ = extra["dysta.json"];
  std::map<std::string, at::Tensor> weights;
  for (const auto& item : module_.named_parameters()) weights.emplace(item.name, item.value);
  for (const auto& item : module_.named_buffers()) weights.emplace(item.name, item.value);
  Sha256 digest;
  for (const auto& [name, tensor] : weights) {
    add_constant(name, tensor);
    const at::Tensor contiguous = tensor.contiguous();
    digest.add(name);
    digest.add({static_cast<const char*>(contiguous.data_ptr()), contiguous.nbytes()});
  }
  weights_digest_ = digest.hex();
  for (const auto& item : module_.named_attributes()) {
    if (item.value.isTensor()) add_constant(item.name, item.value.toTensor());
  }
  for (const auto& module : module_.modules()) {
    for (const auto& method : module.get_methods()) {
      add_constants_of(*method.graph()->block());
    }
  }
}

void TorchNetwork::run(const Array& input, LayerObserver& observer) const {
  use_plain_execution();
  const torch::NoGradGuard no_gradients;
  Recorder target(constants_, observer);
  std::string refusal;
  {
    std::unique_lock<std::mutex> generator;
    if (random_) {
      // There is one generator for all threads: one run at a time, each from its own seed.
      generator = std::unique_lock(generator_);
      torch::manual_seed(seed_ ^ hash_of(input));
    }
    const Recording recording(target);
    try {
      module_.forward({tensor_of(input)});
    } catch (const std::exception& error) {
      refusal = reason(error);
    }
  }
  if (target.failure) {
    try {
      std::rethrow_exception(target.failure);
    } catch (const c10::Error& error) {
      // What made no sense to us will have made none to the network, which says it better.
      if (refusal.empty()) {
        throw NetworkError("holds operators that cannot be followed: " + reason(error));
      }
    }
  }
  if (!refusal.empty()) {
    std::string shape;
    for (const auto size : input.shape)
      shape += (shape.empty() ? "" : " x ") + std::to_string(size);
    throw NetworkError("refuses an input of " + shape + ": " + refusal);
  }
  target.finish();
}

}  // namespace

std::unique_ptr<const Network> load_torch_script(const std::string& path, std::uint64_t seed) {
  return std::make_unique<TorchNetwork>(path, seed);
}

std::string libtorch_version() { return TORCH_VERSION; }

}  // namespace dysta::profiler
