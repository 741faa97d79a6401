#include "dysta/trace/conditional_table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dysta {
namespace {

double inner_product(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// The coefficient c of y ≈ c · x by least squares, shrunk as `ConditionalTable` says. `parameters`
/// were fitted to these values before.
double shrunk_slope(std::span<const double> x, std::span<const double> y, std::size_t parameters) {
  constexpr double kRounding = 1e-24;  // of squares: x is around 1 before its mean is taken off
  const double xx = inner_product(x, x);
  if (x.size() <= parameters + 1 || xx <= kRounding * static_cast<double>(x.size())) return 0;
  const double slope = inner_product(x, y) / xx;
  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += (y[i] - slope * x[i]) * (y[i] - slope * x[i]);
  }
  const auto freedom = static_cast<double>(x.size() - parameters - 1);
  const double variance = squares / freedom / xx;
  const double chance = (4 + 40 / freedom) * variance;
  return slope == 0 ? 0 : slope * std::max(0.0, 1 - chance / (slope * slope));
}

/// Takes off y what x explains of it, and returns the coefficient.
double explain(std::span<const double> x, std::span<double> y, std::size_t parameters) {
  const double slope = shrunk_slope(x, y, parameters);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] -= slope * x[i];
  return slope;
}

}  // namespace

double ConditionalTable::Curve::at(double length) const {
  return std::max(constant + slope * length, floor);
}

ConditionalTable::Curve ConditionalTable::fit_curve(std::span<const double> lengths,
                                                    std::span<const double> values) {
  const auto inputs = static_cast<double>(values.size());
  const double mean_length = std::accumulate(lengths.begin(), lengths.end(), 0.0) / inputs;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / inputs;
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += (lengths[i] - mean_length) * (lengths[i] - mean_length);
    products += (lengths[i] - mean_length) * (values[i] - mean);
  }
  const double slope = squares > 0 ? products / squares : 0;
  return {.constant = mean - slope * mean_length,
          .slope = slope,
          .floor = *std::min_element(values.begin(), values.end()) / 2};
}

ConditionalTable::ConditionalTable(const Trace& training)
    : elasticity_(training.layers(), 0.0),
      keep_(training.layers(), 0.0),
      gain_(training.layers(), 0.0),
      time_gain_(training.layers(), 0.0),
      deviation_(training.layers(), 0.0) {
  fit_lengths(training);
  fit_observations(training);
}

std::size_t ConditionalTable::bucket(std::uint32_t length) const {
  return static_cast<std::size_t>(
      std::lower_bound(last_length_.begin(), last_length_.end(), length) - last_length_.begin());
}

double ConditionalTable::remaining_s(std::size_t bucket, std::size_t layer, double length) const {
  return layer == layers() ? 0 : remaining_[bucket * layers() + layer].at(length);
}

double ConditionalTable::density(std::size_t bucket, std::size_t layer, double length) const {
  return density_[bucket * layers() + layer].at(length);
}

double ConditionalTable::latency_s(std::size_t bucket, std::size_t layer, double length) const {
  return latency_[bucket * layers() + layer].at(length);
}

void ConditionalTable::fit_lengths(const Trace& training) {
  const std::size_t inputs = training.samples();
  std::vector<std::uint32_t> sorted(inputs);
  for (std::size_t s = 0; s < inputs; ++s) sorted[s] = training.sequence_length(s);
  std::sort(sorted.begin(), sorted.end());
  const std::size_t wanted = std::clamp<std::size_t>(inputs / kInputsPerBucket, 1, kMostBuckets);
  for (std::size_t b = 1; b < wanted; ++b) {
    const std::uint32_t last = sorted[b * inputs / wanted - 1];
    const bool new_bucket = last_length_.empty() || last > last_length_.back();
    if (new_bucket && last < sorted.back()) last_length_.push_back(last);
  }

  std::vector<std::vector<std::size_t>> members(buckets());
  for (std::size_t s = 0; s < inputs; ++s) {
    members[bucket(training.sequence_length(s))].push_back(s);
  }
  std::vector<double> lengths;
  std::vector<double> remaining;
  std::vector<double> density;
  std::vector<double> latency;
  for (const auto& samples : members) {
    for (std::size_t l = 0; l < training.layers(); ++l) {
      lengths.clear();
      remaining.clear();
      density.clear();
      latency.clear();
      for (const std::size_t s : samples) {
        lengths.push_back(training.sequence_length(s));
        remaining.push_back(training.remaining_s(s)[l]);
        density.push_back(1 - training.sample(s)[l].sparsity);
        latency.push_back(training.sample(s)[l].latency_s);
      }
      remaining_.push_back(fit_curve(lengths, remaining));
      density_.push_back(fit_curve(lengths, density));
      latency_.push_back(fit_curve(lengths, latency));
    }
  }
}

/// Everything is relative to what the length lets expect, so that inputs of all lengths count
/// alike.
void ConditionalTable::fit_observations(const Trace& training) {
  const std::size_t inputs = training.samples();
  const std::size_t parameters = (training.sequence_length(0) > 0 ? 2 : 1) * buckets();
  std::vector<double> left(inputs);     // remaining / R - 1, then less what is explained of it
  std::vector<double> density(inputs);  // density / D - 1, then less what is foreseen of it
  std::vector<double> latency(inputs);  // latency / L - 1, likewise
  std::vector<double> surplus_sum(inputs, 0.0);
  std::vector<double> mean_surplus(inputs);   // γ - 1
  std::vector<double> expected(inputs, 0.0);  // e
  for (std::size_t next = 0; next < layers(); ++next) {
    for (std::size_t s = 0; s < inputs; ++s) {
      const std::uint32_t length = training.sequence_length(s);
      const std::size_t b = bucket(length);
      left[s] = training.remaining_s(s)[next] / remaining_s(b, next, length) - 1;
      if (next == 0) continue;
      const LayerSample& ended = training.sample(s)[next - 1];
      density[s] = (1 - ended.sparsity) / this->density(b, next - 1, length) - 1;
      latency[s] = ended.latency_s / latency_s(b, next - 1, length) - 1;
      surplus_sum[s] += density[s];
      mean_surplus[s] = surplus_sum[s] / static_cast<double>(next);
    }
    if (next > 0) {
      elasticity_[next] = shrunk_slope(mean_surplus, left, parameters);
      const double carried = explain(expected, left, parameters);
      const double density_foreseen = explain(expected, density, parameters);
      const double gain = explain(density, left, parameters + 1);
      const double latency_foreseen = explain(expected, latency, parameters);
      const double latency_by_density = explain(density, latency, parameters + 1);
      const double time_gain = explain(latency, left, parameters + 2);
      for (std::size_t s = 0; s < inputs; ++s) {
        expected[s] = carried * expected[s] + gain * density[s] + time_gain * latency[s];
      }
      time_gain_[next - 1] = time_gain;
      gain_[next - 1] = gain - time_gain * latency_by_density;
      keep_[next - 1] = carried - gain_[next - 1] * density_foreseen - time_gain * latency_foreseen;
    }
    const std::size_t fitted = parameters + (next > 0 ? 3 : 0);
    const auto spare = static_cast<double>(inputs > fitted ? inputs - fitted : 1);
    const auto inflated = static_cast<double>(inputs + fitted) / static_cast<double>(inputs);
    deviation_[next] = std::sqrt(inner_product(left, left) / spare * inflated);
  }
}

}  // namespace dysta
