// HRRN: highest response ratio next, without preemption. P. Brinch Hansen, "An Analysis of Response
// Ratio Scheduling", IFIP Congress 1971.
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Hrrn final : public ScoringPolicy<> {
 public:
  explicit Hrrn(std::unique_ptr<Predictor> predictor) : ScoringPolicy(std::move(predictor)) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_largest([now](const ReadyTask& task) {
      // A task that has started keeps its accelerator to the end. Of the others none has run, so
      // the time since arrival is all waiting.
      if (task.layers_done > 0) return kNever.count();
      return (now - task.arrival + task.estimate.isolated) / task.estimate.isolated;
    });
  }
};

}  // namespace

PolicyEntry hrrn_entry() {
  return {.name = "hrrn",
          .help = "the highest (waiting + isolated) / isolated runs, to its end",
          .parameters = with_estimator({}, "pattern", "none"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Hrrn>(make_predictor(parameters, context));
          }};
}

}  // namespace dysta
