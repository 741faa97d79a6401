// Schedules worked out by hand, a few for every policy.
//
// Requests are A, B, C … in the order given; each asks for a network of its own, so that an
// estimate is what its `Ask` says. "At 4: A 3, B 2" lists the scores at the decision at 4 s. An
// order "ABA" is the sequence of layers.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/schedule.hpp"

namespace dysta {
namespace {

using test::Ask;
using test::Recorded;
using test::run_of;
using test::Schedule;
using test::schedule_of;
using testing::ElementsAre;

constexpr auto kHigh = Priority::high;
constexpr auto kMedium = Priority::medium;

// ---- fcfs -----------------------------------------------------------------------------------

TEST(Fcfs, runs_to_the_end_in_the_order_of_arrival_and_of_requests) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 1}},
      {.arrival_s = 0.5, .layers_s = {1}},
      {.arrival_s = 0.5, .layers_s = {0.25}, .slo_s = 1, .priority = kHigh},
  };
  EXPECT_EQ(schedule_of("fcfs", asks), (Schedule{"AABC", {2, 3, 3.25}}));
}

// ---- sjf and its kin ------------------------------------------------------------------------

// At 2: A 4, B 2. At 3: A 4, B 1, C 4. At 4: A 4, C 4, and A came first. At 6: A 2, C 4.
TEST(Sjf, counts_what_remains) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2, 2}},
      {.arrival_s = 1, .layers_s = {1, 1}},
      {.arrival_s = 3, .layers_s = {4}},
  };
  EXPECT_EQ(schedule_of("sjf", asks), (Schedule{"ABBAAC", {8, 4, 12}}));
}

// Variants A and B of one model take 2 and 6 s, on average 4. By model: A 4, B 4, C 3; then A came
// first. By pattern: A 2, B 6, C 3.
TEST(Sjf, does_not_know_patterns_unless_told) {
  const std::vector<Ask> asks{
      {.layers_s = {2}, .model = "m"},
      {.layers_s = {6}, .model = "m"},
      {.layers_s = {3}},
  };
  EXPECT_EQ(schedule_of("sjf", asks), (Schedule{"CAB", {5, 11, 3}}));
  EXPECT_EQ(schedule_of("sjf:tables=pattern", asks), (Schedule{"ACB", {2, 11, 5}}));
}

// At 1, A's first layer having been 1.5 times as dense as on average: sjf A 4, B 5; sjf_sparse
// A 1.5 · 4 = 6, B 5.
TEST(SjfSparse, a_dense_input_is_put_aside) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 4}, .densities = {0.75, 0.5}},
      {.arrival_s = 1, .layers_s = {5}},
  };
  EXPECT_EQ(schedule_of("sjf", asks), (Schedule{"AAB", {5, 10}}));
  EXPECT_EQ(schedule_of("sjf_sparse", asks), (Schedule{"ABA", {10, 6}}));
}

// At 1, half as dense: sjf A 4, B 3; sjf_sparse A 0.5 · 4 = 2, B 3.
TEST(SjfSparse, a_sparse_input_is_kept) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 4}, .densities = {0.25, 0.5}},
      {.arrival_s = 1, .layers_s = {3}},
  };
  EXPECT_EQ(schedule_of("sjf", asks), (Schedule{"ABA", {8, 4}}));
  EXPECT_EQ(schedule_of("sjf_sparse", asks), (Schedule{"AAB", {5, 8}}));
}

// Averages over A's two inputs are 1 and (2 + 6) / 2 = 4 s; its own second layer takes 2. At 1: sjf
// A 4, B 3; srpt A 2, B 3.
TEST(Srpt, knows_true_latencies) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 2}, .other_layers_s = {1, 6}},
      {.arrival_s = 1, .layers_s = {3}},
  };
  EXPECT_EQ(schedule_of("sjf", asks), (Schedule{"ABA", {6, 4}}));
  EXPECT_EQ(schedule_of("srpt", asks), (Schedule{"AAB", {3, 6}}));
}

// At 1 A has 2 s left of its 3 and B 2.5 s of 2.5: 6 against 6.25. At 2, A has 1 s left and C
// takes 1.5 s: 3 against 2.25, so C runs though more is left of it.
TEST(SrptWeighted, what_is_left_counts_times_the_isolated_latency) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 1, 1}},
      {.arrival_s = 1, .layers_s = {2.5}},
      {.arrival_s = 2, .layers_s = {1.5}},
  };
  EXPECT_EQ(schedule_of("srpt", asks), (Schedule{"AAACB", {3, 7, 4.5}}));
  EXPECT_EQ(schedule_of("srpt_weighted", asks), (Schedule{"AACAB", {4.5, 7, 3.5}}));
}

// γ corrects both: at 1 A is half as dense as on average, so 2 s are expected of the 4 s that are
// left, 2.5 s of the 5 s of the whole, which is a score of 5. B's is the square of its latency.
TEST(SrptWeighted, with_estimates_both_are_corrected) {
  const auto order = [](double b_s) {
    return schedule_of("sjf_sparse:weight=isolated",
                       {{.layers_s = {1, 4}, .densities = {0.25, 0.5}},
                        {.arrival_s = 1, .layers_s = {b_s}}})
        .order;
  };
  EXPECT_EQ(order(2.2), "ABA");  // 4.84 against 5
  EXPECT_EQ(order(2.3), "AAB");  // 5.29
}

// ---- predictors -----------------------------------------------------------------------------

// A's layers are 0.5, 1.75, 1 and 1.75 times as dense as on average, and 8 s are left of it at 4,
// when B arrives. B runs first if it takes less than γ · 8 s, γ being 1 (none), 5/4 (average_all),
// (1 + 1.75) / 2 (last two), 4.5/3 (last three) or 1.75 (last_one).
TEST(Predictors, look_back_as_far_as_they_say) {
  const std::vector<std::pair<std::string, double>> expected{
      {"none", 8}, {"average_all", 10}, {"last_n,n=2", 11}, {"last_n", 12}, {"last_one", 14}};
  for (const auto& [predictor, remaining_s] : expected) {
    const auto order_against = [&, name = predictor](double other_s) {
      return schedule_of("sjf:predictor=" + name, {{.layers_s = {1, 1, 1, 1, 8},
                                                    .densities = {0.25, 0.875, 0.5, 0.875, 0.5}},
                                                   {.arrival_s = 4, .layers_s = {other_s}}})
          .order;
    };
    EXPECT_EQ(order_against(remaining_s - 0.125), "AAAABA") << predictor;
    EXPECT_EQ(order_against(remaining_s), "AAAAAB") << predictor;
    EXPECT_EQ(order_against(remaining_s + 0.125), "AAAAAB") << predictor;
  }
}

// ---- prema ----------------------------------------------------------------------------------

const std::vector<Ask> kPremaThreshold{
    {.layers_s = {1, 1, 2}},
    {.layers_s = {4, 4}, .priority = kMedium},
    {.arrival_s = 9, .layers_s = {1}},
};

