// How far from the best possible a schedule can be at most: a bound that no schedule beats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dysta/core/time.hpp"

namespace dysta {

/// A lower bound on the mean of turnaround / isolated time (ANTT, at least 1) over every schedule
/// of the requests on `accelerators` identical accelerators: preemptive at any instant or only
/// between layers, clairvoyant or not, with scheduling costs or without.
///
/// With weights 1/P, P the isolated time, a request completes no earlier than half of P after the
/// mean of the instants at which it runs (its mean busy time M), and the weighted sum of mean busy
/// times is least when at every instant the request with the smallest P of those that are there
/// runs (M. X. Goemans et al., "Single Machine Scheduling with Release Dates", SIAM Journal on
/// Discrete Mathematics 15(2), 2002). So no ANTT is below the mean of (M + P/2 - arrival) / P.
///
/// On several accelerators M is that of one machine as fast as all of them together: what they run
/// in an instant, it could. Half of P stays: no request runs on two at a time, so it still takes P
/// from its first instant to its last. The proof stands in docs/lower-bound.md.
///
/// One value a request in both lists: `arrivals` are finite and do not decrease, `isolated` times
/// are finite and greater than 0. Takes O(n log n). Exact but for rounding, which is relative to
/// the busy period and not to the time of day: arrivals may be as late as `kLongestTime`. Throws
/// `std::invalid_argument` if the lists are empty or otherwise not as said, or there is no
/// accelerator.
double antt_lower_bound(std::span<const Seconds> arrivals, std::span<const Seconds> isolated,
                        std::uint32_t accelerators = 1);

/// The same bound, request by request: its memory grows with the queue of the machine that the
/// bound simulates, not with the requests.
class AnttLowerBound {
 public:
  /// Throws `std::invalid_argument` if there is no accelerator.
  explicit AnttLowerBound(std::uint32_t accelerators);

  /// The next request. Throws `std::invalid_argument` unless its arrival is finite and not before
  /// the last one's, and its isolated time finite and greater than 0.
  void add(Seconds arrival, Seconds isolated);

  /// The bound of all requests, at least one: the end of adding.
  double finish();

 private:
  /// A request that is there. The one with the smallest isolated time runs; which of equal ones is
  /// the same to the sum but for rounding.
  struct Waiting {
    Seconds isolated{};
    Seconds arrival{};  ///< since the busy period began

    bool operator>(const Waiting& other) const {
      if (isolated.count() != other.isolated.count()) {
        return isolated.count() > other.isolated.count();
      }
      return arrival.count() > other.arrival.count();
    }
  };

  struct Started {
    Waiting request{};
    Seconds left{};  ///< of the fast machine's time
  };

  void run_until(Seconds time);

  double speed_;
  std::vector<Waiting> waiting_;  ///< a heap
  std::vector<Started> started_;  ///< the last one runs, which put the others aside
  Seconds begin_{};               ///< of the busy period
  Seconds now_{};                 ///< since then: late periods are as exact as the first
  Seconds last_arrival_{};
  std::size_t count_ = 0;
  double sum_ = 0;  ///< of (M + P/2 - arrival) / P
};

}  // namespace dysta
