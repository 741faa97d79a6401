// In front of accelerators with queues of their own: which queue a request joins.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dysta/core/ids.hpp"
#include "dysta/core/time.hpp"
#include "dysta/sched/parameters.hpp"

namespace dysta {

/// What a dispatcher is told of a task at its arrival.
struct DispatchedTask {
  ModelId model{};
  Seconds predicted{};  ///< profiled latency of the whole network
};

/// Chooses a queue at a task's arrival, and for good. Each accelerator has one, with a policy of
/// its own. Neither knows the clock nor what waits where: only how much work is predicted to be
/// left.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;

  /// The accelerator whose queue the task joins.
  virtual AcceleratorId choose(const DispatchedTask& task) = 0;

  /// Tasks joined, layers ended or tasks completed: so much predicted work is left at `accelerator`
  /// now, the layer that runs included until it ends. At first none is.
  virtual void on_work(AcceleratorId accelerator, Seconds left) = 0;
};

/// What a dispatcher may be made from.
struct DispatchContext {
  std::uint32_t accelerators = 1;
  std::uint64_t seed = 1;  ///< of what is drawn at random
};

/// One dispatcher that can be asked for by name.
struct DispatcherEntry {
  std::string name;
  std::string help;  ///< one line: which queue a task joins
  std::vector<ParameterSpec> parameters;
  /// Null where all accelerators share one queue, and nothing is dispatched.
  std::function<std::unique_ptr<Dispatcher>(const Parameters&, const DispatchContext&)> make;
};

/// All of them: `global`, one queue for all; and `affinity`, `jsq`, `p2c`, `random`, `round_robin`.
std::span<const DispatcherEntry> dispatchers();

/// How the tasks of a pool come to its accelerators: a dispatcher with values for its parameters.
class Dispatch {
 public:
  /// One queue for all accelerators.
  Dispatch();

  /// Reads a list like `global,jsq,affinity:factor=4`. Throws `SpecificationError` for an unknown
  /// name or parameter, a value that is not allowed, or the same twice.
  static std::vector<Dispatch> parse(std::string_view list);

  /// The same for a list of one.
  static Dispatch parse_one(std::string_view text);

  /// The name with the parameters that were given.
  const std::string& label() const { return label_; }

  /// Whether all accelerators share one queue.
  bool global() const { return entry_->make == nullptr; }

  /// A fresh dispatcher; not where the queue is global.
  std::unique_ptr<Dispatcher> make(const DispatchContext& context) const {
    return entry_->make(parameters_, context);
  }

 private:
  Dispatch(const DispatcherEntry& entry, std::string label, Parameters parameters)
      : entry_(&entry), label_(std::move(label)), parameters_(std::move(parameters)) {}

  const DispatcherEntry* entry_;
  std::string label_;
  Parameters parameters_;
};

}  // namespace dysta
