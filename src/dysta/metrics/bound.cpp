#include "dysta/metrics/bound.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

namespace dysta {

AnttLowerBound::AnttLowerBound(std::uint32_t accelerators) : speed_(accelerators) {
  if (accelerators == 0) throw std::invalid_argument("a bound needs at least one accelerator");
}

void AnttLowerBound::add(Seconds arrival, Seconds isolated) {
  if (!std::isfinite(arrival.count()) || (count_ > 0 && arrival < last_arrival_)) {
    throw std::invalid_argument("a bound needs finite arrivals that never decrease");
  }
  if (!std::isfinite(isolated.count()) || isolated <= Seconds{0}) {
    throw std::invalid_argument("a bound needs finite isolated times greater than 0");
  }
  last_arrival_ = arrival;
  run_until(arrival - begin_);
  if (waiting_.empty() && started_.empty()) {
    begin_ = arrival;
    now_ = Seconds{0};
  }
  ++count_;
  waiting_.push_back({.isolated = isolated, .arrival = arrival - begin_});
  std::push_heap(waiting_.begin(), waiting_.end(), std::greater<>());
}

double AnttLowerBound::finish() {
  run_until(kNever);
  return std::max(1.0, sum_ / static_cast<double>(count_));
}

/// Runs what is there until `time` in the busy period, or until nothing is left.
void AnttLowerBound::run_until(Seconds time) {
  while (now_ < time) {
    if (!waiting_.empty() &&
        (started_.empty() || waiting_.front().isolated < started_.back().request.isolated)) {
      started_.push_back({.request = waiting_.front(), .left = waiting_.front().isolated / speed_});
      std::pop_heap(waiting_.begin(), waiting_.end(), std::greater<>());
      waiting_.pop_back();
    }
    if (started_.empty()) return;
    auto& [request, left] = started_.back();
    const bool completes = left <= time - now_;
    const Seconds runs = completes ? left : time - now_;
    const Seconds middle = now_ + runs / 2 - request.arrival;
    sum_ += (runs * speed_ / request.isolated) * (middle / request.isolated);
    if (!completes) {
      left -= runs;
      now_ = time;
      return;
    }
    sum_ += 0.5;  // (P/2) / P
    now_ += runs;
    started_.pop_back();
  }
}

double antt_lower_bound(std::span<const Seconds> arrivals, std::span<const Seconds> isolated,
                        std::uint32_t accelerators) {
  if (arrivals.empty() || arrivals.size() != isolated.size()) {
    throw std::invalid_argument("a bound needs requests, each with an arrival and isolated time");
  }
  AnttLowerBound bound(accelerators);
  for (std::size_t r = 0; r < arrivals.size(); ++r) bound.add(arrivals[r], isolated[r]);
  return bound.finish();
}

}  // namespace dysta
