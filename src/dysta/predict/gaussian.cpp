#include "dysta/predict/gaussian.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dysta {
namespace {

using Columns = std::vector<std::vector<double>>;  ///< values by input

double mean_product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / static_cast<double>(a.size());
}

/// The share of the sample correlations of standardised columns that is kept:
/// 1 - Σ Var(r) / Σ r², over all pairs of different columns.
double kept_share(const Columns& columns) {
  const auto inputs = static_cast<double>(columns.front().size());
  double uncertain = 0;
  double squares = 0;
  for (std::size_t a = 0; a < columns.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const double correlation = mean_product(columns[a], columns[b]);
      double spread = 0;
      for (std::size_t i = 0; i < columns[a].size(); ++i) {
        const double off = columns[a][i] * columns[b][i] - correlation;
        spread += off * off;
      }
      uncertain += inputs / std::pow(inputs - 1, 3) * spread;
      squares += correlation * correlation;
    }
  }
  return squares > 0 ? std::max(0.0, 1 - uncertain / squares) : 1;
}

}  // namespace

GaussianPredictor::GaussianPredictor(const Trace& training)
    : by_length_(training), most_(std::sqrt(static_cast<double>(training.samples()))) {
  constexpr double kRounding = 1e-12;   // of the means
  constexpr double kDependent = 1e-10;  // of a column's variance
  const std::size_t inputs = training.samples();
  const std::size_t layers = training.layers();
  Columns surplus(2 * layers, std::vector<double>(inputs));
  Columns left(layers, std::vector<double>(inputs));
  for (std::size_t s = 0; s < inputs; ++s) {
    const std::uint32_t length = training.sequence_length(s);
    const std::size_t b = by_length_.bucket(length);
    for (std::size_t l = 0; l < layers; ++l) {
      const LayerSample& layer = training.sample(s)[l];
      surplus[2 * l][s] = (1 - layer.sparsity) / by_length_.density(b, l, length) - 1;
      surplus[2 * l + 1][s] = layer.latency_s / by_length_.latency_s(b, l, length) - 1;
      left[l][s] = training.remaining_s(s)[l] / by_length_.remaining_s(b, l, length) - 1;
    }
  }
  // Where latency all but follows from density the two would be one column twice, and their
  // correlation would speak for all others in what is kept.
  for (std::size_t l = 0; l < layers; ++l) {
    const auto& density = surplus[2 * l];
    auto& latency = surplus[2 * l + 1];
    const double squares = mean_product(density, density);
    by_density_.push_back(squares > kRounding * kRounding ? mean_product(density, latency) / squares
                                                          : 0);
    for (std::size_t s = 0; s < inputs; ++s) latency[s] -= by_density_[l] * density[s];
  }
  for (auto& column : surplus) {
    const double deviation = std::sqrt(mean_product(column, column));
    deviation_.push_back(deviation > kRounding ? deviation : 0);
    for (double& value : column) value = deviation_.back() > 0 ? value / deviation : 0;
  }
  const double kept = kept_share(surplus);
  // A column that follows from those before it has no news: its diagonal is 0.
  for (std::size_t c = 0; c < surplus.size(); ++c) {
    auto& row = factor_.emplace_back(c + 1);
    for (std::size_t k = 0; k <= c; ++k) {
      double sum = k == c ? 1 : kept * mean_product(surplus[c], surplus[k]);
      for (std::size_t j = 0; j < k; ++j) sum -= row[j] * factor_[k][j];
      row[k] = k == c ? (sum > kDependent ? std::sqrt(sum) : 0) : over_diagonal(sum, k);
    }
  }
  weight_.resize(layers);
  for (std::size_t next = 1; next < layers; ++next) {
    for (std::size_t c = 0; c < 2 * next; ++c) {
      double sum = kept * mean_product(left[next], surplus[c]);
      for (std::size_t k = 0; k < c; ++k) sum -= weight_[next][k] * factor_[c][k];
      weight_[next].push_back(over_diagonal(sum, c));
    }
  }
}

Estimate GaussianPredictor::estimate(const State& state) const {
  const std::size_t next = state.news.size() / 2;
  const std::size_t b = by_length_.bucket(state.length);
  const double expected =
      std::inner_product(state.news.begin(), state.news.end(), weight_[next].begin(), 1.0);
  const auto remaining_s = [&](std::size_t layer) {
    return by_length_.remaining_s(b, layer, state.length) * std::max(expected, 0.0);
  };
  return {.remaining = Seconds{remaining_s(next)},
          .next_layer = Seconds{std::max(remaining_s(next) - remaining_s(next + 1), 0.0)},
          .isolated = Seconds{remaining_s(0)}};
}

Estimate GaussianPredictor::on_arrival(const TaskArrival& arrival) {
  if (index(arrival.task) >= states_.size()) states_.resize(index(arrival.task) + 1);
  states_[index(arrival.task)] = {.length = arrival.sequence_length, .news = {}};
  return estimate(states_[index(arrival.task)]);
}

Estimate GaussianPredictor::on_layer_done(TaskId task, const Observation& observation) {
  State& state = states_[index(task)];
  const std::size_t b = by_length_.bucket(state.length);
  const std::uint32_t layer = observation.layer;
  const double density =
      (1 - observation.sparsity) / by_length_.density(b, layer, state.length) - 1;
  const double latency =
      observation.latency.count() / by_length_.latency_s(b, layer, state.length) - 1;
  see(state, density);
  see(state, latency - by_density_[layer] * density);
  return estimate(state);
}

void GaussianPredictor::see(State& state, double surplus) const {
  const std::size_t c = state.news.size();
  double news = 0;
  if (deviation_[c] > 0) news = std::clamp(surplus / deviation_[c], -most_, most_);
  for (std::size_t k = 0; k < c; ++k) news -= factor_[c][k] * state.news[k];
  state.news.push_back(over_diagonal(news, c));
}

double GaussianPredictor::over_diagonal(double value, std::size_t column) const {
  return factor_[column][column] > 0 ? value / factor_[column][column] : 0;
}

}  // namespace dysta
