#include "dysta/predict/gaussian.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dysta {
namespace {

using Columns = std::vector<std::vector<double>>;  ///< by layer and input

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

GaussianPredictor::GaussianPredictor(const Trace& training) : by_length_(training) {
  const std::size_t inputs = training.samples();
  const std::size_t layers = training.layers();
  Columns surplus(layers, std::vector<double>(inputs));
  Columns latency(layers, std::vector<double>(inputs));
  for (std::size_t s = 0; s < inputs; ++s) {
    const std::uint32_t length = training.sequence_length(s);
    const std::size_t b = by_length_.bucket(length);
    for (std::size_t l = 0; l < layers; ++l) {
      surplus[l][s] = (1 - training.sample(s)[l].sparsity) / by_length_.density(b, l, length) - 1;
      latency[l][s] = training.remaining_s(s)[l] / by_length_.remaining_s(b, l, length) - 1;
    }
  }
  for (auto& column : surplus) {
    constexpr double kRounding = 1e-12;
    const double deviation = std::sqrt(mean_product(column, column));
    deviation_.push_back(deviation > kRounding ? deviation : 0);
    for (double& value : column) value = deviation_.back() > 0 ? value / deviation : 0;
  }
  const double kept = kept_share(surplus);
  weight_.resize(layers);
  for (std::size_t l = 0; l < layers; ++l) {
    auto& row = factor_.emplace_back(l + 1);
    for (std::size_t k = 0; k <= l; ++k) {
      double sum = k == l ? 1 : kept * mean_product(surplus[l], surplus[k]);
      for (std::size_t j = 0; j < k; ++j) sum -= row[j] * factor_[k][j];
      row[k] = k == l ? std::sqrt(std::max(sum, 1e-12)) : sum / factor_[k][k];
    }
  }
  for (std::size_t next = 1; next < layers; ++next) {
    for (std::size_t l = 0; l < next; ++l) {
      double sum = kept * mean_product(latency[next], surplus[l]);
      for (std::size_t k = 0; k < l; ++k) sum -= weight_[next][k] * factor_[l][k];
      weight_[next].push_back(sum / factor_[l][l]);
    }
  }
}

Estimate GaussianPredictor::estimate(const State& state) const {
  const std::size_t next = state.news.size();
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
  const std::size_t l = state.news.size();
  const double mean =
      by_length_.density(by_length_.bucket(state.length), observation.layer, state.length);
  double news = 0;
  if (deviation_[l] > 0) news = ((1 - observation.sparsity) / mean - 1) / deviation_[l];
  for (std::size_t k = 0; k < l; ++k) news -= factor_[l][k] * state.news[k];
  state.news.push_back(news / factor_[l][l]);
  return estimate(state);
}

}  // namespace dysta
