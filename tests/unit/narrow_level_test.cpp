// The dynamic level in the hardware's numbers: worked by hand, in each format.
#include "dysta/sched/dysta/narrow_level.hpp"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/sched/dysta/hardware_image.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;

RequestRecord record(std::uint32_t task, std::uint32_t variant, double arrival_s, double deadline_s,
                     double isolated_s) {
  return {.task = TaskId{task},
          .variant = VariantId{variant},
          .arrival = Seconds{arrival_s},
          .deadline = Seconds{deadline_s},
          .isolated = Seconds{isolated_s},
          .inverse_isolated_hz = 1 / isolated_s};
}

// ---- what software writes -------------------------------------------------------------------

/// a: two layers of 512 and 1,536 s, mean density 1/2; b: one of 4,100 s.
class HardwareImageTest : public testing::Test {
 protected:
  template <class Arithmetic>
  HardwareImage<Arithmetic> image(double beta, double wait_unit_s, double tick_s) const {
    return {profiles_, {.beta = beta, .wait_unit_s = wait_unit_s, .tick = Seconds{tick_s}}};
  }

  const TraceSet traces_{
      {tiny_trace("a", {{{512, 0.5}, {1536, 0.5}}}), tiny_trace("b", {{{4100, 0}}})}};
  const Profiles profiles_{traces_};
};

TEST_F(HardwareImageTest, tables_hold_what_is_left_in_ticks_and_inverse_densities) {
  const auto fixed = image<Fixed>(0, 1, 4);
  ASSERT_EQ(fixed.variants(), 2U);
  EXPECT_EQ(fixed.layers(VariantId{0}), 2U);
  EXPECT_EQ(fixed.layers(VariantId{1}), 1U);
  EXPECT_EQ(fixed.layer(VariantId{0}, 0).average_remaining.raw(), 512 * 256);
  EXPECT_EQ(fixed.layer(VariantId{0}, 1).average_remaining.raw(), 384 * 256);
  EXPECT_EQ(fixed.layer(VariantId{1}, 0).average_remaining.raw(), 1025 * 256);
  EXPECT_EQ(fixed.layer(VariantId{0}, 1).inverse_density.raw, 2048);
  const auto fp16 = image<Fp16>(0, 1, 2);
  EXPECT_EQ(double(fp16.layer(VariantId{1}, 0).average_remaining), 2050);
  EXPECT_EQ(double(fp16.layer(VariantId{0}, 0).inverse_density), 2);
  EXPECT_EQ(double(image<Fp16>(0, 1, 1e12).layer(VariantId{0}, 0).average_remaining), 0x1p-24);
}

TEST_F(HardwareImageTest, instants_are_rounded_down_and_wrap) {
  const auto fp32 = image<Fp32>(0.5, 1, 0.25);
  EXPECT_EQ(fp32.ticks(Seconds{0.99}), 3U);
  EXPECT_EQ(fp32.ticks(Seconds{0x1p30 + 2.5}), 10U);
}

TEST_F(HardwareImageTest, deadlines_lie_at_most_2_to_the_30_ticks_ahead) {
  const auto fp32 = image<Fp32>(0.5, 1, 1);
  EXPECT_EQ(fp32.request(record(0, 0, 5.5, 8.25, 2048)).arrival, 5U);
  EXPECT_EQ(fp32.request(record(0, 0, 5.5, 8.25, 2048)).deadline, 8U);
  EXPECT_EQ(fp32.request(record(0, 0, 5, 1e15, 2048)).deadline, 5U + (1U << 30));
}

TEST_F(HardwareImageTest, wait_rates_share_the_scale_of_the_highest) {
  // 1024 s / 2048 s = 1/2, which 17 bits hold with 17 fraction bits.
  const auto rate = image<Fixed>(0.5, 1024, 1).request(record(0, 0, 0, 1, 2048)).wait_rate;
  EXPECT_EQ(rate.fraction_bits, 17);
  EXPECT_EQ(rate.raw, 1 << 16);
  EXPECT_EQ(image<Fp32>(0.5, 1024, 1).request(record(0, 0, 0, 1, 4096)).wait_rate, 0.25F);
}

TEST_F(HardwareImageTest, without_beta_waiting_has_no_rate) {
  // An infinite waiting term times 0 would be no number.
  EXPECT_EQ(double(image<Fp16>(0, 1e9, 1).request(record(0, 0, 0, 1, 2048)).wait_rate), 0);
  EXPECT_EQ(double(image<Fp16>(1e-9, 1e9, 1).request(record(0, 0, 0, 1, 2048)).wait_rate), 0);
  EXPECT_EQ(double(image<Fp16>(0.5, 2048, 1).request(record(0, 0, 0, 1, 2048)).wait_rate), 1);
}

