#include "dysta/predict/evaluation.hpp"

#include <cmath>
#include <map>

#include <gmock/gmock.h>

#include "dysta/core/error.hpp"
#include "dysta/predict/regression.hpp"
#include "support/message.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;

/// Normalised errors by predictor.
std::map<std::string, double> errors_of(const Trace& trace, std::size_t folds) {
  std::map<std::string, double> errors;
  for (const PredictorError& error : evaluate_predictors(trace, {.folds = folds}).errors) {
    errors[error.predictor] = error.rmse_s;
  }
  return errors;
}

/// A first layer of 1 s with these densities and a second one that takes 1 + 10 · density seconds.
Trace straight_line(std::vector<std::uint32_t> lengths = {}) {
  std::vector<test::TinySample> inputs;
  for (const double density : {0.2, 0.4, 0.6, 0.8}) {
    inputs.push_back({{1, 1 - density}, {1 + 10 * density, 0.5}});
  }
  return tiny_trace("m_a", inputs, std::move(lengths));
}

TEST(LeastSquares, finds_the_plane_that_values_lie_in) {
  const std::vector<RegressionRow> rows{{1, 0, 0}, {1, 1, 0}, {1, 0, 1}, {1, 2, 3}};
  const std::vector<double> values{5, 7, 2, 0};  // 5 + 2x - 3y
  const RegressionRow found = least_squares(rows, values);
  EXPECT_NEAR(found[0], 5, 1e-12);
  EXPECT_NEAR(found[1], 2, 1e-12);
  EXPECT_NEAR(found[2], -3, 1e-12);
}

TEST(LeastSquares, goes_through_the_middle_of_values_off_the_line) {
  const std::vector<RegressionRow> rows{{1, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 1, 0}};
  const RegressionRow found = least_squares(rows, std::vector<double>{1, 3, 7, 9});
  EXPECT_NEAR(found[0], 2, 1e-12);
  EXPECT_NEAR(found[1], 6, 1e-12);
}

TEST(LeastSquares, gives_dependent_columns_nothing) {
  const std::vector<RegressionRow> rows{{1, 4, 1}, {1, 4, 2}, {1, 4, 3}};
  const RegressionRow found = least_squares(rows, std::vector<double>{2, 4, 6});
  EXPECT_NEAR(found[0], 0, 1e-12);
  EXPECT_EQ(found[1], 0);
  EXPECT_NEAR(found[2], 2, 1e-12);
}

TEST(Evaluation, predicts_each_input_from_the_others) {
  // Part 0 holds inputs 0 and 2; inputs 1 and 3 have a mean density of 0.6 and a mean second layer
  // of 7 s. Part 1 the other way round: 0.4 and 5 s.
  const PredictorEvaluation evaluation = evaluate_predictors(straight_line(), {.folds = 2});
  EXPECT_DOUBLE_EQ(evaluation.mean_isolated_s, 7);
  const auto errors = errors_of(straight_line(), 2);
  EXPECT_NEAR(errors.at("none"), std::sqrt((4.0 * 4 + 0 + 0 + 4 * 4) / 4), 1e-12);
  // Ratios of 1/3 and 1 say 7/3 and 7 s for 3 and 7; ratios of 1 and 2 say 5 and 10 for 5 and 9.
  const double ratio = std::sqrt((4.0 / 9 + 0 + 0 + 1) / 4);
  for (const char* name : {"last_one", "last_n", "average_all"}) {
    EXPECT_NEAR(errors.at(name), ratio, 1e-12) << name;
  }
  EXPECT_NEAR(errors.at("regression"), 0, 1e-12);
  EXPECT_FALSE(errors.contains("length"));
  EXPECT_FALSE(errors.contains("parabola"));
  for (const PredictorError& error : evaluation.errors) {
    EXPECT_DOUBLE_EQ(error.rmse_normalised, error.rmse_s / 7) << error.predictor;
  }
}

TEST(Evaluation, tells_windows_apart) {
  // Ratios 1/2, 1 and 3/2 or the other way round; all layers take as long whatever the density.
  const auto input = [](double first, double second, double third) {
    return test::TinySample{{1, 1 - first}, {1, 1 - second}, {1, 1 - third}, {1, 0.5}};
  };
  const Trace trace = tiny_trace("m_a", {input(0.2, 0.4, 0.6), input(0.2, 0.4, 0.6),
                                         input(0.6, 0.4, 0.2), input(0.6, 0.4, 0.2)});
  // Part 0 is inputs 0 and 2; the others have the mean densities 0.4 throughout.
  const auto errors = [&] {
    std::map<std::string, double> found;
    for (const auto& e : evaluate_predictors(trace, {.folds = 2, .last_n = 2}).errors) {
      found[e.predictor] = e.rmse_s;
    }
    return found;
  }();
  const auto rms = [](double a, double b, double c) {
    return std::sqrt((a * a + b * b + c * c) / 3);
  };
  EXPECT_NEAR(errors.at("none"), 0, 1e-12);
  // Remaining 3, 2 and 1 s are taken for 3 · γ, 2 · γ and γ.
  EXPECT_NEAR(errors.at("last_one"), rms(1.5, 0, 0.5), 1e-12);
  EXPECT_NEAR(errors.at("last_n"), rms(1.5, 0.5, 0.25), 1e-12);
  EXPECT_NEAR(errors.at("average_all"), rms(1.5, 0.5, 0), 1e-12);
}

