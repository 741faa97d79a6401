// Planaria, its temporal part: the most urgent task, weighted by priority. S. Ghodrati et al.,
// "Planaria: Dynamic Architecture Fission for Spatial Multi-Tenant Acceleration of Deep Neural
// Networks", MICRO 2020, as Sparse-DySta (MICRO 2023) compares with it.
#include "dysta/sched/overdue.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Planaria final : public ScoringPolicy<> {
 public:
  explicit Planaria(bool overdue_is_urgent) : overdue_is_urgent_(overdue_is_urgent) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    if (!overdue_is_urgent_) {
      return run_largest_as_published(ready_, [now](const ReadyTask& task) {
        return task.weight / (task.deadline - now).count();  // +∞ at the deadline
      });
    }
    return ready_.run_largest([now](const ReadyTask& task) {
      return task.deadline <= now ? kNever.count() : task.weight / (task.deadline - now).count();
    });
  }

 private:
  bool overdue_is_urgent_;
};

}  // namespace

PolicyEntry planaria_entry() {
  return {.name = "planaria",
          .help = "the largest priority / (deadline - now) runs",
          .parameters = {overdue_parameter()},
          .make = [](const Parameters& parameters, const PolicyContext&) {
            return std::make_unique<Planaria>(parameters.is("overdue", "urgent"));
          }};
}

}  // namespace dysta
