#include "dysta/predict/regression.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace dysta {
namespace {

constexpr std::size_t kColumns = std::tuple_size_v<RegressionRow>;

double value_of(const RegressionRow& coefficients, const RegressionRow& row) {
  double sum = 0;
  for (std::size_t c = 0; c < kColumns; ++c) sum += coefficients[c] * row[c];
  return sum;
}

double inner_product(const std::vector<double>& a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

RegressionRow length_row(double length) { return {1, length, length * length}; }

/// An estimate from remaining latencies at a layer, at the one after it, and at the first. A fit
/// may go below 0 where the inputs it was made from did not; time does not.
Estimate estimate_of(double remaining, double after, double isolated) {
  remaining = std::max(remaining, 0.0);
  return {.remaining = Seconds{remaining},
          .next_layer = Seconds{std::max(remaining - std::max(after, 0.0), 0.0)},
          .isolated = Seconds{std::max(isolated, 0.0)}};
}

}  // namespace

/// By orthogonalising the columns one after the other (modified Gram-Schmidt): with three columns
/// there is nothing to gain from more.
RegressionRow least_squares(std::span<const RegressionRow> rows, std::span<const double> values) {
  constexpr double kDependent = 1e-9;  // of a column's length
  std::array<std::vector<double>, kColumns> orthogonal;
  std::array<RegressionRow, kColumns> triangle{};
  RegressionRow projection{};
  for (std::size_t c = 0; c < kColumns; ++c) {
    auto& column = orthogonal[c];
    for (const RegressionRow& row : rows) column.push_back(row[c]);
    const double length = std::sqrt(inner_product(column, column));
    for (std::size_t before = 0; before < c; ++before) {
      triangle[before][c] = inner_product(orthogonal[before], column);
      for (std::size_t i = 0; i < column.size(); ++i) {
        column[i] -= triangle[before][c] * orthogonal[before][i];
      }
    }
    const double left = std::sqrt(inner_product(column, column));
    triangle[c][c] = left > kDependent * length ? left : 0;
    for (double& value : column) value = triangle[c][c] > 0 ? value / left : 0;
    projection[c] = inner_product(column, values);
  }
  RegressionRow coefficients{};
  for (std::size_t c = kColumns; c-- > 0;) {
    if (triangle[c][c] == 0) continue;
    double sum = projection[c];
    for (std::size_t after = c + 1; after < kColumns; ++after) {
      sum -= triangle[c][after] * coefficients[after];
    }
    coefficients[c] = sum / triangle[c][c];
  }
  return coefficients;
}

DensityRegressionPredictor::DensityRegressionPredictor(const Trace& training)
    : average_density_(training.layers(), 0.0) {
  const std::size_t inputs = training.samples();
  for (std::size_t s = 0; s < inputs; ++s) {
    for (std::size_t l = 0; l < training.layers(); ++l) {
      average_density_[l] += (1 - training.sample(s)[l].sparsity) / static_cast<double>(inputs);
    }
  }
  std::vector<double> ratio_sum(inputs, 0.0);
  std::vector<RegressionRow> rows(inputs, RegressionRow{1, 0, 0});
  std::vector<double> values(inputs);
  for (std::size_t next = 0; next < training.layers(); ++next) {
    for (std::size_t s = 0; s < inputs; ++s) {
      values[s] = training.remaining_s(s)[next];
      if (next == 0) continue;
      const double ratio = (1 - training.sample(s)[next - 1].sparsity) / average_density_[next - 1];
      ratio_sum[s] += ratio;
      rows[s] = {1, ratio_sum[s] / static_cast<double>(next), ratio};
    }
    remaining_.push_back(least_squares(rows, values));
  }
  remaining_.emplace_back();
}

Estimate DensityRegressionPredictor::on_arrival(const TaskArrival& arrival) {
  if (index(arrival.task) >= states_.size()) states_.resize(index(arrival.task) + 1);
  states_[index(arrival.task)] = {};
  const RegressionRow unseen{1, 1, 1};  // every ratio at its average
  const double isolated = value_of(remaining_[0], unseen);
  return estimate_of(isolated, value_of(remaining_[1], unseen), isolated);
}

Estimate DensityRegressionPredictor::on_layer_done(TaskId task, const Observation& observation) {
  State& state = states_[index(task)];
  const double ratio = (1 - observation.sparsity) / average_density_[observation.layer];
  state.ratio_sum += ratio;
  const RegressionRow row{1, state.ratio_sum / static_cast<double>(++state.layers_seen), ratio};
  const std::uint32_t next = observation.layer + 1;
  return estimate_of(value_of(remaining_[next], row), value_of(remaining_[next + 1], row),
                     value_of(remaining_[0], row));
}

ParabolaPredictor::ParabolaPredictor(const Trace& training) {
  std::vector<RegressionRow> rows;
  std::vector<double> values(training.samples());
  for (std::size_t s = 0; s < training.samples(); ++s) {
    rows.push_back(length_row(training.sequence_length(s)));
  }
  for (std::size_t next = 0; next < training.layers(); ++next) {
    for (std::size_t s = 0; s < training.samples(); ++s) values[s] = training.remaining_s(s)[next];
    remaining_.push_back(least_squares(rows, values));
  }
  remaining_.emplace_back();
}

Estimate ParabolaPredictor::estimate(TaskId task, std::uint32_t next_layer) const {
  const RegressionRow row = length_row(length_[index(task)]);
  return estimate_of(value_of(remaining_[next_layer], row),
                     value_of(remaining_[next_layer + 1], row), value_of(remaining_[0], row));
}

Estimate ParabolaPredictor::on_arrival(const TaskArrival& arrival) {
  if (index(arrival.task) >= length_.size()) length_.resize(index(arrival.task) + 1);
  length_[index(arrival.task)] = arrival.sequence_length;
  return estimate(arrival.task, 0);
}

Estimate ParabolaPredictor::on_layer_done(TaskId task, const Observation& observation) {
  return estimate(task, observation.layer + 1);
}

}  // namespace dysta