// Tokens; the threshold that the largest of those not new sets; who may run, with what remains.
//  At 0:  A 1 new, B 3 new: threshold 1. A 4, B 8.
//  At 1:  A 1 + 0, B 3 + 3 · 1/8 = 3.375: threshold 3. B.
//  At 5:  A 1 + 4/4 = 2, B 3.375: threshold 3. B.
//  At 9:  A 2 + 8/4 = 4 (all of its waiting once more), C 1 new: threshold 3. A, though C is
//         shorter.
//  At 10: A 4, C 1 + 1/1 = 2: threshold 3. A.
//  At 12: C 2 + 3/1 = 5. C.
TEST(Prema, tokens_open_the_way_for_the_shortest_of_those_above_the_threshold) {
  EXPECT_EQ(schedule_of("prema", kPremaThreshold), (Schedule{"ABBAAC", {12, 9, 13}}));
}

//  At 0:  A 1, B 3: threshold 3. B.
//  At 4:  A 1 + 4/4 = 2, B 3: threshold 3. B.
//  At 8:  A 1 + 8/4 = 3. A.
//  At 9:  A 1 (it ran), C 1: threshold 1. A 3, C 1: C.
TEST(Prema, tokens_may_count_waiting_once_and_be_reset_by_running) {
  EXPECT_EQ(schedule_of("prema:tokens=once", kPremaThreshold), (Schedule{"BBACAA", {13, 8, 10}}));
}

//  At 0: all new: threshold 1. A 8, B 2, C 1: C.
//  At 1: A 9 + 9 · 1/8 = 10.125, B 3 + 3 · 1/2 = 4.5: threshold 9. A.
//  At 5: A 10.125, B 4.5 + 3 · 5/2 = 12: threshold 9. A 4, B 2: B.
//  At 6: A 10.125 + 9 · 1/8 = 11.25, B 12: threshold 9. A 4, B 1: B.
TEST(Prema, the_highest_threshold_is_9) {
  const std::vector<Ask> asks{
      {.layers_s = {4, 4}, .priority = kHigh},
      {.layers_s = {1, 1}, .priority = kMedium},
      {.layers_s = {1}},
  };
  EXPECT_EQ(schedule_of("prema", asks), (Schedule{"CABBA", {11, 7, 1}}));
}

// At 2: A 9 + 0: threshold 9. A, though B has 3 and is shorter.
TEST(Prema, a_token_of_9_is_enough_for_the_highest_threshold) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2}, .priority = kHigh},
      {.arrival_s = 2, .layers_s = {1}, .priority = kMedium},
  };
  EXPECT_EQ(schedule_of("prema", asks), (Schedule{"AAB", {4, 5}}));
}

//  At 0:  threshold 1. A 4, B 8: A.
//  At 2:  A 1, B 3 + 3 · 2/8 = 3.75: threshold 3. B.
//  At 6:  A 1 + 4/4 = 2: B. Per remaining second A would have 1 + 4/2 = 3.
//  At 10: A 2 + 8/4.
TEST(Prema, waiting_counts_per_isolated_second) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2}},
      {.layers_s = {4, 4}, .priority = kMedium},
  };
  EXPECT_EQ(schedule_of("prema", asks), (Schedule{"ABBA", {12, 10}}));
}

// At 2: A 1, B 9 but new: threshold 1. A 2, B 6: A. Counted once, new tokens count at once:
// threshold 9: B; at 5 B 9 and A 1 + 3/4: B.
TEST(Prema, the_tokens_of_new_tasks_set_no_threshold) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2}},
      {.arrival_s = 2, .layers_s = {3, 3}, .priority = kHigh},
  };
  EXPECT_EQ(schedule_of("prema", asks), (Schedule{"AABB", {4, 10}}));
  EXPECT_EQ(schedule_of("prema:tokens=once", asks), (Schedule{"ABBA", {10, 8}}));
}

// At 1 all tokens are 1: prema A 4, B 5; prema_sparse A 1.5 · 4 = 6, B 5.
TEST(PremaSparse, the_shortest_is_the_shortest_by_density) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 4}, .densities = {0.75, 0.5}},
      {.arrival_s = 1, .layers_s = {5}},
  };
  EXPECT_EQ(schedule_of("prema", asks), (Schedule{"AAB", {5, 10}}));
  EXPECT_EQ(schedule_of("prema_sparse", asks), (Schedule{"ABA", {10, 6}}));
}

// A's first layer is half as dense as on average.
//  At 0: threshold 1. A 4, B 8: A.
//  At 1: A 1, B 3 + 3 · 1/8 = 3.375: threshold 3. B.
//  At 5: prema A 1 + 4/4 = 2: B. prema_sparse A 1 + 4/(0.5 · 4) = 3, B's own γ being 1: A 1.5, B 4:
//        A.
TEST(PremaSparse, tokens_grow_by_the_density_of_their_own_task) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 3}, .densities = {0.25, 0.5}},
      {.layers_s = {4, 4}, .priority = kMedium},
  };
  EXPECT_EQ(schedule_of("prema", asks), (Schedule{"ABBA", {12, 9}}));
  EXPECT_EQ(schedule_of("prema_sparse", asks), (Schedule{"ABAB", {8, 12}}));
}

// ---- planaria -------------------------------------------------------------------------------

// At 0: A 1/16, B 3/44 = 0.068. At 4: A 1/12 = 0.083, B 3/40 = 0.075.
TEST(Planaria, urgency_is_weighted_by_priority_and_grows_towards_the_deadline) {
  const std::vector<Ask> asks{
      {.layers_s = {2}, .slo_s = 16},
      {.layers_s = {4, 4}, .slo_s = 44, .priority = kMedium},
  };
  EXPECT_EQ(schedule_of("planaria", asks), (Schedule{"BAB", {6, 10}}));
}

// At 0: A 1/6, B 3/16 = 0.19. At 6: A 1/0 = ∞, C 9/1.
TEST(Planaria, nothing_is_more_urgent_than_a_deadline_that_is_now) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2}, .slo_s = 6},
      {.layers_s = {4}, .slo_s = 16, .priority = kMedium},
      {.arrival_s = 5, .layers_s = {1}, .slo_s = 2, .priority = kHigh},
  };
  for (const char* policy : {"planaria", "planaria:overdue=urgent"}) {
    EXPECT_EQ(schedule_of(policy, asks), (Schedule{"BAAC", {8, 4, 9}})) << policy;
  }
}

const std::vector<Ask> kPlanariaOverdue{
    {.layers_s = {8}, .slo_s = 8, .priority = kHigh},
    {.layers_s = {1}, .slo_s = 4},
    {.arrival_s = 1, .layers_s = {1}, .slo_s = 2, .priority = kHigh},
    {.arrival_s = 2, .layers_s = {1, 1}, .slo_s = 100, .priority = kMedium},
};

//  At 0:  A 9/8, B 1/4.
//  At 8:  B 1/-4 = -0.25, then C 9/-5 = -1.8 takes its place, then D 3/94 does.
//  At 9:  B 1/-5, C 9/-6, D 3/93 in the same way.
//  At 10: B 1/-6, then C 9/-7 takes its place.
TEST(Planaria, as_published_the_last_of_the_overdue_runs_and_only_after_all_others) {
  EXPECT_EQ(schedule_of("planaria", kPlanariaOverdue), (Schedule{"ADDCB", {8, 12, 11, 10}}));
}

// At 8: B ∞, C ∞, D 3/94, and B came first.
TEST(Planaria, overdue_tasks_may_be_the_most_urgent) {
  EXPECT_EQ(schedule_of("planaria:overdue=urgent", kPlanariaOverdue),
            (Schedule{"ABCDD", {8, 9, 10, 12}}));
}

