// LLF: least laxity first, laxity being the time to the deadline less the work left. A. K. Mok,
// "Fundamental Design Problems of Distributed Systems for the Hard-Real-Time Environment", 1983.
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Llf final : public ScoringPolicy<> {
 public:
  explicit Llf(std::unique_ptr<Predictor> predictor) : ScoringPolicy(std::move(predictor)) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_smallest([now](const ReadyTask& task) {
      return (task.deadline - now - task.estimate.remaining).count();
    });
  }
};

}  // namespace

PolicyEntry llf_entry() {
  return {.name = "llf",
          .help = "the least laxity (time to deadline less work left) runs",
          .parameters = with_estimator({}, "pattern", "average_all"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Llf>(make_predictor(parameters, context));
          }};
}

}  // namespace dysta
