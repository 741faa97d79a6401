// EDF: earliest deadline first. C. L. Liu and J. W. Layland, "Scheduling Algorithms for
// Multiprogramming in a Hard-Real-Time Environment", JACM 20(1), 1973.
#include "dysta/sched/fixed_key.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

class Edf final : public FixedKeyPolicy {
 public:
  void on_arrival(const TaskArrival& arrival) override {
    admit(arrival.task, arrival.deadline().count());
  }
  void on_layer_done(TaskId task, const Observation&) override { make_ready(task); }
};

}  // namespace

PolicyEntry edf_entry() {
  return {.name = "edf",
          .help = "the earliest deadline runs",
          .parameters = {},
          .make = [](const Parameters&, const PolicyContext&) { return std::make_unique<Edf>(); }};
}

}  // namespace dysta
