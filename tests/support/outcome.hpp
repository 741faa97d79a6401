// Outcomes of runs written out in tests.
#pragma once

#include <vector>

#include "dysta/metrics/outcome.hpp"

namespace dysta::test {

struct Done {
  double arrival_s = 0;
  double isolated_s = 1;
  double completion_s = 1;
  double slo_s = 1000;
  Priority priority = Priority::low;
  ModelId model{};
};

inline RunOutcome outcome_of(const std::vector<Done>& requests, std::uint64_t decisions = 0,
                             std::uint64_t preemptions = 0) {
  RunOutcome outcome{.requests = {}, .decisions = decisions, .preemptions = preemptions};
  for (const Done& done : requests) {
    outcome.requests.push_back({.request = {.arrival = Seconds{done.arrival_s},
                                            .priority = done.priority,
                                            .slo = Seconds{done.slo_s}},
                                .model = done.model,
                                .isolated = Seconds{done.isolated_s},
                                .completion = Seconds{done.completion_s}});
  }
  return outcome;
}

}  // namespace dysta::test