// At 8: B 1/92, which C 1/-5 does not replace.
TEST(Planaria, as_published_an_overdue_task_does_not_replace_one_that_is_not) {
  const std::vector<Ask> asks{
      {.layers_s = {8}, .slo_s = 8, .priority = kHigh},
      {.layers_s = {1}, .slo_s = 100},
      {.arrival_s = 1, .layers_s = {1}, .slo_s = 2},
  };
  EXPECT_EQ(schedule_of("planaria", asks), (Schedule{"ABC", {8, 9, 10}}));
  EXPECT_EQ(schedule_of("planaria:overdue=urgent", asks), (Schedule{"ACB", {8, 10, 9}}));
}

// At 8: B 1/-5, C 1/-5.
TEST(Planaria, as_published_equally_overdue_tasks_run_in_the_order_of_arrival) {
  const std::vector<Ask> asks{
      {.layers_s = {8}, .slo_s = 8, .priority = kHigh},
      {.arrival_s = 1, .layers_s = {1}, .slo_s = 2},
      {.arrival_s = 2, .layers_s = {1}, .slo_s = 1},
  };
  EXPECT_EQ(schedule_of("planaria", asks), (Schedule{"ABC", {8, 9, 10}}));
}

// ---- sdrm3 ----------------------------------------------------------------------------------

// At 0: A 8/16, B 4/32. At 2: A 6/14 = 0.43, B 4/30 + 2/4 = 0.63. Without starvation at 2: A 0.43,
// B 0.13; at 4: A 4/12, B 4/28; at 6: A 2/10, B 4/26 = 0.15.
TEST(Sdrm3, starving_tasks_overtake_urgent_ones) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2, 2, 2}, .slo_s = 16},
      {.layers_s = {4}, .slo_s = 32},
  };
  EXPECT_EQ(schedule_of("sdrm3", asks), (Schedule{"ABAAA", {12, 6}}));
  EXPECT_EQ(schedule_of("sdrm3:alpha=0", asks), (Schedule{"AAAAB", {8, 12}}));
}

// B and C have 8 s to run and 1000 s for it: urgencies of about 0.008.
//  At 0: A 4/4.
//  At 4: B 4/4 + …, C 4/1 + …: C.
//  At 5: B 5/4 + …, C 0 + …: B.
//  At 9: B 0 + …, C 4/7 + …: C.
TEST(Sdrm3, starvation_is_waiting_over_the_next_layer_alone) {
  const std::vector<Ask> asks{
      {.layers_s = {4}, .slo_s = 4},
      {.layers_s = {4, 4}},
      {.layers_s = {1, 7}},
  };
  EXPECT_EQ(schedule_of("sdrm3", asks), (Schedule{"ACBCB", {4, 20, 16}}));
}

// At 4: B min(1, 8/8) + 1/8, C min(1, 8/2) + 0. Without the limit C would have 4.
TEST(Sdrm3, urgency_is_at_most_1) {
  const std::vector<Ask> asks{
      {.layers_s = {4}},
      {.arrival_s = 3, .layers_s = {8}, .slo_s = 9},
      {.arrival_s = 4, .layers_s = {8}, .slo_s = 2},
  };
  EXPECT_EQ(schedule_of("sdrm3", asks), (Schedule{"ABC", {4, 12, 20}}));
}

// At 8, with B's deadline a second ago: published B 4/-1 + 7/4 = -2.25, C 4/32 + 4/4 = 1.125;
// urgent B 1 + 7/4.
TEST(Sdrm3, overdue_tasks_are_put_off_as_published_or_most_urgent) {
  const auto asks = [](double slo_s) {
    return std::vector<Ask>{
        {.layers_s = {8}, .slo_s = 16},
        {.arrival_s = 1, .layers_s = {4}, .slo_s = slo_s},
        {.arrival_s = 4, .layers_s = {4}, .slo_s = 36},
    };
  };
  EXPECT_EQ(schedule_of("sdrm3", asks(6)), (Schedule{"ACB", {8, 16, 12}}));
  EXPECT_EQ(schedule_of("sdrm3:overdue=urgent", asks(6)), (Schedule{"ABC", {8, 12, 16}}));
  // With the deadline at 8 itself: B min(1, 4/0 = ∞) + 7/4 either way.
  EXPECT_EQ(schedule_of("sdrm3", asks(7)), (Schedule{"ABC", {8, 12, 16}}));
  EXPECT_EQ(schedule_of("sdrm3:overdue=urgent", asks(7)), (Schedule{"ABC", {8, 12, 16}}));
}

// At 0: A 8/16, B 1/4. At 8: B 1/-4, then C 2/-5 takes its place; urgent B 1, C 1.
TEST(Sdrm3, as_published_the_last_of_the_overdue_runs) {
  const std::vector<Ask> asks{
      {.layers_s = {8}, .slo_s = 16},
      {.layers_s = {1}, .slo_s = 4},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 2},
  };
  EXPECT_EQ(schedule_of("sdrm3:alpha=0", asks), (Schedule{"ACB", {8, 11, 10}}));
  EXPECT_EQ(schedule_of("sdrm3:alpha=0,overdue=urgent", asks), (Schedule{"ABC", {8, 9, 11}}));
}

// A's first layer is half as dense as on average.
//  At 1: sdrm3 A 4/16 = 0.25, B 2/10 = 0.2: A. sdrm3_sparse A 2/16 = 0.125: B.
//  At 3: sdrm3_sparse A 2/14 + 2/(0.5 · 4) = 1.14, C 1/16 + 1/1 = 1.06: A.
//  At 5: sdrm3 B 2/6 + 4/2 = 2.33, C 1/14 + 3/1 = 3.07: C.
TEST(Sdrm3Sparse, urgency_and_starvation_go_by_density) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 4}, .slo_s = 17, .densities = {0.25, 0.5}},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 10},
      {.arrival_s = 2, .layers_s = {1}, .slo_s = 17},
  };
  EXPECT_EQ(schedule_of("sdrm3", asks), (Schedule{"AACB", {5, 8, 6}}));
  EXPECT_EQ(schedule_of("sdrm3_sparse", asks), (Schedule{"ABAC", {7, 3, 8}}));
}

// ---- dysta ----------------------------------------------------------------------------------

// At 0: A 4 + β · 32, B 6 + β · 4. With β = 1/2: A 20, B 8. With β = 0: A 4, B 6.
TEST(Dysta, slack_makes_the_shorter_task_wait) {
  const std::vector<Ask> asks{{.layers_s = {4}, .slo_s = 36}, {.layers_s = {6}, .slo_s = 10}};
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"BA", {10, 6}}));
  EXPECT_EQ(schedule_of("dysta:beta=0", asks), (Schedule{"AB", {4, 10}}));
}

// With β = 0.01 at 0: A 4 + 0.01 · slack, B 5.
TEST(Dysta, a_hundredth_of_the_slack_counts_by_default) {
  const auto asks = [](double slack_s) {
    return std::vector<Ask>{{.layers_s = {4}, .slo_s = 4 + slack_s}, {.layers_s = {5}, .slo_s = 5}};
  };
  EXPECT_EQ(schedule_of("dysta", asks(128)), (Schedule{"BA", {9, 5}}));
  EXPECT_EQ(schedule_of("dysta", asks(64)), (Schedule{"AB", {4, 9}}));
}

