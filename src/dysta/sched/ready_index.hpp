// The tasks a policy chooses among, where the smallest score is found without scoring all of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "dysta/core/ids.hpp"
#include "dysta/sched/box_tree.hpp"

namespace dysta {

/// Does what `ReadyList::run_smallest` does, for scores that are made as `Row` says.
///
/// Tasks that are fresh, since they arrived or ran of late, are scored at every choice. Of those
/// that wait it is known what their scores are at least: a fresh one that scores less runs, and no
/// other is looked at. Otherwise all of a short queue are; of a long one those at its front, and in
/// the tree behind it those that may be better. A task changes only while it runs, so the tree
/// holds rows that do not change.
///
/// `Score::later(bound, then, now)`: given that no score of `then` is below `bound`, none of `now`
/// is below what it returns, as computed. The tasks are the same and wait, but there may be others.
template <class Score>
class ReadyIndex {
 public:
  using Columns = std::array<double, Score::kColumns>;

  /// A task is ready. Its id must not be in the index.
  void admit(TaskId id, const Columns& columns) {
    reserve(id, rows_.size() + tree_.size() + 1);
    admit(id, columns, next_admission_++);
  }

  /// The same for one that has been admitted elsewhere, as number `admission`, and for which there
  /// is room: allocates nothing.
  void admit(TaskId id, const Columns& columns, std::uint64_t admission) {
    if (ready_ > 2 * kFront) wait(-kNone, asked_);  // many came at once: nothing is known of them
    rows_.push_back({.id = id, .admission = admission, .columns = columns});
    swap_rows(ready_++, rows_.size() - 1);
  }

  /// Makes room for so many tasks in all, one of them called `id`.
  void reserve(TaskId id, std::size_t tasks) {
    if (index(id) >= place_.size()) place_.resize(index(id) + 1);
    tree_.reserve(tasks, rows_.size() + kFront + 1);
    const std::size_t most = std::min(tasks, 2 * kFront + kRunning) + 1;
    if (rows_.capacity() < most) rows_.reserve(2 * most);
  }

  /// Makes a task that runs ready again; `change(columns)` says how.
  template <class Change>
  void make_ready(TaskId id, Change&& change) {
    swap_rows(ready_, place_[index(id)]);
    change(rows_[ready_++].columns);
  }

  /// Drops a task that runs.
  void retire(TaskId id) {
    swap_rows(place_[index(id)], rows_.size() - 1);
    rows_.pop_back();
  }

  /// How many tasks are ready.
  std::size_t ready() const { return ready_ + tree_.size(); }

  /// Makes the ready task with the smallest score run, of equal ones the first admitted. At least
  /// one must be ready.
  TaskId run_smallest(const Score& score) {
    if (ready_ == 1 && tree_.size() == 0) {
      waiting_ = 0;
      no_less_ = kNone;
      return run_row(0);
    }
    const double no_less = Score::later(no_less_, asked_, score);
    Found best;
    look_at(waiting_, ready_, score, best);
    if (best.score < no_less) {
      const TaskId id = run_row(best.slot);
      if (waiting_ < ready_) wait(std::min(no_less, best.others), score);
      return id;
    }
    look_at(0, waiting_, score, best);
    tree_.search(score, best);
    return run(best, best.others, score);
  }

  /// The ready task with the smallest score, of equal ones the first admitted; it does not run yet.
  /// At least one must be ready.
  Found smallest(const Score& score) const {
    Found best;
    look_at(0, ready_, score, best);
    tree_.search(score, best);
    return best;
  }

  /// The task that `smallest` found last.
  Row<Score> row(const Found& found) const {
    return found.block == nullptr ? rows_[found.slot] : tree_.row(found);
  }

  /// Makes the task run that `smallest` found last; nothing has happened since.
  TaskId run(const Found& found) { return run(found, -kNone, asked_); }

 private:
  /// With so many rows in front a look at all of them costs about what one into the tree costs.
  static constexpr std::size_t kFront = 16;
  /// There is room for so many that run; with more accelerators it may grow at a choice.
  static constexpr std::size_t kRunning = 1024;
  static constexpr double kNone = std::numeric_limits<double>::infinity();

  /// Scores the rows in front from `begin` to `end`.
  void look_at(std::size_t begin, std::size_t end, const Score& score, Found& best) const {
    for (std::size_t i = end; i-- > begin;) {
      best.meet(score_of(score, rows_[i], std::make_index_sequence<Score::kCorners.size()>{}),
                rows_[i].admission, nullptr, static_cast<std::uint32_t>(i));
    }
  }

  template <std::size_t... I>
  static double score_of(const Score& score, const Row<Score>& row, std::index_sequence<I...>) {
    return score(row.columns[Score::kCorners[I].column]...);
  }

  /// No score of those that are ready is below `no_less` by `score`.
  void wait(double no_less, const Score& score) {
    no_less_ = no_less;
    asked_ = score;
    if (ready_ > kFront) {
      for (std::size_t i = 0; i < ready_; ++i) tree_.insert(rows_[i]);
      const std::size_t running = rows_.size() - ready_;
      for (std::size_t i = 0; i < std::min(ready_, running); ++i) {
        swap_rows(i, rows_.size() - 1 - i);
      }
      rows_.resize(running);
      ready_ = 0;
    }
    waiting_ = ready_;
  }

  std::size_t bring_from_tree(const Found& found) {
    rows_.push_back(tree_.take(found));
    swap_rows(ready_, rows_.size() - 1);
    return ready_++;
  }

  TaskId run(const Found& found, double no_less, const Score& score) {
    const TaskId id = run_row(found.block == nullptr ? found.slot : bring_from_tree(found));
    wait(no_less, score);
    return id;
  }

  TaskId run_row(std::size_t row) {
    if (row < waiting_) {
      swap_rows(row, --waiting_);
      row = waiting_;
    }
    swap_rows(row, --ready_);
    place_[index(rows_[ready_].id)] = static_cast<std::uint32_t>(ready_);
    return rows_[ready_].id;
  }

  void swap_rows(std::size_t a, std::size_t b) {
    if (a == b) return;
    std::swap(rows_[a], rows_[b]);
    place_[index(rows_[a].id)] = static_cast<std::uint32_t>(a);
    place_[index(rows_[b].id)] = static_cast<std::uint32_t>(b);
  }

  std::vector<Row<Score>> rows_;  ///< those that wait in front, then fresh ones, then running ones
  std::size_t waiting_ = 0;       ///< how many of `rows_` wait
  std::size_t ready_ = 0;         ///< how many wait or are fresh
  BoxTree<Score> tree_;
  double no_less_ = kNone;  ///< no score of those that wait, here or there, was below when `asked_`
  Score asked_{};
  std::vector<std::uint32_t> place_;  ///< by task, of one in front: where in `rows_`
  std::uint64_t next_admission_ = 0;
};

}  // namespace dysta
