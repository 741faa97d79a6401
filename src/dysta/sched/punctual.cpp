// Punctual: Smith's rule on what is left (W. E. Smith, "Various Optimizers for Single-Stage
// Production", Naval Research Logistics Quarterly 3, 1956), with a bounded bonus for tasks that can
// still meet their deadline and soon cannot. Of the form of "apparent tardiness cost" (A. P. J.
// Vepsalainen and T. E. Morton, "Priority Rules for Job Shops with Weighted Tardiness Costs",
// Management Science 33(8), 1987), where a late task keeps the full urgency; here it has none left,
// since a deadline that is missed cannot be missed again. How early the bonus comes follows the
// length of the queue, and how large it is what deadlines have cost so far. A task is put aside
// only where that is worth the cost of a preemption.
// docs/better-than-dysta.md.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "dysta/predict/noisy.hpp"
#include "dysta/sched/deadline_price.hpp"
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
      Corner{kBase, Corner::End::least}, Corner{kIsolated, Corner::End::greatest},
      Corner{kStart, Corner::End::least}, Corner{kStart, Corner::End::greatest}};

  double bonus = 0;    ///< share that the most urgent task's score loses, in [0, 1)
  double horizon = 0;  ///< isolated latencies of slack from which on there is no bonus
  double stretch = 0;  ///< more of them for each task in the queue
  bool lost_is_urgent = false;
  double now_s = 0;
  double queue_hz = 0;          ///< Σ 1 / isolated of all tasks there, an accelerator
  double least_isolated_s = 0;  ///< of all tasks so far

  double operator()(double base, double most_isolated_s, double start_s,
                    double last_start_s) const {
    return base * (1 - bonus * urgency(most_isolated_s, start_s, last_start_s));
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

  /// In d least horizons, and with a horizon that is up to 1 / r times as long, an urgency u rises
  /// to at most min(1, 1 - r (1 - u) + d). Of (1 - bonus' u') / (1 - bonus u) the least is where u
  /// is 0, or where u' gets to 1. docs/decisions/010 derives the margin for rounding.
  static double later(double bound, const PunctualScore& then, const PunctualScore& now) {
    const double d = (now.now_s - then.now_s) / (now.horizon * now.least_isolated_s);
    const double r = std::min(1.0, then.queue_hz / now.queue_hz);
    const double without = 1 - now.bonus * std::min(1.0, 1 - r + d);
    const double urgent = (1 - now.bonus) / (1 - then.bonus * (1 - std::min(1.0, d / r)));
    const double margin =
        32 * std::numeric_limits<double>::epsilon() / (1 - std::max(then.bonus, now.bonus));
    return std::max(0.0, bound * std::min(without, urgent) * (1 - margin));
  }
};

/// What a task's turnaround is counted in, so that a second of it costs 1 / unit: its isolated
/// latency, the mean network's, or its isolated latency / priority.
enum class Value { normalised, plain, priority };

struct PunctualSettings {
  double risk = 0;  ///< standard deviations that the estimate is taken longer by
  Value value = Value::normalised;
  double mean_isolated_s = 1;      ///< of the networks, where all seconds cost the same
  std::uint32_t accelerators = 1;  ///< that serve the queue
  double preemption_s = 0;         ///< what putting a task aside takes one of them
};

class Punctual final : public Policy {
 public:
  /// `score` is without tasks.
  Punctual(std::unique_ptr<Predictor> predictor, const PunctualScore& score,
           const DeadlinePrice& price, const PunctualSettings& settings)
      : predictor_(std::move(predictor)),
        settings_(settings),
        score_(score),
        price_(price),
        share_(1.0 / settings.accelerators) {
    back_.reserve(settings.accelerators);
    score_.least_isolated_s = std::numeric_limits<double>::infinity();
  }

