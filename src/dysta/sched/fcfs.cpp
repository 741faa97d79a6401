// FCFS: first come, first served.
#include "dysta/sched/fixed_key.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

/// All tasks are alike, and ties go to the first.
class Fcfs final : public FixedKeyPolicy {
 public:
  void on_arrival(const TaskArrival& arrival) override { admit(arrival.task, 0); }
  void on_layer_done(TaskId task, const Observation&) override { make_ready(task); }
};

}  // namespace

PolicyEntry fcfs_entry() {
  return {.name = "fcfs",
          .help = "first come, first served",
          .parameters = {},
          .make = [](const Parameters&, const PolicyContext&) { return std::make_unique<Fcfs>(); }};
}

}  // namespace dysta
