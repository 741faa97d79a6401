// FCFS: first come, first served.
#include "dysta/sched/fixed_key.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

class Fcfs final : public FixedKeyPolicy {
 public:
  void on_arrival(const TaskArrival& arrival) override { admit(arrival.task, arrived_++); }
  void on_layer_done(TaskId task, const Observation&) override { make_ready(task); }

 private:
  double arrived_ = 0;  ///< tasks so far
};

}  // namespace

PolicyEntry fcfs_entry() {
  return {.name = "fcfs",
          .help = "first come, first served",
          .parameters = {},
          .make = [](const Parameters&, const PolicyContext&) { return std::make_unique<Fcfs>(); }};
}

}  // namespace dysta