// No slack. At 2: B 2 + β · 1.5/(2 · 2), C 2 + β · 1/(2 · 2): the one that waited longer is put
// off. Without the waiting term they are equal and B came first.
TEST(Dysta, waiting_is_added_to_the_score) {
  const std::vector<Ask> asks{
      {.layers_s = {2}, .slo_s = 2},
      {.arrival_s = 0.5, .layers_s = {2}, .slo_s = 2},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 2},
  };
  EXPECT_EQ(schedule_of("dysta", asks), (Schedule{"ACB", {2, 6, 4}}));
  EXPECT_EQ(schedule_of("dysta:wait_unit_s=0", asks), (Schedule{"ABC", {2, 4, 6}}));
}

// At 2, C having 3/32 s of slack: B 2 + β · 0.75/n, C 2 + β · (3/32 + 0.5/n).
//  n = 2: B 0.375, C 0.344 in units of β. n = 3: B 0.25, C 0.260.
TEST(Dysta, waiting_is_divided_by_the_number_of_ready_tasks) {
  std::vector<Ask> asks{
      {.layers_s = {2}, .slo_s = 2},
      {.arrival_s = 0.5, .layers_s = {2}, .slo_s = 2},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 3 + 3.0 / 32},
  };
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"ACB", {2, 6, 4}}));
  asks.push_back({.arrival_s = 1, .layers_s = {64}, .slo_s = 1});
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"ABCD", {2, 4, 6, 70}}));
}

// At 2, C having 3/16 s of slack: B 2 + β · u · 0.375, C 2 + β · (3/16 + u · 0.25).
//  u = 1: B 0.375, C 0.4375 in units of β. u = 2, the mean latency of A, B and C: B 0.75, C 0.6875.
TEST(Dysta, waiting_has_a_unit_which_may_be_the_mean_network_latency) {
  const std::vector<Ask> asks{
      {.layers_s = {2}, .slo_s = 2},
      {.arrival_s = 0.5, .layers_s = {2}, .slo_s = 2},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 3 + 3.0 / 16},
  };
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"ABC", {2, 4, 6}}));
  EXPECT_EQ(schedule_of("dysta:beta=0.5,wait_unit_s=auto", asks), (Schedule{"ACB", {2, 6, 4}}));
  EXPECT_EQ(schedule_of("dysta:beta=0.5,wait_unit_s=2", asks), (Schedule{"ACB", {2, 6, 4}}));
}

// The mean latency of A to D is (2 + 2 + 2 + 26) / 4 = 8 s. At 2, C having s seconds of slack and
// three tasks being ready: B 2 + β · 8 · 0.75/3 = 2 + 2 β, C 2 + β · (s + 8 · 0.5/3), so that s =
// 2/3 divides the cases.
TEST(Dysta, the_automatic_unit_is_the_mean_over_networks) {
  const auto order_with_slack = [](double slack_s) {
    return schedule_of("dysta:beta=0.5,wait_unit_s=auto",
                       {{.layers_s = {2}, .slo_s = 2},
                        {.arrival_s = 0.5, .layers_s = {2}, .slo_s = 2},
                        {.arrival_s = 1, .layers_s = {2}, .slo_s = 3 + slack_s},
                        {.arrival_s = 1, .layers_s = {26}, .slo_s = 1}})
        .order;
  };
  EXPECT_EQ(order_with_slack(0.65), "ACBD");
  EXPECT_EQ(order_with_slack(0.68), "ABCD");
}

// At 1, A's first layer having been 1.5 times as dense as on average and nobody having slack:
// dysta A 6, B 5; dysta_naive A 4, B 5.
TEST(Dysta, remaining_latency_goes_by_density_unless_naive) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 4}, .slo_s = 5, .densities = {0.75, 0.5}},
      {.arrival_s = 1, .layers_s = {5}, .slo_s = 4},
  };
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"ABA", {10, 6}}));
  EXPECT_EQ(schedule_of("dysta_naive:beta=0.5", asks), (Schedule{"AAB", {5, 10}}));
}

// At 1: A 6 + β · (9 - 1 - 6) = 7, B 5 + β · (11 - 1 - 5) = 7.5. With 9 - 1 - 4 as A's slack it
// would be 8.
TEST(Dysta, slack_goes_by_density_too) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 4}, .slo_s = 9, .densities = {0.75, 0.5}},
      {.arrival_s = 1, .layers_s = {5}, .slo_s = 10},
  };
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"AAB", {5, 10}}));
}

// β = 1/2. First scores: A 8 + 1 = 9, B 2 + 20 = 22, C 3 + 18 = 21. Kept, they say A, C, B. Anew at
// 8: B 2 + (32 + 8/(2 · 2)) / 2 = 19, C 3 + 36/2 = 21.
TEST(Dysta, scores_are_anew_at_boundaries_or_the_first_ones_are_kept) {
  const std::vector<Ask> asks{
      {.layers_s = {8}, .slo_s = 10},
      {.layers_s = {2}, .slo_s = 42},
      {.arrival_s = 8, .layers_s = {3}, .slo_s = 39},
  };
  EXPECT_EQ(schedule_of("dysta:beta=0.5", asks), (Schedule{"ABC", {8, 10, 13}}));
  EXPECT_EQ(schedule_of("dysta:beta=0.5,refresh=static", asks), (Schedule{"ACB", {8, 13, 11}}));
}

// First scores A 8, B 5. At 4: A 8 - 4 = 4, whatever the density, B 5. With γ = 1.5 A would have
// 8 - 2; with nothing taken off 8.
TEST(Dysta, first_scores_are_kept_less_the_work_done_by_the_tables) {
  const std::vector<Ask> asks{
      {.layers_s = {4, 4}, .slo_s = 8, .densities = {0.75, 0.5}},
      {.arrival_s = 1, .layers_s = {5}, .slo_s = 5},
  };
  EXPECT_EQ(schedule_of("dysta:beta=0.5,refresh=static", asks), (Schedule{"AAB", {8, 13}}));
}

// Variants A and B of one model take 2 and 6 s, on average 4; C takes 3 s; slacks are at most 4 s,
// so that they hardly count.
TEST(DystaNaive, does_not_know_patterns) {
  const std::vector<Ask> asks{
      {.layers_s = {2}, .slo_s = 4, .model = "m"},
      {.layers_s = {6}, .slo_s = 8, .model = "m"},
      {.layers_s = {3}, .slo_s = 3},
  };
  EXPECT_EQ(schedule_of("dysta_naive", asks), (Schedule{"CAB", {5, 11, 3}}));
  EXPECT_EQ(schedule_of("dysta", asks), (Schedule{"ACB", {2, 11, 5}}));
}

// Averages over A's two inputs are 1 and 4 s; its own second layer takes 2. Nobody has slack. At 1:
// dysta A 4, B 3; dysta_oracle A 2, B 3.
TEST(DystaOracle, knows_the_true_remaining_latency) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 2}, .slo_s = 3, .other_layers_s = {1, 6}},
      {.arrival_s = 1, .layers_s = {3}, .slo_s = 3},
  };
  EXPECT_EQ(schedule_of("dysta", asks), (Schedule{"ABA", {6, 4}}));
  EXPECT_EQ(schedule_of("dysta_oracle", asks), (Schedule{"AAB", {3, 6}}));
  // First scores: the true 3 less 1, against the tables' 5 less 1, and B's 3.
  EXPECT_EQ(schedule_of("dysta_oracle:refresh=static", asks), (Schedule{"AAB", {3, 6}}));
  EXPECT_EQ(schedule_of("dysta:refresh=static", asks), (Schedule{"ABA", {6, 4}}));
}

