#include "dysta/sched/ready_list.hpp"

#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dysta {
namespace {

using testing::ElementsAre;

struct Scored {
  TaskId id{};
  double score = 0;
};

class ReadyListTest : public testing::Test {
 protected:
  void admit(std::uint32_t id, double score) { list_.admit({TaskId{id}, score}); }

  std::uint32_t run_smallest() { return static_cast<std::uint32_t>(list_.run_smallest(score_of)); }
  std::uint32_t run_largest() { return static_cast<std::uint32_t>(list_.run_largest(score_of)); }

  std::vector<std::uint32_t> ready() {
    std::vector<std::uint32_t> ids;
    list_.for_each([&](Scored& task) { ids.push_back(static_cast<std::uint32_t>(task.id)); });
    EXPECT_EQ(ids.size(), list_.ready());
    return ids;
  }

  static double score_of(const Scored& task) { return task.score; }

  ReadyList<Scored> list_;
};

TEST_F(ReadyListTest, scans_in_the_order_of_admission_whatever_the_ids) {
  admit(7, 1);
  admit(0, 1);
  admit(3, 1);
  EXPECT_THAT(ready(), ElementsAre(7, 0, 3));
  EXPECT_EQ(list_.run_first(), TaskId{7});
}

TEST_F(ReadyListTest, runs_the_smallest_or_the_largest) {
  admit(0, 2);
  admit(1, 1);
  admit(2, 3);
  EXPECT_EQ(run_smallest(), 1U);
  EXPECT_EQ(run_largest(), 2U);
}

TEST_F(ReadyListTest, of_equal_scores_the_first_admitted_runs) {
  admit(2, 1);
  admit(1, 1);
  admit(0, 1);
  EXPECT_EQ(run_smallest(), 2U);
  EXPECT_EQ(run_largest(), 1U);
}

TEST_F(ReadyListTest, infinite_scores_are_scores) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  admit(0, kInfinity);
  admit(1, kInfinity);
  EXPECT_EQ(run_smallest(), 0U);
  admit(2, -kInfinity);
  admit(3, -kInfinity);
  EXPECT_EQ(run_largest(), 1U);
  EXPECT_EQ(run_largest(), 2U);
}

TEST_F(ReadyListTest, what_runs_is_not_ready) {
  admit(0, 1);
  admit(1, 2);
  admit(2, 3);
  EXPECT_EQ(run_smallest(), 0U);
  EXPECT_EQ(run_smallest(), 1U);
  EXPECT_THAT(ready(), ElementsAre(2));
  EXPECT_EQ(list_.run_first(), TaskId{2});
  EXPECT_EQ(list_.ready(), 0U);
}

TEST_F(ReadyListTest, what_ran_is_ready_again_at_its_old_place) {
  admit(0, 1);
  admit(1, 1);
  admit(2, 1);
  EXPECT_EQ(run_smallest(), 0U);
  EXPECT_EQ(run_smallest(), 1U);
  EXPECT_EQ(list_.make_ready(TaskId{0}).id, TaskId{0});
  EXPECT_THAT(ready(), ElementsAre(0, 2));
  EXPECT_EQ(run_smallest(), 0U);
  list_.make_ready(TaskId{1}).score = 0;
  list_.make_ready(TaskId{0});
  EXPECT_THAT(ready(), ElementsAre(0, 1, 2));
  EXPECT_EQ(run_smallest(), 1U);
}

TEST_F(ReadyListTest, tasks_are_removed_whether_they_run_or_not) {
  admit(0, 1);
  admit(1, 2);
  admit(2, 3);
  EXPECT_EQ(run_smallest(), 0U);
  list_.remove(TaskId{2});
  EXPECT_THAT(ready(), ElementsAre(1));
  list_.remove(TaskId{0});
  EXPECT_THAT(ready(), ElementsAre(1));
}

TEST_F(ReadyListTest, ready_ones_leave_by_a_rule_and_running_ones_stay) {
  for (std::uint32_t id = 0; id < 4; ++id) admit(id, id);
  EXPECT_EQ(run_smallest(), 0U);
  list_.remove_if([](const Scored& task) { return task.score < 3; });
  EXPECT_THAT(ready(), ElementsAre(3));
  list_.make_ready(TaskId{0});
  EXPECT_THAT(ready(), ElementsAre(0, 3));
}

TEST_F(ReadyListTest, an_id_used_again_stands_where_it_was_admitted_last) {
  admit(0, 1);
  admit(1, 1);
  EXPECT_EQ(run_smallest(), 0U);
  list_.remove(TaskId{0});
  admit(0, 1);
  EXPECT_THAT(ready(), ElementsAre(1, 0));
  EXPECT_EQ(run_smallest(), 1U);
  EXPECT_EQ(run_smallest(), 0U);
  list_.make_ready(TaskId{0});
  list_.make_ready(TaskId{1});
  EXPECT_THAT(ready(), ElementsAre(1, 0));
}

TEST_F(ReadyListTest, a_scan_may_replace_by_another_rule) {
  admit(0, 2);
  admit(1, 1);
  admit(2, 3);
  EXPECT_EQ(list_.run_best(score_of, [](double, double) { return true; }), TaskId{2});
}

}  // namespace
}  // namespace dysta
