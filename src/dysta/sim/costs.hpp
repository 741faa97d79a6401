// What scheduling costs.
#pragma once

#include "dysta/core/time.hpp"

namespace dysta {

/// What scheduling itself costs the accelerator. All delay the layer that was chosen.
struct SchedulingCosts {
  Seconds decision{};    ///< at every decision
  Seconds preemption{};  ///< when an accelerator puts an unfinished task aside for another
  Seconds migration{};   ///< when a task goes on on another accelerator than that of its last layer
};

}  // namespace dysta
