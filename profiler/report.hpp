// What comes of a profile: a trace, where it is from, and a table to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dysta/accel/accelerator.hpp"
#include "inputs.hpp"
#include "network.hpp"
#include "profile.hpp"

namespace dysta::profiler {

/// Whether the trace is of the attention kind: of accelerators that run attention alone.
bool is_attention_trace(const Accelerator& accelerator);

/// The trace of one accelerator, as docs/trace-format.md describes it. Sparsities are rounded to
/// seven decimals and kept below 1, densities above 0; latencies have nine digits.
std::string trace_csv(const Profile& profile, std::size_t accelerator, bool attention);

/// All that decides the trace, as JSON: network, weights, pruning, inputs, accelerator, versions,
/// seed; and what came of it: layers, and sparsity and effectual work over the inputs of each set.
struct ProvenanceOf {
  const Network& network;
  const std::vector<InputSet>& sets;
  const Accelerator& accelerator;
  std::string accelerator_parameters;  ///< text of the file
  const Preparation& preparation;
  std::string dysta_version;
  std::string libtorch_version;
  std::uint64_t seed = 0;
  std::string variant;
};
std::string provenance_json(const Profile& profile, std::size_t accelerator,
                            const ProvenanceOf& of);

/// A line a layer: shape, weight density, sparsity, cycles, share.
std::string summary_text(const Profile& profile, std::size_t accelerator, const Accelerator& model);

}  // namespace dysta::profiler
