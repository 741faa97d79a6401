// The next arrival of a run.
#pragma once

#include <optional>
#include <stdexcept>

#include "dysta/core/time.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/request_source.hpp"

namespace dysta {

/// Throws `std::invalid_argument` unless a request arrives `not_before` and is for an input that
/// `traces` have.
inline void check(const Request& request, const TraceSet& traces, Seconds not_before) {
  if (index(request.variant) >= traces.size() ||
      request.sample >= traces[request.variant].samples()) {
    throw std::invalid_argument("a request names a variant or sample that has no trace");
  }
  if (!(request.arrival >= not_before && request.arrival < kNever)) {
    throw std::invalid_argument(
        "the arrivals of a workload start at 0 or later and never decrease");
  }
}

/// A source with its next request in view, each checked as it comes.
class Arrivals {
 public:
  /// Both must outlive this object.
  Arrivals(RequestSource& requests, const TraceSet& traces) : requests_(requests), traces_(traces) {
    advance();
  }

  bool more() const { return next_.has_value(); }
  Seconds time() const { return time_; }  ///< of the next request; `kNever` after the last
  const PlacedRequest& request() const { return *next_; }

  void advance() {
    next_ = requests_.next();
    if (next_) check(next_->request, traces_, time_);
    time_ = next_ ? next_->request.arrival : kNever;
  }

 private:
  RequestSource& requests_;
  const TraceSet& traces_;
  std::optional<PlacedRequest> next_;
  Seconds time_{0};
};

}  // namespace dysta
