// A network, and what is seen of its layers while it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "dysta/accel/layer.hpp"
#include "dysta/accel/mask.hpp"
#include "npy.hpp"

namespace dysta::profiler {

/// A convolution or a product with a matrix of weights, about to run on one input.
struct ConvolutionSeen {
  std::string name;  ///< of its weights in the network; may be empty
  ConvolutionShape shape;
  std::string weights_key;  ///< the same for the same weights; empty where they are computed
  const std::function<WeightMask()>& weights;
  const ActivationMask& activations;  ///< without padding, explicit padding before it included
};

/// The probabilities of one attention block, just computed.
struct AttentionSeen {
  AttentionShape shape;
  std::span<const float> probabilities;  ///< [head][query][key]
  std::vector<bool> key_hidden;          ///< padding: no query may see it

  /// The probabilities as they would be with queries and keys of so many bits.
  const std::function<std::vector<float>(int bits)>& predicted;
};

/// Told of every layer in the order in which they run.
class LayerObserver {
 public:
  virtual ~LayerObserver() = default;
  virtual void on_convolution(const ConvolutionSeen& seen) = 0;
  virtual void on_attention(const AttentionSeen& seen) = 0;
};

/// A network is not what can be profiled; `what()` goes behind the file's name.
class NetworkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A network that can be run and watched. Safe to share between threads.
class Network {
 public:
  virtual ~Network() = default;

  /// Its file, for messages and names.
  const std::string& path() const { return path_; }

  /// The file's SHA-256, and that of all parameters and buffers in the order of their names.
  const std::string& file_digest() const { return file_digest_; }
  const std::string& weights_digest() const { return weights_digest_; }

  /// What the file says of itself, as JSON, or empty: profiler/zoo/description.py tells what is in
  /// it.
  const std::string& description() const { return description_; }

  /// Runs one input, which has a leading dimension of 1. Throws `NetworkError` where the network
  /// refuses the input, or holds an operator that does work nobody here can count; both are named.
  virtual void run(const Array& input, LayerObserver& observer) const = 0;

 protected:
  explicit Network(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::string file_digest_;
  std::string weights_digest_;
  std::string description_;
};

}  // namespace dysta::profiler
