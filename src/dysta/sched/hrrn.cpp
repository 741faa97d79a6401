// HRRN: highest response ratio next, without preemption. P. Brinch Hansen, "An Analysis of Response
// Ratio Scheduling", IFIP Congress 1971.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/ready_index.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

/// The response ratio, its sign turned. A task that has started keeps its accelerator to the end:
/// it counts as having arrived infinitely long ago. Of the others none has run, so the time since
/// arrival is all waiting.
struct ResponseRatio {
  enum Column : std::size_t { kArrival, kIsolated };

  static constexpr std::size_t kColumns = 2;
  static constexpr std::array kCorners{Corner{kArrival, Corner::End::least},
                                       Corner{kIsolated, Corner::End::greatest},
                                       Corner{kIsolated, Corner::End::least}};

  double now_s = 0;

  double operator()(double arrival_s, double isolated_s, double isolated_below_s) const {
    return -((now_s - arrival_s + isolated_s) / isolated_below_s);
  }

  /// Those of one length, one arrival after the other.
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return joined(columns[kIsolated], columns[kArrival]);
  }
  /// Ratios grow, but none beyond that of a task that has started.
  static double later(double bound, const ResponseRatio&, const ResponseRatio&) {
    return std::min(bound, std::numeric_limits<double>::lowest());
  }
};

class Hrrn final : public Policy {
 public:
  explicit Hrrn(std::unique_ptr<Predictor> predictor) : predictor_(std::move(predictor)) {}

  void on_arrival(const TaskArrival& arrival) override {
    tasks_.admit(arrival.task,
                 {arrival.arrival.count(), predictor_->on_arrival(arrival).isolated.count()});
  }
  void on_layer_done(TaskId task, const Observation&) override {
    tasks_.make_ready(task,
                      [](auto& columns) { columns[ResponseRatio::kArrival] = -kNever.count(); });
  }
  void on_finish(TaskId task) override { tasks_.retire(task); }
  TaskId choose(Seconds now, AcceleratorId) override {
    return tasks_.run_smallest({.now_s = now.count()});
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  ReadyIndex<ResponseRatio> tasks_;
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
