// How planaria and sdrm3 treat tasks whose deadline has passed: as published, or corrected.
#pragma once

#include "dysta/sched/parameters.hpp"
#include "dysta/sched/ready_list.hpp"

namespace dysta {

inline ParameterSpec overdue_parameter() {
  return choice("overdue", "overdue tasks: the quotient as published, or most urgent", "published",
                {"published", "urgent"});
}

/// The published scan for the largest score: the best score starts at -1, and a task takes its
/// place when that is negative or the task's score is larger, but never on an equal score. Past its
/// deadline a task's score can be negative, so among only such tasks the last one to arrive runs.
template <class Task, class Score>
TaskId run_largest_as_published(ReadyList<Task>& ready, Score&& score) {
  return ready.run_best(
      score, [](double value, double best) { return value > best || (best < 0 && value != best); });
}

}  // namespace dysta
