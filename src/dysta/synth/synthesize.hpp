// Traces drawn from statistical models: docs/synthesis.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dysta/accel/accelerator.hpp"
#include "dysta/synth/network_model.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

struct SynthesisOptions {
  std::string pattern;  ///< see `parse_weight_pattern`; empty: the weights as the model states them

  /// Names of data sets and how many inputs are drawn of each, in the order of the trace. Empty:
  /// 100 of the model's first.
  std::vector<std::pair<std::string, std::size_t>> inputs;

  std::uint64_t seed = 1;
  std::optional<std::uint32_t> sequence_length;  ///< attention: the length of every input

  std::string accelerator_parameters;  ///< the text of its file, for the provenance; may be empty
  std::string dysta_version;           ///< likewise
};

struct SynthesizedTrace {
  Trace trace;             ///< what reading `csv` gives
  std::string csv;         ///< docs/trace-format.md
  std::string provenance;  ///< JSON, as `dysta profile` writes it, but says that it is synthesised
};

/// The variant's name: MODEL_PATTERN, and MODEL alone for attention.
std::string variant_name(const NetworkModel& model, const std::string& pattern);

/// The data sets and numbers of inputs that `options` ask for, the default told. Throws
/// `SpecificationError` for sets that the model does not have, sets that stand twice, and numbers
/// of inputs out of range.
std::vector<std::pair<std::string, std::size_t>> inputs_of(const NetworkModel& model,
                                                           const SynthesisOptions& options);

/// Draws inputs of a model and asks the accelerator what their layers cost. The same inputs are
/// drawn whatever pattern and accelerator, and the first of a larger number are those of a smaller.
/// Throws `SpecificationError` for options that do not fit the model, and for an accelerator that
/// does not run its layers.
SynthesizedTrace synthesize(const NetworkModel& model, const Accelerator& accelerator,
                            const SynthesisOptions& options);

}  // namespace dysta
