// Random numbers that depend on no standard library's distributions. The bits are the same
// everywhere; logarithms and powers are the C library's, whose last digit may differ between
// machines.
#pragma once

#include <array>
#include <cstdint>

namespace dysta {

/// What a random stream is for. Streams of one seed with different purposes are independent, so
/// that drawing more of one thing never changes another: two rates or two policies see paired
/// workloads.
enum class StreamPurpose : std::uint64_t {
  arrivals = 1,
  variants = 2,
  samples = 3,
  priorities = 4,
  synthesis = 5,
  streams = 6,
  phases = 7,
  events = 8,
  dispatch = 9,
  prediction = 10
};

/// xoshiro256++ (Blackman and Vigna, 2019), its state filled by SplitMix64 from seed and purpose.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, StreamPurpose purpose);

  std::uint64_t bits();

  /// Uniform in [0, 1), in steps of 2^-53.
  double uniform();

  /// Uniform over 0 … n-1 without bias (Lemire 2019). `n` must not be 0.
  std::uint64_t below(std::uint64_t n);

  /// Exponential with mean 1.
  double exponential();

  /// Normal with mean 0 and variance 1 (Marsaglia's polar method).
  double normal();

  /// Gamma with this shape and scale 1, so mean = variance = shape > 0 (Marsaglia and Tsang 2000).
  double gamma(double shape);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace dysta
