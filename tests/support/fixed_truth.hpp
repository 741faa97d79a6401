// True latencies written out in a test.
#pragma once

#include <utility>
#include <vector>

#include "dysta/predict/predictor.hpp"

namespace dysta::test {

/// Tells what it was told: for each task the seconds from each of its layers on, and a last 0.
class FixedTruth final : public Truth {
 public:
  explicit FixedTruth(std::vector<std::vector<double>> remaining_s)
      : remaining_s_(std::move(remaining_s)) {}

  Estimate truth(TaskId task, std::uint32_t next_layer) const override {
    const auto& remaining_s = remaining_s_[index(task)];
    return {.remaining = Seconds{remaining_s[next_layer]},
            .next_layer = Seconds{remaining_s[next_layer] - remaining_s[next_layer + 1]},
            .isolated = Seconds{remaining_s[0]}};
  }

 private:
  std::vector<std::vector<double>> remaining_s_;
};

}  // namespace dysta::test