TEST_F(HardwareImageTest, the_tick_keeps_every_mean_latency_below_4096) {
  // 4100 s / 2^12 is 1.001 s; 2^29 ns are 0.54 s, 2^30 ns 1.07 s.
  EXPECT_DOUBLE_EQ(automatic_tick(profiles_, Tables::pattern).count(), 0x1p30 * 1e-9);
  const Profiles fast(TraceSet({tiny_trace("a", {{{1e-6, 0}}})}));
  EXPECT_EQ(automatic_tick(fast, Tables::pattern), Seconds{1e-9});
}

// ---- what the hardware computes, where every format is exact --------------------------------

/// Ticks of 1 s. a: layers of 2 and 2 s, mean density 1/2; b: of 3 s; c: of 2 s; d: of 1,024 s.
template <class Arithmetic>
class NarrowLevelTest : public testing::Test {
 protected:
  void make(double beta, double wait_unit_s = 1) {
    level_ = std::make_unique<NarrowLevel<Arithmetic>>(HardwareImage<Arithmetic>(
        profiles_, {.beta = beta, .wait_unit_s = wait_unit_s, .tick = Seconds{1}}));
  }
  void write(std::uint32_t task, std::uint32_t variant, double arrival_s, double deadline_s,
             double isolated_s) {
    level_->write(record(task, variant, arrival_s, deadline_s, isolated_s));
  }
  TaskId select(double now_s) { return level_->select(Seconds{now_s}); }
  void layer_done(std::uint32_t task, std::uint32_t layer, double density, double end_s) {
    level_->layer_done(TaskId{task},
                       {.layer = layer, .sparsity = 1 - density, .end = Seconds{end_s}});
  }

  const TraceSet traces_{{tiny_trace("a", {{{2, 0.5}, {2, 0.5}, {4, 0.5}}}),
                          tiny_trace("b", {{{3, 0}}}), tiny_trace("c", {{{2, 0}}}),
                          tiny_trace("d", {{{1024, 0}}})}};
  const Profiles profiles_{traces_};
  std::unique_ptr<DynamicLevel> level_;
};

using Formats = testing::Types<Fp32, Fp16, Fixed>;
TYPED_TEST_SUITE(NarrowLevelTest, Formats, );

TYPED_TEST(NarrowLevelTest, remaining_latency_counts_where_nothing_else_differs) {
  this->make(0);
  this->write(0, 1, 0, 1, 3);
  this->write(1, 2, 0, 100, 2);
  EXPECT_EQ(this->select(0), TaskId{1});
}

TYPED_TEST(NarrowLevelTest, slack_counts_with_beta_and_never_below_0) {
  // 3 + 0.5 · max(0, 1 - 3) = 3 against 2 + 0.5 · (6 - 2) = 4.
  this->make(0.5, 0);
  this->write(0, 1, 0, 1, 3);
  this->write(1, 2, 0, 6, 2);
  EXPECT_EQ(this->select(0), TaskId{0});
}

TYPED_TEST(NarrowLevelTest, waiting_counts_per_isolated_time_and_ready_task) {
  // As with double: 2 + 0.5 · 4 / (2 · 2) = 2.5 against 2 + 0.5 · (1 + 1 / (2 · 2)) = 2.625; not
  // divided by the two that are ready it would be 3 against 2.75.
  this->make(0.5, 1);
  this->write(0, 2, 0, 4, 2);
  this->write(1, 2, 3, 7, 2);
  EXPECT_EQ(this->select(4), TaskId{0});
}

TYPED_TEST(NarrowLevelTest, densities_correct_what_is_left_by_the_mean_of_their_ratios) {
  // After densities 1/4 and 3/4 of a mean of 1/2, γ = (1/2 + 3/2) / 2 = 1: 4 s left, more than b.
  // After the first, γ = 1/2: 6 s become 3, which come first where b is admitted later.
  this->make(0);
  this->write(0, 0, 0, 1, 8);
  EXPECT_EQ(this->select(0), TaskId{0});
  this->write(1, 1, 1, 1, 3);
  this->layer_done(0, 0, 0.25, 2);
  EXPECT_EQ(this->select(2), TaskId{0});
  this->layer_done(0, 1, 0.75, 4);
  EXPECT_EQ(this->select(4), TaskId{1});
}

