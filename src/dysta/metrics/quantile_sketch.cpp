#include "dysta/metrics/quantile_sketch.hpp"

#include <algorithm>
#include <stdexcept>

namespace dysta {

const double QuantileSketch::kBucketsPerE = 1 / std::log(kGrowth);

/// Extends the buckets to hold `bucket`.
void QuantileSketch::cover(std::int32_t bucket) {
  if (counts_.empty()) first_ = bucket;
  if (bucket < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - bucket), 0);
    first_ = bucket;
  }
  counts_.resize(std::max(counts_.size(), static_cast<std::size_t>(bucket - first_) + 1));
}

void QuantileSketch::merge(const QuantileSketch& other) {
  if (other.counts_.empty()) return;
  cover(other.first_);
  cover(other.first_ + static_cast<std::int32_t>(other.counts_.size()) - 1);
  for (std::size_t i = 0; i < other.counts_.size(); ++i) {
    counts_[static_cast<std::size_t>(other.first_ - first_) + i] += other.counts_[i];
  }
  count_ += other.count_;
}

double QuantileSketch::quantile(double share) const {
  if (count_ == 0) throw std::logic_error("a quantile needs at least one value");
  const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_ - 1));
  std::uint64_t below = 0;
  std::size_t place = 0;
  while ((below += counts_[place]) <= rank) ++place;
  // The bucket holds (growth^(b-1), growth^b]; this value is equally far, relatively, from both.
  const double upper = std::exp((first_ + static_cast<double>(place)) / kBucketsPerE);
  return upper * 2 / (1 + kGrowth);
}

}  // namespace dysta
