// Who works at the many items of a sweep: the threads of this process, or other processes too.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace dysta {

/// What came of one item.
struct DoneItem {
  std::size_t item = 0;
  std::string result{};    ///< bytes, to be read on a machine of the same kind
  bool elsewhere = false;  ///< another process worked at it
};

/// Gets independent items worked at. Several processes may run the same program: one of them leads,
/// the others help; all call `lead` or `help` for the same kinds of work in the same order.
class WorkForce {
 public:
  /// Works at one item; several threads call it at a time.
  using Work = std::function<std::string(std::size_t item)>;
  /// Keeps what is done; one thread calls it at a time, with each item once.
  using Keep = std::function<void(std::span<const DoneItem>)>;

  virtual ~WorkForce() = default;

  /// Whether this process hands out the items and keeps what comes of them.
  virtual bool leads() const = 0;

  /// The leader's part: returns when all items are done and kept. What `work` or `keep` throws ends
  /// it and is thrown again; after `work` has failed, items under way are finished and kept before.
  virtual void lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) = 0;

  /// A helper's part: works at what the leader hands out. Returns true when the leader has all, and
  /// false when it needs no more help at all, since it failed or was stopped. What `work` throws
  /// ends it and is thrown again, after items under way in this process; the leader gets the others
  /// done.
  virtual bool help(const Work& work) = 0;
};

/// The threads of this process, which leads.
class ThreadForce final : public WorkForce {
 public:
  explicit ThreadForce(std::size_t threads) : threads_(threads) {}

  bool leads() const override { return true; }
  void lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) override;
  /// Throws `std::logic_error`: there is no other leader.
  bool help(const Work& work) override;

 private:
  std::size_t threads_;
};

}  // namespace dysta
