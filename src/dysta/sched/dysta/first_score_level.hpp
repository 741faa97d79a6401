// A dynamic level that software alone can have: first scores, less the work done.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "dysta/predict/predictor.hpp"
#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/ready_index.hpp"

namespace dysta {

/// The first score less the work done, which changes only while a task runs.
struct FirstScore {
  enum Column : std::size_t { kFirstScore, kIsolated, kRemaining };

  static constexpr std::size_t kColumns = 3;
  static constexpr std::array kCorners{Corner{kFirstScore, Corner::End::least},
                                       Corner{kIsolated, Corner::End::greatest},
                                       Corner{kRemaining, Corner::End::least}};

  double operator()(double first_score, double isolated_s, double remaining_s) const {
    return first_score - (isolated_s - remaining_s);
  }

  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return ordinal(FirstScore{}(columns[kFirstScore], columns[kIsolated], columns[kRemaining]));
  }
  static double later(double bound, const FirstScore&, const FirstScore&) { return bound; }
};

/// What Dysta's second level adds is the difference to this.
class FirstScoreLevel final : public DynamicLevel {
 public:
  explicit FirstScoreLevel(std::unique_ptr<Predictor> predictor)
      : predictor_(std::move(predictor)) {}

  void write(const RequestRecord& record) override;
  void layer_done(TaskId task, const Observation& observation) override;
  void retire(TaskId task) override { table_.retire(task); }
  TaskId select(Seconds) override { return table_.run_smallest({}); }

 private:
  std::unique_ptr<Predictor> predictor_;
  ReadyIndex<FirstScore> table_;
};

}  // namespace dysta
