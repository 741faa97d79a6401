// Dysta's dynamic level: what the hardware beside the accelerator keeps and computes.
#pragma once

#include <cstdint>
#include <memory>

#include "dysta/predict/predictor.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "dysta/sched/ready_list.hpp"

namespace dysta {

/// Holds the request table, corrects remaining latencies by what the monitor sees, and selects the
/// task that runs next (Sparse-DySta, MICRO'23, algorithm 2 and section 5):
///
///   score = γ·rem + β · ( max(0, deadline - now - γ·rem) + wait_unit · (now - last_run) / (iso·n)
///   )
///
/// with n the number of ready tasks; the smallest score runs. Its four operations are all that the
/// RTL has to offer.
class DynamicLevel {
 public:
  enum class Refresh : std::uint8_t {
    boundary,    ///< scores are computed anew at every layer boundary: the published policy
    first_score  ///< a task keeps its first score less the work done: what software alone can do
  };

  struct Settings {
    double beta = 0.01;      ///< weight of slack and waiting against remaining latency
    double wait_unit_s = 1;  ///< seconds that the waiting term's pure number stands for
    Refresh refresh = Refresh::boundary;
  };

  DynamicLevel(std::unique_ptr<Predictor> predictor, Settings settings)
      : predictor_(std::move(predictor)), settings_(settings) {}

  /// Software wrote a request.
  void write(const RequestRecord& record);

  /// The monitor saw a layer of `task` end that was not its last.
  void layer_done(TaskId task, const Observation& observation);

  /// The last layer of `task` ended.
  void retire(TaskId task) { table_.remove(task); }

  /// The task that runs next. At least one must be ready.
  TaskId select(Seconds now);

 private:
  struct Row {
    TaskId id{};
    double remaining_s = 0;  ///< γ·rem
    double deadline_s = 0;
    double last_run_s = 0;
    double inverse_isolated_hz = 0;
    double isolated_s = 0;
    double first_score = 0;
  };

  std::unique_ptr<Predictor> predictor_;
  Settings settings_;
  ReadyList<Row> table_;
};

}  // namespace dysta
