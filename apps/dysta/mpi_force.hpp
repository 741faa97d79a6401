// Sweeps over several machines: the processes of one `mpirun`.
#pragma once

#include <cstddef>
#include <memory>
#include <set>

#include "dysta/sweep/work_force.hpp"

namespace dysta::cli {

/// Rank 0 leads, the others help; each process works with threads of its own. Items are handed out
/// as they are asked for, a few ahead, so that nobody waits for the leader.
///
/// What a process leaves undone is done again by the leader: an item that failed there, the items
/// of one that ended early, and those of one from which nothing has been heard for a while when
/// nothing else is left.
class MpiForce final : public WorkForce {
 public:
  /// Whether this program is one of several that `mpirun` or `srun` started together.
  static bool is_one_of_several();

  /// Joins the others. One object a program, used by one thread. `threads`: of this process; 0: its
  /// share of the cores of its machine.
  explicit MpiForce(std::size_t threads);

  /// Leaves. The leader first sends home who still helps.
  ~MpiForce() override;
  MpiForce(const MpiForce&) = delete;
  MpiForce& operator=(const MpiForce&) = delete;

  std::size_t threads() const { return threads_; }
  /// How many processes there are.
  std::size_t processes() const { return static_cast<std::size_t>(size_); }

  bool leads() const override { return rank_ == 0; }
  void lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) override;
  bool help(const Work& work) override;

  /// The leader's last call: sends the others home and waits until they have left, but not long for
  /// one that does not answer. Returns how many did not answer.
  std::size_t send_home();

 private:
  class Crew;  ///< the threads of this process at one kind of work

  std::size_t threads_ = 1;
  int rank_ = 0;
  int size_ = 1;
  unsigned long phase_ = 0;  ///< which call of `lead` or `help` this is
  std::set<int> present_;    ///< the leader's: who has not left
  bool dismissed_ = false;
};

}  // namespace dysta::cli
