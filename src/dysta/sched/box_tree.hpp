// Rows of numbers in a tree of boxes: the row with the smallest score, found by looking at few.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "dysta/core/ids.hpp"

namespace dysta {

/// One end of the range of a column.
struct Corner {
  enum class End : std::uint8_t { least, greatest };

  std::size_t column = 0;
  End end = End::least;

  bool beyond(double value, double other) const {
    return end == End::least ? value < other : value > other;
  }
};

/// A task as its score sees it. A `Score` computes a number from `Score::kColumns` others, which
/// stay as they are while the task waits:
///
///  - `score(...)` takes as many numbers as the array `Score::kCorners` has entries: of a row the
///    value of that entry's column, of a box of rows the least or the greatest value of the column.
///    As computed it must not fall when an argument moves away from its end. A column of which it
///    neither rises nor falls throughout stands there with both ends. Then a box scores at most
///    what any row in it does, exactly: rounding is monotone, operation by operation.
///  - `Score::cluster(columns)` is where a row stands among others. Near rows should have near
///    columns; it decides about speed and nothing else.
template <class Score>
struct Row {
  TaskId id{};
  std::uint64_t admission = 0;  ///< of equal scores the smallest runs
  std::array<double, Score::kColumns> columns{};
};

/// Where `value` stands among all doubles: a whole number that grows with it.
inline std::uint64_t ordinal(double value) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

/// The place in an order of groups of about equal `group`, and within a group by `value`.
inline std::uint64_t joined(double group, double value) {
  constexpr int kOfValue = 40;  // bits; 12 of the group's are its mantissa's
  return ordinal(group) >> kOfValue << kOfValue | ordinal(value) >> (64 - kOfValue);
}

/// The best row met so far, and what is known of the others.
struct Found {
  double score = std::numeric_limits<double>::infinity();
  std::uint64_t admission = std::numeric_limits<std::uint64_t>::max();
  void* block = nullptr;  ///< where in a tree; null: outside, or none
  std::uint32_t slot = 0;
  double others = std::numeric_limits<double>::infinity();  ///< no other row scores less

  bool loses_to(double other_score, std::uint64_t other_admission) const {
    return other_score < score || (other_score == score && other_admission < admission);
  }

  void meet(double other_score, std::uint64_t other_admission, void* other_block,
            std::uint32_t other_slot) {
    if (!loses_to(other_score, other_admission)) {
      others = std::min(others, other_score);
      return;
    }
    others = std::min(others, score);
    score = other_score;
    admission = other_admission;
    block = other_block;
    slot = other_slot;
  }
};

/// Rows side by side, a column an array.
template <class Score>
struct RowBlock {
  static constexpr std::uint32_t kMost = 32;

  std::uint32_t size = 0;
  std::array<std::array<double, kMost>, Score::kColumns> columns;
  std::array<std::uint64_t, kMost> admission;
  std::array<TaskId, kMost> id;

  void push(const Row<Score>& row) {
    for (std::size_t c = 0; c < Score::kColumns; ++c) columns[c][size] = row.columns[c];
    admission[size] = row.admission;
    id[size] = row.id;
    ++size;
  }

  Row<Score> row(std::uint32_t slot) const {
    Row<Score> row{.id = id[slot], .admission = admission[slot], .columns = {}};
    for (std::size_t c = 0; c < Score::kColumns; ++c) row.columns[c] = columns[c][slot];
    return row;
  }

  /// Takes a row out; the last one moves into its slot.
  Row<Score> take(std::uint32_t slot) {
    const Row<Score> taken = row(slot);
    --size;
    for (auto& column : columns) column[slot] = column[size];
    admission[slot] = admission[size];
    id[slot] = id[size];
    return taken;
  }

  /// `found` meets every row, which are those of the tree's block `where`.
  void scan(const Score& score, Found& found, void* where) const {
    std::array<double, kMost> scores;
    for (std::uint32_t i = 0; i < size; ++i) {
      scores[i] = score_at(score, i, std::make_index_sequence<Score::kCorners.size()>{});
    }
    for (std::uint32_t i = 0; i < size; ++i) found.meet(scores[i], admission[i], where, i);
  }

 private:
  template <std::size_t... I>
  double score_at(const Score& score, std::uint32_t slot, std::index_sequence<I...>) const {
    return score(columns[Score::kCorners[I].column][slot]...);
  }
};

/// Rows in blocks, and over the blocks a tree whose nodes know the ends of every column among the
/// rows below them: a B+-tree in the order of `Score::cluster`. A search looks first where a box
/// scores best and not into boxes that score worse than a row found already.
template <class Score>
class BoxTree {
 public:
  BoxTree() = default;
  BoxTree(const BoxTree&) = delete;
  BoxTree& operator=(const BoxTree&) = delete;