  void on_arrival(const TaskArrival& arrival) override {
    const TaskId id = arrival.task;
    if (index(id) >= tasks_.size()) tasks_.resize(index(id) + 1);
    const Estimate estimate = predictor_->on_arrival(arrival);
    Task& task = tasks_[index(id)];
    task = {.deadline_s = arrival.deadline().count(), .weight = dysta::weight(arrival.priority)};
    task.unit_s = unit_s(task, estimate);
    task.queue_hz = share_ / estimate.isolated.count();
    task.cost_hz = share_ / task.unit_s;
    score_.queue_hz += task.queue_hz;
    cost_hz_ += task.cost_hz;
    ++present_;
    const Columns row = columns(task, estimate);
    price_.arrives(task.base, task.cost_hz);
    ready_.admit(id, row);
  }
  void on_layer_done(TaskId id, const Observation& observation) override {
    Task& task = tasks_[index(id)];
    const Columns row = columns(task, predictor_->on_layer_done(id, observation));
    price_.waits(task.base, task.cost_hz);
    if (settings_.preemption_s > 0) {
      back_.push_back({.task = id, .accelerator = task.accelerator, .row = row});
      return;
    }
    make_ready(id, row);
  }
  void on_finish(TaskId id) override {
    ready_.retire(id);
    const Task& task = tasks_[index(id)];
    score_.queue_hz -= task.queue_hz;
    cost_hz_ -= task.cost_hz;
    if (--present_ == 0) score_.queue_hz = cost_hz_ = 0;  // whatever rounding has left
  }
  TaskId choose(Seconds now, AcceleratorId accelerator) override {
    score_.now_s = now.count();
    score_.bonus = price_.value();
    const Chosen chosen = settings_.preemption_s > 0 ? goes_on_or_first(accelerator)
                                                     : Chosen{ready_.run_smallest(score_)};
    const Task& task = tasks_[index(chosen.task)];
    // Who is not worth a preemption waits for that, and not for a deadline.
    const double saved = chosen.goes_on ? preemption_cost(task, task) : 0;
    price_.runs(task.base, task.cost_hz, task.next_layer_s, cost_hz_, saved);
    return chosen.task;
  }

 private:
  using Columns = ReadyIndex<PunctualScore>::Columns;

  struct Task {
    double deadline_s = 0;
    double weight = 1;    ///< its priority
    double unit_s = 0;    ///< what its turnaround is counted in
    double queue_hz = 0;  ///< its part of the queue
    double cost_hz = 0;   ///< what a second of its turnaround costs, an accelerator
    double base = 0;      ///< as in its row
    double next_layer_s = 0;
    AcceleratorId accelerator{};  ///< that ran it last, where putting it aside takes time
  };

  /// A task that has just ended a layer and may go on where it ran.
  struct Back {
    TaskId task{};
    AcceleratorId accelerator{};
    Columns row{};
  };

  struct Chosen {
    TaskId task{};
    bool goes_on = false;  ///< where it ran before
  };

  /// What putting one task aside for the other costs, in units of the score. All that are there are
  /// delayed, and exchanging the two gains the difference of their scores / the units of both.
  double preemption_cost(const Task& one, const Task& other) const {
    return settings_.preemption_s * cost_hz_ * one.unit_s * other.unit_s;
  }

  /// The first task by its score, but the one that is back from this accelerator goes on unless
  /// exchanging the two gains more than it costs. Tasks that are back from other accelerators at
  /// this instant are left to those.
  Chosen goes_on_or_first(AcceleratorId accelerator) {
    auto back = std::find_if(back_.begin(), back_.end(), [&](const Back& candidate) {
      return candidate.accelerator == accelerator;
    });
    Chosen chosen;
    if (back == back_.end() && ready_.ready() > 0) {
      chosen.task = ready_.run(ready_.smallest(score_));
    } else {
      if (back == back_.end()) back = back_.begin();
      const Back stays = *back;
      back_.erase(back);
      chosen = {.task = stays.task, .goes_on = stays.accelerator == accelerator};
      if (chosen.goes_on && ready_.ready() > 0) {
        const Found first = ready_.smallest(score_);
        Row<PunctualScore> other = ready_.row(first);
        other.columns[PunctualScore::kBase] +=
            preemption_cost(tasks_[index(stays.task)], tasks_[index(other.id)]);
        if (score(other.columns) < score(stays.row)) {
          ready_.run(first);
          make_ready(stays.task, stays.row);
          chosen = {.task = other.id};
        }
      }
    }
    tasks_[index(chosen.task)].accelerator = accelerator;
    return chosen;
  }

