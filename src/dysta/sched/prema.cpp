// PREMA: tokens say who may run, the shortest of those does. Y. Choi and M. Rhu, "PREMA: A
// Predictive Multi-task Scheduling Algorithm for Preemptible Neural Processing Units", HPCA 2020,
// as Sparse-DySta (MICRO 2023) compares with it.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/fixed_key.hpp"
#include "dysta/sched/ready_index.hpp"
#include "dysta/sched/ready_list.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

/// The tokens that a task must have to run, given the largest.
double threshold_for(double largest) { return largest >= 9 ? 9 : largest >= 3 ? 3 : 1; }

/// As published: at every decision a token grows by the whole time since the task ran. It never
/// falls, so it is counted only up to the highest threshold, which takes a task few decisions; from
/// then on nothing but its remaining latency matters.
class Prema final : public Policy {
 public:
  explicit Prema(std::unique_ptr<Predictor> predictor) : predictor_(std::move(predictor)) {}

  void on_arrival(const TaskArrival& arrival) override {
    if (index(arrival.task) >= is_rich_.size()) is_rich_.resize(index(arrival.task) + 1);
    is_rich_[index(arrival.task)] = false;
    poor_.admit({.id = arrival.task,
                 .admission = arrived_++,
                 .weight = weight(arrival.priority),
                 .last_run = arrival.arrival,
                 .estimate = predictor_->on_arrival(arrival)});
    rich_.reserve(arrival.task, ++present_);
  }

  void on_layer_done(TaskId id, const Observation& observation) override {
    const Estimate estimate = predictor_->on_layer_done(id, observation);
    if (is_rich_[index(id)]) {
      rich_.make_ready(id, [&](auto& columns) { columns = {estimate.remaining.count()}; });
    } else {
      Task& task = poor_.make_ready(id);
      task.last_run = observation.end;
      task.estimate = estimate;
    }
  }

  void on_finish(TaskId id) override {
    --present_;
    if (is_rich_[index(id)]) {
      rich_.retire(id);
    } else {
      poor_.remove(id);
    }
  }

  TaskId choose(Seconds now, AcceleratorId) override {
    move_those_with_enough();
    const double threshold = threshold_for(std::max(grow_tokens(now), largest_of_rich()));
    const Found rich = rich_.ready() > 0 ? rich_.smallest({}) : Found();
    Found best = rich;
    TaskId poor{};
    poor_.for_each([&](const Task& task) {
      const double remaining_s = task.estimate.remaining.count();
      if (task.token < threshold || !best.loses_to(remaining_s, task.admission)) return;
      best = {.score = remaining_s, .admission = task.admission};
      poor = task.id;
    });
    if (best.admission == rich.admission) return rich_.run(rich);
    poor_.start(poor);
    return poor;
  }

 private:
  struct Task {
    TaskId id{};
    std::uint64_t admission = 0;
    double weight = 1;
    double token = 0;  ///< 0 until the first decision that sees the task
    Seconds last_run{};
    Estimate estimate{};
  };

  static constexpr double kEnough = 9;

  double largest_of_rich() const { return rich_.ready() > 0 ? kEnough : 0; }

  /// Those that had enough after an earlier decision.
  void move_those_with_enough() {
    poor_.remove_if([this](const Task& task) {
      if (task.token < kEnough) return false;
      is_rich_[index(task.id)] = true;
      rich_.admit(task.id, {task.estimate.remaining.count()}, task.admission);
      return true;
    });
  }

  /// Returns the largest token of a task that an earlier decision saw, 0 if there is none.
  double grow_tokens(Seconds now) {
    double largest = 0;
    poor_.for_each([&](Task& task) {
      if (task.token == 0) {
        task.token = task.weight;
      } else {
        task.token += task.weight * (now - task.last_run) / task.estimate.isolated;
        largest = std::max(largest, task.token);
      }
    });
    return largest;
  }

  std::unique_ptr<Predictor> predictor_;
  ReadyList<Task> poor_;
  ReadyIndex<FixedKey> rich_;
  std::vector<bool> is_rich_;  ///< by task
  std::uint64_t arrived_ = 0;
  std::size_t present_ = 0;
};

/// What the reading that counts waiting once asks of its tasks.
struct TokensOnce {
  enum Column : std::size_t { kWeight, kLastRun, kIsolated, kRemaining };

  static constexpr std::size_t kColumns = 4;
  static constexpr std::array kCorners{
      Corner{kWeight, Corner::End::greatest}, Corner{kLastRun, Corner::End::least},
      Corner{kIsolated, Corner::End::least}, Corner{kRemaining, Corner::End::least}};

  Seconds now{};
  double threshold = 0;  ///< 0: which token is the largest; else who of those that have this many
                         ///< has the least left

  double operator()(double weight, double last_run_s, double isolated_s, double remaining_s) const {
    const double token = weight + weight * (now - Seconds{last_run_s}) / Seconds{isolated_s};
    if (threshold == 0) return -token;
    return token >= threshold ? remaining_s : kNever.count();
  }

  /// Those of one length, in the order in which they ran last.
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return joined(columns[kIsolated], columns[kLastRun]);
  }
  static double later(double, const TokensOnce&, const TokensOnce&) { return -kNever.count(); }
};

/// The PREMA paper's reading: waiting counts once, and a task that runs starts from its priority
/// again.
class PremaOnce final : public Policy {
 public:
  explicit PremaOnce(std::unique_ptr<Predictor> predictor) : predictor_(std::move(predictor)) {}

  void on_arrival(const TaskArrival& arrival) override {
    const Estimate estimate = predictor_->on_arrival(arrival);
    tasks_.admit(arrival.task, {weight(arrival.priority), arrival.arrival.count(),
                                estimate.isolated.count(), estimate.remaining.count()});
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    const Estimate estimate = predictor_->on_layer_done(task, observation);
    tasks_.make_ready(task, [&](auto& columns) {
      columns[TokensOnce::kLastRun] = observation.end.count();
      columns[TokensOnce::kIsolated] = estimate.isolated.count();
      columns[TokensOnce::kRemaining] = estimate.remaining.count();
    });
  }
  void on_finish(TaskId task) override { tasks_.retire(task); }

  TaskId choose(Seconds now, AcceleratorId) override {
    const double largest = -tasks_.smallest({.now = now}).score;
    return tasks_.run_smallest({.now = now, .threshold = threshold_for(largest)});
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  ReadyIndex<TokensOnce> tasks_;
};

}  // namespace

PolicyEntry prema_entry() {
  return {.name = "prema",
          .help = "the shortest remaining of those with enough tokens (priority, waiting) runs",
          .parameters = with_estimator(
              {choice("tokens", "waiting counted at every decision, or once and reset by running",
                      "published", {"published", "once"})},
              "model", "none"),
          .make = [](const Parameters& parameters,
                     const PolicyContext& context) -> std::unique_ptr<Policy> {
            auto predictor = make_predictor(parameters, context);
            if (parameters.is("tokens", "once")) {
              return std::make_unique<PremaOnce>(std::move(predictor));
            }
            return std::make_unique<Prema>(std::move(predictor));
          }};
}

}  // namespace dysta
