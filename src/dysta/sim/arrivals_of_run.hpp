// The next arrival of a run.
#pragma once

#include <array>
#include <cstddef>
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

/// A source with its next requests in view, each checked as it comes.
class Arrivals {
 public:
  /// Both must outlive this object.
  Arrivals(RequestSource& requests, const TraceSet& traces) : requests_(requests), traces_(traces) {
    for (std::size_t i = 0; i < kInView; ++i) look_ahead();
    note_time();
  }

  bool more() const { return time_ < kNever; }
  Seconds time() const { return time_; }  ///< of the next request; `kNever` after the last
  const PlacedRequest& request() const { return *in_view_[first_ % kInView]; }

  void advance() {
    ++first_;
    look_ahead();
    note_time();
  }

 private:
  /// So many that the input of a request is brought from memory before it is needed.
  static constexpr std::size_t kInView = 4;

  using Slot = std::optional<PlacedRequest>;

  void look_ahead() {
    Slot& next = in_view_[end_++ % kInView];
    next = requests_.next();
    if (!next) return;
    const Request& request = next->request;
    check(request, traces_, last_);
    traces_[request.variant].prefetch(request.sample);
    last_ = request.arrival;
  }

  void note_time() {
    const Slot& next = in_view_[first_ % kInView];
    time_ = next ? next->request.arrival : kNever;
  }

  RequestSource& requests_;
  const TraceSet& traces_;
  std::array<Slot, kInView> in_view_;
  std::size_t first_ = 0;  ///< the place of the next one, and behind it of the last one in view
  std::size_t end_ = 0;
  Seconds last_{0};  ///< arrival of the last one in view
  Seconds time_{0};
};

}  // namespace dysta
