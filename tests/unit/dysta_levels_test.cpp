// Dysta's two levels apart: what software writes, and what the hardware does with it.
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/sched/dysta/exact_level.hpp"
#include "dysta/sched/dysta/first_score_level.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "support/fixed_truth.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;

// ---- the static level -----------------------------------------------------------------------

/// Variant m_a takes 4 s on average, m_b 12 s, their model 8 s.
class StaticLevelTest : public testing::Test {
 protected:
  static TaskArrival arrival(double slo_s) {
    return {.task = TaskId{0},
            .variant = VariantId{0},
            .arrival = Seconds{3},
            .slo = Seconds{slo_s},
            .priority = Priority::high};
  }

  const TraceSet traces_{
      {tiny_trace("m_a", {{{1, 0}, {3, 0}}}), tiny_trace("m_b", {{{6, 0}, {6, 0}}})}};
  const Profiles profiles_{traces_};
};

TEST_F(StaticLevelTest, writes_the_latency_its_inverse_and_the_first_score) {
  const StaticLevel software(profiles_, Tables::pattern, nullptr, 0.25);
  const RequestRecord record = software.on_arrival(arrival(20));
  EXPECT_EQ(record.isolated, Seconds{4});
  EXPECT_EQ(record.inverse_isolated_hz, 0.25);
  EXPECT_EQ(record.first_score, 4 + 0.25 * (20 - 4));
  EXPECT_EQ(record.variant, VariantId{0});
  EXPECT_EQ(record.deadline, Seconds{23});
  EXPECT_EQ(record.arrival, Seconds{3});
}

TEST_F(StaticLevelTest, slack_is_never_negative) {
  const StaticLevel software(profiles_, Tables::pattern, nullptr, 0.25);
  EXPECT_EQ(software.on_arrival(arrival(2)).first_score, 4);
}

TEST_F(StaticLevelTest, may_not_know_patterns) {
  const StaticLevel software(profiles_, Tables::model, nullptr, 0.25);
  const RequestRecord record = software.on_arrival(arrival(20));
  EXPECT_EQ(record.isolated, Seconds{8});
  EXPECT_EQ(record.inverse_isolated_hz, 0.125);
  EXPECT_EQ(record.first_score, 8 + 0.25 * (20 - 8));
}

TEST_F(StaticLevelTest, may_know_the_truth) {
  const test::FixedTruth truth({{2, 1, 0}});
  const StaticLevel software(profiles_, Tables::pattern, &truth, 0.25);
  const RequestRecord record = software.on_arrival(arrival(20));
  EXPECT_EQ(record.isolated, Seconds{2});
  EXPECT_EQ(record.inverse_isolated_hz, 0.5);
  EXPECT_EQ(record.first_score, 2 + 0.25 * (20 - 2));
}

// ---- the dynamic level, exact
// ----------------------------------------------------------------------

/// Remaining latency is whatever the layer's number is written to mean in the test.
class WrittenPredictor final : public Predictor {
 public:
  explicit WrittenPredictor(std::vector<std::vector<double>> remaining_s)
      : remaining_s_(std::move(remaining_s)) {}
  Estimate on_arrival(const TaskArrival& arrival) override { return estimate(arrival.task, 0); }
  Estimate on_layer_done(TaskId task, const Observation& observation) override {
    return estimate(task, observation.layer + 1);
  }

 private:
  Estimate estimate(TaskId task, std::size_t layer) const {
    return {.remaining = Seconds{remaining_s_[index(task)][layer]}};
  }
  std::vector<std::vector<double>> remaining_s_;
};

class ExactLevelTest : public testing::Test {
 protected:
  void make(std::vector<std::vector<double>> remaining_s, ExactLevel::Settings settings) {
    level_ = std::make_unique<ExactLevel>(
        std::make_unique<WrittenPredictor>(std::move(remaining_s)), settings);
  }
  /// A request with this deadline, `isolated_s` long on average.
  void write(std::uint32_t task, double arrival_s, double deadline_s, double isolated_s,
             double first_score = 0) {
    level_->write({.task = TaskId{task},
                   .arrival = Seconds{arrival_s},
                   .deadline = Seconds{deadline_s},
                   .isolated = Seconds{isolated_s},
                   .inverse_isolated_hz = 1 / isolated_s,
                   .first_score = first_score});
  }
  TaskId select(double now_s) { return level_->select(Seconds{now_s}); }
  void layer_done(TaskId task, std::uint32_t layer, double end_s) {
    level_->layer_done(task, {.layer = layer, .sparsity = 0, .end = Seconds{end_s}});
  }

  std::unique_ptr<DynamicLevel> level_;
};

TEST_F(ExactLevelTest, remaining_latency_counts_where_nothing_else_differs) {
  make({{4}, {3}}, {.beta = 0});
  write(0, 0, 1, 4);
  write(1, 0, 100, 3);
  EXPECT_EQ(select(0), TaskId{1});
}

TEST_F(ExactLevelTest, slack_counts_with_beta_and_never_below_0) {
  // 4 + 0.5 · max(0, 2 - 4) = 4 against 3 + 0.5 · (6 - 3) = 4.5.
  make({{4}, {3}}, {.beta = 0.5});
  write(0, 0, 2, 4);
  write(1, 0, 6, 3);
  EXPECT_EQ(select(0), TaskId{0});
}

