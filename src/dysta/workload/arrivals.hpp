// When requests arrive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/core/time.hpp"

namespace dysta {

/// How arrivals are spread in time.
struct ArrivalProcess {
  enum class Kind : std::uint8_t {
    poisson,   ///< independent exponential gaps
    periodic,  ///< one a period, each late by a uniform share of it up to `jitter`
    gamma,     ///< independent gamma-distributed gaps: bursty for `cv` above 1, regular below
    replay     ///< the times of a file
  };

  Kind kind = Kind::poisson;
  double jitter = 0;             ///< periodic: in [0, 1], as a share of the period
  double cv = 2;                 ///< gamma: coefficient of variation of the gaps, in [0.05, 20]
  std::vector<Seconds> times{};  ///< replay: non-decreasing, not empty
  std::string source{};          ///< replay: the file
};

/// Reads `poisson`, `periodic[:jitter=J]`, `gamma[:cv=C]` or `replay:FILE`. Throws
/// `SpecificationError` for anything else and `FileError` for a fault in the file.
ArrivalProcess parse_arrival_process(std::string_view text);

/// The text that `parse_arrival_process` reads back.
std::string to_text(const ArrivalProcess& process);

/// Reads arrival times from the column `arrival_s` of a CSV file: seconds, from 0 to
/// `kLongestTime`, non-decreasing. Throws `FileError`.
std::vector<Seconds> read_arrival_times(const std::string& path);

/// The first `count` arrivals at `rate_hz` a second on average; for a replay without a rate the
/// times as they are, with one all scaled to it. The other processes need a rate. For one seed the
/// arrivals at two rates differ by a factor in time alone. Throws `SpecificationError` if there is
/// no rate where one is needed, or the file has too few times, or they cannot be scaled.
std::vector<Seconds> arrival_times(const ArrivalProcess& process, std::optional<double> rate_hz,
                                   std::size_t count, std::uint64_t seed);

}  // namespace dysta
