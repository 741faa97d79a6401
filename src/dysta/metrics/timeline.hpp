// What accelerators did when: plain data.
#pragma once

#include <cstdint>
#include <vector>

#include "dysta/core/time.hpp"

namespace dysta {

/// One layer on the accelerator.
struct LayerSlice {
  std::uint32_t request = 0;  ///< position in the workload
  std::uint32_t layer = 0;
  Seconds start{};
  Seconds end{};
  double sparsity = 0;  ///< what the monitor saw
  Seconds overhead{};   ///< decision and preemption cost just before `start`
  std::uint32_t accelerator = 0;
};

using Timeline = std::vector<LayerSlice>;

}  // namespace dysta
