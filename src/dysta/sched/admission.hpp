// Admission control: what is refused at its arrival, before any policy knows of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "dysta/predict/predictor.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {

/// Refuses what cannot meet its deadline by the estimates, and leaves everything else to another
/// policy. A task can meet it if it can after all tasks that are there, are due no later and have
/// no more left than it has: now + their remaining latencies / accelerators + its own is not past
/// its deadline. Those go first by deadline and by length alike, so nobody is refused for a task
/// that the policy may well let wait.
class AdmissionControl final : public Policy {
 public:
  /// `predictor` is its own, not that of `policy`: it is told of an arrival twice, when the task is
  /// asked about and when it is taken on. Both are without tasks, and share a queue of
  /// `accelerators`, at least one.
  AdmissionControl(std::unique_ptr<Policy> policy, std::unique_ptr<Predictor> predictor,
                   std::uint32_t accelerators);

  bool admits(const TaskArrival& arrival, Seconds now) override;
  void on_arrival(const TaskArrival& arrival) override;
  void on_layer_done(TaskId task, const Observation& observation) override;
  void on_finish(TaskId task) override;
  TaskId choose(Seconds now, AcceleratorId accelerator) override {
    return policy_->choose(now, accelerator);
  }

 private:
  /// A task that is there; nothing remains of one that is not.
  struct Present {
    Seconds deadline{};
    Seconds remaining{};
  };

  std::unique_ptr<Policy> policy_;
  std::unique_ptr<Predictor> predictor_;
  std::uint32_t accelerators_;
  std::vector<Present> tasks_;  ///< by task
};

/// Every policy with every admission of a list: `all` is the policy as it is; `deadline` puts an
/// `AdmissionControl` before it, with the estimates of `recursive`, adds " refusing late" to its
/// label and `admission` to its parameters. Throws `SpecificationError` for a list that is not of
/// these, each at most once.
std::vector<ConfiguredPolicy> with_admission(const std::vector<ConfiguredPolicy>& policies,
                                             std::string_view list);

}  // namespace dysta
