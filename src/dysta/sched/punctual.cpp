// Punctual: Smith's rule on what is left (W. E. Smith, "Various Optimizers for Single-Stage
// Production", Naval Research Logistics Quarterly 3, 1956), with a bounded bonus for tasks that can
// still meet their deadline and soon cannot. Of the form of "apparent tardiness cost" (A. P. J.
// Vepsalainen and T. E. Morton, "Priority Rules for Job Shops with Weighted Tardiness Costs",
// Management Science 33(8), 1987), where a late task keeps the full urgency; here it has none left,
// since a deadline that is missed cannot be missed again. docs/better-than-dysta.md.
#include <algorithm>

#include "dysta/predict/noisy.hpp"
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

/// What a second of a task's turnaround costs.
enum class Value { normalised, plain, priority };

struct PunctualSettings {
  double bonus = 0;    ///< share that the score of the most urgent task loses, in [0, 1)
  double horizon = 0;  ///< isolated latencies of slack from which on there is no bonus
  double risk = 0;     ///< standard deviations that the estimate is taken longer by
  bool lost_is_urgent = false;
  Value value = Value::normalised;
};

class Punctual final : public ScoringPolicy<> {
 public:
  Punctual(std::unique_ptr<Predictor> predictor, const PunctualSettings& settings)
      : ScoringPolicy(std::move(predictor)), settings_(settings) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_smallest([&](const ReadyTask& task) {
      return base(task) * (1 - settings_.bonus * urgency(task, now));
    });
  }

 private:
  /// The inverse of Smith's ratio: remaining latency / what a second costs.
  double base(const ReadyTask& task) const {
    const double remaining_s = task.estimate.remaining.count();
    if (settings_.value == Value::plain) return remaining_s;
    const double cost_s = remaining_s * task.estimate.isolated.count();
    return settings_.value == Value::priority ? cost_s / task.weight : cost_s;
  }

  /// 1 where the deadline can just be met, falling to 0 at the horizon, and 0 where it is lost.
  double urgency(const ReadyTask& task, Seconds now) const {
    const Estimate& estimate = task.estimate;
    const Seconds slack =
        task.deadline - now - estimate.remaining - settings_.risk * estimate.deviation;
    if (slack < Seconds{0}) return settings_.lost_is_urgent ? 1 : 0;
    return std::max(0.0, 1 - slack / (settings_.horizon * estimate.isolated));
  }

  PunctualSettings settings_;
};

Value value_of(const Parameters& parameters) {
  if (parameters.is("value", "plain")) return Value::plain;
  return parameters.is("value", "priority") ? Value::priority : Value::normalised;
}

std::unique_ptr<Policy> make_punctual(const Parameters& parameters, const PolicyContext& context) {
  auto predictor = make_predictor(parameters, context);
  const double noise = parameters.number("noise");
  if (noise > 0) predictor = std::make_unique<NoisyPredictor>(std::move(predictor), noise);
  return std::make_unique<Punctual>(
      std::move(predictor), PunctualSettings{.bonus = parameters.number("bonus"),
                                             .horizon = parameters.number("horizon"),
                                             .risk = parameters.number("risk"),
                                             .lost_is_urgent = parameters.is("lost", "urgent"),
                                             .value = value_of(parameters)});
}

}  // namespace

PolicyEntry punctual_entry() {
  return {
      .name = "punctual",
      .help =
          "the smallest remaining x isolated runs, less where a deadline is near and can be met",
      .parameters = with_estimator(
          {{.name = "bonus",
            .help = "share that the score of the most urgent task loses",
            .default_value = 0.6,
            .largest = 0.999999},
           {.name = "horizon",
            .help = "isolated latencies of slack from which on there is no bonus",
            .default_value = 4.0,
            .least = 1e-6},
           {.name = "risk",
            .help = "standard deviations that remaining latency is taken longer by for a deadline",
            .default_value = 0.0,
            .largest = 100},
           choice("lost", "a task that cannot meet its deadline any more: no bonus, or all of it",
                  "plain", {"plain", "urgent"}),
           choice("value", "what waiting costs: 1 / isolated, 1, or priority / isolated a second",
                  "normalised", {"normalised", "plain", "priority"}),
           {.name = "noise",
            .help = "standard deviation of a task's own error put on estimates, as a logarithm",
            .default_value = 0.0,
            .largest = 10}},
          "pattern", "recursive"),
      .make = make_punctual};
}

}  // namespace dysta
