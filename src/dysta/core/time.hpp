// Time as a type.
#pragma once

#include <chrono>
#include <limits>

namespace dysta {

/// A duration, or an instant counted from the start of the workload, in seconds.
///
/// Quotients of two are plain numbers. Never converted implicitly from or to a bare double: write
/// `Seconds{x}` and `.count()` at the boundary, where the unit stands in a name.
using Seconds = std::chrono::duration<double>;

/// Times from outside are at most this: far beyond any clock, and sums stay finite.
inline constexpr Seconds kLongestTime{1e15};

/// Latencies from outside are at least this: far below a clock cycle, and rates stay finite.
inline constexpr Seconds kShortestLatency{1e-15};

inline constexpr Seconds kNever{std::numeric_limits<double>::infinity()};

}  // namespace dysta
