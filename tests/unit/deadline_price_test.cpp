#include "dysta/sched/deadline_price.hpp"

#include <gtest/gtest.h>

namespace dysta {
namespace {

TEST(SmithOrder, sums_what_is_ahead) {
  SmithOrder order(100);
  order.add(1, 0.5);
  order.add(4, 0.25);
  order.add(9, 0.125);
  EXPECT_EQ(order.ahead_of(1).tasks, 0U);
  EXPECT_EQ(order.ahead_of(9).tasks, 2U);
  EXPECT_EQ(order.ahead_of(9).cost_hz, 0.75);
  EXPECT_EQ(order.ahead_of(50).cost_hz, 0.875);
  order.remove(4, 0.25);
  EXPECT_EQ(order.ahead_of(9).tasks, 1U);
  EXPECT_EQ(order.ahead_of(9).cost_hz, 0.5);
}

TEST(SmithOrder, tells_sixty_fourths_of_an_octave_apart) {
  SmithOrder order(100);
  order.add(1, 1);
  EXPECT_EQ(order.ahead_of(1 + 0.99 / 64).tasks, 0U);
  EXPECT_EQ(order.ahead_of(1 + 1.0 / 64).tasks, 1U);
}

TEST(SmithOrder, stands_without_a_largest_ratio) {
  SmithOrder order(0);
  order.add(1, 1);
  EXPECT_EQ(order.ahead_of(2).tasks, 0U);
}

TEST(SmithOrder, takes_ratios_beyond_its_octaves_for_the_nearest) {
  SmithOrder order(1);
  order.add(1e-300, 1);
  order.add(1e300, 2);
  EXPECT_EQ(order.ahead_of(1e-200).tasks, 0U);
  EXPECT_EQ(order.ahead_of(1e-3).tasks, 1U);
  EXPECT_EQ(order.ahead_of(1e200).tasks, 1U);
}

DeadlinePrice price_of(double budget, std::uint32_t accelerators = 1) {
  return {0.8, budget, accelerators, 100};
}

// 16 runs for 2 s while 4 waits at 0.5 a second, of 0.75 in all: 1 - 0.015 too much.
TEST(DeadlinePrice, falls_by_what_the_tasks_ahead_wait) {
  DeadlinePrice price = price_of(0.01);
  price.arrives(4, 0.5);
  price.arrives(16, 0.25);
  EXPECT_EQ(price.value(), 0.8);
  price.runs(16, 0.25, 2, 0.75);
  EXPECT_NEAR(price.value(), 0.8 - 0.005 * (1 - 0.015), 1e-15);
}

TEST(DeadlinePrice, rises_to_its_most_where_the_first_runs) {
  DeadlinePrice price = price_of(0.01);
  price.arrives(4, 0.5);
  price.arrives(16, 0.25);
  price.runs(16, 0.25, 2, 0.75);
  price.runs(4, 0.5, 10, 0.5);  // 0.01 of 10 s at 0.5
  EXPECT_NEAR(price.value(), 0.8 - 0.005 * (1 - 0.015) + 0.005 * 0.05, 1e-15);
  price.waits(3, 0.5);
  price.runs(3, 0.5, 1e6, 0.5);
  EXPECT_EQ(price.value(), 0.8);
}

// Two are ahead, at 0.75 a second together: the second counts for ten. Two accelerators have one
// each.
TEST(DeadlinePrice, charges_more_for_a_crowd) {
  for (const std::uint32_t accelerators : {1U, 2U}) {
    DeadlinePrice price = price_of(0, accelerators);
    price.arrives(4, 0.5);
    price.arrives(9, 0.25);
    price.arrives(16, 0.25);
    price.runs(16, 0.25, 1, 1);
    EXPECT_NEAR(price.value(), 0.8 - 0.005 * 0.75 * (accelerators == 1 ? 11 : 1), 1e-15);
  }
}

// 9 is spared: only 4 waits for what 16 gains. Nobody waits for 3.
TEST(DeadlinePrice, charges_nothing_for_what_a_preemption_is_not_worth) {
  for (const double saved : {8.0, 13.0}) {
    DeadlinePrice price = price_of(0);
    price.arrives(4, 0.5);
    price.arrives(9, 0.25);
    price.arrives(16, 0.25);
    price.runs(16, 0.25, 1, 1, saved);
    EXPECT_NEAR(price.value(), 0.8 - 0.005 * (saved == 8 ? 0.5 : 0.0), 1e-15);
  }
}

TEST(DeadlinePrice, is_never_negative) {
  DeadlinePrice price = price_of(0.01);
  price.arrives(4, 0.5);
  price.arrives(16, 0.25);
  price.runs(16, 0.25, 1e6, 0.75);
  EXPECT_EQ(price.value(), 0);
}

// What ran a layer and waits is ahead of others as any task is; of itself it is not.
TEST(DeadlinePrice, knows_those_that_ran_before) {
  DeadlinePrice price = price_of(0);
  price.arrives(4, 0.5);
  price.runs(4, 0.5, 1, 1);
  price.waits(2, 0.5);
  price.arrives(16, 0.25);
  price.runs(16, 0.25, 1, 1);
  EXPECT_NEAR(price.value(), 0.8 - 0.005 * 0.5, 1e-15);
  price.waits(1, 0.25);
  price.runs(1, 0.25, 1, 1);
  EXPECT_NEAR(price.value(), 0.8 - 0.005 * 0.5, 1e-15);
}

// The one that runs is not the one that ran last, though the two look alike.
TEST(DeadlinePrice, does_not_need_to_know_equals_apart) {
  DeadlinePrice price = price_of(0);
  price.arrives(4, 0.5);
  price.runs(4, 0.5, 1, 1);
  price.arrives(2, 0.5);
  price.waits(2, 0.5);
  price.runs(2, 0.5, 1, 1);
  price.arrives(16, 0.25);
  price.runs(16, 0.25, 1, 1);
  EXPECT_NEAR(price.value(), 0.8 - 0.005 * 0.5, 1e-15);
}

TEST(DeadlinePrice, is_its_most_at_any_cost) {
  DeadlinePrice price = price_of(1);
  price.arrives(4, 0.5);
  price.arrives(16, 0.25);
  price.runs(16, 0.25, 1e6, 0.75);
  EXPECT_EQ(price.value(), 0.8);
}

}  // namespace
}  // namespace dysta