  std::size_t size() const { return size_; }

  /// Makes room for `rows` in all, of which `further` are to be inserted next.
  void reserve(std::size_t rows, std::size_t further) {
    blocks_.reserve(further, rows / Rows::kMost + 1);
    // So many hold the full blocks of all rows, with one to spare for each level.
    inners_.reserve(further * (levels() + 1) + 1,
                    rows / (Rows::kMost * kFewChildren) + kManyLevels);
  }

  /// With room it allocates nothing: should nodes run short, as they may while rows are only
  /// moved, the row goes into any block that is not full. That costs speed and nothing else.
  void insert(const Row<Score>& row) {
    ++size_;
    if (root_ == nullptr) {
      if (blocks_.spare() == 0) reserve(size_, 1);
      root_ = blocks_.take();
    }
    const std::uint64_t cluster = Score::cluster(row.columns);
    Node* node = root_;
    while (node->level > 0) {
      Inner& inner = inner_of(*node);
      const std::uint32_t position = inner.position_of(cluster);
      inner.widen(position, row);
      node = inner.child[position];
    }
    Block& block = block_of(*node);
    if (block.rows.size < Rows::kMost) {
      block.rows.push(row);
    } else if (blocks_.spare() > 0 && inners_.spare() > levels()) {
      split(block, row, cluster);
    } else if (Node* other = with_room(*root_); other != nullptr) {
      block_of(*other).rows.push(row);
      for (; other->parent != nullptr; other = other->parent) {
        other->parent->widen(other->parent->position_of(*other), row);
      }
    } else {
      reserve(size_, 1);
      split(block, row, cluster);
    }
  }

  /// Makes `found` the best row of the tree if that is better, and lowers `found.others` to what
  /// the others score at least.
  void search(const Score& score, Found& found) const {
    if (size_ > 0) search(*root_, score, found);
  }

  /// A row that `search` found.
  static Row<Score> row(const Found& found) {
    return static_cast<const Block*>(found.block)->rows.row(found.slot);
  }

  /// Takes it out.
  Row<Score> take(const Found& found) {
    --size_;
    Block& block = *static_cast<Block*>(found.block);
    const Row<Score> row = block.rows.take(found.slot);
    shrink(block);
    return row;
  }

 private:
  static constexpr std::size_t kCorners = Score::kCorners.size();
  static constexpr std::uint32_t kFanout = 16;
  static constexpr std::uint32_t kFewChildren = kFanout / 4;  ///< the mean over nodes is above it
  static constexpr std::uint32_t kManyLevels = 10;            ///< above 4^10 blocks

  using Rows = RowBlock<Score>;
  struct Inner;

  struct Node {
    Inner* parent = nullptr;
    std::uint32_t level = 0;  ///< 0: a block
  };

  struct Block : Node {
    Rows rows;
  };

  struct Box {
    std::array<double, kCorners> corner;
    std::uint64_t first;  ///< least admission

    friend bool operator==(const Box&, const Box&) = default;
  };

  struct Inner : Node {
    std::uint32_t size = 0;
    std::array<std::uint64_t, kFanout> fence;  ///< children hold clusters from here on; but for the
                                               ///< first child, which holds what lies before too
    std::array<std::array<double, kFanout>, kCorners> corner;
    std::array<std::uint64_t, kFanout> first;
    std::array<Node*, kFanout> child;

    std::uint32_t position_of(std::uint64_t cluster) const {
      std::uint32_t position = 0;
      for (std::uint32_t i = 1; i < size; ++i) position += fence[i] <= cluster ? 1U : 0U;
      return position;
    }

    std::uint32_t position_of(const Node& node) const {
      std::uint32_t position = 0;
      while (child[position] != &node) ++position;
      return position;
    }

    Box box(std::uint32_t position) const {
      Box box{.corner = {}, .first = first[position]};
      for (std::size_t c = 0; c < kCorners; ++c) box.corner[c] = corner[c][position];
      return box;
    }

    void set(std::uint32_t position, const Box& box) {
      first[position] = box.first;
      for (std::size_t c = 0; c < kCorners; ++c) corner[c][position] = box.corner[c];
    }

    void widen(std::uint32_t position, const Row<Score>& row) {
      first[position] = std::min(first[position], row.admission);
      for (std::size_t c = 0; c < kCorners; ++c) {
        const double value = row.columns[Score::kCorners[c].column];
        double& end = corner[c][position];
        if (Score::kCorners[c].beyond(value, end)) end = value;
      }
    }

