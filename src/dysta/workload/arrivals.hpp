// When requests arrive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/core/random.hpp"
#include "dysta/core/time.hpp"

namespace dysta {

/// Recorded requests, a row each.
struct ArrivalTable {
  std::vector<Seconds> times;         ///< non-decreasing, not empty in a table that was read
  std::vector<std::string> models;    ///< what the column `model` says; empty without that column
  std::vector<std::uint32_t> tokens;  ///< of the input: `context_tokens`; empty without that column
};

/// How arrivals are spread in time.
struct ArrivalProcess {
  enum class Kind : std::uint8_t {
    poisson,   ///< independent exponential gaps
    periodic,  ///< one a period, each late by a uniform share of it up to `jitter`
    gamma,     ///< independent gamma-distributed gaps: bursty for `cv` above 1, regular below
    replay     ///< the times of a file
  };

  Kind kind = Kind::poisson;
  double jitter = 0;     ///< periodic: in [0, 1], as a share of the period
  double cv = 2;         ///< gamma: coefficient of variation of the gaps, in [0.05, 20]
  ArrivalTable table{};  ///< replay
  std::string source{};  ///< replay: the file
};

/// Reads `poisson`, `periodic[:jitter=J]`, `gamma[:cv=C]` or `replay:FILE`. Throws
/// `SpecificationError` for anything else and `FileError` for a fault in the file.
ArrivalProcess parse_arrival_process(std::string_view text);

/// The text that `parse_arrival_process` reads back.
std::string to_text(const ArrivalProcess& process);

/// Reads a table of recorded requests (CSV): the column `arrival_s`, seconds from 0 to
/// `kLongestTime`, non-decreasing, and where they stand `model` (any text) and `context_tokens`
/// (from 1). Throws `FileError`.
ArrivalTable read_arrival_table(const std::string& path);

/// The arrivals of a process, one after the other: those of `arrival_times`, without holding them.
class ArrivalClock {
 public:
  /// `process` must outlive the clock. `count` matters to a replay alone: the table must hold as
  /// many times, and they are what a rate is scaled by. Throws as `arrival_times`.
  ArrivalClock(const ArrivalProcess& process, std::optional<double> rate_hz, std::size_t count,
               std::uint64_t seed);

  /// The next arrival; of a replay, at most as often as its table has times.
  Seconds next();

 private:
  const ArrivalProcess& process_;
  Seconds period_{};  ///< mean time between arrivals
  double shape_;      ///< of gamma-distributed gaps
  RandomStream random_;
  double periods_ = 0;       ///< from the start to the last arrival
  std::size_t taken_ = 0;    ///< how many arrivals there were
  double replay_scale_ = 1;  ///< what recorded times are multiplied by
};

/// The first `count` arrivals at `rate_hz` a second on average; for a replay without a rate the
/// times as they are, with one all scaled to it. The other processes need a rate. For one seed the
/// arrivals at two rates differ by a factor in time alone. Throws `SpecificationError` if there is
/// no rate where one is needed, or the file has too few times, or they cannot be scaled.
std::vector<Seconds> arrival_times(const ArrivalProcess& process, std::optional<double> rate_hz,
                                   std::size_t count, std::uint64_t seed);

}  // namespace dysta
