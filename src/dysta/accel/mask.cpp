#include "dysta/accel/mask.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "dysta/accel/mask_kernels.hpp"

namespace dysta {
namespace {

constexpr std::size_t kWordBits = 64;

std::size_t words_for(int bits) {
  return (static_cast<std::size_t>(bits) + kWordBits - 1) / kWordBits;
}

std::uint64_t bit(int index) {
  return std::uint64_t{1} << (static_cast<unsigned>(index) % kWordBits);
}

std::size_t word(int index) { return static_cast<std::size_t>(index) / kWordBits; }

std::int64_t ones(std::span<const std::uint64_t> words) {
  return std::accumulate(words.begin(), words.end(), std::int64_t{0},
                         [](std::int64_t sum, std::uint64_t w) { return sum + std::popcount(w); });
}

}  // namespace

ActivationMask::ActivationMask(int channels, int height, int width)
    : channels_(channels),
      height_(height),
      width_(width),
      words_per_row_(words_for(width)),
      words_(static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
             words_per_row_) {}

ActivationMask ActivationMask::of_nonzeros(std::span<const float> values, int channels, int height,
                                           int width) {
  ActivationMask mask(channels, height, width);
  pack_nonzeros(values.data(),
                static_cast<std::size_t>(channels) * static_cast<std::size_t>(height),
                static_cast<std::size_t>(width), mask.words_.data());
  return mask;
}

void ActivationMask::set(int channel, int row, int column) {
  const std::size_t index = static_cast<std::size_t>(channel) * static_cast<std::size_t>(height_) +
                            static_cast<std::size_t>(row);
  words_[index * words_per_row_ + word(column)] |= bit(column);
}

std::int64_t ActivationMask::nonzeros() const { return ones(words_); }

double ActivationMask::sparsity() const {
  const std::int64_t all = std::int64_t{channels_} * height_ * width_;
  return static_cast<double>(all - nonzeros()) / static_cast<double>(all);
}

WeightMask WeightMask::of_nonzeros(std::span<const float> values) {
  std::vector<std::uint8_t> bits(values.size());
  std::transform(values.begin(), values.end(), bits.begin(),
                 [](float value) { return static_cast<std::uint8_t>(value != 0.0F); });
  return WeightMask(std::move(bits));
}

double WeightMask::density() const {
  const auto nonzeros = std::accumulate(bits_.begin(), bits_.end(), std::int64_t{0});
  return static_cast<double>(nonzeros) / static_cast<double>(bits_.size());
}

AttentionMask::AttentionMask(int heads, int queries, int keys)
    : heads_(heads),
      queries_(queries),
      keys_(keys),
      words_per_row_(words_for(keys)),
      words_(static_cast<std::size_t>(heads) * static_cast<std::size_t>(queries) * words_per_row_),
      visible_keys_(words_per_row_),
      query_visible_(static_cast<std::size_t>(queries), true) {
  for (int key = 0; key < keys; ++key) visible_keys_[word(key)] |= bit(key);
}

void AttentionMask::keep(int head, int query, int key) {
  if (!query_visible(query)) return;
  words_[row_index(head, query) * words_per_row_ + word(key)] |=
      bit(key) & visible_keys_[word(key)];
}

void AttentionMask::keep_above(int head, int query, std::span<const float> probabilities,
                               float threshold) {
  for (int key = 0; key < keys_; ++key) {
    if (probabilities[static_cast<std::size_t>(key)] > threshold) keep(head, query, key);
  }
}

void AttentionMask::hide_key(int key) {
  visible_keys_[word(key)] &= ~bit(key);
  for (std::size_t i = word(key); i < words_.size(); i += words_per_row_) words_[i] &= ~bit(key);
}

void AttentionMask::hide_query(int query) {
  query_visible_[static_cast<std::size_t>(query)] = false;
  for (int head = 0; head < heads_; ++head) {
    std::fill_n(
        words_.begin() + static_cast<std::ptrdiff_t>(row_index(head, query) * words_per_row_),
        words_per_row_, 0);
  }
}

int AttentionMask::visible_query_count() const {
  return static_cast<int>(std::count(query_visible_.begin(), query_visible_.end(), true));
}

int AttentionMask::visible_key_count() const { return static_cast<int>(ones(visible_keys_)); }

std::int64_t AttentionMask::visible() const {
  return std::int64_t{heads_} * visible_query_count() * ones(visible_keys_);
}

std::int64_t AttentionMask::kept() const { return ones(words_); }

double AttentionMask::density() const {
  const std::int64_t all = visible();
  return all == 0 ? 0 : static_cast<double>(kept()) / static_cast<double>(all);
}

}  // namespace dysta
