// What happened in a run, request by request: plain data.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/core/time.hpp"

namespace dysta {

struct RequestOutcome {
  Request request{};
  ModelId model{};           ///< of several pools, the models of those before come first
  std::uint32_t stream = 0;  ///< which source of requests it is of; 0 where there are none
  Seconds isolated{};        ///< P: how long this input takes alone
  Seconds completion{};      ///< when its last layer ended; `kNever` if it was refused

  bool refused() const { return completion == kNever; }
  Seconds turnaround() const { return completion - request.arrival; }
  /// Turnaround / isolated time, at least 1: what rounding of the clock takes away is given back.
  double normalised_turnaround() const { return std::max(1.0, turnaround() / isolated); }
  /// Isolated time / turnaround, in (0, 1].
  double normalised_progress() const { return 1 / normalised_turnaround(); }
  bool violated() const { return completion > request.deadline(); }
};

/// Who is told of every request as it completes or is refused.
class OutcomeSink {
 public:
  virtual ~OutcomeSink() = default;

  /// The request at `number` in the workload completed or was refused; no other is told of with
  /// this number.
  virtual void complete(std::uint32_t number, const RequestOutcome& outcome) = 0;
};

/// Keeps every outcome.
class KeptOutcomes final : public OutcomeSink {
 public:
  /// Of so many requests, numbered from 0.
  explicit KeptOutcomes(std::size_t requests) : outcomes(requests) {}

  void complete(std::uint32_t number, const RequestOutcome& outcome) override {
    outcomes[number] = outcome;
  }

  std::vector<RequestOutcome> outcomes;  ///< by number
};

/// What a run did, requests apart.
struct RunCounts {
  std::uint64_t decisions = 0;    ///< how often the policy chose; one a layer
  std::uint64_t preemptions = 0;  ///< choices that put an unfinished task aside
};

struct RunOutcome {
  std::vector<RequestOutcome> requests;  ///< in the order of the workload
  std::uint64_t decisions = 0;           ///< how often the policy chose; one a layer
  std::uint64_t preemptions = 0;         ///< choices that put an unfinished task aside
  /// What the mean of normalised turnarounds cannot be below, whatever the schedule.
  double antt_lower_bound = 1;
};

}  // namespace dysta