// C's network takes (2 + 6) / 2 = 4 s on average, this input 2. Nobody has slack.
//  At 1: A 2 + …, B 1, C 2: B.
//  At 2: A 2 + β · 1/(3 · 2), C 2 + β · 1/(2 · 2): A. With 4 in place of C's 2, C.
TEST(DystaOracle, waiting_is_per_true_isolated_second) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 2}, .slo_s = 3},
      {.arrival_s = 1, .layers_s = {1}, .slo_s = 1},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 2, .other_layers_s = {6}},
  };
  EXPECT_EQ(schedule_of("dysta_oracle:beta=0.5", asks), (Schedule{"ABAC", {4, 2, 6}}));
}

// ---- edf, llf, hrrn -------------------------------------------------------------------------

// Deadlines: A 20, B 10, C 10.
TEST(Edf, the_earliest_deadline_runs) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2, 2}, .slo_s = 20},
      {.arrival_s = 1, .layers_s = {2}, .slo_s = 9},
      {.arrival_s = 1, .layers_s = {1}, .slo_s = 9},
  };
  EXPECT_EQ(schedule_of("edf", asks), (Schedule{"ABCAA", {9, 4, 5}}));
}

// A's layers are due at 20 · 2/8 = 5, 20 · 4/8 = 10 and 20, B's at 11.5: at 2 A goes on, at 4 it is
// put aside.
TEST(EdfByLayer, the_next_layer_with_the_earliest_share_of_a_deadline_runs) {
  const std::vector<Ask> asks{{.layers_s = {2, 2, 4}, .slo_s = 20},
                              {.arrival_s = 1, .layers_s = {2}, .slo_s = 10.5}};
  EXPECT_EQ(schedule_of("edf:deadlines=layer", asks), (Schedule{"AABA", {10, 6}}));
  EXPECT_EQ(schedule_of("edf", asks), (Schedule{"ABAA", {10, 4}}));
}

// At 0 A's first layer is due at 4, as B is. At 2 its last is due at 16, as the request is, so B
// runs; with B's deadline at 16 as well A goes on, and with A's own deadline any later it does not.
TEST(EdfByLayer, the_last_layer_is_due_with_the_request) {
  const auto order = [](double a_slo_s, double b_slo_s) {
    return schedule_of("edf:deadlines=layer", {{.layers_s = {2, 6}, .slo_s = a_slo_s},
                                               {.layers_s = {2}, .slo_s = b_slo_s}})
        .order;
  };
  EXPECT_EQ(order(16, 4), "ABA");
  EXPECT_EQ(order(16, 16), "AAB");
  EXPECT_EQ(order(16.5, 16), "ABA");
}

// A takes 2 and 2 s, on average 2 and 6: its first layer is due at 16 · 2/4 by truth, 16 · 2/8 by
// the tables.
TEST(EdfByLayer, shares_are_estimates) {
  const std::vector<Ask> asks{{.layers_s = {2, 2}, .slo_s = 16, .other_layers_s = {2, 10}},
                              {.layers_s = {2}, .slo_s = 6}};
  EXPECT_EQ(schedule_of("edf:deadlines=layer", asks), (Schedule{"ABA", {6, 4}}));
  EXPECT_EQ(schedule_of("edf:deadlines=layer,predictor=oracle", asks), (Schedule{"BAA", {6, 2}}));
}

// At 0: A 12 - 8 = 4, B 10 - 2 = 8. At 4: A 12 - 4 - 4 = 4, B 10 - 4 - 2 = 4, and A came first.
TEST(Llf, the_least_laxity_runs_not_the_earliest_deadline) {
  const std::vector<Ask> asks{{.layers_s = {4, 4}, .slo_s = 12}, {.layers_s = {2}, .slo_s = 10}};
  EXPECT_EQ(schedule_of("llf", asks), (Schedule{"AAB", {8, 10}}));
  EXPECT_EQ(schedule_of("edf", asks), (Schedule{"BAA", {10, 2}}));
}

// The same with A half as dense as on average: at 4 A 12 - 4 - 2 = 6, B 4.
TEST(Llf, laxity_goes_by_density) {
  const std::vector<Ask> asks{{.layers_s = {4, 4}, .slo_s = 12, .densities = {0.25, 0.5}},
                              {.layers_s = {2}, .slo_s = 10}};
  EXPECT_EQ(schedule_of("llf", asks), (Schedule{"ABA", {10, 6}}));
  EXPECT_EQ(schedule_of("llf:predictor=none", asks), (Schedule{"AAB", {8, 10}}));
}

// At 2 A is not put aside for C, though (1 + 1)/1 is more than (2 + 4)/4. At 4: B (3 + 4)/4 = 1.75,
// C (3 + 1)/1 = 4. At 5: B (4 + 4)/4 = 2, D (0.5 + 8)/8 = 1.06.
TEST(Hrrn, the_highest_response_ratio_runs_to_its_end) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 2}},
      {.arrival_s = 1, .layers_s = {4}},
      {.arrival_s = 1, .layers_s = {1}},
      {.arrival_s = 4.5, .layers_s = {8}},
  };
  EXPECT_EQ(schedule_of("hrrn", asks), (Schedule{"AACBD", {4, 9, 5, 17}}));
}

// At 8: B (8 + 4)/4 = 3, C (1 + 1)/1 = 2.
TEST(Hrrn, a_long_task_that_waited_long_runs_before_a_short_one) {
  const std::vector<Ask> asks{
      {.layers_s = {8}},
      {.layers_s = {4}},
      {.arrival_s = 7, .layers_s = {1}},
  };
  EXPECT_EQ(schedule_of("hrrn", asks), (Schedule{"ABC", {8, 12, 13}}));
}

// At 4: B (3 + 3)/3 = 2, C (2 + 2)/2 = 2.
TEST(Hrrn, of_equal_ratios_the_earlier_arrival_runs) {
  const std::vector<Ask> asks{
      {.layers_s = {4}},
      {.arrival_s = 1, .layers_s = {3}},
      {.arrival_s = 2, .layers_s = {2}},
  };
  EXPECT_EQ(schedule_of("hrrn", asks), (Schedule{"ABC", {4, 7, 9}}));
}

// At 8 B, 4 x 4, has waited 7 s and C, 3 x 3, 2 s. With ageing a: B 16 / (1 + 7a/4),
// C 9 / (1 + 2a/3), which are equal where a = 7 / (15.75 - 10.67) = 1.38.
TEST(Aged, a_longer_task_that_waited_long_runs_before_a_shorter_one) {
  const std::vector<Ask> asks{
      {.layers_s = {8}},
      {.arrival_s = 1, .layers_s = {4}},
      {.arrival_s = 6, .layers_s = {3}},
  };
  EXPECT_EQ(schedule_of("aged", asks), (Schedule{"ACB", {8, 15, 11}}));
  EXPECT_EQ(schedule_of("aged:ageing=1.3", asks), (Schedule{"ACB", {8, 15, 11}}));
  EXPECT_EQ(schedule_of("aged:ageing=1.4", asks), (Schedule{"ABC", {8, 12, 15}}));
}

