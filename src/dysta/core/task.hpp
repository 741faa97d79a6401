// What a scheduler is told: a request at its arrival, a layer at its end.
#pragma once

#include <cstdint>
#include <optional>

#include "dysta/core/ids.hpp"
#include "dysta/core/time.hpp"

namespace dysta {

/// How important a request is. The value is its weight in the published scores.
enum class Priority : std::uint8_t { low = 1, medium = 3, high = 9 };

constexpr double weight(Priority priority) { return static_cast<double>(priority); }

/// The priority with this weight; nothing unless it is 1, 3 or 9.
constexpr std::optional<Priority> priority_from_weight(std::uint64_t value) {
  if (value == 1 || value == 3 || value == 9) return static_cast<Priority>(value);
  return std::nullopt;
}

/// One input to one network, as a workload asks for it.
struct Request {
  Seconds arrival{};         ///< at least 0; non-decreasing over a workload
  VariantId variant{};       ///< which network, pruned how
  std::uint32_t sample = 0;  ///< which input, as an index into the variant's trace
  Priority priority = Priority::low;
  Seconds slo{};  ///< greater than 0, from arrival to deadline

  constexpr Seconds deadline() const { return arrival + slo; }
};

/// All that is known of a task when it arrives. Not its input: how many zeros that will make is
/// discovered while it runs.
struct TaskArrival {
  TaskId task{};
  VariantId variant{};
  Seconds arrival{};
  Seconds slo{};  ///< from arrival to deadline
  Priority priority = Priority::low;
  std::uint32_t sequence_length = 0;  ///< tokens of this input; 0 where the network has no length

  constexpr Seconds deadline() const { return arrival + slo; }
};

/// What a monitor and a timer beside the accelerator see when a layer ends.
struct Observation {
  std::uint32_t layer = 0;  ///< which layer ended, from 0
  double sparsity = 0;      ///< share of zeros the layer met, in [0, 1)
  /// How long the layer ran, without what the decision, a preemption or a migration cost before it.
  /// 0 where that cannot be held against a profile: nobody took the time, or accelerators of
  /// different kinds serve one queue, whose profiles are means over the kinds.
  Seconds latency{};
  Seconds end{};  ///< when it ended
};

}  // namespace dysta
