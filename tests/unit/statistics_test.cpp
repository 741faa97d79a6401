#include "dysta/metrics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/random.hpp"
#include "dysta/metrics/quantile_sketch.hpp"

namespace dysta {
namespace {

TEST(Statistics, interval_is_t_times_the_standard_error) {
  // Mean 2, standard deviation 1, three values: t with 2 degrees is 4.3027.
  const Estimated estimated = mean_with_interval(std::vector{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(estimated.mean, 2);
  EXPECT_DOUBLE_EQ(estimated.half_width, 4.3027 / std::sqrt(3));
}

TEST(Statistics, a_single_value_has_no_interval) {
  const Estimated estimated = mean_with_interval(std::vector{7.0});
  EXPECT_EQ(estimated.mean, 7);
  EXPECT_EQ(estimated.half_width, 0);
}

TEST(Statistics, equal_values_have_a_width_of_0) {
  const Estimated estimated = mean_with_interval(std::vector{0.5, 0.5, 0.5, 0.5});
  EXPECT_EQ(estimated.mean, 0.5);
  EXPECT_EQ(estimated.half_width, 0);
}

// The quantiles by numerical inversion of the incomplete beta function, to seven decimals.
TEST(Statistics, student_t_to_four_decimals) {
  EXPECT_NEAR(student_t_95(1), 12.7062047, 5e-5);
  EXPECT_NEAR(student_t_95(4), 2.7764451, 5e-5);
  EXPECT_NEAR(student_t_95(30), 2.0422725, 5e-5);
  EXPECT_NEAR(student_t_95(31), 2.0395134, 5e-5);
  EXPECT_NEAR(student_t_95(40), 2.0210754, 5e-5);
  EXPECT_NEAR(student_t_95(60), 2.0002978, 5e-5);
  EXPECT_NEAR(student_t_95(120), 1.9799304, 5e-5);
  EXPECT_NEAR(student_t_95(1000), 1.9623391, 5e-5);
}

TEST(Statistics, student_t_falls_with_the_degrees_of_freedom) {
  for (std::size_t degrees = 1; degrees < 200; ++degrees) {
    EXPECT_GT(student_t_95(degrees), student_t_95(degrees + 1)) << degrees;
  }
}

TEST(Statistics, quantiles_lie_between_order_statistics) {
  const std::vector<double> values{1, 2, 4, 8};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 0.25), 1.75);  // position 0.75: 1 + 0.75 · (2 - 1)
  EXPECT_EQ(quantile(values, 0.5), 3);      // position 1.5: 2 + 0.5 · (4 - 2)
  EXPECT_EQ(quantile(values, 1), 8);
  EXPECT_EQ(quantile(std::vector{5.0}, 0.99), 5);
}

TEST(Statistics, jain_is_1_for_equal_shares_and_1_over_n_for_one_that_has_all) {
  EXPECT_DOUBLE_EQ(jain_fairness(std::vector{0.3, 0.3, 0.3}), 1);
  EXPECT_DOUBLE_EQ(jain_fairness(std::vector{1.0, 0.0, 0.0, 0.0}), 0.25);
  EXPECT_DOUBLE_EQ(jain_fairness(std::vector{1.0, 2.0, 3.0}), 36.0 / (3 * 14));
}

// ---- Quantiles of many values ---------------------------------------------------------------

/// Values over nine powers of ten, most of them in the middle.
std::vector<double> spread_values(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, StreamPurpose::samples);
  std::vector<double> values(count);
  for (double& value : values) value = 1e-3 * std::exp(3 * random.normal());
  return values;
}

TEST(QuantileSketch, is_within_its_error_of_the_order_statistic) {
  std::vector<double> values = spread_values(20'001, 1);
  QuantileSketch sketch;
  for (const double value : values) sketch.add(value);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(sketch.count(), values.size());
  for (int percent = 0; percent <= 100; ++percent) {
    const double exact = values[static_cast<std::size_t>(percent) * 200];
    EXPECT_NEAR(sketch.quantile(percent / 100.0), exact,
                exact * QuantileSketch::kRelativeError * (1 + 1e-9))
        << percent;
  }
}

TEST(QuantileSketch, holds_the_error_at_the_ends_of_doubles_that_times_can_be) {
  for (const double value : {1e-15, 1e-9, 1.0, 3600.0, 1e15}) {
    QuantileSketch sketch;
    sketch.add(value);
    EXPECT_NEAR(sketch.quantile(0.5), value, value * QuantileSketch::kRelativeError * (1 + 1e-9));
  }
}

TEST(QuantileSketch, of_parts_merges_into_that_of_the_whole) {
  const std::vector<double> values = spread_values(3000, 2);
  QuantileSketch whole;
  QuantileSketch merged;
  QuantileSketch other;
  for (std::size_t i = 0; i < values.size(); ++i) {
    whole.add(values[i]);
    (values[i] < 1e-3 ? merged : other).add(values[i]);
  }
  merged.merge(other);
  merged.merge(QuantileSketch());
  EXPECT_EQ(merged.count(), whole.count());
  for (int percent = 0; percent <= 100; ++percent) {
    EXPECT_EQ(merged.quantile(percent / 100.0), whole.quantile(percent / 100.0)) << percent;
  }
}

}  // namespace
}  // namespace dysta
