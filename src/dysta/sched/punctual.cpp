// Punctual: Smith's rule on what is left (W. E. Smith, "Various Optimizers for Single-Stage
// Production", Naval Research Logistics Quarterly 3, 1956), with a bounded bonus for tasks that can
// still meet their deadline and soon cannot. Of the form of "apparent tardiness cost" (A. P. J.
// Vepsalainen and T. E. Morton, "Priority Rules for Job Shops with Weighted Tardiness Costs",
// Management Science 33(8), 1987), where a late task keeps the full urgency; here it has none left,
// since a deadline that is missed cannot be missed again. How large the bonus is and how early it
// comes follow the length of the queue. docs/better-than-dysta.md.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "dysta/predict/noisy.hpp"
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/ready_index.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

struct PunctualScore {
  enum Column : std::size_t {
    kBase,      ///< the inverse of Smith's ratio: remaining latency / what a second costs
    kIsolated,  ///< seconds
    kStart      ///< when the task must start to meet its deadline
  };

  static constexpr std::size_t kColumns = 3;
  /// Urgency rises towards the start and is gone behind it: it has both ends.
  static constexpr std::array kCorners{
      Corner{kBase, Corner::End::least}, Corner{kIsolated, Corner::End::least},
      Corner{kIsolated, Corner::End::greatest}, Corner{kStart, Corner::End::least},
      Corner{kStart, Corner::End::greatest}};

  double bonus = 0;  ///< share that the most urgent task's score loses in a long queue, in [0, 1)
  double per_price = 0;  ///< what is left grows by so much a task in the queue; may be infinite
  double horizon = 0;    ///< isolated latencies of slack from which on there is no bonus
  double stretch = 0;    ///< more of them for each task in the queue
  bool lost_is_urgent = false;
  double least_queue = 1;  ///< a task an accelerator: whoever asks is in the queue
  double now_s = 0;
  double queue_hz = 0;          ///< Σ 1 / isolated of all tasks there, an accelerator
  double least_isolated_s = 0;  ///< of all tasks so far

  double operator()(double base, double isolated_s, double most_isolated_s, double start_s,
                    double last_start_s) const {
    const double u = urgency(most_isolated_s, start_s, last_start_s);
    return base * (1 - (1 - kept(isolated_s * queue_hz)) * u);
  }

  /// What the most urgent task keeps of its score. `queue` is the normalised turnaround that it
  /// costs all others to let it run, in tasks of its own length.
  double kept(double queue) const {
    return (1 - bonus) * std::min(1.0, std::max(least_queue, queue) * per_price);
  }

  /// 1 where the deadline can just be met, falling to 0 at the horizon, and 0 where it is lost.
  double urgency(double isolated_s, double start_s, double last_start_s) const {
    if (last_start_s < now_s) return lost_is_urgent ? 1 : 0;
    const double horizon_s =
        isolated_s * (horizon + stretch * std::max(0.0, isolated_s * queue_hz));
    return std::max(0.0, 1 - std::max(0.0, start_s - now_s) / horizon_s);
  }

  /// Tasks of a variant that have not run, one start after the other.
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return joined(columns[kBase], columns[kStart]);
  }

  /// In d least horizons an urgency u rises to u + d or 1, whichever is less. A score falls by the
  /// greatest factor where it gets to 1. A queue that is r times as long takes at most a factor of
  /// r from what is kept, or from what 1 - u is. docs/decisions/010 derives the margin for
  /// rounding.
  static double later(double bound, const PunctualScore& then, const PunctualScore& now) {
    const double least = now.kept(now.least_queue);
    const double least_horizon_s = now.horizon * now.least_isolated_s;
    const double d = std::min(1.0, (now.now_s - then.now_s) / least_horizon_s);
    const double r = std::min(then.queue_hz / now.queue_hz, now.queue_hz / then.queue_hz);
    const double margin = 32 * std::numeric_limits<double>::epsilon() / least;
    return std::max(0.0, bound * r * (least / (least + (1 - least) * d)) * (1 - margin));
  }
};

/// What a second of a task's turnaround costs.
enum class Value { normalised, plain, priority };

