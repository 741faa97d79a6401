// What policies that score their ready tasks share: the list of them, and their estimates.
#pragma once

#include <memory>
#include <utility>

#include "dysta/predict/predictor.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/sched/ready_list.hpp"

namespace dysta {

/// What most scores are made of.
struct ReadyTask {
  TaskId id{};
  std::uint32_t layers_done = 0;
  Seconds arrival{};
  Seconds deadline{};
  Seconds last_run{};  ///< when its last layer ended; its arrival before the first
  double weight = 1;   ///< its priority: 1, 3 or 9
  Estimate estimate{};
};

/// Keeps `ready_` up to date; a policy derived from it only chooses. `Task` is `ReadyTask` or
/// derives from it.
template <class Task = ReadyTask>
class ScoringPolicy : public Policy {
 public:
  void on_arrival(const TaskArrival& arrival) override {
    Task task{};
    task.id = arrival.task;
    task.arrival = arrival.arrival;
    task.deadline = arrival.deadline();
    task.last_run = arrival.arrival;
    task.weight = dysta::weight(arrival.priority);
    if (predictor_) task.estimate = predictor_->on_arrival(arrival);
    ready_.admit(task);
  }

  void on_layer_done(TaskId id, const Observation& observation) override {
    Task& task = ready_.make_ready(id);
    task.layers_done = observation.layer + 1;
    task.last_run = observation.end;
    if (predictor_) task.estimate = predictor_->on_layer_done(id, observation);
  }

  void on_finish(TaskId id) override { ready_.remove(id); }

 protected:
  /// Without a predictor estimates stay 0: for policies that use none.
  explicit ScoringPolicy(std::unique_ptr<Predictor> predictor = nullptr)
      : predictor_(std::move(predictor)) {}

  ReadyList<Task> ready_;

 private:
  std::unique_ptr<Predictor> predictor_;
};

}  // namespace dysta
