// Profile tables: what software knows of each variant before anything runs.
#pragma once

#include <span>
#include <vector>

#include "dysta/trace/conditional_table.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// Average latencies of a network's layers, in seconds.
struct LatencyTable {
  std::vector<double> layer_s;      ///< E[l], one entry a layer
  std::vector<double> remaining_s;  ///< ΣE from layer l to the end; one entry more, the last one 0

  double isolated_s() const { return remaining_s.front(); }
};

/// The tables of one variant. Means are over samples; those of a model over all samples of all its
/// variants, each sample counting once.
struct Profile {
  LatencyTable by_pattern{};              ///< of this model pruned with this pattern
  LatencyTable by_model{};                ///< of this model, whatever the pattern
  std::vector<double> average_density{};  ///< 1 - mean sparsity, one entry a layer, in (0, 1]
  Seconds e2e_pattern{};                  ///< mean latency of the whole network, this pattern
  Seconds e2e_model{};                    ///< mean latency of the whole network, any pattern
  ConditionalTable conditional;  ///< of this pattern, by length and what was seen of layers
};

/// The profiles of all variants of a trace set.
class Profiles {
 public:
  explicit Profiles(const TraceSet& traces);

  std::size_t size() const { return profiles_.size(); }
  const Profile& operator[](VariantId id) const { return profiles_[index(id)]; }
  std::span<const Profile> all() const { return profiles_; }

  /// Mean of `e2e_pattern` over the variants, each counting once.
  Seconds mean_e2e() const { return mean_e2e_; }

 private:
  std::vector<Profile> profiles_;
  Seconds mean_e2e_{};
};

}  // namespace dysta
