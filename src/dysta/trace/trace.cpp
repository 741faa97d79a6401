#include "dysta/trace/trace.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "dysta/core/error.hpp"

namespace dysta {

std::string_view name_of(TraceKind kind) { return kind == TraceKind::cnn ? "cnn" : "attention"; }

Trace::Trace(Identity identity, std::size_t layers, std::vector<LayerSample> table,
             std::vector<std::uint32_t> sequence_lengths)
    : identity_(std::move(identity)),
      layers_(layers),
      table_(std::move(table)),
      sequence_lengths_(std::move(sequence_lengths)) {
  if (layers_ == 0 || table_.empty() || table_.size() % layers_ != 0) {
    throw std::invalid_argument(
        "a trace has at least one layer and one input, and all its inputs "
        "have the same number of layers");
  }
  for (const LayerSample& layer : table_) {
    if (!(layer.latency_s > 0 && layer.latency_s <= kLongestTime.count() && layer.sparsity >= 0 &&
          layer.sparsity < 1)) {
      throw std::invalid_argument("a layer's latency is greater than 0 and its sparsity in [0, 1)");
    }
  }
  if (!sequence_lengths_.empty() && sequence_lengths_.size() != samples()) {
    throw std::invalid_argument("a trace has one sequence length an input, or none at all");
  }
  std::size_t told = 0;
  for (const InputSet& set : identity_.provenance.inputs) told += set.inputs;
  if (!identity_.provenance.inputs.empty() && told != samples()) {
    throw std::invalid_argument("the input sets of a trace hold as many inputs as it has samples");
  }
  remaining_.resize(samples() * (layers_ + 1));
  isolated_.reserve(samples());
  for (std::size_t s = 0; s < samples(); ++s) {
    const auto layer_samples = sample(s);
    double* remaining = remaining_.data() + s * (layers_ + 1);
    long double sum = 0;  // so that equal sums of different layers come out equal
    for (std::size_t l = layers_; l-- > 0;) {
      sum += layer_samples[l].latency_s;
      remaining[l] = static_cast<double>(sum);
    }
    isolated_.emplace_back(remaining[0]);
  }
}

TraceSet::TraceSet(std::vector<Trace> traces) : traces_(std::move(traces)) {
  if (traces_.empty()) throw FileError("traces", 0, "there are none; at least one is needed");
  std::stable_sort(traces_.begin(), traces_.end(),
                   [](const Trace& a, const Trace& b) { return a.name() < b.name(); });
  for (std::size_t i = 1; i < traces_.size(); ++i) {
    const auto& [a, b] = std::tie(traces_[i - 1], traces_[i]);
    if (a.name() == b.name()) {
      throw FileError(b.identity().file, 0,
                      "has the same stem as " + a.identity().file +
                          "; a variant is named by its file's stem, so stems must differ");
    }
  }
  for (const Trace& trace : traces_) models_.push_back(trace.identity().model);
  std::sort(models_.begin(), models_.end());
  models_.erase(std::unique(models_.begin(), models_.end()), models_.end());

  std::vector<const Trace*> first_of_model(models_.size(), nullptr);
  for (const Trace& trace : traces_) {
    const auto model = std::lower_bound(models_.begin(), models_.end(), trace.identity().model);
    model_of_.push_back(static_cast<ModelId>(model - models_.begin()));
    const Trace*& first = first_of_model[index(model_of_.back())];
    if (first == nullptr) first = &trace;
    if (first->layers() != trace.layers()) {
      throw FileError(trace.identity().file, 0,
                      "has " + counted(trace.layers(), "layer") + " and " + first->identity().file +
                          " has " + std::to_string(first->layers()) + "; variants of one model ('" +
                          *model + "') have the same number");
    }
    if (first->identity().kind != trace.identity().kind) {
      throw FileError(trace.identity().file, 0,
                      "is a trace of another kind than " + first->identity().file +
                          "; variants of one model ('" + *model + "') are of one kind");
    }
  }
}

std::optional<VariantId> TraceSet::find(std::string_view name) const {
  const auto found =
      std::lower_bound(traces_.begin(), traces_.end(), name,
                       [](const Trace& t, std::string_view n) { return t.name() < n; });
  if (found == traces_.end() || found->name() != name) return std::nullopt;
  return static_cast<VariantId>(found - traces_.begin());
}

}  // namespace dysta
