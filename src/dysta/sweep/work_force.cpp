#include "dysta/sweep/work_force.hpp"

#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "dysta/sim/for_each_index.hpp"

namespace dysta {
namespace {

/// Takes what is done from all threads. Whoever finds nobody keeping does it for all, so that no
/// other waits for a disk, and what came together is kept together.
class Collector {
 public:
  explicit Collector(const WorkForce::Keep& keep) : keep_(keep) {}

  void take(DoneItem done) {
    {
      const std::lock_guard lock(pending_mutex_);
      pending_.push_back(std::move(done));
    }
    const std::unique_lock keeping(keeping_mutex_, std::try_to_lock);
    if (keeping) keep_pending();
  }

  /// Keeps what came while somebody else was about to end keeping.
  void flush() {
    const std::lock_guard keeping(keeping_mutex_);
    keep_pending();
  }

 private:
  void keep_pending() {
    for (;;) {
      std::vector<DoneItem> batch;
      {
        const std::lock_guard lock(pending_mutex_);
        batch.swap(pending_);
      }
      if (batch.empty()) return;
      keep_(batch);
    }
  }

  const WorkForce::Keep& keep_;
  std::mutex pending_mutex_;
  std::vector<DoneItem> pending_;
  std::mutex keeping_mutex_;
};

}  // namespace

void ThreadForce::lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) {
  Collector collector(keep);
  try {
    for_each_index(items.size(), threads_, [&](std::size_t i) {
      collector.take({.item = items[i], .result = work(items[i])});
    });
  } catch (...) {
    collector.flush();
    throw;
  }
  collector.flush();
}

bool ThreadForce::help(const Work&) {
  throw std::logic_error("threads of one process have no leader elsewhere");
}

}  // namespace dysta