// At 4 A has 2 s left of 6 and has been here for 4 s, B is new: 12 / (1 + 4a/6), B 3 x 3. Time that
// A ran counts as waiting: with a = 1/2 they are equal and A came first. Deadlines, A's being now,
// do not count.
TEST(Aged, counts_all_the_time_since_arrival_and_no_deadline) {
  const std::vector<Ask> asks{{.layers_s = {4, 2}, .slo_s = 4},
                              {.arrival_s = 4, .layers_s = {3}, .slo_s = 3}};
  EXPECT_EQ(schedule_of("aged:ageing=0.49", asks), (Schedule{"ABA", {9, 7}}));
  EXPECT_EQ(schedule_of("aged:ageing=0.5", asks), (Schedule{"AAB", {6, 9}}));
}

TEST(Aged, without_ageing_is_smiths_rule) {
  const std::vector<Ask> asks{
      {.layers_s = {1, 1, 1}},
      {.arrival_s = 1, .layers_s = {2.5}},
      {.arrival_s = 2, .layers_s = {1.5}},
  };
  EXPECT_EQ(schedule_of("aged:ageing=0", asks), schedule_of("sjf:weight=isolated", asks));
  EXPECT_EQ(schedule_of("aged:ageing=0", asks), (Schedule{"AACAB", {4.5, 7, 3.5}}));
}

// ---- ties -----------------------------------------------------------------------------------

// A runs for two seconds; at its end B, which arrived at 1, and C, which arrived at 2, are equal.
// C arrives when A has ended, so the host gives it A's task id, the lowest.
TEST(Ties, of_equal_scores_the_earlier_arrival_runs) {
  struct Tie {
    std::string policy;
    Ask b;
    Ask c;
  };
  const Ask plain_b{.arrival_s = 1, .layers_s = {4}, .slo_s = 9};
  const Ask plain_c{.arrival_s = 2, .layers_s = {4}, .slo_s = 8};
  const std::vector<Tie> ties{
      {"fcfs", plain_b, plain_c},
      // Remaining 4.
      {"sjf", plain_b, plain_c},
      {"sjf_sparse", plain_b, plain_c},
      {"srpt", plain_b, plain_c},
      // 4 · 4.
      {"srpt_weighted", plain_b, plain_c},
      // Tokens 1.25 and 1, threshold 1, remaining 4.
      {"prema", plain_b, plain_c},
      {"prema_sparse", plain_b, plain_c},
      {"prema:tokens=once", plain_b, plain_c},
      // 1/8.
      {"planaria", plain_b, plain_c},
      {"planaria:overdue=urgent", plain_b, plain_c},
      // 4/16 + 1/4 and 4/8 + 0.
      {"sdrm3", {.arrival_s = 1, .layers_s = {4}, .slo_s = 17}, plain_c},
      {"sdrm3_sparse", {.arrival_s = 1, .layers_s = {4}, .slo_s = 17}, plain_c},
      // 4 + 0.5 · (0 + 1/(4 · 2)) and 4 + 0.5 · (0.125 + 0).
      {"dysta:beta=0.5",
       {.arrival_s = 1, .layers_s = {4}, .slo_s = 5},
       {.arrival_s = 2, .layers_s = {4}, .slo_s = 4.125}},
      {"dysta_naive:beta=0.5",
       {.arrival_s = 1, .layers_s = {4}, .slo_s = 5},
       {.arrival_s = 2, .layers_s = {4}, .slo_s = 4.125}},
      {"dysta_oracle:beta=0.5",
       {.arrival_s = 1, .layers_s = {4}, .slo_s = 5},
       {.arrival_s = 2, .layers_s = {4}, .slo_s = 4.125}},
      // First scores 4 + 0.5 · 4.
      {"dysta:beta=0.5,refresh=static",
       {.arrival_s = 1, .layers_s = {4}, .slo_s = 8},
       {.arrival_s = 2, .layers_s = {4}, .slo_s = 8}},
      // Deadline 10.
      {"edf", plain_b, plain_c},
      {"edf:deadlines=layer", plain_b, plain_c},
      // 4 · 4 / (1 + 12 · 1/4) and 2 · 2 / (1 + 0).
      {"aged:ageing=12", plain_b, {.arrival_s = 2, .layers_s = {2}}},
      // 4 · 4, both sure to meet their deadlines.
      {"likely_first", plain_b, plain_c},
      // Laxity 10 - 2 - 4 and 8 - 2 - 2.
      {"llf", plain_b, {.arrival_s = 2, .layers_s = {2}, .slo_s = 6}},
  };
  for (const Tie& tie : ties) {
    const Ask a{.layers_s = {1, 1}, .slo_s = 2, .priority = kHigh};
    EXPECT_EQ(schedule_of(tie.policy, {a, tie.b, tie.c}).order, "AABC") << tie.policy;
  }
}

TEST(Ties, of_equal_scores_and_arrivals_the_lower_request_runs) {
  const Ask ask{.arrival_s = 1, .layers_s = {2, 2}, .slo_s = 20, .priority = kMedium};
  for (const char* policy :
       {"fcfs", "sjf", "sjf_sparse", "srpt", "srpt_weighted", "planaria", "edf", "hrrn", "aged",
        "likely_first", "dysta", "dysta_naive", "dysta_oracle"}) {
    EXPECT_EQ(schedule_of(policy, {ask, ask, ask}), (Schedule{"AABBCC", {5, 9, 13}})) << policy;
  }
  // First layers are due at 1 + 20/2, second ones at 21.
  EXPECT_EQ(schedule_of("edf:deadlines=layer", {ask, ask, ask}), (Schedule{"ABCABC", {9, 11, 13}}));
  // Laxity. At 1: all 16. At 3: A 16, B 14, C 14. At 5: A 14, B 14, C 12. At 7: all 12. At 9: B 10,
  // C 10.
  EXPECT_EQ(schedule_of("llf", {ask, ask, ask}), (Schedule{"ABCABC", {9, 11, 13}}));
  // At 1: all 4/20. At 3: A 2/18, B and C 4/18 + 2/2. At 5: A 2/16 + 2/2, B 2/16, C 4/16 + 4/2.
  // At 7: A 2/14 + 4/2, B 2/14 + 2/2, C 2/14. At 9: B 2/12 + 4/2, C 2/12 + 2/2.
  EXPECT_EQ(schedule_of("sdrm3", {ask, ask, ask}), (Schedule{"ABCABC", {9, 11, 13}}));
  EXPECT_EQ(schedule_of("sdrm3_sparse", {ask, ask, ask}), (Schedule{"ABCABC", {9, 11, 13}}));
  // Tokens, A being shortest until 5. At 3: B and C 3 + 3 · 2/4 = 4.5. At 5: B and C 7.5: B.
  // At 7: B 7.5, C 7.5 + 3 · 6/4 = 12, threshold 9: C. At 9: B 7.5 + 3 · 2/4 = 9, C 12: B.
  EXPECT_EQ(schedule_of("prema", {ask, ask, ask}), (Schedule{"AABCBC", {5, 11, 13}}));
  EXPECT_EQ(schedule_of("prema_sparse", {ask, ask, ask}), (Schedule{"AABCBC", {5, 11, 13}}));
}

