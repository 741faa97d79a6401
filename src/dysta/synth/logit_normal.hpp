// Shares whose logit is normally distributed.
#pragma once

namespace dysta {

double logistic(double value);
double logit(double share);

/// The share logistic(location + scale · z) for normal z with mean 0 and variance 1.
struct LogitNormal {
  double location = 0;
  double scale = 0;

  double mean() const;
  double deviation() const;
};

/// Largest deviation of a share with this mean, over that of one that is only ever 0 or 1, that
/// `solve_logit_normal` takes.
inline constexpr double kLargestRelativeDeviation = 0.9;

/// The distribution with this mean, in (0, 1), and standard deviation, greater than 0 and at most
/// `kLargestRelativeDeviation` times sqrt(mean · (1 - mean)); both are met to 1e-12.
LogitNormal solve_logit_normal(double mean, double deviation);

}  // namespace dysta
