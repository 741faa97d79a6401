// The tasks a policy chooses among, laid out for the scan.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "dysta/core/ids.hpp"

namespace dysta {

/// Tasks in one packed array in the order of their admission, so that a scan which replaces its
/// best only by a strictly better one breaks ties by arrival and then by request.
///
/// `Task` is copyable and has a member `TaskId id`. Tasks that run are kept but not scanned; with
/// one accelerator none runs while a choice is made, and the scan has no branch for it.
template <class Task>
class ReadyList {
 public:
  /// Appends a task. Its id must not be in the list.
  void admit(const Task& task) {
    if (index(task.id) >= admission_of_.size()) admission_of_.resize(index(task.id) + 1);
    admission_of_[index(task.id)] = next_admission_;
    entries_.push_back({task, next_admission_, false});
    ++next_admission_;
  }

  /// Takes a task out, whether it runs or not.
  void remove(TaskId id) {
    const auto entry = find(id);
    if (entry->running) --running_;
    entries_.erase(entry);
  }

  /// Takes every ready task out for which `leaves(task)` holds, which is asked once of each.
  template <class Leaves>
  void remove_if(Leaves&& leaves) {
    std::erase_if(entries_,
                  [&](const Entry& entry) { return !entry.running && leaves(entry.task); });
  }

  /// Makes a task that ran ready again, and returns it.
  Task& make_ready(TaskId id) {
    const auto entry = find(id);
    if (entry->running) --running_;
    entry->running = false;
    return entry->task;
  }

  /// How many tasks are ready.
  std::size_t ready() const { return entries_.size() - running_; }

  /// Calls `visit(task)` for every ready task in the order of admission.
  template <class Visit>
  void for_each(Visit&& visit) {
    scan([&](std::size_t, Task& task) { visit(task); });
  }

  /// Makes the ready task run that was admitted first. At least one task must be ready.
  TaskId run_first() {
    std::size_t first = 0;
    while (entries_[first].running) ++first;
    return run(first);
  }

  /// Makes a ready task run.
  void start(TaskId id) { run(static_cast<std::size_t>(find(id) - entries_.begin())); }

  /// Makes the ready task run that is left as the best after a scan in the order of admission in
  /// which a task takes the best one's place when `replaces(score(task), best_score)`. At least one
  /// task must be ready.
  template <class Score, class Replaces>
  TaskId run_best(Score&& score, Replaces&& replaces) {
    std::size_t best = 0;
    std::invoke_result_t<Score&, const Task&> best_score{};
    bool found = false;
    scan([&](std::size_t position, const Task& task) {
      const auto value = score(task);
      if (!found || replaces(value, best_score)) {
        best_score = value;
        best = position;
        found = true;
      }
    });
    return run(best);
  }

  /// Makes the ready task with the smallest score run, of equal ones the first admitted.
  template <class Score>
  TaskId run_smallest(Score&& score) {
    return run_best(score, [](const auto& value, const auto& best) { return value < best; });
  }

  /// Makes the ready task with the largest score run, of equal ones the first admitted.
  template <class Score>
  TaskId run_largest(Score&& score) {
    return run_best(score, [](const auto& value, const auto& best) { return value > best; });
  }

 private:
  struct Entry {
    Task task;
    std::uint64_t admission;
    bool running;
  };

  template <class Visit>
  void scan(Visit&& visit) {
    const std::size_t size = entries_.size();
    if (running_ == 0) {
      for (std::size_t i = 0; i < size; ++i) visit(i, entries_[i].task);
      return;
    }
    for (std::size_t i = 0; i < size; ++i) {
      if (!entries_[i].running) visit(i, entries_[i].task);
    }
  }

  TaskId run(std::size_t position) {
    entries_[position].running = true;
    ++running_;
    last_run_ = position;
    return entries_[position].task.id;
  }

  auto find(TaskId id) {
    if (last_run_ < entries_.size() && entries_[last_run_].task.id == id) {
      return entries_.begin() + static_cast<std::ptrdiff_t>(last_run_);
    }
    return std::lower_bound(
        entries_.begin(), entries_.end(), admission_of_[index(id)],
        [](const Entry& entry, std::uint64_t admission) { return entry.admission < admission; });
  }

  std::vector<Entry> entries_;
  std::vector<std::uint64_t> admission_of_;  ///< by task
  std::uint64_t next_admission_ = 0;
  std::size_t running_ = 0;
  std::size_t last_run_ = 0;  ///< where the task that ran last stood: most look-ups are for it
};

}  // namespace dysta
