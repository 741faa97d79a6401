#include "dysta/metrics/summary.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/outcome.hpp"

namespace dysta {
namespace {

using test::Done;
using test::outcome_of;
using testing::ElementsAre;

// Turnarounds 2, 4, 8 and 2 s of 2, 2, 2 and 1 s alone: normalised 1, 2, 4 and 2; progress 1, 1/2,
// 1/4 and 1/2. The second is at its deadline, the third after it.
RunOutcome four_requests() {
  return outcome_of({{.arrival_s = 1, .isolated_s = 2, .completion_s = 3},
                     {.arrival_s = 2, .isolated_s = 2, .completion_s = 6, .slo_s = 4},
                     {.arrival_s = 2, .isolated_s = 2, .completion_s = 10, .slo_s = 7.5},
                     {.arrival_s = 7, .isolated_s = 1, .completion_s = 9}},
                    12, 5);
}

TEST(Summary, metrics_are_what_they_say) {
  const Summary summary = summarise(four_requests());
  EXPECT_EQ(summary[Metric::violation_rate], 0.25);
  EXPECT_EQ(summary[Metric::antt], 2.25);
  EXPECT_DOUBLE_EQ(summary[Metric::stp_inferences_per_s], 4.0 / (10 - 1));
  EXPECT_EQ(summary[Metric::system_throughput_normalised], 2.25);
  EXPECT_EQ(summary[Metric::mean_turnaround_s], 4);
  EXPECT_EQ(summary[Metric::preemptions], 5);
  EXPECT_EQ(summary[Metric::decisions], 12);
}

TEST(Summary, quantiles_are_of_turnarounds) {
  const Summary summary = summarise(four_requests());
  // Sorted 2, 2, 4, 8; positions 1.5, 2.85 and 2.97.
  EXPECT_EQ(summary[Metric::p50_turnaround_s], 3);
  EXPECT_DOUBLE_EQ(summary[Metric::p95_turnaround_s], 4 + 0.85 * 4);
  EXPECT_DOUBLE_EQ(summary[Metric::p99_turnaround_s], 4 + 0.97 * 4);
}

TEST(Summary, fairness_is_of_progress) {
  // (2.25)² / (4 · (1 + 1/4 + 1/16 + 1/4))
  EXPECT_DOUBLE_EQ(summarise(four_requests())[Metric::fairness_jain], 5.0625 / 6.25);
}

TEST(Summary, first_arrival_and_last_completion_may_be_of_any_request) {
  const RunOutcome outcome = outcome_of({{.arrival_s = 1, .isolated_s = 1, .completion_s = 9},
                                         {.arrival_s = 2, .isolated_s = 1, .completion_s = 3}});
  EXPECT_EQ(summarise(outcome)[Metric::stp_inferences_per_s], 0.25);
}

// Beyond 2^53 ns or so a clock in doubles cannot tell a short layer's end from its start.
TEST(Summary, progress_is_at_most_1_however_coarse_the_clock) {
  const Summary summary =
      summarise(outcome_of({{.arrival_s = 1e9, .isolated_s = 1e-9, .completion_s = 1e9},
                            {.arrival_s = 1e9, .isolated_s = 1, .completion_s = 1e9 + 2}}));
  EXPECT_EQ(summary[Metric::system_throughput_normalised], 1.5);
}

TEST(Summary, one_request_is_enough) {
  const Summary summary =
      summarise(outcome_of({{.arrival_s = 1, .isolated_s = 2, .completion_s = 5}}));
  EXPECT_EQ(summary[Metric::antt], 2);
  EXPECT_EQ(summary[Metric::p99_turnaround_s], 4);
  EXPECT_EQ(summary[Metric::fairness_jain], 1);
}

// ---- groups ---------------------------------------------------------------------------------

std::vector<std::string> labels_of(const std::vector<Group>& groups) {
  std::vector<std::string> labels;
  for (const Group& group : groups) {
    labels.push_back(group.label + ":" + std::to_string(group.requests));
  }
  return labels;
}

std::vector<double> antts_of(const std::vector<Group>& groups) {
  std::vector<double> values;
  for (const Group& group : groups) values.push_back(group.antt);
  return values;
}

const std::vector<std::string> kModels{"bert", "gpt2", "resnet50"};

TEST(Breakdown, is_by_priority_and_model_where_they_occur) {
  const Breakdown breakdown = break_down(
      outcome_of({{.completion_s = 2, .priority = Priority::high, .model = ModelId{2}},
                  {.completion_s = 4, .slo_s = 3, .priority = Priority::low, .model = ModelId{0}},
                  {.completion_s = 6, .priority = Priority::high, .model = ModelId{0}}}),
      kModels);
  EXPECT_THAT(labels_of(breakdown.by_priority), ElementsAre("1:1", "9:2"));
  EXPECT_THAT(antts_of(breakdown.by_priority), ElementsAre(4, 4));
  EXPECT_EQ(breakdown.by_priority[0].violation_rate, 1);
  EXPECT_EQ(breakdown.by_priority[1].mean_turnaround_s, 4);
  EXPECT_DOUBLE_EQ(breakdown.by_priority[1].p99_turnaround_s, 2 + 0.99 * 4);
  EXPECT_THAT(labels_of(breakdown.by_model), ElementsAre("bert:2", "resnet50:1"));
  EXPECT_THAT(antts_of(breakdown.by_model), ElementsAre(5, 2));
}

/// A breakdown of requests with these isolated times, each twice as long in the system.
Breakdown by_size(const std::vector<double>& isolated_s) {
  std::vector<Done> requests;
  for (const double isolated : isolated_s) {
    requests.push_back({.isolated_s = isolated, .completion_s = 2 * isolated});
  }
  return break_down(outcome_of(requests), kModels);
}

TEST(Breakdown, thirds_are_by_isolated_time) {
  const Breakdown breakdown = by_size({8, 1, 4, 2, 32, 16});
  EXPECT_THAT(labels_of(breakdown.by_size), ElementsAre("short:2", "middle:2", "long:2"));
  EXPECT_EQ(breakdown.by_size[0].mean_turnaround_s, 3);
  EXPECT_EQ(breakdown.by_size[1].mean_turnaround_s, 12);
  EXPECT_EQ(breakdown.by_size[2].mean_turnaround_s, 48);
}

TEST(Breakdown, what_does_not_divide_by_3_goes_to_the_longer_thirds) {
  EXPECT_THAT(labels_of(by_size({1, 2, 3, 4, 5}).by_size),
              ElementsAre("short:1", "middle:2", "long:2"));
  EXPECT_THAT(labels_of(by_size({1, 2}).by_size), ElementsAre("middle:1", "long:1"));
}

}  // namespace
}  // namespace dysta
