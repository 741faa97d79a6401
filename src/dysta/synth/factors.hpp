// Which common factors a set of variables shares, from their correlations.
#pragma once

#include <cstddef>
#include <vector>

namespace dysta {

/// Values of variables over observations: row-major, a row an observation.
struct Observations {
  std::size_t variables = 0;
  std::vector<double> values;

  std::size_t count() const { return variables == 0 ? 0 : values.size() / variables; }
  double at(std::size_t observation, std::size_t variable) const {
    return values[observation * variables + variable];
  }
};

struct FactorAnalysis {
  std::size_t factors = 0;
  std::vector<std::vector<double>> loadings;  ///< [variable][factor]; squares sum to less than 1

  /// Mean correlation of neighbouring variables once the factors are taken off, in [-0.9, 0.9].
  double neighbour_correlation = 0;
};

/// Principal-axis factoring: loadings whose products come close to the correlations, the diagonal
/// left out. There are as many factors as the correlations have eigenvalues above
/// (1 + sqrt(variables / observations))², which those of independent variables stay below
/// (Marchenko and Pastur 1967), but at most `most`. Every factor's loadings sum to at least 0.
/// There are at least three observations, and every variable varies.
FactorAnalysis analyse_factors(const Observations& observations, std::size_t most);

}  // namespace dysta
