#include "dysta/synth/factors.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

namespace dysta {
namespace {

constexpr double kLargestCommunality = 0.98;
constexpr double kLargestNeighbourCorrelation = 0.9;
constexpr int kRounds = 500;

Eigen::MatrixXd correlations_of(const Observations& observations) {
  const auto rows = static_cast<Eigen::Index>(observations.count());
  const auto columns = static_cast<Eigen::Index>(observations.variables);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::MatrixXd values = Eigen::Map<const RowMajor>(observations.values.data(), rows, columns);
  values.rowwise() -= values.colwise().mean().eval();
  values.array().rowwise() /= values.colwise().norm().eval().array();
  return values.transpose() * values;
}

/// The loadings, with the communalities (their sums of squares) found by repeating.
Eigen::MatrixXd principal_axes(Eigen::MatrixXd correlations, Eigen::Index factors) {
  const Eigen::Index size = correlations.rows();
  Eigen::MatrixXd others = correlations;
  others.diagonal().setZero();
  Eigen::VectorXd communality =
      others.cwiseAbs().rowwise().maxCoeff().cwiseMax(0.05).cwiseMin(0.95);
  Eigen::MatrixXd loadings;
  for (int round = 0; round < kRounds; ++round) {
    correlations.diagonal() = communality;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(correlations);
    loadings = solver.eigenvectors().rightCols(factors) *
               solver.eigenvalues().tail(factors).cwiseMax(0).cwiseSqrt().asDiagonal();
    const Eigen::VectorXd next = loadings.rowwise().squaredNorm().cwiseMin(kLargestCommunality);
    const double change = (next - communality).cwiseAbs().maxCoeff();
    communality = next;
    if (change < 1e-5) break;
  }
  for (Eigen::Index i = 0; i < size; ++i) {
    const double sum = loadings.row(i).squaredNorm();
    if (sum > kLargestCommunality) loadings.row(i) *= std::sqrt(kLargestCommunality / sum);
  }
  for (Eigen::Index k = 0; k < factors; ++k) {
    if (loadings.col(k).sum() < 0) loadings.col(k) *= -1;
  }
  return loadings.rowwise().reverse();
}

}  // namespace

FactorAnalysis analyse_factors(const Observations& observations, std::size_t most) {
  FactorAnalysis result;
  result.loadings.resize(observations.variables);
  const auto size = static_cast<Eigen::Index>(observations.variables);
  if (size < 2) return result;
  const Eigen::MatrixXd correlations = correlations_of(observations);
  const Eigen::VectorXd eigenvalues =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(correlations, Eigen::EigenvaluesOnly)
          .eigenvalues();
  const double edge =
      1 + std::sqrt(static_cast<double>(size) / static_cast<double>(observations.count()));
  const auto above = (eigenvalues.array() > edge * edge).count();
  const auto factors = std::min(static_cast<Eigen::Index>(most), above);
  result.factors = static_cast<std::size_t>(factors);
  Eigen::MatrixXd rest = correlations;
  Eigen::VectorXd unique = Eigen::VectorXd::Ones(size);
  if (factors > 0) {
    const Eigen::MatrixXd loadings = principal_axes(correlations, factors);
    for (Eigen::Index i = 0; i < size; ++i) {
      auto& row = result.loadings[static_cast<std::size_t>(i)];
      for (Eigen::Index k = 0; k < factors; ++k) row.push_back(loadings(i, k));
    }
    rest -= loadings * loadings.transpose();
    unique = (1 - loadings.rowwise().squaredNorm().array()).sqrt();
  }
  double sum = 0;
  for (Eigen::Index i = 0; i + 1 < size; ++i) sum += rest(i, i + 1) / (unique(i) * unique(i + 1));
  result.neighbour_correlation =
      std::clamp(sum / static_cast<double>(size - 1), -kLargestNeighbourCorrelation,
                 kLargestNeighbourCorrelation);
  return result;
}

}  // namespace dysta
