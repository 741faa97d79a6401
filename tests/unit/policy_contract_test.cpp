// What the interface promises of every policy, registered ones with each of their options.
#include <cctype>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/configurations.hpp"
#include "support/fixed_truth.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

constexpr AcceleratorId kFirst{0};
constexpr AcceleratorId kSecond{1};
constexpr AcceleratorId kThird{2};

/// Three accelerators and tasks of four layers of 1 s.
class PolicyContract : public testing::TestWithParam<std::size_t> {
 protected:
  PolicyContract()
      : policy_(test::all_configurations()[GetParam()].make(
            {.profiles = profiles_, .truth = &truth_})) {}

  void arrive(std::uint32_t task, double arrival_s, Priority priority = Priority::low,
              double slo_s = 10) {
    policy_->on_arrival({.task = TaskId{task},
                         .variant = VariantId{0},
                         .arrival = Seconds{arrival_s},
                         .slo = Seconds{slo_s},
                         .priority = priority});
  }
  TaskId choose(double now_s, AcceleratorId accelerator = kFirst) {
    return policy_->choose(Seconds{now_s}, accelerator);
  }
  void layer_done(TaskId task, std::uint32_t layer, double end_s) {
    policy_->on_layer_done(task, {.layer = layer, .sparsity = 0.5, .end = Seconds{end_s}});
  }

  const TraceSet traces_{{test::tiny_trace("a", {{{1, 0.5}, {1, 0.5}, {1, 0.5}, {1, 0.5}}})}};
  const Profiles profiles_{traces_};
  const test::FixedTruth truth_{std::vector<std::vector<double>>(4, {4, 3, 2, 1, 0})};
  const std::unique_ptr<Policy> policy_;
};

TEST_P(PolicyContract, of_equal_tasks_the_lowest_request_runs_first) {
  for (std::uint32_t task = 0; task < 3; ++task) arrive(task, 0);
  EXPECT_EQ(choose(0), TaskId{0});
}

TEST_P(PolicyContract, several_accelerators_get_different_tasks) {
  arrive(0, 0, Priority::low);
  arrive(1, 0, Priority::high);
  arrive(2, 1, Priority::medium, 1);
  const TaskId first = choose(1, kFirst);
  const TaskId second = choose(1, kSecond);
  const TaskId third = choose(1, kThird);
  EXPECT_NE(first, second);
  EXPECT_NE(first, third);
  EXPECT_NE(second, third);
}

TEST_P(PolicyContract, a_task_is_ready_again_when_its_layer_is_done) {
  for (std::uint32_t task = 0; task < 3; ++task) arrive(task, 0);
  const TaskId first = choose(0, kFirst);
  const TaskId second = choose(0, kSecond);
  choose(0, kThird);
  layer_done(second, 0, 1);
  EXPECT_EQ(choose(1, kSecond), second);  // the others run
  layer_done(first, 0, 2);
  EXPECT_EQ(choose(2, kFirst), first);
}

TEST_P(PolicyContract, a_finished_task_never_runs_again_and_its_id_may_be_used) {
  arrive(0, 0);
  arrive(1, 0);
  const TaskId first = choose(0, kFirst);
  const TaskId other = choose(0, kSecond);
  policy_->on_finish(first);
  layer_done(other, 0, 1);
  EXPECT_EQ(choose(1), other);
  arrive(static_cast<std::uint32_t>(first), 1);
  EXPECT_EQ(choose(1, kSecond), first);
  layer_done(first, 0, 2);
  layer_done(other, 1, 2);
  const TaskId next = choose(2, kFirst);
  EXPECT_EQ(choose(2, kSecond), next == first ? other : first);
}

std::string name_of_configuration(const testing::TestParamInfo<std::size_t>& info) {
  std::string name = test::all_configurations()[info.param].label();
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Registry, PolicyContract,
                         testing::Range(std::size_t{0}, test::all_configurations().size()),
                         name_of_configuration);

}  // namespace
}  // namespace dysta