// ---- when requests are seen -----------------------------------------------------------------

// A's first layer ends at 2. There A has 2 s left and B takes 1 s.
TEST(Admission, an_arrival_at_a_boundary_is_seen_and_one_just_after_is_not) {
  const auto order_with_arrival = [](double arrival_s) {
    return schedule_of("sjf", {{.layers_s = {2, 2}}, {.arrival_s = arrival_s, .layers_s = {1}}})
        .order;
  };
  EXPECT_EQ(order_with_arrival(std::nextafter(2, 0)), "ABA");
  EXPECT_EQ(order_with_arrival(2), "ABA");
  EXPECT_EQ(order_with_arrival(std::nextafter(2, 3)), "AAB");
}

TEST(Admission, an_idle_accelerator_starts_at_the_next_arrival) {
  const std::vector<Ask> asks{
      {.arrival_s = 0.5, .layers_s = {1}},
      {.arrival_s = 1.5, .layers_s = {1}},
      {.arrival_s = 8, .layers_s = {1}},
  };
  const Recorded run = run_of("fcfs", asks);
  EXPECT_EQ(schedule_of(run), (Schedule{"ABC", {1.5, 2.5, 9}}));
  EXPECT_EQ(run.timeline[0].start, Seconds{0.5});
  EXPECT_EQ(run.timeline[2].start, Seconds{8});
}

// The public artifact set its clock back to B's arrival.
TEST(Admission, the_clock_never_runs_backwards) {
  EXPECT_EQ(schedule_of("fcfs", {{.layers_s = {2}}, {.arrival_s = 1, .layers_s = {1}}}),
            (Schedule{"AB", {2, 3}}));
}

// ---- costs ----------------------------------------------------------------------------------

// A decision costs 1/4 s, putting an unfinished task aside 1/2 s.
//  At 0:    A, from 0.25 to 2.25.
//  At 2.25: A 1, B 0.5: B in place of A, from 3 to 3.5.
//  At 3.5:  A 1, C 4, D 8, D arriving just then: A in place of nobody, from 3.75 to 4.75.
//  At 4.75: C, from 5 to 9. At 9: D, from 9.25 to 17.25.
TEST(Costs, delay_the_layer_that_was_chosen) {
  const std::vector<Ask> asks{
      {.layers_s = {2, 1}},
      {.arrival_s = 1, .layers_s = {0.5}},
      {.arrival_s = 3, .layers_s = {4}},
      {.arrival_s = 3.5, .layers_s = {8}},
  };
  const Recorded run = run_of("sjf", asks, {.decision = Seconds{0.25}, .preemption = Seconds{0.5}});
  EXPECT_EQ(schedule_of(run), (Schedule{"ABACD", {4.75, 3.5, 9, 17.25}}));
  EXPECT_EQ(run.outcome.decisions, 5U);
  EXPECT_EQ(run.outcome.preemptions, 1U);
  std::vector<double> overheads;
  for (const LayerSlice& slice : run.timeline) overheads.push_back(slice.overhead.count());
  EXPECT_THAT(overheads, ElementsAre(0.25, 0.75, 0.25, 0.25, 0.25));
}

// A decision of 1/2 s moves A's boundary from 2 to 2.5, so that B, arriving at 2.25, is seen.
TEST(Costs, shift_boundaries_and_so_what_is_seen) {
  const std::vector<Ask> asks{{.layers_s = {2, 2}}, {.arrival_s = 2.25, .layers_s = {1}}};
  EXPECT_EQ(schedule_of("sjf", asks), (Schedule{"AAB", {4, 5}}));
  EXPECT_EQ(schedule_of("sjf", asks, {.decision = Seconds{0.5}}), (Schedule{"ABA", {6.5, 4}}));
}

// Going on with a task that was put aside earlier is no preemption when the one before has ended.
TEST(Costs, a_preemption_is_a_choice_that_puts_an_unfinished_task_aside) {
  // "BAB", as worked out above: B is put aside for A, and A has ended when B goes on.
  const std::vector<Ask> asks{
      {.layers_s = {2}, .slo_s = 16},
      {.layers_s = {4, 4}, .slo_s = 44, .priority = kMedium},
  };
  EXPECT_EQ(run_of("planaria", asks).outcome.preemptions, 1U);
  // "ABCABC", as worked out above: every one of the first three choices is put aside.
  const Ask ask{.arrival_s = 1, .layers_s = {2, 2}, .slo_s = 20};
  EXPECT_EQ(run_of("sdrm3", {ask, ask, ask}).outcome.preemptions, 3U);
}

// ---- punctual -------------------------------------------------------------------------------

// Remaining x isolated. At 0: A 5 x 5. At 4: A 1 x 5, B 2 x 2. By remaining latency alone A goes
// on.
TEST(Punctual, runs_the_largest_smith_ratio) {
  const std::vector<Ask> asks{{.layers_s = {4, 1}}, {.arrival_s = 1, .layers_s = {2}}};
  EXPECT_EQ(schedule_of("punctual", asks), (Schedule{"ABA", {7, 6}}));
  EXPECT_EQ(schedule_of("punctual:value=plain", asks), (Schedule{"AAB", {5, 7}}));
}

// As above, where putting A aside takes c s: A 5, B 4 + c (1/5 + 1/2) · 5 · 2, less while 7 c < 1.
TEST(Punctual, puts_a_task_aside_only_where_that_is_worth_its_cost) {
  const std::vector<Ask> asks{{.layers_s = {4, 1}}, {.arrival_s = 1, .layers_s = {2}}};
  const SchedulingCosts little{.preemption = Seconds{0.125}};
  const SchedulingCosts much{.preemption = Seconds{0.25}};
  EXPECT_EQ(schedule_of("punctual", asks, little), (Schedule{"ABA", {7.125, 6.125}}));
  EXPECT_EQ(schedule_of("punctual", asks, much), (Schedule{"AAB", {5, 7}}));
  EXPECT_EQ(schedule_of("punctual:preemption_s=0", asks, much), (Schedule{"ABA", {7.25, 6.25}}));
  EXPECT_EQ(schedule_of("punctual:preemption_s=0.25", asks).order, "AAB");
}

// By priority B's second costs 9 / 2, so the charge is c (1/5 + 9/2) · 5 · 2/9 on 4/9. By seconds
// alone all cost 1 / 6.5, the mean network's: A, 5 s left, has 5 · 6.5, B, 4 s, 4 · 6.5 + 13 c.
TEST(Punctual, counts_the_cost_of_a_preemption_as_it_counts_waiting) {
  const std::vector<Ask> asks{{.layers_s = {4, 1}},
                              {.arrival_s = 1, .layers_s = {2}, .priority = kHigh}};
  const std::string policy = "punctual:value=priority,preemption_s=";
  EXPECT_EQ(schedule_of(policy + "0.8", asks).order, "ABA");  // 4.62
  EXPECT_EQ(schedule_of(policy + "0.9", asks).order, "AAB");  // 5.14
  const std::vector<Ask> longer{{.layers_s = {4, 5}}, {.arrival_s = 1, .layers_s = {4}}};
  EXPECT_EQ(schedule_of("punctual:value=plain,preemption_s=0.4", longer).order, "ABA");
  EXPECT_EQ(schedule_of("punctual:value=plain,preemption_s=0.6", longer).order, "AAB");
}

