// The dynamic level in double precision, in seconds: the published policy.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "dysta/predict/predictor.hpp"
#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/ready_list.hpp"

namespace dysta {

/// Computes scores as they are written, with any predictor for γ·rem.
class ExactLevel final : public DynamicLevel {
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

  ExactLevel(std::unique_ptr<Predictor> predictor, Settings settings)
      : predictor_(std::move(predictor)), settings_(settings) {}

  void write(const RequestRecord& record) override;
  void layer_done(TaskId task, const Observation& observation) override;
  void retire(TaskId task) override { table_.remove(task); }
  TaskId select(Seconds now) override;

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
