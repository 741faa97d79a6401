#include "dysta/sched/deadline_price.hpp"

#include <algorithm>
#include <bit>

namespace dysta {
namespace {

/// For each unit of normalised turnaround. A crowd ahead takes the price from one end to the other
/// within some dozens of requests; the budget brings it back over thousands.
constexpr double kStep = 0.005;

/// What the delay of several tasks counts for each one after the first.
constexpr double kCrowd = 10;

constexpr std::uint64_t kMantissaBits = 52;

}  // namespace

SmithOrder::SmithOrder(double largest_ratio) {
  const std::uint64_t octave = std::bit_cast<std::uint64_t>(largest_ratio) >> kMantissaBits;
  first_ = std::max((octave + 1) << kLeadingBits, kPlaces) - kPlaces;
}

std::size_t SmithOrder::place(double ratio) const {
  const std::uint64_t leading =
      std::bit_cast<std::uint64_t>(ratio) >> (kMantissaBits - kLeadingBits);
  return static_cast<std::size_t>(std::clamp(leading, first_, first_ + kPlaces - 1) - first_);
}

void SmithOrder::change(std::size_t place, double cost_hz, std::uint32_t tasks) {
  for (std::size_t i = place + 1; i <= kPlaces; i += i & (~i + 1)) {
    sums_[i].cost_hz += cost_hz;
    sums_[i].tasks += tasks;
  }
}

SmithOrder::Sum SmithOrder::ahead_of(double ratio) const {
  Sum sum;
  for (std::size_t i = place(ratio); i > 0; i -= i & (~i + 1)) {
    sum.cost_hz += sums_[i].cost_hz;
    sum.tasks += sums_[i].tasks;
  }
  return sum;
}

void DeadlinePrice::runs(double ratio, double cost_hz, double layer_s, double all_hz,
                         double saved) {
  if (fixed()) return;
  if (latest_ && latest_->ratio == ratio && latest_->cost_hz == cost_hz) {
    latest_.reset();
  } else {
    if (latest_) order_.add(latest_->ratio, latest_->cost_hz);
    latest_.reset();
    order_.remove(ratio, cost_hz);
  }
  const SmithOrder::Sum ahead = ratio > saved ? order_.ahead_of(ratio - saved) : SmithOrder::Sum();
  double charged_hz = 0;
  if (ahead.tasks > 0) {
    charged_hz = (1 + kCrowd * std::max(0.0, ahead.tasks / accelerators_ - 1)) * ahead.cost_hz;
  }
  price_ = std::clamp(price_ + kStep * layer_s * (budget_ * all_hz - charged_hz), 0.0, most_);
}

}  // namespace dysta
