// Planaria, its temporal part: the most urgent task, weighted by priority. S. Ghodrati et al.,
// "Planaria: Dynamic Architecture Fission for Spatial Multi-Tenant Acceleration of Deep Neural
// Networks", MICRO 2020, as Sparse-DySta (MICRO 2023) compares with it.
#include <array>

#include "dysta/sched/overdue.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

struct Urgency {
  enum Column : std::size_t { kWeight, kDeadline };

  static constexpr std::size_t kColumns = 2;
  static constexpr std::array kCorners{Corner{kWeight, Corner::End::greatest},
                                       Corner{kDeadline, Corner::End::least},
                                       Corner{kDeadline, Corner::End::greatest}};

  double now_s = 0;
  bool overdue_is_urgent = false;

  /// Of a box whose deadlines have all passed it is negative, as of every row in it.
  double operator()(double weight, double deadline_s, double last_deadline_s) const {
    const bool boundless = deadline_s <= now_s && (overdue_is_urgent || now_s <= last_deadline_s);
    return boundless ? kNever.count() : weight / (deadline_s - now_s);  // +∞ at the deadline
  }

  /// Those of one priority, one deadline after the other.
  template <class Columns>
  static std::uint64_t cluster(const Columns& columns) {
    return joined(columns[kWeight], columns[kDeadline]);
  }
};

class Planaria final : public Policy {
 public:
  explicit Planaria(bool overdue_is_urgent) : overdue_is_urgent_(overdue_is_urgent) {}

  void on_arrival(const TaskArrival& arrival) override {
    tasks_.admit(arrival.task, {weight(arrival.priority), arrival.deadline().count(), arrived_++});
  }
  void on_layer_done(TaskId task, const Observation&) override {
    tasks_.make_ready(task, [](auto&) {});
  }
  void on_finish(TaskId task) override { tasks_.retire(task); }
  TaskId choose(Seconds now, AcceleratorId) override {
    return run_largest_as_published(
        tasks_, Urgency{.now_s = now.count(), .overdue_is_urgent = overdue_is_urgent_});
  }

 private:
  bool overdue_is_urgent_;
  double arrived_ = 0;  ///< tasks so far
  ReadyIndex<PublishedLargest<Urgency>> tasks_;
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
