// SDRM3: urgency and starvation. S. Kim et al., "SDRM3: A Dynamic Scheduler for Dynamic Real-time
// Multi-model ML Workloads", arXiv 2212.03414, as Sparse-DySta (MICRO 2023) compares with it.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/overdue.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

struct UrgencyAndStarvation {
  enum Column : std::size_t { kRemaining, kNextLayer, kDeadline, kLastRun };

  static constexpr std::size_t kColumns = 4;
  static constexpr std::array kCorners{
      Corner{kRemaining, Corner::End::least}, Corner{kRemaining, Corner::End::greatest},
      Corner{kDeadline, Corner::End::least},  Corner{kDeadline, Corner::End::greatest},
      Corner{kNextLayer, Corner::End::least}, Corner{kLastRun, Corner::End::least}};

  double now_s = 0;
  double alpha = 1;
  bool overdue_is_urgent = false;

  double operator()(double least_remaining_s, double remaining_s, double deadline_s,
                    double last_deadline_s, double next_layer_s, double last_run_s) const {
    const bool most = deadline_s <= now_s && (overdue_is_urgent || now_s <= last_deadline_s);
    // A quotient that is negative is the larger, the less remains.
    const double dividend_s = deadline_s < now_s ? least_remaining_s : remaining_s;
    const double urgency = most ? 1.0 : dividend_s / (deadline_s - now_s);
    return std::min(1.0, urgency) + alpha * (now_s - last_run_s) / next_layer_s;
  }

  /// Those with the same next layer, in the order in which they ran last.
  template <class Columns>
  static std::uint64_t cluster(const Columns& columns) {
    return joined(columns[kNextLayer], columns[kLastRun]);
  }
};

class Sdrm3 final : public Policy {
 public:
  Sdrm3(std::unique_ptr<Predictor> predictor, double alpha, bool overdue_is_urgent)
      : predictor_(std::move(predictor)), alpha_(alpha), overdue_is_urgent_(overdue_is_urgent) {}

  void on_arrival(const TaskArrival& arrival) override {
    const Estimate estimate = predictor_->on_arrival(arrival);
    tasks_.admit(arrival.task, {estimate.remaining.count(), estimate.next_layer.count(),
                                arrival.deadline().count(), arrival.arrival.count(), arrived_++});
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    const Estimate estimate = predictor_->on_layer_done(task, observation);
    tasks_.make_ready(task, [&](auto& columns) {
      columns[UrgencyAndStarvation::kRemaining] = estimate.remaining.count();
      columns[UrgencyAndStarvation::kNextLayer] = estimate.next_layer.count();
      columns[UrgencyAndStarvation::kLastRun] = observation.end.count();
    });
  }
  void on_finish(TaskId task) override { tasks_.retire(task); }
  TaskId choose(Seconds now, AcceleratorId) override {
    return run_largest_as_published(
        tasks_,
        UrgencyAndStarvation{
            .now_s = now.count(), .alpha = alpha_, .overdue_is_urgent = overdue_is_urgent_});
  }

 private:
  std::unique_ptr<Predictor> predictor_;
  double alpha_;
  bool overdue_is_urgent_;
  double arrived_ = 0;  ///< tasks so far
  ReadyIndex<PublishedLargest<UrgencyAndStarvation>> tasks_;
};

}  // namespace

PolicyEntry sdrm3_entry() {
  return {
      .name = "sdrm3",
      .help = "the largest min(1, remaining / (deadline - now)) + alpha waiting / next layer runs",
      .parameters = with_estimator(
          {{.name = "alpha", .help = "weight of starvation against urgency", .default_value = 1.0},
           overdue_parameter()},
          "model", "none"),
      .make = [](const Parameters& parameters, const PolicyContext& context) {
        return std::make_unique<Sdrm3>(make_predictor(parameters, context),
                                       parameters.number("alpha"),
                                       parameters.is("overdue", "urgent"));
      }};
}

}  // namespace dysta
