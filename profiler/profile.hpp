// Running a network on inputs, and what its layers cost on accelerators.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "dysta/accel/accelerator.hpp"
#include "inputs.hpp"
#include "network.hpp"
#include "preparation.hpp"

namespace dysta::profiler {

/// A layer as it is for the first input: later inputs may have other sizes.
struct ProfiledLayer {
  std::string name;
  std::variant<ConvolutionShape, AttentionShape> shape;
  double weight_density = 1;  ///< share that is not zero; 1 for attention

  std::int64_t dense_macs() const;
};

/// One layer of one input.
struct LayerMeasurement {
  LayerCost cost;
  double dense_macs = 0;
  double sparsity = 0;            ///< zeros among the input activations, or scores not kept
  double balance_of_half = 1;     ///< attention: load balance at 32 of 64 ("50%-skip")
  double balance_of_quarter = 1;  ///< and at 16 of 64 ("25%-skip")
};

struct ProfiledInput {
  std::size_t set = 0;  ///< which of the input sets
  std::string digest;   ///< SHA-256 of what was read
  int tokens = 0;  ///< queries of the first attention block that are no padding, but at least 1
  std::vector<std::vector<LayerMeasurement>> layers;  ///< [accelerator][layer]
};

struct SkippedInput {
  std::size_t set = 0;
  std::string why;
};

struct Profile {
  std::vector<std::vector<ProfiledLayer>> layers;  ///< [accelerator][layer]
  std::vector<ProfiledInput> inputs;               ///< in the order of the sets
  std::vector<SkippedInput> skipped;               ///< pictures that cannot be read
  bool interrupted = false;                        ///< some inputs were not run
};

struct ProfileOptions {
  Preparation preparation;
  std::size_t threads = 1;
  bool strict = false;  ///< whether a picture that cannot be read is an error
  std::function<void(std::size_t done, std::size_t of)> progress;  ///< called by one thread a time
  const std::atomic<bool>* stop = nullptr;  ///< set from outside: finish what runs, and return
};

/// Runs every input once and asks every accelerator what each of its layers costs. The result does
/// not depend on the number of threads. Throws `FileError` for inputs and networks that cannot be
/// profiled; an accelerator takes the layers it runs, and a network without such layers, or with
/// attention for one that runs only convolutions, cannot be profiled for it. An accelerator made
/// for attention alone has the linear layers in its formula.
Profile profile(const Network& network, const std::vector<InputSet>& sets,
                const std::vector<std::unique_ptr<const Accelerator>>& accelerators,
                const ProfileOptions& options);

}  // namespace dysta::profiler