    void insert(std::uint32_t position, Node& node, std::uint64_t from, const Box& box) {
      for (std::uint32_t i = size; i > position; --i) {
        fence[i] = fence[i - 1];
        child[i] = child[i - 1];
        set(i, this->box(i - 1));
      }
      ++size;
      fence[position] = from;
      child[position] = &node;
      node.parent = this;
      set(position, box);
    }

    void remove(std::uint32_t position) {
      --size;
      for (std::uint32_t i = position; i < size; ++i) {
        fence[i] = fence[i + 1];
        child[i] = child[i + 1];
        set(i, this->box(i + 1));
      }
    }
  };

  /// Nodes at fixed addresses, used again when they are given back.
  template <class T>
  class Pool {
   public:
    /// At least so many to spare, and so many in all.
    void reserve(std::size_t spare, std::size_t all) {
      while (spare_.size() < spare || count_ < all) {
        spare_.push_back(&all_.emplace_back());
        ++count_;
        if (spare_.capacity() < count_) spare_.reserve(2 * count_);
      }
    }
    std::size_t spare() const { return spare_.size(); }
    T* take() {
      T* node = spare_.back();
      spare_.pop_back();
      return node;
    }
    void give(T& node) { spare_.push_back(&node); }

   private:
    std::deque<T> all_;
    std::size_t count_ = 0;  ///< of `all_`, which takes longer to tell it
    std::vector<T*> spare_;
  };

  static Inner& inner_of(Node& node) { return static_cast<Inner&>(node); }
  static Block& block_of(Node& node) { return static_cast<Block&>(node); }

  static Box box_of(Node& node) {
    Box box{.corner = {}, .first = 0};
    const auto fill = [&box](const auto& first, std::uint32_t size, auto&& column) {
      box.first = *std::min_element(first.begin(), first.begin() + size);
      for (std::size_t c = 0; c < kCorners; ++c) {
        const auto& values = column(c);
        double end = values[0];
        for (std::uint32_t i = 1; i < size; ++i) {
          if (Score::kCorners[c].beyond(values[i], end)) end = values[i];
        }
        box.corner[c] = end;
      }
    };
    if (node.level > 0) {
      const Inner& inner = inner_of(node);
      fill(
          inner.first, inner.size, [&](std::size_t c) -> const auto& { return inner.corner[c]; });
    } else {
      const Rows& rows = block_of(node).rows;
      fill(
          rows.admission, rows.size, [&](std::size_t c) -> const auto& {
            return rows.columns[Score::kCorners[c].column];
          });
    }
    return box;
  }

  std::uint32_t levels() const { return root_ == nullptr ? 0 : root_->level; }

  /// A block below `node` that is not full; null if there is none.
  static Node* with_room(Node& node) {
    if (node.level == 0) return block_of(node).rows.size < Rows::kMost ? &node : nullptr;
    Node* found = nullptr;
    for (std::uint32_t i = 0; i < inner_of(node).size && found == nullptr; ++i) {
      found = with_room(*inner_of(node).child[i]);
    }
    return found;
  }

  // ---- searching ------------------------------------------------------------------------------

  static void search(Node& node, const Score& score, Found& found) {
    if (node.level == 0) {
      block_of(node).rows.scan(score, found, &node);
      return;
    }
    const Inner& inner = inner_of(node);
    std::array<double, kFanout> bound;
    std::array<std::uint8_t, kFanout> position;
    std::uint32_t left = inner.size;
    for (std::uint32_t i = 0; i < left; ++i) {
      bound[i] = score_of(score, inner, i, std::make_index_sequence<kCorners>{});
      position[i] = static_cast<std::uint8_t>(i);
    }
    while (left > 0) {
      std::uint32_t best = 0;
      for (std::uint32_t i = 1; i < left; ++i) {
        if (bound[i] < bound[best] ||
            (bound[i] == bound[best] && inner.first[position[i]] < inner.first[position[best]])) {
          best = i;
        }
      }
      if (!found.loses_to(bound[best], inner.first[position[best]])) {
        found.others = std::min(found.others, bound[best]);
        return;
      }
      search(*inner.child[position[best]], score, found);
      --left;
      bound[best] = bound[left];
      position[best] = position[left];
    }
  }

  template <std::size_t... I>
  static double score_of(const Score& score, const Inner& inner, std::uint32_t position,
                         std::index_sequence<I...>) {
    return score(inner.corner[I][position]...);
  }

  // ---- growing and shrinking ------------------------------------------------------------------

