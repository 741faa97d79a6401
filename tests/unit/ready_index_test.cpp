// The index of ready tasks and the tree behind it, against the plainest search.
#include "dysta/sched/ready_index.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/random.hpp"
#include "dysta/sched/fixed_key.hpp"

namespace dysta {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

/// A score that rises with one column and falls with the other, which are far from each other in
/// the order of rows.
struct Difference {
  static constexpr std::size_t kColumns = 2;
  static constexpr std::array kCorners{Corner{0, Corner::End::least},
                                       Corner{1, Corner::End::greatest}};

  double scale = 1;

  double operator()(double plus, double minus) const { return plus - scale * minus; }
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return ordinal(columns[0]);
  }
  static double later(double, const Difference&, const Difference&) { return -kNone; }
};

TEST(Ordinal, grows_with_the_number) {
  const std::vector<double> rising{-kNone, -1e300, -1, -1e-300, 0, 1e-300, 1, 1.5, 1e300, kNone};
  for (std::size_t i = 1; i < rising.size(); ++i) {
    EXPECT_LT(ordinal(rising[i - 1]), ordinal(rising[i]));
  }
}

TEST(Joined, orders_groups_first) {
  EXPECT_LT(joined(1, 1000), joined(2, -1000));
  EXPECT_LT(joined(1, 5), joined(1, 6));
}

// ---- the tree -------------------------------------------------------------------------------

/// A tree and its rows in plain sight.
class BoxTreeTest : public testing::Test {
 protected:
  Row<Difference> fresh_row() {
    const auto number = [this] { return static_cast<double>(random_.below(50)); };
    return {.id = TaskId{next_}, .admission = next_++, .columns = {number(), number()}};
  }
  void insert(const Row<Difference>& row) {
    tree_.insert(row);
    rows_.push_back(row);
  }
  double score(const Row<Difference>& row) const {
    return difference_(row.columns[0], row.columns[1]);
  }
  /// Searches, and checks what was found and what is said of the others.
  Found search() {
    difference_.scale = static_cast<double>(random_.below(3));
    Found found;
    tree_.search(difference_, found);
    const auto second = rows_.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rows_));
    std::partial_sort(rows_.begin(), second, rows_.end(), [this](const auto& a, const auto& b) {
      return score(a) < score(b) || (score(a) == score(b) && a.admission < b.admission);
    });
    EXPECT_EQ(found.score, score(rows_[0]));
    EXPECT_EQ(found.admission, rows_[0].admission);
    EXPECT_LE(found.others, rows_.size() > 1 ? score(rows_[1]) : kNone);
    return found;
  }
  void take() {
    const Found found = search();
    EXPECT_EQ(tree_.take(found).id, rows_[0].id);
    rows_.erase(rows_.begin());
    EXPECT_EQ(tree_.size(), rows_.size());
  }

  RandomStream random_{5, StreamPurpose::events};
  BoxTree<Difference> tree_;
  std::vector<Row<Difference>> rows_;
  Difference difference_;
  std::uint32_t next_ = 0;
};

TEST_F(BoxTreeTest, finds_the_best_row_while_it_grows_and_shrinks) {
  for (const std::size_t most : {1U, 40U, 700U, 3U, 3000U, 0U}) {
    while (rows_.size() < most) {
      tree_.reserve(rows_.size() + 1, 1);
      insert(fresh_row());
      if (random_.below(20) == 0) search();
    }
    while (rows_.size() > most / 4) take();
  }
}

TEST_F(BoxTreeTest, rows_go_in_order_of_arrival_too) {
  for (std::uint32_t i = 0; i < 2000; ++i) {
    tree_.reserve(rows_.size() + 1, 1);
    insert({.id = TaskId{i}, .admission = i, .columns = {static_cast<double>(i / 3), 0}});
  }
  while (rows_.size() > 1900) take();
}

// Rows that leave and come back elsewhere split blocks and empty none: these run short, and rows go
// wherever there is room.
TEST_F(BoxTreeTest, finds_the_best_row_while_rows_only_move) {
  for (std::uint32_t i = 0; i < 500; ++i) {
    tree_.reserve(rows_.size() + 1, 1);
    insert(fresh_row());
  }
  for (std::uint32_t i = 0; i < 3000; ++i) {
    take();
    insert(fresh_row());
  }
}

// ---- the index ------------------------------------------------------------------------------

class ReadyIndexTest : public testing::Test {
 protected:
  void admit(std::uint32_t id, double key) { tasks_.admit(TaskId{id}, {key}); }
  std::uint32_t run() { return static_cast<std::uint32_t>(index(tasks_.run_smallest({}))); }

  ReadyIndex<FixedKey> tasks_;
};

TEST_F(ReadyIndexTest, the_smallest_runs_and_of_equal_ones_the_first_admitted) {
  admit(0, 2);
  admit(2, 1);
  admit(1, 1);
  EXPECT_EQ(run(), 2U);
  EXPECT_EQ(run(), 1U);
  EXPECT_EQ(run(), 0U);
}

TEST_F(ReadyIndexTest, what_ran_comes_back_changed_and_keeps_its_turn_among_equals) {
  admit(0, 1);
  admit(1, 2);
  EXPECT_EQ(run(), 0U);
  tasks_.make_ready(TaskId{0}, [](auto& columns) { columns = {3}; });
  EXPECT_EQ(run(), 1U);
  tasks_.make_ready(TaskId{1}, [](auto& columns) { columns = {3}; });
  EXPECT_EQ(run(), 0U);
}

TEST_F(ReadyIndexTest, equal_ones_run_in_the_order_of_admission_however_many) {
  for (std::uint32_t id = 0; id < 1000; ++id) admit(999 - id, 7);
  EXPECT_EQ(tasks_.ready(), 1000U);
  for (std::uint32_t id = 0; id < 1000; ++id) EXPECT_EQ(run(), 999 - id);
  EXPECT_EQ(tasks_.ready(), 0U);
  for (std::uint32_t id = 0; id < 1000; ++id) tasks_.retire(TaskId{id});
  admit(3, 1);
  EXPECT_EQ(run(), 3U);
}

TEST_F(ReadyIndexTest, a_look_takes_nothing) {
  for (std::uint32_t id = 0; id < 100; ++id) admit(id, 200 - id);
  const Found found = tasks_.smallest({});
  EXPECT_EQ(found.score, 101);
  EXPECT_EQ(tasks_.row(found).columns[0], 101);
  EXPECT_EQ(tasks_.ready(), 100U);
  EXPECT_EQ(tasks_.run(found), TaskId{99});
  EXPECT_EQ(run(), 98U);
}

TEST_F(ReadyIndexTest, infinite_scores_are_scores) {
  admit(1, kNone);
  admit(0, kNone);
  admit(2, -kNone);
  EXPECT_EQ(run(), 2U);
  EXPECT_EQ(run(), 1U);
  EXPECT_EQ(run(), 0U);
}

}  // namespace
}  // namespace dysta
