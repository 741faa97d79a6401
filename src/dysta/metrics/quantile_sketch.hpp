// Quantiles of more values than one wants to hold.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dysta {

/// Counts positive values in buckets whose bounds grow by a factor, so that a bucket's middle is
/// within a share `kRelativeError` of every value in it: DDSketch without a limit on its buckets
/// (C. Masson, J. E. Rim and H. K. Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
/// Relative-Error Guarantees", PVLDB 12(12), 2019). Two sketches merge into that of all their
/// values. Holds 8 bytes a bucket between the smallest and the largest value met: 9 KiB a factor of
/// 1000 between them.
class QuantileSketch {
 public:
  static constexpr double kRelativeError = 0.003;

  /// Where `value`, finite and greater than 0, is counted.
  static std::int32_t bucket_of(double value) {
    return static_cast<std::int32_t>(std::ceil(std::log(value) * kBucketsPerE));
  }

  /// One more value in a bucket. Allocates where the bucket lies outside those met.
  void add_to(std::int32_t bucket) {
    const std::int64_t place = std::int64_t{bucket} - first_;
    if (place < 0 || place >= static_cast<std::int64_t>(counts_.size())) cover(bucket);
    ++counts_[static_cast<std::size_t>(bucket - first_)];
    ++count_;
  }
  void add(double value) { add_to(bucket_of(value)); }

  void merge(const QuantileSketch& other);

  std::uint64_t count() const { return count_; }

  /// The `share` quantile, in [0, 1]: within `kRelativeError` of a value of which at most this
  /// share is smaller, that at ⌊share · (count - 1)⌋ in ascending order. At least one value is
  /// needed.
  double quantile(double share) const;

 private:
  static constexpr double kGrowth = (1 + kRelativeError) / (1 - kRelativeError);
  static const double kBucketsPerE;  ///< 1 / ln(kGrowth)

  void cover(std::int32_t bucket);

  std::int32_t first_ = 0;             ///< bucket that `counts_` begins with
  std::vector<std::uint64_t> counts_;  ///< by bucket
  std::uint64_t count_ = 0;
};

}  // namespace dysta