TEST(Evaluation, fits_a_parabola_to_lengths) {
  std::vector<test::TinySample> inputs;
  std::vector<std::uint32_t> lengths{1, 2, 3, 4, 5, 6, 7, 8};
  for (const std::uint32_t length : lengths) {
    inputs.push_back({{1, 0.5}, {2.0 + length * length, 0.5}});
  }
  const auto errors = errors_of(tiny_trace("m", inputs, lengths), 2);
  EXPECT_NEAR(errors.at("parabola"), 0, 1e-9);
  EXPECT_GT(errors.at("regression"), 1);
}

TEST(Evaluation, tells_bias_and_interval_and_how_often_a_deviation_holds) {
  // Inputs 1 and 3 teach 2 s where inputs 0 and 2 take 4 s, and the other way round.
  std::vector<test::TinySample> inputs;
  for (int s = 0; s < 8; ++s) inputs.push_back({{1, 0.5}, {s % 2 == 0 ? 4.0 : 2.0, 0.5}});
  inputs.push_back({{1, 0.5}, {7, 0.5}});
  inputs.push_back({{1, 0.5}, {2, 0.5}});
  const auto evaluation = evaluate_predictors(tiny_trace("m", inputs), {.folds = 2});
  const PredictorError& none = evaluation.errors.front();
  // Part 0: 4, 4, 4, 4 and 7 s taken for 2 s. Part 1: 2 s taken for the mean of those, 4.6 s.
  const double mean_square = (4 * 4 + 25 + 5 * 2.6 * 2.6) / 10;
  EXPECT_NEAR(none.rmse_s, std::sqrt(mean_square), 1e-12);
  EXPECT_NEAR(none.bias_normalised * evaluation.mean_isolated_s, (-13.0 + 13) / 10, 1e-12);
  EXPECT_FALSE(none.coverage.has_value());
  double squares = 4 * (4 - mean_square) * (4 - mean_square);
  squares += (25 - mean_square) * (25 - mean_square);
  squares += 5 * (2.6 * 2.6 - mean_square) * (2.6 * 2.6 - mean_square);
  const double half_width = 2.2622 * std::sqrt(squares / 9 / 10);  // Student's t, 9 degrees
  EXPECT_NEAR(none.half_width_normalised * evaluation.mean_isolated_s,
              half_width / (2 * std::sqrt(mean_square)), 1e-4);
  for (const PredictorError& error : evaluation.errors) {
    if (error.predictor != "recursive") continue;
    // Part 0's inputs promise part 1 a deviation of √(7.2 / (5 - 4) · 9 / 5) = 3.6 s, and 2.6 s
    // are missing; part 1's never differ, and so are sure of what part 0 does not do.
    EXPECT_EQ(error.coverage, 0.5);
  }
}

TEST(Evaluation, is_of_the_predictors_listed) {
  const std::vector<std::uint32_t> lengths{1, 2, 3, 4};
  std::vector<std::string> names;
  for (const auto& error : evaluate_predictors(straight_line(lengths), {.folds = 2}).errors) {
    names.push_back(error.predictor);
  }
  EXPECT_THAT(names, testing::ElementsAreArray(kEvaluatedPredictors));
}

TEST(Evaluation, a_prediction_that_is_sure_and_right_is_within_its_deviation) {
  const std::vector<test::TinySample> inputs(4, {{0.1, 0.5}, {0.2, 0.5}, {0.3, 0.5}});
  for (const auto& error : evaluate_predictors(tiny_trace("m", inputs), {.folds = 2}).errors) {
    const bool tells = error.predictor == "recursive";
    EXPECT_EQ(error.coverage, tells ? std::optional(1.0) : std::nullopt) << error.predictor;
  }
}

TEST(Evaluation, learns_from_as_few_inputs_as_asked) {
  std::vector<test::TinySample> inputs;
  for (const double second : {1, 1, 3, 3, 5, 5, 7, 7}) inputs.push_back({{1, 0.5}, {second, 0.5}});
  // Every part holds 1, 3, 5 and 7 s; of two of them, 1 and 5 s are taken.
  const auto errors =
      evaluate_predictors(tiny_trace("m", inputs), {.folds = 2, .training_inputs = 2}).errors;
  EXPECT_NEAR(errors.front().rmse_s, std::sqrt((4.0 + 0 + 4 + 16) / 4), 1e-12);
}

TEST(Evaluation, says_what_it_needs) {
  const Trace one_layer = tiny_trace("m_a", {{{1, 0.5}}, {{1, 0.5}}, {{1, 0.5}}, {{1, 0.5}}});
  EXPECT_EQ(test::message_of<FileError>([&] { evaluate_predictors(one_layer, {.folds = 2}); }),
            "m_a.csv: has 1 layer; between layers is where predictors are asked");
  EXPECT_EQ(
      test::message_of<FileError>([&] { evaluate_predictors(straight_line(), {.folds = 3}); }),
      "m_a.csv: has 4 inputs; at least 6 are needed for 3 parts");
  EXPECT_THROW(evaluate_predictors(straight_line(), {.folds = 1}), SpecificationError);
}

TEST(Evaluation, words_its_table) {
  const Trace trace = straight_line();
  const std::vector<TracePredictions> evaluated{{&trace, evaluate_predictors(trace, {.folds = 2})}};
  EXPECT_THAT(predictions_csv(evaluated),
              testing::StartsWith("trace,kind,inputs,layers,mean_isolated_s,predictor,rmse_s,"
                                  "rmse_normalised,half_width_normalised,bias_normalised,coverage\n"
                                  "m_a,cnn,4,2,7,none,2.82842712474619"));
}

}  // namespace
}  // namespace dysta
