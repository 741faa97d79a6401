// Aged: Smith's rule on what is left (W. E. Smith, "Various Optimizers for Single-Stage
// Production", Naval Research Logistics Quarterly 3, 1956), divided by a response ratio (P. Brinch
// Hansen, "An Analysis of Response Ratio Scheduling", IFIP Congress 1971) in which waiting counts
// as much as is asked: no task starves, since its score falls to 0 as it waits.
#include <memory>
#include <utility>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Aged final : public ScoringPolicy<> {
 public:
  Aged(std::unique_ptr<Predictor> predictor, double ageing)
      : ScoringPolicy(std::move(predictor)), ageing_(ageing) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_smallest([this, now](const ReadyTask& task) {
      const Estimate& estimate = task.estimate;
      const double waited = (now - task.arrival) / estimate.isolated;
      return estimate.remaining.count() * estimate.isolated.count() / (1 + ageing_ * waited);
    });
  }

 private:
  double ageing_;
};

}  // namespace

PolicyEntry aged_entry() {
  return {.name = "aged",
          .help = "the smallest remaining x isolated / (1 + ageing x time here / isolated) runs",
          .parameters = with_estimator(
              {{.name = "ageing",
                .help = "weight of the time since arrival, in isolated latencies; 0: Smith's rule",
                .default_value = 0.1}},
              "pattern", "recursive"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Aged>(make_predictor(parameters, context),
                                          parameters.number("ageing"));
          }};
}

}  // namespace dysta
