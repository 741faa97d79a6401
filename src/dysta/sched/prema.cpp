// PREMA: tokens say who may run, the shortest of those does. Y. Choi and M. Rhu, "PREMA: A
// Predictive Multi-task Scheduling Algorithm for Preemptible Neural Processing Units", HPCA 2020,
// as Sparse-DySta (MICRO 2023) compares with it.
#include <algorithm>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

struct PremaTask : ReadyTask {
  double token = 0;  ///< 0 until the first decision that sees the task
};

class Prema final : public ScoringPolicy<PremaTask> {
 public:
  Prema(std::unique_ptr<Predictor> predictor, bool count_waiting_once)
      : ScoringPolicy(std::move(predictor)), count_waiting_once_(count_waiting_once) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    const double largest =
        count_waiting_once_ ? refresh_tokens_once(now) : refresh_tokens_as_published(now);
    const double threshold = largest >= 9 ? 9 : largest >= 3 ? 3 : 1;
    return ready_.run_smallest([threshold](const PremaTask& task) {
      return task.token >= threshold ? task.estimate.remaining.count() : kNever.count();
    });
  }

 private:
  static double earned(const PremaTask& task, Seconds now) {
    return task.weight * (now - task.last_run) / task.estimate.isolated;
  }

  /// At every decision a token grows by the whole time since the task ran. Returns the largest
  /// token of a task that an earlier decision saw, 0 if there is none.
  double refresh_tokens_as_published(Seconds now) {
    double largest = 0;
    ready_.for_each([&](PremaTask& task) {
      if (task.token == 0) {
        task.token = task.weight;
      } else {
        task.token += earned(task, now);
        largest = std::max(largest, task.token);
      }
    });
    return largest;
  }

  /// The PREMA paper's reading: waiting counts once, and a task that runs starts from its priority
  /// again. Returns the largest token.
  double refresh_tokens_once(Seconds now) {
    double largest = 0;
    ready_.for_each([&](PremaTask& task) {
      task.token = task.weight + earned(task, now);
      largest = std::max(largest, task.token);
    });
    return largest;
  }

  bool count_waiting_once_;
};

}  // namespace

PolicyEntry prema_entry() {
  return {.name = "prema",
          .help = "the shortest remaining of those with enough tokens (priority, waiting) runs",
          .parameters = with_estimator(
              {choice("tokens", "waiting counted at every decision, or once and reset by running",
                      "published", {"published", "once"})},
              "model", "none"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Prema>(make_predictor(parameters, context),
                                           parameters.is("tokens", "once"));
          }};
}

}  // namespace dysta
