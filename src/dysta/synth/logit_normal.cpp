#include "dysta/synth/logit_normal.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace dysta {
namespace {

// The trapezoidal rule converges exponentially for such integrands: it meets what is asked for with
// this step, and the tails beyond it weigh less than 1e-15.
constexpr double kStep = 1.0 / 32;
constexpr int kSteps = 8 * 32;

struct Moments {
  double mean = 0;
  double square = 0;
  double mean_by_location = 0;  ///< derivatives
  double mean_by_scale = 0;
  double square_by_location = 0;
  double square_by_scale = 0;

  double variance() const { return square - mean * mean; }
};

Moments moments_of(const LogitNormal& distribution) {
  Moments m;
  const double norm = kStep / std::sqrt(2 * 3.141592653589793);
  for (int i = -kSteps; i <= kSteps; ++i) {
    const double z = i * kStep;
    const double weight = norm * std::exp(-z * z / 2);
    const double p = logistic(distribution.location + distribution.scale * z);
    const double slope = weight * p * (1 - p);
    m.mean += weight * p;
    m.square += weight * p * p;
    m.mean_by_location += slope;
    m.mean_by_scale += slope * z;
    m.square_by_location += 2 * slope * p;
    m.square_by_scale += 2 * slope * p * z;
  }
  return m;
}

}  // namespace

double logistic(double value) { return 1 / (1 + std::exp(-value)); }
double logit(double share) { return std::log(share / (1 - share)); }

double LogitNormal::mean() const { return moments_of(*this).mean; }
double LogitNormal::deviation() const {
  return std::sqrt(std::max(0.0, moments_of(*this).variance()));
}

LogitNormal solve_logit_normal(double mean, double deviation) {
  const double square = deviation * deviation + mean * mean;
  const auto misfit = [&](const Moments& m) {
    return std::max(std::abs(m.mean - mean), std::abs(m.square - square));
  };
  LogitNormal now{.location = logit(mean), .scale = deviation / (mean * (1 - mean))};
  // The first guess is that of a straight line, which a wide distribution is far from.
  now.scale = std::min(now.scale, 10.0);
  Moments m = moments_of(now);
  for (int round = 0; round < 200 && misfit(m) > 1e-15; ++round) {
    const double determinant =
        m.mean_by_location * m.square_by_scale - m.mean_by_scale * m.square_by_location;
    const double off_mean = mean - m.mean;
    const double off_square = square - m.square;
    const double by_location =
        (off_mean * m.square_by_scale - off_square * m.mean_by_scale) / determinant;
    const double by_scale =
        (off_square * m.mean_by_location - off_mean * m.square_by_location) / determinant;
    double part = 1;
    LogitNormal next;
    Moments of_next;
    do {
      next = {.location = now.location + part * by_location,
              .scale = std::max(now.scale / 4, now.scale + part * by_scale)};
      of_next = moments_of(next);
      part /= 2;
    } while (part > 1e-6 && !(misfit(of_next) < misfit(m)));
    if (!(misfit(of_next) < misfit(m))) break;
    now = next;
    m = of_next;
  }
  return now;
}

}  // namespace dysta
