// Likely first: `feasible_first` where lengths are not known. What can meet its deadline runs
// before what cannot, each by Smith's rule on what is left (W. E. Smith, "Various Optimizers for
// Single-Stage Production", Naval Research Logistics Quarterly 3, 1956), and whether it can is a
// probability in place of a yes or no. Own rule; that schedulers weigh deadlines by latencies of a
// known mean and variance goes back to C. D. Locke, "Best-Effort Decision Making for Real-Time
// Scheduling", Carnegie Mellon University, 1986.
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

/// That a normal variable exceeds its mean by more than the slack. A deviation of 0 knows.
double chance_of_miss(double slack_s, double deviation_s) {
  if (deviation_s == 0) return slack_s < 0 ? 1 : 0;
  return std::erfc(slack_s / (deviation_s * std::numbers::sqrt2)) / 2;
}

class LikelyFirst final : public ScoringPolicy<> {
 public:
  LikelyFirst(std::unique_ptr<Predictor> predictor, double bonus)
      : ScoringPolicy(std::move(predictor)), bonus_(bonus) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_smallest([this, now](const ReadyTask& task) {
      const double remaining_s = task.estimate.remaining.count();
      const double slack_s = task.deadline.count() - now.count() - remaining_s;
      const double miss = chance_of_miss(slack_s, task.estimate.deviation.count());
      return remaining_s * task.estimate.isolated.count() * (1 - bonus_ + bonus_ * miss);
    });
  }

 private:
  double bonus_;
};

}  // namespace

PolicyEntry likely_first_entry() {
  return {.name = "likely_first",
          .help = "the smallest remaining x isolated runs, less by the chance to meet the deadline",
          .parameters = with_estimator(
              {{.name = "bonus",
                .help = "share that the score loses of a task sure to meet its deadline",
                .default_value = 0.999999,
                .largest = 0.999999}},
              "pattern", "recursive"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<LikelyFirst>(make_predictor(parameters, context),
                                                 parameters.number("bonus"));
          }};
}

}  // namespace dysta
