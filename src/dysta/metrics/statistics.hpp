// The statistics that reports are made of.
#pragma once

#include <span>
#include <vector>

namespace dysta {

/// A mean over independent runs with the half-width of its 95% confidence interval (Student's t);
/// the half-width is 0 for a single run.
struct Estimated {
  double mean = 0;
  double half_width = 0;
};

/// The arithmetic mean. `values` must not be empty.
double mean_of(std::span<const double> values);

/// The standard deviation of the population that `values` are a sample of (n - 1 below the sum);
/// 0 for a single value. `values` must not be empty.
double standard_deviation(std::span<const double> values);

/// `values` must not be empty.
Estimated mean_with_interval(std::span<const double> values);

/// The value t with P(|T| <= t) = 0.95 for Student's distribution with `degrees` >= 1 of freedom,
/// to four decimals.
double student_t_95(std::size_t degrees);

/// The `share` quantile, in [0, 1], interpolated linearly between order statistics (R's type 7).
/// `sorted` ascends and must not be empty.
double quantile(std::span<const double> sorted, double share);

/// Jain's fairness index (Σx)² / (n·Σx²), in [1/n, 1]; 1 means all equal. `values` must not be
/// empty. R. Jain et al., DEC TR-301, 1984.
double jain_fairness(std::span<const double> values);

}  // namespace dysta
