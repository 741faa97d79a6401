// What policies share that rank a task once and for all as long as it waits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dysta/sched/policy.hpp"
#include "dysta/sched/ready_index.hpp"

namespace dysta {

/// A number that changes only while its task runs.
struct FixedKey {
  static constexpr std::size_t kColumns = 1;
  static constexpr std::array kCorners{Corner{0, Corner::End::least}};

  double operator()(double key) const { return key; }

  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return ordinal(columns[0]);
  }
  static double later(double bound, const FixedKey&, const FixedKey&) { return bound; }
};

/// Runs the smallest key; a policy derived from it gives them.
class FixedKeyPolicy : public Policy {
 public:
  void on_finish(TaskId task) final { tasks_.retire(task); }
  TaskId choose(Seconds, AcceleratorId) final { return tasks_.run_smallest({}); }

 protected:
  void admit(TaskId task, double key) { tasks_.admit(task, {key}); }
  void make_ready(TaskId task) {
    tasks_.make_ready(task, [](auto&) {});
  }
  void make_ready(TaskId task, double key) {
    tasks_.make_ready(task, [key](auto& columns) { columns = {key}; });
  }

 private:
  ReadyIndex<FixedKey> tasks_;
};

}  // namespace dysta
