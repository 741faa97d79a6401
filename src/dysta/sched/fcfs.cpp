// FCFS: first come, first served.
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta {
namespace {

class Fcfs final : public ScoringPolicy<> {
 public:
  TaskId choose(Seconds, AcceleratorId) override { return ready_.run_first(); }
};

}  // namespace

PolicyEntry fcfs_entry() {
  return {.name = "fcfs",
          .help = "first come, first served",
          .parameters = {},
          .make = [](const Parameters&, const PolicyContext&) { return std::make_unique<Fcfs>(); }};
}

}  // namespace dysta
