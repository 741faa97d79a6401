// Traces: how long each layer took and what sparsity a monitor saw, for every input of a network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/core/ids.hpp"
#include "dysta/core/time.hpp"
#include "dysta/trace/provenance.hpp"

namespace dysta {

/// Which accelerator family a trace is from; the file's header tells.
enum class TraceKind : std::uint8_t {
  cnn,       ///< Eyeriss-V2 style: latency and input-activation sparsity
  attention  ///< Sanger style: density of the attention mask and load balance
};

std::string_view name_of(TraceKind kind);

/// One layer of one input.
struct LayerSample {
  double latency_s = 0;  ///< greater than 0
  double sparsity = 0;   ///< share of zeros seen by the monitor, in [0, 1)
};

/// The trace of one variant: `samples()` inputs by `layers()` layers, both at least 1.
class Trace {
 public:
  struct Identity {
    std::string name;     ///< the variant's: the file's stem
    std::string model;    ///< the architecture's
    std::string pattern;  ///< how the weights were pruned; empty where the name does not say
    TraceKind kind = TraceKind::cnn;
    std::string file;         ///< where it was read from, for messages; may be empty
    Provenance provenance{};  ///< its inputs are as many as the trace has samples, or not told
  };

  /// `table` is row-major, a row an input; its size must be a multiple of `layers`, which must be
  /// greater than 0. `sequence_lengths` has an entry an input, in tokens, or is empty where inputs
  /// have no length of their own. Throws `std::invalid_argument` otherwise.
  Trace(Identity identity, std::size_t layers, std::vector<LayerSample> table,
        std::vector<std::uint32_t> sequence_lengths = {});

  const Identity& identity() const { return identity_; }
  const std::string& name() const { return identity_.name; }
  std::size_t samples() const { return table_.size() / layers_; }
  std::size_t layers() const { return layers_; }

  /// The layers of one input, first to last.
  std::span<const LayerSample> sample(std::size_t sample) const {
    return std::span(table_).subspan(sample * layers_, layers_);
  }

  /// Seconds from the start of each layer to the end of the network for one input:
  /// `layers() + 1` entries, the last one 0.
  std::span<const double> remaining_s(std::size_t sample) const {
    return std::span(remaining_).subspan(sample * (layers_ + 1), layers_ + 1);
  }

  /// How long one input takes alone: P in the literature's formulas.
  Seconds isolated(std::size_t sample) const { return isolated_[sample]; }

  /// Has the first layers of one input, and its isolated time, brought nearer: it is used soon.
  void prefetch(std::size_t sample) const {
    constexpr std::size_t kLine = 64 / sizeof(LayerSample);  // in a cache line; further ones follow
    const LayerSample* const first = table_.data() + sample * layers_;
    for (std::size_t i = 0; i < std::min(layers_, 4 * kLine); i += kLine) {
      __builtin_prefetch(first + i);
    }
    __builtin_prefetch(isolated_.data() + sample);
  }

  /// Tokens of one input; 0 where the input has no length of its own.
  std::uint32_t sequence_length(std::size_t sample) const {
    return sequence_lengths_.empty() ? 0 : sequence_lengths_[sample];
  }

 private:
  Identity identity_;
  std::size_t layers_;
  std::vector<LayerSample> table_;
  std::vector<double> remaining_;
  std::vector<Seconds> isolated_;  ///< in a table of their own, which caches hold
  std::vector<std::uint32_t> sequence_lengths_;
};

/// The variants that one workload draws from, ordered by name whatever the order they came in.
class TraceSet {
 public:
  /// Throws `FileError` if it is empty, two traces have one name, or variants of one model differ
  /// in kind or number of layers.
  explicit TraceSet(std::vector<Trace> traces);

  std::size_t size() const { return traces_.size(); }
  const Trace& operator[](VariantId id) const { return traces_[index(id)]; }
  std::span<const Trace> all() const { return traces_; }
  std::optional<VariantId> find(std::string_view name) const;

  /// The architectures, ordered by name.
  std::span<const std::string> models() const { return models_; }
  ModelId model_of(VariantId id) const { return model_of_[index(id)]; }

 private:
  std::vector<Trace> traces_;
  std::vector<std::string> models_;
  std::vector<ModelId> model_of_;
};

}  // namespace dysta
