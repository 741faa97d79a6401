// The dynamic level in double precision, in seconds: the published policy.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "dysta/predict/predictor.hpp"
#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/ready_index.hpp"

namespace dysta {

/// The score of `DynamicLevel` at one choice.
struct DystaScore {
  enum Column : std::size_t { kRemaining, kDeadline, kLastRun, kInverseIsolated };

  static constexpr std::size_t kColumns = 4;
  /// A longer remaining latency is added, but takes slack away: it has both ends.
  static constexpr std::array kCorners{
      Corner{kRemaining, Corner::End::least}, Corner{kRemaining, Corner::End::greatest},
      Corner{kDeadline, Corner::End::least}, Corner{kLastRun, Corner::End::greatest},
      Corner{kInverseIsolated, Corner::End::least}};

  double beta = 0;
  double now_s = 0;
  double wait_scale_s = 0;  ///< the waiting term's unit over the number of ready tasks

  double operator()(double remaining_s, double remaining_in_slack_s, double deadline_s,
                    double last_run_s, double inverse_isolated_hz) const {
    const double slack = std::max(0.0, deadline_s - now_s - remaining_in_slack_s);
    const double waiting = (now_s - last_run_s) * inverse_isolated_hz * wait_scale_s;
    return remaining_s + beta * (slack + waiting);
  }

  /// Tasks of a variant, one deadline after the other.
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return joined(columns[kInverseIsolated], columns[kDeadline]);
  }

  /// Slack falls by a second a second at most, and waiting grows, but counts for less with more
  /// tasks ready. docs/decisions/010 derives the margin for rounding.
  static double later(double bound, const DystaScore& then, const DystaScore& now) {
    const double share =
        now.wait_scale_s < then.wait_scale_s ? now.wait_scale_s / then.wait_scale_s : 1.0;
    const double margin = (16 + 2 * now.beta) * std::numeric_limits<double>::epsilon();
    return std::max(0.0, bound * share * (1 - margin) - now.beta * (now.now_s - then.now_s));
  }
};

/// Computes scores as they are written, anew at every layer boundary, with any predictor for γ·rem.
class ExactLevel final : public DynamicLevel {
 public:
  struct Settings {
    double beta = 0.01;      ///< weight of slack and waiting against remaining latency
    double wait_unit_s = 1;  ///< seconds that the waiting term's pure number stands for
  };

  ExactLevel(std::unique_ptr<Predictor> predictor, Settings settings)
      : predictor_(std::move(predictor)), settings_(settings) {}

  void write(const RequestRecord& record) override;
  void layer_done(TaskId task, const Observation& observation) override;
  void retire(TaskId task) override { table_.retire(task); }
  TaskId select(Seconds now) override;

 private:
  std::unique_ptr<Predictor> predictor_;
  Settings settings_;
  ReadyIndex<DystaScore> table_;
};

}  // namespace dysta
