// Sweeps over several machines: the processes of one `mpirun`.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "dysta/sweep/work_force.hpp"

namespace dysta::cli {

/// Rank 0 leads, the others help; each process works with threads of its own. Items are handed out
/// as they are asked for, a few ahead, so that nobody waits for the leader.
///
/// A helper whose work fails leaves. What a process leaves undone is done again by the leader: the
/// items of one that left, and, when nothing else is left, those of one that is silent. A helper
/// that works long is not silent: while its threads work it tells that it is there.
class MpiForce final : public WorkForce {
 public:
  /// Whether this program is one of several that `mpirun` or `srun` started together.
  static bool is_one_of_several();

  /// Joins the others. One object a program, used by one thread. `threads`: of this process; 0: its
  /// share of the cores of its machine.
  explicit MpiForce(std::size_t threads);

  /// Leaves, and waits until all have left. Ends all processes at once, this one too, where the
  /// leader has not sent the others home: it has failed.
  ~MpiForce() override;
  MpiForce(const MpiForce&) = delete;
  MpiForce& operator=(const MpiForce&) = delete;

  std::size_t threads() const { return threads_; }
  int rank() const { return rank_; }
  /// How many processes there are.
  std::size_t processes() const { return static_cast<std::size_t>(size_); }

  bool leads() const override { return rank_ == 0; }
  void lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) override;
  bool help(const Work& work) override;

  /// The leader's last call: sends the others home and waits until they have left or are silent.
  /// Returns how many are silent.
  std::size_t send_home();

  /// How many items that others had the leader has done again.
  std::size_t redone() const { return redone_; }

 private:
  class Crew;       ///< the threads of this process at one kind of work
  struct Received;  ///< a message

  /// What the leader knows of another process.
  struct Helper {
    bool present = true;  ///< has not left
    std::chrono::steady_clock::time_point heard{};
    std::set<std::size_t> items{};  ///< handed out and not back
  };

  Helper& helper_at(int rank) { return helpers_[static_cast<std::size_t>(rank) - 1]; }

  /// What the leader says when all have left or are silent.
  bool told_that_all_are_here();
  /// The next message, if one has come.
  std::optional<Received> receive();
  /// A message of the leader's, of the phase alone, to all that have not left.
  void send_to_all(int what);
  /// Tells the others, once, that there is no more work.
  void dismiss();
  /// Whether a process that has not left was heard of lately.
  bool expects_somebody() const;

  std::size_t threads_ = 1;
  int rank_ = 0;
  int size_ = 1;
  unsigned long phase_ = 0;      ///< which call of `lead` or `help` this is
  std::vector<Helper> helpers_;  ///< the leader's: of ranks 1, 2 ...
  std::size_t redone_ = 0;
  bool dismissed_ = false;
};

}  // namespace dysta::cli
