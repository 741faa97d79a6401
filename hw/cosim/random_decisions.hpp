// Random networks, settings and events for hardware and model in lockstep.
#pragma once

#include <cstdint>
#include <functional>

#include "designs.hpp"

namespace dysta::hw {

struct RandomDecisions {
  std::uint64_t decisions = 0;
  std::uint64_t seed = 0;
  std::function<void(std::uint64_t done)> progress{};  ///< called now and then
};

/// What was tried.
struct RandomRecord {
  std::uint64_t decisions = 0;
  std::uint64_t cases = 0;     ///< sets of networks and settings
  std::uint64_t layers = 0;    ///< that ended and were not the last
  std::uint64_t streamed = 0;  ///< of them with outputs streamed past the monitor
  std::uint64_t refused = 0;   ///< requests for which there was no room
  std::uint64_t empty = 0;     ///< choices among no task
  std::uint64_t cycles = 0;    ///< of the hardware's clock
};

/// Drives the hardware and the model of its format until so many decisions agree. Networks, clocks
/// and settings are such that scores often are equal, saturate and overflow, and that the clock
/// wraps. Throws `WrongAnswer` at the first difference.
template <class Arithmetic>
RandomRecord run_random(Design& design, const RandomDecisions& wanted);

}  // namespace dysta::hw
