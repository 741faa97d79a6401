// What a deadline may cost those who wait for it, found while running.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace dysta {

/// What tasks that wait cost, by their place in Smith's order: the smallest remaining latency a
/// unit of cost comes first. Places are told apart by the leading bits of that ratio, 64 to an
/// octave, as hardware would; ratios below the least of 32 octaves share its first place, those
/// above the largest its last. Adding, removing and asking take some ten steps whatever the number
/// of tasks, and no memory.
class SmithOrder {
 public:
  /// The largest octave is that of `largest_ratio`, which is not negative.
  explicit SmithOrder(double largest_ratio);

  struct Sum {
    double cost_hz = 0;
    std::uint32_t tasks = 0;
  };

  /// A task with this ratio (greater than 0) waits; it costs so much a second.
  void add(double ratio, double cost_hz) { change(place(ratio), cost_hz, 1); }
  /// One that was added with the same two numbers does not wait any more.
  void remove(double ratio, double cost_hz) { change(place(ratio), -cost_hz, ~std::uint32_t{0}); }

  /// Of all tasks in front of the place that this ratio has.
  Sum ahead_of(double ratio) const;

 private:
  static constexpr std::uint64_t kLeadingBits = 6;
  static constexpr std::uint64_t kPlaces = std::uint64_t{32} << kLeadingBits;

  std::size_t place(double ratio) const;
  void change(std::size_t place, double cost_hz, std::uint32_t tasks);

  std::uint64_t first_ = 0;              ///< leading bits of the first place
  std::array<Sum, kPlaces + 1> sums_{};  ///< a Fenwick tree: node i sums the last (i & -i) up to i
};

/// The share by which a deadline may improve a task's place, moved so that what all deadlines cost
/// stays within a budget.
///
/// While a layer of E seconds runs, all tasks that are there wait, which costs E · Σ cost. Had the
/// first in Smith's order run instead, the n ahead of the one that runs would wait E seconds less.
/// Of a delay of several more comes than what they lose themselves, since requests that come in the
/// meantime find them still there; a delay of one is soon made good. So E · (1 + 10 (n - 1)) · Σ
/// cost of those ahead is charged (n an accelerator), and the price
///
///     p <- p + 0.005 · E · (budget · Σ cost - (1 + 10 max(0, n - 1)) · Σ cost ahead), in [0, most]
///
/// settles where that is the share of what waiting costs; where deadlines cost less it is `most`.
/// Who waits since a preemption would cost more than it gains is not charged to deadlines.
/// Costs are in requests' own isolated latencies, so the step has no time scale. The 10 is
/// measured: docs/decisions/015.
class DeadlinePrice {
 public:
  /// It starts at `most`, and stays there where `budget` is 1 or more. Ratios are mostly below
  /// `largest_ratio`.
  DeadlinePrice(double most, double budget, std::uint32_t accelerators, double largest_ratio)
      : most_(most),
        budget_(budget),
        accelerators_(accelerators),
        price_(most),
        order_(largest_ratio) {}

  double value() const { return price_; }

  /// A task is there and waits: its ratio in Smith's order, and what a second of it costs.
  void arrives(double ratio, double cost_hz) {
    if (!fixed()) order_.add(ratio, cost_hz);
  }
  /// A task that ran waits again.
  void waits(double ratio, double cost_hz) {
    if (fixed()) return;
    if (latest_) order_.add(latest_->ratio, latest_->cost_hz);
    latest_ = Waiting{ratio, cost_hz};
  }
  /// A task that waits runs a layer of so many seconds; all that are there, those that run too,
  /// cost `all_hz`. Ahead of it are those whose ratios are smaller by more than `saved`.
  void runs(double ratio, double cost_hz, double layer_s, double all_hz, double saved = 0);

 private:
  struct Waiting {
    double ratio = 0;
    double cost_hz = 0;
  };

  bool fixed() const { return budget_ >= 1; }

  double most_;
  double budget_;
  double accelerators_;
  double price_;
  std::optional<Waiting> latest_{};  ///< it mostly goes on, so it is not put in order before
  SmithOrder order_;                 ///< of all others that wait
};

}  // namespace dysta
