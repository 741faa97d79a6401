#include "dysta/metrics/bound.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <stdexcept>
#include <utility>
#include <vector>

namespace dysta {
namespace {

void check(std::span<const Seconds> arrivals, std::span<const Seconds> isolated,
           std::uint32_t accelerators) {
  if (arrivals.empty() || arrivals.size() != isolated.size()) {
    throw std::invalid_argument("a bound needs requests, each with an arrival and isolated time");
  }
  if (accelerators == 0) throw std::invalid_argument("a bound needs at least one accelerator");
  const auto finite = [](Seconds time) { return std::isfinite(time.count()); };
  if (!std::all_of(arrivals.begin(), arrivals.end(), finite) ||
      !std::is_sorted(arrivals.begin(), arrivals.end())) {
    throw std::invalid_argument("a bound needs finite arrivals that never decrease");
  }
  const auto positive = [&](Seconds time) { return finite(time) && time > Seconds{0}; };
  if (!std::all_of(isolated.begin(), isolated.end(), positive)) {
    throw std::invalid_argument("a bound needs finite isolated times greater than 0");
  }
}

}  // namespace

double antt_lower_bound(std::span<const Seconds> arrivals, std::span<const Seconds> isolated,
                        std::uint32_t accelerators) {
  check(arrivals, isolated, accelerators);
  const std::size_t count = arrivals.size();
  const double speed = accelerators;
  // The requests that are there, smallest isolated time first. Which of two with the same comes
  // first does not change the sum.
  using Present = std::pair<Seconds, std::size_t>;
  std::priority_queue<Present, std::vector<Present>, std::greater<>> present;
  std::vector<Seconds> left(count);  // of the fast machine's time

  double sum = 0;  // of (M + P/2 - arrival) / P
  for (std::size_t next = 0; next < count;) {
    // A busy period, in time since its beginning: late ones are as exact as the first.
    const Seconds begin = arrivals[next];
    Seconds now{0};
    do {
      while (next < count && arrivals[next] - begin <= now) {
        left[next] = isolated[next] / speed;
        present.emplace(isolated[next], next);
        ++next;
      }
      const auto [whole, request] = present.top();
      const Seconds until_arrival = next < count ? arrivals[next] - begin - now : kNever;
      const bool completes = left[request] <= until_arrival;
      const Seconds runs = completes ? left[request] : until_arrival;
      const Seconds middle = now + runs / 2 - (arrivals[request] - begin);
      sum += (runs * speed / whole) * (middle / whole);
      if (completes) {
        sum += 0.5;  // (P/2) / P
        present.pop();
        now += runs;
      } else {
        left[request] -= runs;
        now = arrivals[next] - begin;
      }
    } while (!present.empty());
  }
  return std::max(1.0, sum / static_cast<double>(count));
}

}  // namespace dysta
