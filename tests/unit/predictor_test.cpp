#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/predict/density_ratio.hpp"
#include "dysta/predict/oracle.hpp"
#include "support/fixed_truth.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::FixedTruth;
using test::tiny_trace;

constexpr std::uint32_t kAll = DensityRatioPredictor::kAllLayers;

/// Four layers of 1, 2, 4 and 8 s on average, every one with an average density of 1/2; the model's
/// other pattern takes three times as long, so that the model's averages are twice as long.
TraceSet four_layers() {
  return TraceSet({tiny_trace("m_a", {{{1, 0.5}, {2, 0.5}, {4, 0.5}, {8, 0.5}}}),
                   tiny_trace("m_b", {{{3, 0.5}, {6, 0.5}, {12, 0.5}, {24, 0.5}}})});
}

class DensityRatio : public testing::Test {
 protected:
  static TaskArrival arrival(TaskId task) { return {.task = task, .variant = VariantId{0}}; }

  /// The end of `layer` with `ratio` times the average density of 1/2.
  static Observation seen(std::uint32_t layer, double ratio) {
    return {.layer = layer, .sparsity = 1 - ratio / 2};
  }

  static void expect(const Estimate& estimate, double remaining, double next, double isolated) {
    EXPECT_EQ(estimate.remaining, Seconds{remaining});
    EXPECT_EQ(estimate.next_layer, Seconds{next});
    EXPECT_EQ(estimate.isolated, Seconds{isolated});
  }

  const TraceSet traces_ = four_layers();
  const Profiles profiles_{traces_};
};

TEST_F(DensityRatio, starts_from_the_tables_asked_for) {
  expect(DensityRatioPredictor(profiles_, Tables::pattern, kAll).on_arrival(arrival(TaskId{0})), 15,
         1, 15);
  expect(DensityRatioPredictor(profiles_, Tables::model, kAll).on_arrival(arrival(TaskId{0})), 30,
         2, 30);
}

TEST_F(DensityRatio, average_all_is_the_mean_over_all_layers_run) {
  DensityRatioPredictor predictor(profiles_, Tables::pattern, kAll);
  predictor.on_arrival(arrival(TaskId{0}));
  expect(predictor.on_layer_done(TaskId{0}, seen(0, 1.5)), 1.5 * 14, 1.5 * 2, 1.5 * 15);
  expect(predictor.on_layer_done(TaskId{0}, seen(1, 0.5)), 12, 4, 15);     // (1.5 + 0.5) / 2
  expect(predictor.on_layer_done(TaskId{0}, seen(2, 0.25)), 6, 6, 11.25);  // (2 + 0.25) / 3 = 0.75
}

TEST_F(DensityRatio, last_one_is_the_last_ratio) {
  DensityRatioPredictor predictor(profiles_, Tables::pattern, 1);
  predictor.on_arrival(arrival(TaskId{0}));
  expect(predictor.on_layer_done(TaskId{0}, seen(0, 1.5)), 21, 3, 22.5);
  expect(predictor.on_layer_done(TaskId{0}, seen(1, 0.5)), 6, 2, 7.5);
}

TEST_F(DensityRatio, last_n_divides_by_the_layers_there_are) {
  DensityRatioPredictor predictor(profiles_, Tables::pattern, 2);
  predictor.on_arrival(arrival(TaskId{0}));
  expect(predictor.on_layer_done(TaskId{0}, seen(0, 1.5)), 21, 3, 22.5);  // one: 1.5 / 1
  expect(predictor.on_layer_done(TaskId{0}, seen(1, 0.5)), 12, 4, 15);    // (1.5 + 0.5) / 2
  expect(predictor.on_layer_done(TaskId{0}, seen(2, 1)), 6, 6, 11.25);    // (0.5 + 1) / 2
}

TEST_F(DensityRatio, a_window_of_none_only_subtracts_the_work_done) {
  DensityRatioPredictor predictor(profiles_, Tables::model, 0);
  predictor.on_arrival(arrival(TaskId{0}));
  expect(predictor.on_layer_done(TaskId{0}, seen(0, 1.5)), 28, 4, 30);
}

TEST_F(DensityRatio, an_oracle_of_densities_uses_the_average_of_its_own_pattern) {
  // Variant b's inputs are three quarters zeros at layer 0 on average: a density of 3/8 is 1.5
  // times the average.
  const TraceSet traces({tiny_trace("m_b", {{{1, 0.5}, {1, 0.5}}, {{1, 1 - 0x1p-30}, {1, 0.5}}})});
  const Profiles profiles(traces);
  DensityRatioPredictor predictor(profiles, Tables::pattern, kAll);
  predictor.on_arrival(arrival(TaskId{0}));
  const double average = (0.5 + 0x1p-30) / 2;
  const Estimate estimate = predictor.on_layer_done(TaskId{0}, {.layer = 0, .sparsity = 0.625});
  EXPECT_DOUBLE_EQ(estimate.remaining.count(), 0.375 / average);
}

TEST_F(DensityRatio, tasks_keep_their_own_ratios) {
  DensityRatioPredictor predictor(profiles_, Tables::pattern, kAll);
  predictor.on_arrival(arrival(TaskId{0}));
  predictor.on_arrival(arrival(TaskId{1}));
  predictor.on_layer_done(TaskId{0}, seen(0, 1.5));
  expect(predictor.on_layer_done(TaskId{1}, seen(0, 0.5)), 7, 1, 7.5);
  expect(predictor.on_layer_done(TaskId{0}, seen(1, 1.5)), 18, 6, 22.5);
}

TEST_F(DensityRatio, a_task_id_used_again_starts_afresh) {
  for (const std::uint32_t window : {1U, 3U, kAll}) {
    DensityRatioPredictor predictor(profiles_, Tables::pattern, window);
    predictor.on_arrival(arrival(TaskId{0}));
    predictor.on_layer_done(TaskId{0}, seen(0, 1.5));
    predictor.on_layer_done(TaskId{0}, seen(1, 1.5));
    expect(predictor.on_arrival(arrival(TaskId{0})), 15, 1, 15);
    expect(predictor.on_layer_done(TaskId{0}, seen(0, 0.5)), 7, 1, 7.5);
  }
}

TEST_F(DensityRatio, refuses_windows_that_are_too_large) {
  const auto make = [&](std::uint32_t window) {
    DensityRatioPredictor(profiles_, Tables::pattern, window);
  };
  make(DensityRatioPredictor::kLargestWindow);
  EXPECT_THROW(make(DensityRatioPredictor::kLargestWindow + 1), std::invalid_argument);
}

TEST(Oracle, tells_the_truth) {
  const FixedTruth truth({{7, 6, 4, 0}});
  OraclePredictor oracle(truth);
  const auto expect = [](const Estimate& estimate, double remaining, double next) {
    EXPECT_EQ(estimate.remaining, Seconds{remaining});
    EXPECT_EQ(estimate.next_layer, Seconds{next});
    EXPECT_EQ(estimate.isolated, Seconds{7});
  };
  expect(oracle.on_arrival({.task = TaskId{0}}), 7, 1);
  expect(oracle.on_layer_done(TaskId{0}, {.layer = 0}), 6, 2);
  expect(oracle.on_layer_done(TaskId{0}, {.layer = 1}), 4, 4);
}

}  // namespace
}  // namespace dysta
