// Remaining latency as a conditional expectation: what is known at arrival, then what is monitored.
#pragma once

#include <cstdint>
#include <vector>

#include "dysta/predict/predictor.hpp"
#include "dysta/trace/profile.hpp"

namespace dysta {

/// What a `ConditionalPredictor` takes into account; each is one of the parts of
/// `ConditionalTable`.
enum class Evidence : std::uint8_t {
  length,        ///< of the input, known at arrival
  mean_density,  ///< and the mean of all densities seen, times an elasticity
  recursion      ///< and a running estimate that every layer's density and latency correct
};

/// Looks the expectation up in the `ConditionalTable` of the task's variant. An input of a variant
/// without lengths has the mean's. Only the recursion tells a standard deviation, and to it a layer
/// without a latency teaches nothing: what a density is worth hangs on what the latency says.
class ConditionalPredictor final : public Predictor {
 public:
  /// `profiles` must outlive the predictor.
  ConditionalPredictor(const Profiles& profiles, Evidence evidence)
      : profiles_(profiles), evidence_(evidence) {}

  Estimate on_arrival(const TaskArrival& arrival) override;
  Estimate on_layer_done(TaskId task, const Observation& observation) override;

 private:
  struct State {
    const ConditionalTable* table = nullptr;
    std::size_t bucket = 0;
    double length = 0;
    double surplus_sum = 0;  ///< of density / mean density - 1, over the layers run
    double expected = 0;     ///< of remaining / what the length lets expect - 1
  };

  Estimate estimate(const State& state, std::size_t next_layer) const;

  const Profiles& profiles_;
  Evidence evidence_;
  std::vector<State> states_;  ///< by task
};

}  // namespace dysta