struct PunctualSettings {
  double risk = 0;  ///< standard deviations that the estimate is taken longer by
  Value value = Value::normalised;
};

class Punctual final : public Policy {
 public:
  /// `score` is without tasks.
  Punctual(std::unique_ptr<Predictor> predictor, const PunctualScore& score,
           const PunctualSettings& settings)
      : predictor_(std::move(predictor)), settings_(settings), score_(score) {
    score_.least_isolated_s = std::numeric_limits<double>::infinity();
  }

  void on_arrival(const TaskArrival& arrival) override {
    const double weight = settings_.value == Value::priority ? dysta::weight(arrival.priority) : 1;
    if (index(arrival.task) >= asked_.size()) asked_.resize(index(arrival.task) + 1);
    const Estimate estimate = predictor_->on_arrival(arrival);
    const double isolated_s = estimate.isolated.count();
    asked_[index(arrival.task)] = {.deadline_s = arrival.deadline().count(),
                                   .weight = weight,
                                   .queue_hz = score_.least_queue / isolated_s};
    score_.queue_hz += asked_[index(arrival.task)].queue_hz;
    ++present_;
    tasks_.admit(arrival.task, columns(arrival.task, estimate));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    const Estimate estimate = predictor_->on_layer_done(task, observation);
    tasks_.make_ready(task, [&](Columns& row) { row = columns(task, estimate); });
  }
  void on_finish(TaskId task) override {
    tasks_.retire(task);
    // An empty queue is 0 again, whatever rounding has left.
    score_.queue_hz = --present_ == 0 ? 0 : score_.queue_hz - asked_[index(task)].queue_hz;
  }
  TaskId choose(Seconds now, AcceleratorId) override {
    score_.now_s = now.count();
    return tasks_.run_smallest(score_);
  }

 private:
  using Columns = ReadyIndex<PunctualScore>::Columns;

  /// What was asked with a task.
  struct Asked {
    double deadline_s = 0;
    double weight = 1;
    double queue_hz = 0;  ///< its part of that of all
  };

  Columns columns(TaskId task, const Estimate& estimate) {
    const Asked& asked = asked_[index(task)];
    const double remaining_s = estimate.remaining.count();
    const double isolated_s = estimate.isolated.count();
    score_.least_isolated_s = std::min(score_.least_isolated_s, isolated_s);
    Columns columns;
    columns[PunctualScore::kBase] =
        settings_.value == Value::plain ? remaining_s : remaining_s * isolated_s / asked.weight;
    columns[PunctualScore::kIsolated] = isolated_s;
    columns[PunctualScore::kStart] =
        asked.deadline_s - remaining_s - settings_.risk * estimate.deviation.count();
    return columns;
  }

  std::unique_ptr<Predictor> predictor_;
  PunctualSettings settings_;
  PunctualScore score_;
  std::vector<Asked> asked_;  ///< by task
  std::size_t present_ = 0;
  ReadyIndex<PunctualScore> tasks_;
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
      std::move(predictor),
      PunctualScore{.bonus = parameters.number("bonus"),
                    .per_price = 1 / parameters.number("price"),
                    .horizon = parameters.number("horizon"),
                    .stretch = parameters.number("stretch"),
                    .lost_is_urgent = parameters.is("lost", "urgent"),
                    .least_queue = 1.0 / context.accelerators},
      PunctualSettings{.risk = parameters.number("risk"), .value = value_of(parameters)});
}

}  // namespace

PolicyEntry punctual_entry() {
  return {
      .name = "punctual",
      .help =
          "the smallest remaining x isolated runs, less where a deadline is near and can be met",
      .parameters = with_estimator(
          {{.name = "bonus",
            .help = "share that the score of the most urgent task loses in a long queue",
            .default_value = 0.3,
            .largest = 0.999999},
           {.name = "price",
            .help =
                "tasks from which on a queue is long; in a shorter one less of the score is left",
            .default_value = 8.0},
           {.name = "horizon",
            .help = "isolated latencies of slack from which on there is no bonus",
            .default_value = 2.0,
            .least = 1e-6},
           {.name = "stretch",
            .help = "isolated latencies more for each task in the queue",
            .default_value = 0.5},
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
