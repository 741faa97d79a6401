// The least of many values that change one at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace dysta {

/// A tournament tree (D. E. Knuth, "The Art of Computer Programming", volume 3, section 5.4.1): the
/// least value is known at once, and a change costs at most the logarithm of their number.
class LeastOf {
 public:
  /// `count` values, at least one, all the same and not above infinity.
  LeastOf(std::size_t count, double value)
      : leaves_(std::bit_ceil(count)),
        values_(leaves_, std::numeric_limits<double>::infinity()),
        winners_(2 * leaves_) {
    for (std::size_t i = 0; i < count; ++i) values_[i] = value;
    for (std::size_t i = 0; i < leaves_; ++i) {
      winners_[leaves_ + i] = static_cast<std::uint32_t>(i);
    }
    for (std::size_t node = leaves_ - 1; node > 0; --node) winners_[node] = winner_below(node);
  }

  double operator[](std::size_t position) const { return values_[position]; }

  /// Where the least value stands; of equal ones the first.
  std::size_t position() const { return winners_[1]; }
  double value() const { return values_[winners_[1]]; }

  void set(std::size_t position, double value) {
    values_[position] = value;
    for (std::size_t node = (leaves_ + position) / 2; node > 0; node /= 2) {
      const std::uint32_t winner = winner_below(node);
      // Above a node that another won before and wins now, nothing changes.
      if (winner == winners_[node] && winner != position) return;
      winners_[node] = winner;
    }
  }

 private:
  std::uint32_t winner_below(std::size_t node) const {
    const std::uint32_t left = winners_[2 * node];
    const std::uint32_t right = winners_[2 * node + 1];
    return values_[right] < values_[left] ? right : left;
  }

  std::size_t leaves_;
  std::vector<double> values_;
  std::vector<std::uint32_t> winners_;  ///< by node, the root at 1; the leaves stand last
};

}  // namespace dysta
