#include "dysta/trace/describe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dysta {
namespace {

class RangeCounter {
 public:
  void add(double value) {
    least_ = std::min(least_, value);
    largest_ = std::max(largest_, value);
    sum_ += value;
    ++count_;
  }
  Range range() const { return {least_, sum_ / static_cast<double>(count_), largest_}; }

 private:
  double least_ = std::numeric_limits<double>::infinity();
  double largest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
  std::size_t count_ = 0;
};

/// With each layer's sparsity over inputs scaled to mean 0 and norm 1, the correlation of two
/// layers is the inner product of theirs, so the sum over all pairs is that of the layers' sum with
/// itself: samples × layers steps rather than samples × layers².
double mean_layer_correlation(const Trace& trace) {
  const std::size_t samples = trace.samples();
  std::vector<double> sum(samples, 0.0);
  std::vector<double> column(samples);
  double varying = 0;
  for (std::size_t l = 0; l < trace.layers(); ++l) {
    double mean = 0;
    bool varies = false;
    for (std::size_t s = 0; s < samples; ++s) {
      column[s] = trace.sample(s)[l].sparsity;
      mean += column[s] / static_cast<double>(samples);
      varies = varies || column[s] != column[0];
    }
    double norm = 0;
    for (double& value : column) {
      value -= mean;
      norm += value * value;
    }
    if (!varies || norm == 0) continue;
    norm = std::sqrt(norm);
    for (std::size_t s = 0; s < samples; ++s) sum[s] += column[s] / norm;
    ++varying;
  }
  if (varying < 2) return 0;
  double squared = 0;
  for (const double value : sum) squared += value * value;
  return (squared - varying) / (varying * (varying - 1));
}

}  // namespace

TraceDescription describe(const Trace& trace) {
  RangeCounter network_latency;
  RangeCounter layer_latency;
  RangeCounter network_sparsity;
  RangeCounter layer_sparsity;
  RangeCounter length;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    double sparsity = 0;
    for (const LayerSample& layer : trace.sample(s)) {
      layer_latency.add(layer.latency_s);
      layer_sparsity.add(layer.sparsity);
      sparsity += layer.sparsity;
    }
    network_latency.add(trace.isolated(s).count());
    network_sparsity.add(sparsity / static_cast<double>(trace.layers()));
    length.add(trace.sequence_length(s));
  }
  return {.network_latency_s = network_latency.range(),
          .layer_latency_s = layer_latency.range(),
          .network_sparsity = network_sparsity.range(),
          .layer_sparsity = layer_sparsity.range(),
          .layer_correlation = mean_layer_correlation(trace),
          .sequence_length = length.range()};
}

}  // namespace dysta
