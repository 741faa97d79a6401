// Choices at random by weight.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include "dysta/core/random.hpp"
#include "dysta/core/task.hpp"

namespace dysta {

/// Draws an index with these weights, none negative and one at least positive; one uniform number a
/// draw.
class WeightedDraw {
 public:
  explicit WeightedDraw(std::span<const double> weights) : cumulated_(weights.size()) {
    std::partial_sum(weights.begin(), weights.end(), cumulated_.begin());
  }

  std::size_t operator()(RandomStream& random) const {
    const double target = random.uniform() * cumulated_.back();
    const auto found = std::upper_bound(cumulated_.begin(), cumulated_.end(), target);
    if (found != cumulated_.end()) return static_cast<std::size_t>(found - cumulated_.begin());
    // The product rounded up to the total: the last index that has a weight.
    const auto last = std::lower_bound(cumulated_.begin(), cumulated_.end(), cumulated_.back());
    return static_cast<std::size_t>(last - cumulated_.begin());
  }

 private:
  std::vector<double> cumulated_;
};

/// What the weights of a `PriorityMix` are of.
inline constexpr std::array kPriorities{Priority::low, Priority::medium, Priority::high};

}  // namespace dysta
