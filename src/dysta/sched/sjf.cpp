// SJF: the task with the least estimated work left, preempting at layer boundaries. With true
// latencies it is SRPT (L. Schrage, "A Proof of the Optimality of the Shortest Remaining Processing
// Time Discipline", Operations Research 16(3), 1968). With weights it is Smith's rule on what is
// left (W. E. Smith, "Various Optimizers for Single-Stage Production", Naval Research Logistics
// Quarterly 3, 1956): normalised turnaround weights a task by 1 / isolated latency.
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Sjf final : public ScoringPolicy<> {
 public:
  Sjf(std::unique_ptr<Predictor> predictor, bool weighted)
      : ScoringPolicy(std::move(predictor)), weighted_(weighted) {}

  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest([weighted = weighted_](const ReadyTask& task) {
      const double remaining_s = task.estimate.remaining.count();
      return weighted ? remaining_s * task.estimate.isolated.count() : remaining_s;
    });
  }

 private:
  bool weighted_;
};

}  // namespace

PolicyEntry sjf_entry() {
  return {.name = "sjf",
          .help = "the shortest estimated remaining latency runs",
          .parameters = with_estimator(
              {choice("weight", "remaining latency as it is, or times the isolated one", "none",
                      {"none", "isolated"})},
              "model", "none"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Sjf>(make_predictor(parameters, context),
                                         parameters.is("weight", "isolated"));
          }};
}

}  // namespace dysta