TYPED_TEST(NarrowLevelTest, waiting_starts_again_at_the_end_of_a_layer) {
  // c, written at 2, has waited for 6 s at 8, a for none since its layer ended at 8, with 3 s left:
  // 2 + 1 · 6 · (2/2) / 2 = 5 against 3. Had a waited since 0: 3 + 8 · (2/8) / 2 = 4, and with a
  // rate of c's 3 + 8 / 2 = 7.
  this->make(1, 2);
  this->write(0, 0, 0, 1, 8);
  EXPECT_EQ(this->select(0), TaskId{0});
  this->write(1, 2, 2, 3, 2);
  this->layer_done(0, 0, 0.25, 8);
  EXPECT_EQ(this->select(8), TaskId{0});
}

TYPED_TEST(NarrowLevelTest, equal_scores_go_to_the_request_written_first) {
  this->make(0.5);
  this->write(2, 2, 0, 8, 2);
  this->write(0, 2, 0, 8, 2);
  this->write(1, 2, 0, 8, 2);
  EXPECT_EQ(this->select(0), TaskId{2});
  EXPECT_EQ(this->select(0), TaskId{0});
}

TYPED_TEST(NarrowLevelTest, a_retired_task_is_gone) {
  this->make(0.5);
  this->write(0, 2, 0, 8, 2);
  this->write(1, 1, 0, 8, 3);
  EXPECT_EQ(this->select(0), TaskId{0});
  this->level_->retire(TaskId{0});
  EXPECT_EQ(this->select(1), TaskId{1});
}

TYPED_TEST(NarrowLevelTest, another_level_may_choose) {
  this->make(0);
  this->write(0, 2, 0, 8, 2);
  this->write(1, 1, 0, 8, 3);
  auto& level = dynamic_cast<NarrowLevel<TypeParam>&>(*this->level_);
  NarrowLevel<TypeParam> copy = level;
  EXPECT_EQ(copy.select(Seconds{0}), TaskId{0});
  level.start(TaskId{1});
  EXPECT_EQ(level.select(Seconds{0}), TaskId{0});
}

TYPED_TEST(NarrowLevelTest, the_clock_may_pass_2_to_the_32_ticks) {
  // Deadlines on both sides of the wrap: 2 + (6 - 2) = 6 against 3 + (5 - 3) = 5, and at 4 s later
  // 2 + 0 against 3 + 0.
  this->make(1, 0);
  this->write(0, 2, 0x1p32 - 2, 0x1p32 + 4, 2);
  this->write(1, 1, 0x1p32 - 2, 0x1p32 + 3, 3);
  EXPECT_EQ(this->select(0x1p32 - 2), TaskId{1});
  this->level_->retire(TaskId{1});
  this->write(1, 1, 0x1p32, 0x1p32 + 3, 3);
  EXPECT_EQ(this->select(0x1p32 + 2), TaskId{0});
}

// ---- and where they are not -----------------------------------------------------------------

/// Layers of 2,049 and 2,048 s: one number in binary16, two in the other formats.
template <class Arithmetic>
TaskId shorter_of_2049_and_2048() {
  const TraceSet traces({tiny_trace("a", {{{2049, 0}}}), tiny_trace("b", {{{2048, 0}}})});
  const Profiles profiles(traces);
  NarrowLevel<Arithmetic> level(
      HardwareImage<Arithmetic>(profiles, {.beta = 0, .tick = Seconds{1}}));
  level.write(record(0, 0, 0, 1, 2049));
  level.write(record(1, 1, 0, 1, 2048));
  return level.select(Seconds{0});
}

TEST(NarrowLevel, binary16_cannot_tell_what_differs_in_the_twelfth_bit) {
  EXPECT_EQ(shorter_of_2049_and_2048<Fp16>(), TaskId{0});
  EXPECT_EQ(shorter_of_2049_and_2048<Fp32>(), TaskId{1});
  EXPECT_EQ(shorter_of_2049_and_2048<Fixed>(), TaskId{1});
}

/// Slack of 300,000 and 290,000 ticks, of equally long tasks.
template <class Arithmetic>
TaskId less_slack_far_ahead() {
  const TraceSet traces({tiny_trace("a", {{{16, 0}}})});
  const Profiles profiles(traces);
  NarrowLevel<Arithmetic> level(
      HardwareImage<Arithmetic>(profiles, {.beta = 1, .wait_unit_s = 0, .tick = Seconds{1}}));
  level.write(record(0, 0, 0, 300000, 16));
  level.write(record(1, 0, 0, 290000, 16));
  return level.select(Seconds{0});
}

TEST(NarrowLevel, what_lies_too_far_ahead_is_all_the_same) {
  EXPECT_EQ(less_slack_far_ahead<Fp32>(), TaskId{1});
  EXPECT_EQ(less_slack_far_ahead<Fp16>(), TaskId{0});   // both 65504
  EXPECT_EQ(less_slack_far_ahead<Fixed>(), TaskId{0});  // both 2^18 - 2^-8
}

}  // namespace
}  // namespace dysta
