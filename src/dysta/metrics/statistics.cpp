#include "dysta/metrics/statistics.hpp"

#include <array>
#include <cmath>

namespace dysta {
namespace {

/// The unbiased estimate, from at least two values.
double variance(std::span<const double> values, double mean) {
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares / (static_cast<double>(values.size()) - 1);
}

}  // namespace

double mean_of(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  for (const double value : values) mean += value / n;
  return mean;
}

double standard_deviation(std::span<const double> values) {
  return values.size() < 2 ? 0 : std::sqrt(variance(values, mean_of(values)));
}

Estimated mean_with_interval(std::span<const double> values) {
  const double mean = mean_of(values);
  if (values.size() < 2) return {mean, 0};
  const auto n = static_cast<double>(values.size());
  return {mean, student_t_95(values.size() - 1) * std::sqrt(variance(values, mean) / n)};
}

double student_t_95(std::size_t degrees) {
  constexpr std::array kTable{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060,
                              2.2622,  2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199,
                              2.1098,  2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639,
                              2.0595,  2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
  if (degrees <= kTable.size()) return kTable[degrees - 1];
  // Cornish-Fisher expansion around the normal quantile (Abramowitz and Stegun 26.7.5).
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(degrees);
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
}

double quantile(std::span<const double> sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = position - static_cast<double>(below);
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double jain_fairness(std::span<const double> values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  return sum * sum / (static_cast<double>(values.size()) * squares);
}

}  // namespace dysta
