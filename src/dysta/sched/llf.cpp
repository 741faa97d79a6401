// LLF: least laxity first, laxity being the time to the deadline less the work left. A. K. Mok,
// "Fundamental Design Problems of Distributed Systems for the Hard-Real-Time Environment", 1983.
#include <array>
#include <memory>
#include <utility>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/ready_index.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

struct Laxity {
  enum Column : std::size_t { kDeadline, kRemaining };

  static constexpr std::size_t kColumns = 2;
  static constexpr std::array kCorners{Corner{kDeadline, Corner::End::least},
                                       Corner{kRemaining, Corner::End::greatest}};

  double now_s = 0;

  double operator()(double deadline_s, double remaining_s) const {
    return deadline_s - now_s - remaining_s;
  }

  /// Those with the same work left, one deadline after the other.
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return joined(columns[kRemaining], columns[kDeadline]);
  }
  /// All fall alike but for rounding, which may be any share of what is left of them.
  static double later(double, const Laxity&, const Laxity&) { return -kNever.count(); }
};

class Llf final : public Policy {
 public:
  explicit Llf(std::unique_ptr<Predictor> predictor) : predictor_(std::move(predictor)) {}

  void on_arrival(const TaskArrival& arrival) override {
    tasks_.admit(arrival.task,
                 {arrival.deadline().count(), predictor_->on_arrival(arrival).remaining.count()});
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    const double remaining_s = predictor_->on_layer_done(task, observation).remaining.count();
    tasks_.make_ready(task, [=](auto& columns) { columns[Laxity::kRemaining] = remaining_s; });
  }
  void on_finish(TaskId task) override { tasks_.retire(task); }
  TaskId choose(Seconds now, AcceleratorId) override {
    return tasks_.run_smallest({.now_s = now.count()});
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  ReadyIndex<Laxity> tasks_;
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
