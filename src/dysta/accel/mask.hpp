// Which activations, weights and attention scores are not zero: one bit each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dysta {

/// Where one input's activations are not zero: channels × height × width, each row of an image
/// packed into words of 64 columns, the first column in the lowest bit.
class ActivationMask {
 public:
  /// All zero. Sizes are from 1.
  ActivationMask(int channels, int height, int width);

  /// Of values laid out [channel][height][width]; NaN counts as not zero.
  static ActivationMask of_nonzeros(std::span<const float> values, int channels, int height,
                                    int width);

  int channels() const { return channels_; }
  int height() const { return height_; }
  int width() const { return width_; }
  std::size_t words_per_row() const { return words_per_row_; }

  void set(int channel, int row, int column);

  /// The rows of one channel, `words_per_row()` words each.
  std::span<const std::uint64_t> plane(int channel) const {
    const std::size_t size = static_cast<std::size_t>(height_) * words_per_row_;
    return std::span(words_).subspan(static_cast<std::size_t>(channel) * size, size);
  }

  std::int64_t nonzeros() const;

  /// Share of zeros: what a monitor sees. In [0, 1].
  double sparsity() const;

 private:
  int channels_;
  int height_;
  int width_;
  std::size_t words_per_row_;
  std::vector<std::uint64_t> words_;
};

/// Where a layer's weights are not zero, laid out [out][in / groups][kernel height][kernel width],
/// a byte of 0 or 1 each: weights are looked at once, when a layer is prepared.
class WeightMask {
 public:
  explicit WeightMask(std::vector<std::uint8_t> bits) : bits_(std::move(bits)) {}

  static WeightMask of_nonzeros(std::span<const float> values);

  std::span<const std::uint8_t> bits() const { return bits_; }

  /// Share that is not zero, in [0, 1].
  double density() const;

 private:
  std::vector<std::uint8_t> bits_;
};

/// Which attention scores are kept, for every head and query a row of keys; and which are visible
/// at all: the rest is padding, and counts neither as kept nor as dropped.
class AttentionMask {
 public:
  /// Nothing is kept and everything visible.
  AttentionMask(int heads, int queries, int keys);

  int heads() const { return heads_; }
  int queries() const { return queries_; }
  int keys() const { return keys_; }

  void keep(int head, int query, int key);

  /// Keeps the visible entries of one row whose probability is greater than `threshold`.
  void keep_above(int head, int query, std::span<const float> probabilities, float threshold);

  /// Hides a key, or a query, from all that follows. Entries that were kept there are dropped.
  void hide_key(int key);
  void hide_query(int query);

  bool query_visible(int query) const { return query_visible_[static_cast<std::size_t>(query)]; }
  int visible_query_count() const;
  int visible_key_count() const;

  /// Bit per key, 64 a word: what of a row is visible, if its query is.
  std::span<const std::uint64_t> visible_keys() const { return visible_keys_; }

  /// What is kept of one row, hidden entries never.
  std::span<const std::uint64_t> row(int head, int query) const {
    return std::span(words_).subspan(row_index(head, query) * words_per_row_, words_per_row_);
  }

  std::int64_t visible() const;
  std::int64_t kept() const;

  /// Kept over visible entries, in [0, 1]; 0 where nothing is visible.
  double density() const;

 private:
  std::size_t row_index(int head, int query) const {
    return static_cast<std::size_t>(head) * static_cast<std::size_t>(queries_) +
           static_cast<std::size_t>(query);
  }

  int heads_;
  int queries_;
  int keys_;
  std::size_t words_per_row_;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> visible_keys_;
  std::vector<bool> query_visible_;
};

}  // namespace dysta