  double score(const Columns& row) const {
    const double start_s = row[PunctualScore::kStart];
    return score_(row[PunctualScore::kBase], row[PunctualScore::kIsolated], start_s, start_s);
  }

  void make_ready(TaskId id, const Columns& row) {
    ready_.make_ready(id, [&](Columns& columns) { columns = row; });
  }

  double unit_s(const Task& task, const Estimate& estimate) const {
    if (settings_.value == Value::plain) return settings_.mean_isolated_s;
    const double isolated_s = estimate.isolated.count();
    return settings_.value == Value::priority ? isolated_s / task.weight : isolated_s;
  }

  Columns columns(Task& task, const Estimate& estimate) {
    const double remaining_s = estimate.remaining.count();
    const double isolated_s = estimate.isolated.count();
    score_.least_isolated_s = std::min(score_.least_isolated_s, isolated_s);
    task.base = remaining_s * unit_s(task, estimate);
    task.next_layer_s = estimate.next_layer.count();
    Columns columns;
    columns[PunctualScore::kBase] = task.base;
    columns[PunctualScore::kIsolated] = isolated_s;
    columns[PunctualScore::kStart] =
        task.deadline_s - remaining_s - settings_.risk * estimate.deviation.count();
    return columns;
  }

  std::unique_ptr<Predictor> predictor_;
  PunctualSettings settings_;
  PunctualScore score_;
  DeadlinePrice price_;
  double share_;             ///< 1 / accelerators
  std::vector<Task> tasks_;  ///< by id
  std::size_t present_ = 0;
  double cost_hz_ = 0;  ///< of all tasks there
  ReadyIndex<PunctualScore> ready_;
  std::vector<Back> back_;  ///< by their layers' ends; empty unless putting them aside takes time
};

Value value_of(const Parameters& parameters) {
  if (parameters.is("value", "plain")) return Value::plain;
  return parameters.is("value", "priority") ? Value::priority : Value::normalised;
}

/// Of remaining latency to what a second costs, for inputs up to four times as long as the mean.
double largest_ratio(Value value, const Profiles& profiles) {
  double longest_s = 0;
  for (const Profile& profile : profiles.all()) {
    longest_s = std::max(longest_s, 4 * profile.e2e_pattern.count());
  }
  return longest_s * (value == Value::plain ? profiles.mean_e2e().count() : longest_s);
}

std::unique_ptr<Policy> make_punctual(const Parameters& parameters, const PolicyContext& context) {
  auto predictor = make_predictor(parameters, context);
  const Value value = value_of(parameters);
  const double noise = parameters.number("noise");
  if (noise > 0) predictor = std::make_unique<NoisyPredictor>(std::move(predictor), noise);
  return std::make_unique<Punctual>(
      std::move(predictor),
      PunctualScore{.horizon = parameters.number("horizon"),
                    .stretch = parameters.number("stretch"),
                    .lost_is_urgent = parameters.is("lost", "urgent")},
      DeadlinePrice(parameters.number("bonus"), parameters.number("budget"), context.accelerators,
                    largest_ratio(value, context.profiles)),
      PunctualSettings{.risk = parameters.number("risk"),
                       .value = value,
                       .mean_isolated_s = context.profiles.mean_e2e().count(),
                       .accelerators = context.accelerators,
                       .preemption_s = parameters.is("preemption_s", "auto")
                                           ? context.preemption.count()
                                           : parameters.number("preemption_s")});
}

}  // namespace

PolicyEntry punctual_entry() {
  return {
      .name = "punctual",
      .help =
          "the smallest remaining x isolated runs, less where a deadline is near and can be met",
      .parameters = with_estimator(
          {{.name = "budget",
            .help = "share of what all waiting costs that deadlines are charged at most; 1: any",
            .default_value = 0.02,
            .largest = 1},
           {.name = "bonus",
            .help = "share that the score of the most urgent task loses at most",
            .default_value = 0.8,
            .largest = 0.999999},
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
           {.name = "preemption_s",
            .help = "seconds that putting a task aside takes; auto: what the accelerator takes",
            .default_value = "auto",
            .words = {"auto"}},
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