TEST_F(ExactLevelTest, slack_shrinks_as_time_passes) {
  const auto select_at = [this](double now_s) {
    make({{4}, {3}}, {.beta = 0.5, .wait_unit_s = 0});
    write(0, 0, 6, 4);
    write(1, 0, 20, 3);
    return select(now_s);
  };
  EXPECT_EQ(select_at(0), TaskId{0});   // 4 + 0.5 · (6 - 4) = 5 against 3 + 0.5 · (20 - 3) = 11.5
  EXPECT_EQ(select_at(16), TaskId{1});  // 4 + 0 against 3 + 0.5 · (20 - 16 - 3) = 3.5
}

TEST_F(ExactLevelTest, waiting_counts_per_isolated_second_and_ready_task) {
  const auto select_with_unit = [this](double wait_unit_s) {
    make({{2}, {2}}, {.beta = 0.5, .wait_unit_s = wait_unit_s});
    write(0, 0, 4, 2);
    write(1, 3, 7.25, 2);
    return select(4);
  };
  // The first has no slack and waits for 4 s, the second has 1.25 s of slack and waits for 1 s:
  //   2 + 0.5 · 4 / (2 · 2) = 2.5 against 2 + 0.5 · (1.25 + 1 / (2 · 2)) = 2.75.
  // Not divided by the two that are ready it would be 3 against 2.875.
  EXPECT_EQ(select_with_unit(1), TaskId{0});
  // 2 + 0.5 · 4 · 1 = 4 against 2 + 0.5 · (1.25 + 4 · 0.25) = 3.125.
  EXPECT_EQ(select_with_unit(4), TaskId{1});
}

TEST_F(ExactLevelTest, only_tasks_that_are_ready_count_as_waiting) {
  // Waiting unit 4, beta 1. At 4, with the third task running, n = 2:
  //   2 + 4 · 4 / (2 · 2) = 6 against 2 + 2.5 + 4 · 1 / (2 · 2) = 5.5.
  // Counting the running one too, n = 3, it would be 4.67 against 5.17.
  make({{2}, {2}, {1}}, {.beta = 1, .wait_unit_s = 4});
  write(2, 0, 1, 1000);
  write(0, 0, 4, 2);
  write(1, 3, 8.5, 2);
  EXPECT_EQ(select(4), TaskId{2});
  EXPECT_EQ(select(4), TaskId{1});
}

TEST_F(ExactLevelTest, a_layer_done_replaces_the_remaining_latency) {
  make({{4, 1}, {2, 1.5}}, {.beta = 0});
  write(0, 0, 1, 4);
  write(1, 0, 1, 2);
  EXPECT_EQ(select(0), TaskId{1});
  EXPECT_EQ(select(0), TaskId{0});
  layer_done(TaskId{1}, 0, 1);
  layer_done(TaskId{0}, 0, 3);
  EXPECT_EQ(select(3), TaskId{0});  // 1 against 1.5
}

TEST_F(ExactLevelTest, waiting_starts_again_at_the_end_of_a_layer) {
  // The first ran until 3. At 4, n = 2, unit 8: 2 + 8 · (4 - 3) / (4 · 2) = 3 against
  // 1.5 + 8 · (4 - 2) / (4 · 2) = 3.5. Had it waited since its arrival: 2 + 4 = 6.
  make({{9, 2}, {1.5}}, {.beta = 1, .wait_unit_s = 8});
  write(0, 0, 1, 4);
  EXPECT_EQ(select(0), TaskId{0});
  write(1, 2, 3, 4);
  layer_done(TaskId{0}, 0, 3);
  EXPECT_EQ(select(4), TaskId{0});
}

TEST_F(ExactLevelTest, equal_scores_go_to_the_request_written_first) {
  make({{2}, {2}, {2}}, {.beta = 0.5});
  write(2, 0, 8, 2);
  write(0, 0, 8, 2);
  write(1, 0, 8, 2);
  EXPECT_EQ(select(0), TaskId{2});
  EXPECT_EQ(select(0), TaskId{0});
}

TEST_F(ExactLevelTest, a_retired_task_is_gone) {
  make({{1}, {2}}, {});
  write(0, 0, 8, 1);
  write(1, 0, 8, 2);
  EXPECT_EQ(select(0), TaskId{0});
  level_->retire(TaskId{0});
  EXPECT_EQ(select(1), TaskId{1});
}

// ---- first scores ---------------------------------------------------------------------------

class FirstScoreLevelTest : public ExactLevelTest {
 protected:
  void make(std::vector<std::vector<double>> remaining_s) {
    level_ = std::make_unique<FirstScoreLevel>(
        std::make_unique<WrittenPredictor>(std::move(remaining_s)));
  }
};

TEST_F(FirstScoreLevelTest, they_are_kept_less_the_work_done) {
  // First scores 6 and 5; when the first task has done 3 of its 4 s, 6 - 3 is less than 5, though
  // deadlines and waiting have changed meanwhile.
  make({{4, 1}, {2}});
  write(0, 0, 8, 4, 6);
  EXPECT_EQ(select(0), TaskId{0});
  write(1, 1, 9, 2, 5);
  layer_done(TaskId{0}, 0, 3);
  EXPECT_EQ(select(100), TaskId{0});
}

TEST_F(FirstScoreLevelTest, they_do_not_age) {
  make({{4}, {2}});
  write(0, 0, 8, 4, 6);
  write(1, 0, 9, 2, 5);
  EXPECT_EQ(select(1000), TaskId{1});
}

TEST_F(FirstScoreLevelTest, equal_ones_go_to_the_request_written_first) {
  make({{2}, {2}, {2}});
  write(2, 0, 8, 2, 5);
  write(0, 0, 8, 2, 5);
  write(1, 0, 8, 2, 5);
  EXPECT_EQ(select(0), TaskId{2});
  EXPECT_EQ(select(0), TaskId{0});
}

}  // namespace
}  // namespace dysta
