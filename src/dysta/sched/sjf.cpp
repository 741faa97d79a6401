// SJF: the task with the least estimated work left, preempting at layer boundaries. With true
// latencies it is SRPT (L. Schrage, "A Proof of the Optimality of the Shortest Remaining Processing
// Time Discipline", Operations Research 16(3), 1968).
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Sjf final : public ScoringPolicy<> {
 public:
  explicit Sjf(std::unique_ptr<Predictor> predictor) : ScoringPolicy(std::move(predictor)) {}

  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest(
        [](const ReadyTask& task) { return task.estimate.remaining.count(); });
  }
};

}  // namespace

PolicyEntry sjf_entry() {
  return {.name = "sjf",
          .help = "the shortest estimated remaining latency runs",
          .parameters = with_estimator({}, "model", "none"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Sjf>(make_predictor(parameters, context));
          }};
}

}  // namespace dysta
