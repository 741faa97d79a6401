#include <cmath>

#include <gtest/gtest.h>

#include "dysta/synth/logit_normal.hpp"

namespace dysta {
namespace {

TEST(LogitNormal, solved_moments_are_those_asked_for) {
  for (const double mean : {0.001, 0.02, 0.3, 0.5, 0.77, 0.95, 0.9999}) {
    const double widest = std::sqrt(mean * (1 - mean));
    for (const double share : {1e-4, 0.01, 0.1, 0.3, 0.6, kLargestRelativeDeviation}) {
      const LogitNormal solved = solve_logit_normal(mean, share * widest);
      EXPECT_GT(solved.scale, 0);
      EXPECT_NEAR(solved.mean(), mean, 1e-12) << mean << ' ' << share;
      EXPECT_NEAR(solved.deviation(), share * widest, 1e-9) << mean << ' ' << share;
    }
  }
}

TEST(LogitNormal, mirrored_means_have_mirrored_locations) {
  const LogitNormal low = solve_logit_normal(0.2, 0.05);
  const LogitNormal high = solve_logit_normal(0.8, 0.05);
  EXPECT_NEAR(low.location, -high.location, 1e-9);
  EXPECT_NEAR(low.scale, high.scale, 1e-9);
}

TEST(LogitNormal, a_narrow_one_is_the_tangent) {
  // logistic' = p (1 - p), so a small deviation is scale · p (1 - p).
  const LogitNormal solved = solve_logit_normal(0.3, 1e-5);
  EXPECT_NEAR(solved.location, logit(0.3), 1e-6);
  EXPECT_NEAR(solved.scale * 0.3 * 0.7, 1e-5, 1e-10);
}

}  // namespace
}  // namespace dysta
