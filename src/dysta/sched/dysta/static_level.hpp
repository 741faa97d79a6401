// Dysta's static level: the software that meets a request when it arrives.
#pragma once

#include "dysta/core/task.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "dysta/predict/predictor.hpp"
#include "dysta/trace/profile.hpp"

namespace dysta {

/// All that software writes into the scheduler for one request: the interface between Dysta's two
/// levels, and the contents of the hardware's request table.
struct RequestRecord {
  TaskId task{};
  VariantId variant{};                ///< selects the profile tables
  std::uint32_t sequence_length = 0;  ///< tokens, for predictors that use it; 0 without
  Seconds arrival{};
  Seconds deadline{};
  Seconds isolated{};              ///< estimated latency of the whole network
  double inverse_isolated_hz = 0;  ///< 1 / isolated, so that nothing divides later
  double first_score = 0;          ///< seconds; smallest runs
};

/// Estimates an arriving task from profiles and gives it its first score,
/// `isolated + β · max(0, SLO - isolated)` (Sparse-DySta, MICRO'23, algorithm 1).
class StaticLevel {
 public:
  /// With `truth` isolated latencies are the true ones instead of the tables'. Both must outlive
  /// the level.
  StaticLevel(const Profiles& profiles, Tables tables, const Truth* truth, double beta)
      : profiles_(profiles), tables_(tables), truth_(truth), beta_(beta) {}

  RequestRecord on_arrival(const TaskArrival& arrival) const;

 private:
  const Profiles& profiles_;
  Tables tables_;
  const Truth* truth_;
  double beta_;
};

}  // namespace dysta