// A 4 x 4. B 5 x 5, of which urgency u takes 0.6 u; its horizon is 4 x 5 s.
TEST(Punctual, lets_a_task_pass_that_would_miss_its_deadline) {
  const auto asks = [](double slo_s) {
    return std::vector<Ask>{{.layers_s = {4}}, {.layers_s = {5}, .slo_s = slo_s}};
  };
  const auto punctual = [](const std::string& parameters) {
    return "punctual:stretch=0," + parameters;
  };
  const Schedule pass{"BA", {9, 5}};
  const Schedule wait{"AB", {4, 9}};
  const std::string usual = punctual("bonus=0.6,horizon=4");
  EXPECT_EQ(schedule_of(usual, asks(5)), pass);    // no slack, u = 1: 10
  EXPECT_EQ(schedule_of(usual, asks(12)), pass);   // slack 7, u = 0.65: 15.25
  EXPECT_EQ(schedule_of(usual, asks(14)), wait);   // slack 9, u = 0.55: 16.75
  EXPECT_EQ(schedule_of(usual, asks(100)), wait);  // beyond the horizon: 25
  EXPECT_EQ(schedule_of(punctual("bonus=0"), asks(5)), wait);
  EXPECT_EQ(schedule_of(punctual("bonus=0.6,horizon=8"), asks(14)), pass);  // u = 0.775: 13.375
}

// Three times: A 3 x 3, and B 5 x 5 without slack. B passes A and keeps it waiting for 5 s, at 1/3
// a second; the budget for those is 2% of 5 s at 1/3 + 1/5. So the bonus of 0.65 falls by 0.005 ·
// (1.667 - 0.053) to 0.642, and B's score rises from 8.75 to 8.95, to 9.15.
TEST(Punctual, pays_less_for_deadlines_the_more_they_cost) {
  std::vector<Ask> asks;
  for (const double arrival_s : {0, 10, 20}) {
    asks.push_back({.arrival_s = arrival_s, .layers_s = {3}});
    asks.push_back({.arrival_s = arrival_s, .layers_s = {5}, .slo_s = 5});
  }
  EXPECT_EQ(schedule_of("punctual:bonus=0.65", asks).order, "BADCEF");
  EXPECT_EQ(schedule_of("punctual:bonus=0.65,budget=1", asks).order, "BADCFE");
}

// A 4 x 4. B 5 x 5 with a slack of 8 s, and 2.25 tasks like B in the queue: 5 x (1 + 2.25) s of
// horizon make it urgent, 14.8, and 5 s do not.
TEST(Punctual, looks_further_ahead_in_a_long_queue) {
  const std::vector<Ask> asks{{.layers_s = {4}}, {.layers_s = {5}, .slo_s = 13}};
  const std::string policy = "punctual:bonus=0.8,horizon=1,stretch=";
  EXPECT_EQ(schedule_of(policy + "1", asks), (Schedule{"BA", {9, 5}}));
  EXPECT_EQ(schedule_of(policy + "0", asks), (Schedule{"AB", {4, 9}}));
}

TEST(Punctual, gives_a_lost_deadline_no_bonus_unless_told) {
  const std::vector<Ask> asks{{.layers_s = {4}}, {.layers_s = {5}, .slo_s = 4.5}};
  EXPECT_EQ(schedule_of("punctual", asks), (Schedule{"AB", {4, 9}}));
  EXPECT_EQ(schedule_of("punctual:lost=urgent", asks), (Schedule{"BA", {9, 5}}));
}

// B's network takes 5 or 3 s: 4 s with a deviation of √3 s. 1 s of slack is urgent, 16 x 0.26,
// but not enough for one standard deviation: then B is as good as lost, 16 against 3.5 x 3.5.
TEST(Punctual, may_ask_for_a_margin) {
  const std::vector<Ask> asks{{.layers_s = {3.5}},
                              {.layers_s = {5}, .slo_s = 5, .other_layers_s = {3}}};
  EXPECT_EQ(schedule_of("punctual", asks), (Schedule{"BA", {8.5, 5}}));
  EXPECT_EQ(schedule_of("punctual:risk=1", asks), (Schedule{"AB", {3.5, 8.5}}));
}

// A 2 x 2, B 3 x 3; by priority 4 / 1 and 9 / 9.
TEST(Punctual, honours_priorities_where_asked) {
  const std::vector<Ask> asks{{.layers_s = {2}}, {.layers_s = {3}, .priority = kHigh}};
  EXPECT_EQ(schedule_of("punctual", asks), (Schedule{"AB", {2, 5}}));
  EXPECT_EQ(schedule_of("punctual:value=priority", asks), (Schedule{"BA", {5, 3}}));
}

// ---- likely_first ---------------------------------------------------------------------------

// Latencies are certain. A 2 x 2. B 4 x 4, of which a millionth is left while its deadline can be
// met.
TEST(LikelyFirst, what_can_meet_its_deadline_passes_what_cannot) {
  const auto asks = [](double a_slo_s, double b_slo_s) {
    return std::vector<Ask>{{.layers_s = {2}, .slo_s = a_slo_s},
                            {.layers_s = {4}, .slo_s = b_slo_s}};
  };
  const Schedule pass{"BA", {6, 4}};
  const Schedule wait{"AB", {2, 6}};
  EXPECT_EQ(schedule_of("likely_first", asks(1.5, 4)), pass);    // a slack of 0 is enough
  EXPECT_EQ(schedule_of("likely_first", asks(1.5, 3.9)), wait);  // neither can
  EXPECT_EQ(schedule_of("likely_first", asks(2, 4)), wait);      // both can
  EXPECT_EQ(schedule_of("likely_first:bonus=0", asks(1.5, 4)), wait);
  EXPECT_EQ(schedule_of("likely_first:bonus=0.75", asks(1.5, 4)), wait);  // 16 x 0.25 = 4: a tie
  EXPECT_EQ(schedule_of("likely_first:bonus=0.76", asks(1.5, 4)), pass);
}

// B's network takes 6 or 2 s: 4 s, with a deviation of sqrt(8 x 3/2) s, which is that of a third
// input from the mean of two. It scores 16 (1 - 0.9 P) against A's 12.25, which cannot meet its
// deadline: B runs where P is more than 0.26, which it is with a slack of more than -0.64
// deviations, -2.22 s. Where no deviation is told it is yes or no.
TEST(LikelyFirst, how_likely_is_by_the_estimates_deviation) {
  const auto order = [](const std::string& parameters, double b_slo_s) {
    return schedule_of("likely_first:bonus=0.9" + parameters,
                       {{.layers_s = {3.5}, .slo_s = 1},
                        {.layers_s = {6}, .slo_s = b_slo_s, .other_layers_s = {2}}})
        .order;
  };
  EXPECT_EQ(order("", 4), "BA");    // P = 1/2: 8.8
  EXPECT_EQ(order("", 1.8), "BA");  // slack -2.2, P = 0.263: 12.22
  EXPECT_EQ(order("", 1.7), "AB");  // slack -2.3, P = 0.253: 12.35
  EXPECT_EQ(order(",predictor=length", 4), "BA");
  EXPECT_EQ(order(",predictor=length", 3.9), "AB");
}

}  // namespace
}  // namespace dysta
