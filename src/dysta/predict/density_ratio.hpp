// The published predictors: profile tables corrected by the density seen so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "dysta/predict/predictor.hpp"
#include "dysta/trace/profile.hpp"

namespace dysta {

/// Which profile a task's latencies are estimated from.
enum class Tables : std::uint8_t {
  pattern,  ///< of its model pruned with its pattern
  model     ///< of its model, whatever the pattern
};

/// Remaining latency = γ · ΣE over the layers not yet run, γ being the mean ratio of observed to
/// average density over the last `window` layers (Sparse-DySta, MICRO'23, section 5): 0 leaves γ at
/// 1 and so predicts nothing, 1 is last-one, N last-N, `kAllLayers` average-all. With fewer layers
/// run than the window the mean is over those there are; before the first γ is 1.
class DensityRatioPredictor final : public Predictor {
 public:
  static constexpr std::uint32_t kAllLayers = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t kLargestWindow = 64;  ///< of those that forget

  /// `profiles` must outlive the predictor.
  DensityRatioPredictor(const Profiles& profiles, Tables tables, std::uint32_t window);

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  const LatencyTable& table(const Profile& profile) const {
    return tables_ == Tables::pattern ? profile.by_pattern : profile.by_model;
  }

  /// The mean with the ratio of a task's layer number `layers`, counted from 1.
  double ratio_mean(TaskId task, std::uint32_t layers, double ratio);

  const Profiles& profiles_;
  Tables tables_;
  std::uint32_t window_;
  std::size_t kept_;                 ///< numbers kept of a task
  std::vector<VariantId> variants_;  ///< by task
  std::vector<double> ratios_;  ///< by task, `kept_` each: the sum of all, or a ring of the last
};

}  // namespace dysta
