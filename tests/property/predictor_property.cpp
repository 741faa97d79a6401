// Estimates are estimates: finite, greater than 0 while a layer is left, and true on average.
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/predict/conditional.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "random_case.hpp"

namespace dysta {
namespace {

using test::RandomCase;

bool positive(Seconds time) { return std::isfinite(time.count()) && time > Seconds{0}; }

/// Each request is a task of its own, one after the other under the same few ids.
void check_estimates(Predictor& predictor, const RandomCase& random) {
  const auto check = [](const Estimate& estimate) {
    RC_ASSERT(positive(estimate.remaining));
    RC_ASSERT(positive(estimate.next_layer));
    RC_ASSERT(positive(estimate.isolated));
    RC_ASSERT(estimate.next_layer <= estimate.remaining * (1 + 1e-12));
    RC_ASSERT(estimate.remaining <= estimate.isolated * (1 + 1e-12));
    RC_ASSERT(std::isfinite(estimate.deviation.count()) && estimate.deviation >= Seconds{0});
  };
  for (std::size_t r = 0; r < random.requests.size(); ++r) {
    const Request& request = random.requests[r];
    const auto task = static_cast<TaskId>(r % 3);
    check(predictor.on_arrival({.task = task, .variant = request.variant}));
    const auto layers = random.traces[request.variant].sample(request.sample);
    for (std::uint32_t l = 0; l + 1 < layers.size(); ++l) {
      check(predictor.on_layer_done(
          task,
          {.layer = l, .sparsity = layers[l].sparsity, .latency = Seconds{layers[l].latency_s}}));
    }
  }
}

RC_GTEST_PROP(DensityRatio, estimates_are_finite_and_greater_than_0, (const RandomCase& random)) {
  const auto window = *rc::gen::element(std::uint32_t{0}, std::uint32_t{1}, std::uint32_t{3},
                                        DensityRatioPredictor::kAllLayers);
  const Tables tables = *rc::gen::element(Tables::pattern, Tables::model);
  DensityRatioPredictor predictor(random.profiles, tables, window);
  check_estimates(predictor, random);
}

RC_GTEST_PROP(Conditional, estimates_are_finite_and_greater_than_0, (const RandomCase& random)) {
  ConditionalPredictor predictor(
      random.profiles,
      *rc::gen::element(Evidence::length, Evidence::mean_density, Evidence::recursion));
  check_estimates(predictor, random);
}

// An input with the average density at every layer has the ratio 1, however far one looks back.
RC_GTEST_PROP(DensityRatio, an_average_input_is_estimated_by_the_tables,
              (const RandomCase& random)) {
  const auto window =
      *rc::gen::element(std::uint32_t{1}, std::uint32_t{3}, DensityRatioPredictor::kAllLayers);
  DensityRatioPredictor predictor(random.profiles, Tables::pattern, window);
  for (std::size_t v = 0; v < random.traces.size(); ++v) {
    const auto variant = static_cast<VariantId>(v);
    const Profile& profile = random.profiles[variant];
    predictor.on_arrival({.task = TaskId{0}, .variant = variant});
    for (std::uint32_t l = 0; l + 1 < random.traces[variant].layers(); ++l) {
      const Estimate estimate = predictor.on_layer_done(
          TaskId{0}, {.layer = l, .sparsity = 1 - profile.average_density[l]});
      const double expected_s = profile.by_pattern.remaining_s[l + 1];
      RC_ASSERT(std::abs(estimate.remaining.count() - expected_s) <= 1e-12 * expected_s);
    }
  }
}

}  // namespace
}  // namespace dysta
