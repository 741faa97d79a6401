// What every accelerator model offers: how long a layer takes, asked in two ways.
//
// From *densities*, the shares of non-zeros: quick, for synthesis and planning. From *masks*, the
// very zeros of one input: exact counts, for profiling. The zeros of weights are known beforehand,
// so what depends on them alone is worked out once, when a layer is prepared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/accel/layer.hpp"
#include "dysta/accel/mask.hpp"
#include "dysta/core/time.hpp"

namespace dysta {

/// What one layer of one input costs.
struct LayerCost {
  double effectual_macs = 0;  ///< products of non-zeros; whole when counted from masks
  double compute_cycles = 0;  ///< of the busiest element
  double memory_cycles = 0;   ///< to move what the layer reads and writes; 0 where not modelled
  double cycles = 0;          ///< the larger of both, since one hides behind the other
  Seconds latency{};          ///< cycles over the clock, unless the model has a formula of its own
};

struct ConvolutionDensity {
  double activations = 1;  ///< share of input activations that are not zero, in [0, 1]
  double weights = 1;      ///< share of weights that are not zero, in [0, 1]

  /// Work of the busiest part over what it would be if zeros, of padding too, were spread evenly:
  /// greater than 0. Machines that share out work perfectly do not look at it.
  double unevenness = 1;
};

struct AttentionDensity {
  double kept = 1;          ///< share of visible scores kept, in (0, 1]
  double load_balance = 1;  ///< share of packed slots that do work, in (0, 1]
};

/// Which attention scores are kept.
struct AttentionSelection {
  double threshold = 0;  ///< those whose softmax is greater
  int prediction_bits =
      0;  ///< of the queries and keys that the softmax is predicted from; 0: exact
};

/// A convolution whose weights are known. Safe to share between threads.
class PreparedConvolution {
 public:
  virtual ~PreparedConvolution() = default;

  /// What it costs on the input with this mask, which has the shape's channels, height and width.
  virtual LayerCost cost(const ActivationMask& activations) const = 0;
};

/// A model of one accelerator. Objects do not change; they are safe to share between threads.
/// Layers that an accelerator is not made for throw `SpecificationError`.
class Accelerator {
 public:
  virtual ~Accelerator() = default;

  virtual std::string_view name() const = 0;

  /// Multiply-accumulates a cycle when every multiplier is busy: utilisation is effectual
  /// multiply-accumulates over this times cycles.
  virtual double peak_macs_per_cycle() const = 0;

  virtual bool runs_convolutions() const { return false; }
  virtual bool runs_attention() const { return false; }

  /// Of an accelerator that runs attention; the rest computes all of it.
  virtual AttentionSelection attention_selection() const { return {}; }

  virtual LayerCost cost(const ConvolutionShape& shape, const ConvolutionDensity& density) const;
  virtual std::unique_ptr<const PreparedConvolution> prepare(const ConvolutionShape& shape,
                                                             const WeightMask& weights) const;

  virtual LayerCost cost(const AttentionShape& shape, const AttentionDensity& density) const;
  virtual LayerCost cost(const AttentionShape& shape, const AttentionMask& mask) const;

 protected:
  [[noreturn]] void refuse(std::string_view kind) const;
};

/// The parameter files that come with the library: suite/accelerators/NAME.yaml.
struct ShippedAccelerator {
  std::string_view name;
  std::string_view parameters;  ///< the text of the file
};
std::vector<ShippedAccelerator> shipped_accelerators();

/// The text of a parameter file: of the shipped accelerator with this name or, where `name_or_file`
/// ends in `.yaml` or `.yml`, of that file. Throws `SpecificationError` for an unknown name,
/// `FileError` for a file that cannot be read.
std::string accelerator_parameters(const std::string& name_or_file);

/// The accelerator that those parameters describe. Throws `FileError` with the line of what is
/// wrong in them.
std::unique_ptr<const Accelerator> load_accelerator(const std::string& name_or_file);

/// The same from the text of a parameter file; `name` is what messages call the file.
std::unique_ptr<const Accelerator> parse_accelerator(const std::string& name,
                                                     const std::string& parameters);

}  // namespace dysta