  /// Puts a row into a full block: what lies behind it moves to a new one. So rows that come in
  /// order leave full blocks.
  void split(Block& block, const Row<Score>& row, std::uint64_t cluster) {
    std::array<std::uint64_t, Rows::kMost> clusters;
    std::array<std::uint32_t, Rows::kMost> slots;
    std::uint32_t stay = 0;
    for (std::uint32_t i = 0; i < Rows::kMost; ++i) {
      clusters[i] = Score::cluster(block.rows.row(i).columns);
      slots[i] = i;
      if (clusters[i] <= cluster) ++stay;
    }
    Block& behind = *blocks_.take();
    if (stay == Rows::kMost) {
      behind.rows.push(row);
      attach(block, behind, cluster);
      return;
    }
    stay = std::max(stay, Rows::kMost / 4);
    const auto middle = slots.begin() + stay;
    std::nth_element(slots.begin(), middle, slots.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return clusters[a] < clusters[b]; });
    const std::uint64_t fence = clusters[*middle];
    std::sort(middle, slots.end(), std::greater<>());  // the last first: taking moves the last
    for (auto slot = middle; slot != slots.end(); ++slot) behind.rows.push(block.rows.take(*slot));
    block.rows.push(row);
    attach(block, behind, fence);
  }

  /// Makes `behind` the next sibling of `node`, which has lost to it what lies from `fence` on.
  void attach(Node& node, Node& behind, std::uint64_t fence) {
    if (node.parent == nullptr) {
      Inner& root = *inners_.take();
      root.level = node.level + 1;
      root.parent = nullptr;
      root.size = 0;
      root.insert(0, node, 0, box_of(node));
      root_ = &root;
    }
    Inner& parent = *node.parent;
    const std::uint32_t position = parent.position_of(node);
    parent.set(position, box_of(node));
    if (parent.size < kFanout) {
      parent.insert(position + 1, behind, fence, box_of(behind));
      return;
    }
    Inner& beside = *inners_.take();
    beside.level = parent.level;
    beside.size = 0;
    const std::uint32_t stay = position + 1 == kFanout ? kFanout : kFanout / 2;
    for (std::uint32_t i = stay; i < kFanout; ++i) {
      beside.insert(i - stay, *parent.child[i], parent.fence[i], parent.box(i));
    }
    parent.size = stay;
    const std::uint64_t beside_fence = stay < kFanout ? beside.fence[0] : fence;
    Inner& home = position < stay && stay < kFanout ? parent : beside;
    home.insert(&home == &parent ? position + 1 : position + 1 - stay, behind, fence,
                box_of(behind));
    attach(parent, beside, beside_fence);
  }

  static std::uint32_t size_of(Node& node) {
    return node.level > 0 ? inner_of(node).size : block_of(node).rows.size;
  }

  /// After something was taken out of a node: drops it if it is empty, joins it with a neighbour if
  /// both have few, and sets the boxes above right.
  void shrink(Node& node) {
    if (node.parent == nullptr) {
      while (root_->level > 0 && inner_of(*root_).size == 1) {
        Inner& old = inner_of(*root_);
        root_ = old.child[0];
        root_->parent = nullptr;
        inners_.give(old);
      }
      return;
    }
    Inner& parent = *node.parent;
    std::uint32_t position = parent.position_of(node);
    const std::uint32_t most = node.level > 0 ? kFanout : Rows::kMost;
    if (size_of(node) == 0) {
      parent.remove(position);
      give(node);
    } else if (size_of(node) > most / 4 || !join(parent, position, most * 3 / 4)) {
      const Box box = box_of(node);
      if (box == parent.box(position)) return;
      parent.set(position, box);
    }
    shrink(parent);
  }

  /// Joins the child there with a neighbour if together they have at most so many.
  bool join(Inner& parent, std::uint32_t position, std::uint32_t most) {
    const auto fit = [&](std::uint32_t first) {
      return first + 1 < parent.size &&
             size_of(*parent.child[first]) + size_of(*parent.child[first + 1]) <= most;
    };
    if (!fit(position)) {
      if (position == 0 || !fit(position - 1)) return false;
      --position;
    }
    Node& left = *parent.child[position];
    Node& right = *parent.child[position + 1];
    if (left.level > 0) {
      Inner& from = inner_of(right);
      for (std::uint32_t i = 0; i < from.size; ++i) {
        inner_of(left).insert(inner_of(left).size, *from.child[i], from.fence[i], from.box(i));
      }
    } else {
      const Rows& from = block_of(right).rows;
      for (std::uint32_t i = 0; i < from.size; ++i) block_of(left).rows.push(from.row(i));
    }
    parent.set(position, box_of(left));
    parent.remove(position + 1);
    give(right);
    return true;
  }

  void give(Node& node) {
    if (node.level > 0) {
      inners_.give(inner_of(node));
    } else {
      block_of(node).rows.size = 0;
      block_of(node).parent = nullptr;
      blocks_.give(block_of(node));
    }
  }

  Pool<Block> blocks_;
  Pool<Inner> inners_;
  Node* root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace dysta
