// EDF: earliest deadline first. C. L. Liu and J. W. Layland, "Scheduling Algorithms for
// Multiprogramming in a Hard-Real-Time Environment", JACM 20(1), 1973.
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Edf final : public ScoringPolicy<> {
 public:
  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest([](const ReadyTask& task) { return task.deadline.count(); });
  }
};

}  // namespace

PolicyEntry edf_entry() {
  return {.name = "edf",
          .help = "the earliest deadline runs",
          .parameters = {},
          .make = [](const Parameters&, const PolicyContext&) { return std::make_unique<Edf>(); }};
}

}  // namespace dysta
