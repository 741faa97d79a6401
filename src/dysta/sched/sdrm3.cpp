// SDRM3: urgency and starvation. S. Kim et al., "SDRM3: A Dynamic Scheduler for Dynamic Real-time
// Multi-model ML Workloads", arXiv 2212.03414, as Sparse-DySta (MICRO 2023) compares with it.
#include <algorithm>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/overdue.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Sdrm3 final : public ScoringPolicy<> {
 public:
  Sdrm3(std::unique_ptr<Predictor> predictor, double alpha, bool overdue_is_urgent)
      : ScoringPolicy(std::move(predictor)), alpha_(alpha), overdue_is_urgent_(overdue_is_urgent) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    const auto starvation = [this, now](const ReadyTask& task) {
      return alpha_ * (now - task.last_run) / task.estimate.next_layer;
    };
    if (!overdue_is_urgent_) {
      return run_largest_as_published(ready_, [&](const ReadyTask& task) {
        const double urgency = task.estimate.remaining / (task.deadline - now);
        return std::min(1.0, urgency) + starvation(task);
      });
    }
    return ready_.run_largest([&](const ReadyTask& task) {
      const bool overdue = task.deadline <= now;
      const double urgency = overdue ? 1.0 : task.estimate.remaining / (task.deadline - now);
      return std::min(1.0, urgency) + starvation(task);
    });
  }

 private:
  double alpha_;
  bool overdue_is_urgent_;
};

}  // namespace

PolicyEntry sdrm3_entry() {
  return {
      .name = "sdrm3",
      .help = "the largest min(1, remaining / (deadline - now)) + alpha waiting / next layer runs",
      .parameters = with_estimator(
          {{.name = "alpha", .help = "weight of starvation against urgency", .default_value = 1.0},
           overdue_parameter()},
          "model", "none"),
      .make = [](const Parameters& parameters, const PolicyContext& context) {
        return std::make_unique<Sdrm3>(make_predictor(parameters, context),
                                       parameters.number("alpha"),
                                       parameters.is("overdue", "urgent"));
      }};
}

}  // namespace dysta
