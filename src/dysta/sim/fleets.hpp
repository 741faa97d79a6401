// Which accelerators are busy until when.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "dysta/core/time.hpp"

namespace dysta {

/// `a < b`, said in numbers: the comparison of durations asks three questions where one will do,
/// and a layer's cost is a few of them.
inline bool before(Seconds a, Seconds b) { return a.count() < b.count(); }

/// Which accelerators are busy until when. With one there is nothing to search.
class OneAccelerator {
 public:
  bool all_idle() const { return !busy_; }
  bool any_idle() const { return !busy_; }
  std::size_t busy() const { return busy_ ? 1 : 0; }

  /// When the next layer ends; not of an idle fleet.
  Seconds next_end() const { return end_; }

  /// The accelerator whose layer ends next, of those at one instant the first; it is idle then.
  std::uint32_t finish() {
    busy_ = false;
    return 0;
  }

  /// The first idle accelerator; it is to `start` next.
  std::uint32_t take_idle() { return 0; }

  void start(std::uint32_t, Seconds end) {
    busy_ = true;
    end_ = end;
  }

 private:
  bool busy_ = false;
  Seconds end_{};
};

/// The same for several, by two heaps.
class SeveralAccelerators {
 public:
  explicit SeveralAccelerators(std::uint32_t accelerators) : idle_(accelerators) {
    std::iota(idle_.begin(), idle_.end(), 0u);  // ascending, so a heap with the least on top
    busy_.reserve(accelerators);
  }

  bool all_idle() const { return busy_.empty(); }
  bool any_idle() const { return !idle_.empty(); }
  std::size_t busy() const { return busy_.size(); }
  Seconds next_end() const { return busy_.front().time; }

  std::uint32_t finish() {
    const std::uint32_t accelerator = busy_.front().accelerator;
    std::pop_heap(busy_.begin(), busy_.end(), std::greater<>());
    busy_.pop_back();
    idle_.push_back(accelerator);
    std::push_heap(idle_.begin(), idle_.end(), std::greater<>());
    return accelerator;
  }

  std::uint32_t take_idle() {
    const std::uint32_t accelerator = idle_.front();
    std::pop_heap(idle_.begin(), idle_.end(), std::greater<>());
    idle_.pop_back();
    return accelerator;
  }

  void start(std::uint32_t accelerator, Seconds end) {
    busy_.push_back({.time = end, .accelerator = accelerator});
    std::push_heap(busy_.begin(), busy_.end(), std::greater<>());
  }

 private:
  struct LayerEnd {
    Seconds time{};
    std::uint32_t accelerator = 0;

    bool operator>(const LayerEnd& other) const {
      if (time.count() != other.time.count()) return before(other.time, time);
      return accelerator > other.accelerator;
    }
  };

  std::vector<std::uint32_t> idle_;
  std::vector<LayerEnd> busy_;
};

}  // namespace dysta
