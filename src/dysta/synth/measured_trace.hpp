// A trace with its provenance: what a model can be fitted to.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dysta/accel/layer.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// A layer as the provenance lists it.
struct MeasuredLayer {
  std::string name;
  std::variant<ConvolutionShape, AttentionShape> shape;
  double weight_density = 1;
};

struct MeasuredTrace {
  Trace trace;
  std::vector<double> load_balance;  ///< as `Trace` lays out layers; empty for CNNs
  std::string title;                 ///< of the network; may be empty
  std::string origin;                ///< how the trace came about
  std::vector<std::pair<std::string, std::size_t>> inputs;  ///< data sets in the trace's order
  std::string accelerator;                                  ///< its name
  std::string accelerator_parameters;                       ///< the text of its file
  std::vector<MeasuredLayer> layers;
};

/// Reads a trace and the provenance beside it, which has its name with `.json` in place of `.csv`.
/// Throws `FileError` for what is wrong in either, and where they do not belong together.
MeasuredTrace read_measured_trace(const std::string& path);

}  // namespace dysta
