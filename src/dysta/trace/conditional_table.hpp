// What is to be expected of an input once its length is known and some of its layers were seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dysta/trace/trace.hpp"

namespace dysta {

/// The remaining latency of one variant as a conditional expectation, fitted to its inputs by least
/// squares, in parts that each cost the hardware a table and a multiplication:
///
/// - **Length**, known at arrival: R[l] and D[l], the mean remaining latency and density of inputs
///   of one length: a line in each of several buckets of lengths. They hold equally many inputs but
///   for this, that all inputs of one length are in one bucket.
/// - **Elasticity**: R[l] · (1 + c[l] · (γ - 1)), γ being the mean of density / D over the layers
///   run. c[l] is how much of a surplus of density turns into latency.
/// - **Recursion**: R[l + 1] · (1 + e), from e = 0, where the end of layer l makes of e
///   keep[l] · e + gain[l] · (density / D[l] - 1) + time_gain[l] · (latency / L[l] - 1): a Kalman
///   filter of one state whose gains come from the fit, not from a model of noise. L[l] is a line
///   in the length as D[l] is. What e lets foresee comes first, then the density beyond it, then
///   the latency beyond both, so that evidence that two of them share counts once. Density comes
///   first because in CNNs it foretells more, and latency mostly follows from it.
///
/// Coefficients are shrunk towards 0 by what their uncertainty may explain, 1 - (4 + 40/ν)/t² or 0,
/// t being the coefficient in standard errors and ν their degrees of freedom: two standard errors,
/// more where inputs are few. So what tells nothing is not listened to.
class ConditionalTable {
 public:
  /// With fewer inputs a bucket's line follows its noise.
  static constexpr std::size_t kInputsPerBucket = 6;
  static constexpr std::size_t kMostBuckets = 12;

  explicit ConditionalTable(const Trace& training);

  std::size_t layers() const { return keep_.size(); }
  std::size_t buckets() const { return last_length_.size() + 1; }

  /// The bucket of inputs of this length.
  std::size_t bucket(std::uint32_t length) const;

  /// Seconds from the start of `layer` to the end for an input of this length, greater than 0; 0
  /// for `layer` = `layers()`.
  double remaining_s(std::size_t bucket, std::size_t layer, double length) const;

  /// Mean density of `layer` for an input of this length, greater than 0.
  double density(std::size_t bucket, std::size_t layer, double length) const;

  /// Mean latency of `layer` in seconds for an input of this length, greater than 0.
  double latency_s(std::size_t bucket, std::size_t layer, double length) const;

  /// c before `next_layer`; 0 before the first.
  double elasticity(std::size_t next_layer) const { return elasticity_[next_layer]; }
  /// Of the recursion at the end of `layer`, which is not the last.
  double keep(std::size_t layer) const { return keep_[layer]; }
  double gain(std::size_t layer) const { return gain_[layer]; }
  double time_gain(std::size_t layer) const { return time_gain_[layer]; }

  /// Standard deviation of remaining latency / R[l] about the recursion's 1 + e, before
  /// `next_layer`, for an input that the table was not fitted to: with f parameters fitted to n
  /// inputs its square is (n + f) / (n - f) times the mean square that the fit left (H. Akaike,
  /// "Fitting Autoregressive Models for Prediction", Annals of the Institute of Statistical
  /// Mathematics 21, 1969).
  double deviation(std::size_t next_layer) const { return deviation_[next_layer]; }

 private:
  /// A line in the length, and half of the least value seen, which it is not taken below.
  struct Curve {
    double constant = 0;
    double slope = 0;  ///< per token
    double floor = 0;

    double at(double length) const;
  };

  static Curve fit_curve(std::span<const double> lengths, std::span<const double> values);
  void fit_lengths(const Trace& training);
  void fit_observations(const Trace& training);

  std::vector<std::uint32_t> last_length_;  ///< of every bucket but the last; ascending
  std::vector<Curve> remaining_;            ///< by bucket and layer
  std::vector<Curve> density_;              ///< by bucket and layer
  std::vector<Curve> latency_;              ///< by bucket and layer
  std::vector<double> elasticity_;          ///< by next layer
  std::vector<double> keep_;                ///< by layer
  std::vector<double> gain_;                ///< by layer
  std::vector<double> time_gain_;           ///< by layer
  std::vector<double> deviation_;           ///< by next layer
};

}  // namespace dysta
