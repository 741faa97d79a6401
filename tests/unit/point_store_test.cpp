#include "dysta/sweep/point_store.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/query.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

namespace fs = std::filesystem;
using test::message_of;

FinishedPoint point(const std::string& digest, double figure) {
  FinishedPoint out{.digest = digest,
                    .label = {.scenario = "s", .rate_hz = 2, .utilisation = 0.5, .policy = "fcfs"},
                    .figures = {}};
  for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
    out.figures.values[m] = figure + static_cast<double>(m);
  }
  return out;
}

class PointStoreTest : public testing::Test {
 protected:
  std::string fault() const {
    return message_of<FileError>([&] { PointStore store(path_); });
  }

  std::string query(const std::string& sql) const { return test::query(path_, sql); }

  test::TemporaryFolder folder_;
  std::string path_ = folder_.path("points.sqlite");
};

TEST_F(PointStoreTest, keeps_every_digit) {
  const double odd = 0.1 + 1e-17 + 1.0 / 3;
  {
    PointStore store(path_);
    EXPECT_FALSE(store.find("a"));
    store.add(std::vector{point("a", odd), point("b", 1e300)});
    EXPECT_EQ(store.find("a")->values, point("a", odd).figures.values);
  }
  PointStore again(path_);
  EXPECT_EQ(again.find("a")->values, point("a", odd).figures.values);
  EXPECT_EQ(again.find("b")->values, point("b", 1e300).figures.values);
  EXPECT_FALSE(again.find("c"));
}

TEST_F(PointStoreTest, keeps_that_a_metric_has_no_value) {
  FinishedPoint refused = point("a", 1);
  refused.figures[Metric::antt] = kNoValue;
  PointStore store(path_);
  store.add(std::vector{refused});
  const Summary found = store.find("a").value();
  EXPECT_TRUE(std::isnan(found[Metric::antt]));
  EXPECT_EQ(found[Metric::violation_rate], refused.figures[Metric::violation_rate]);
}

TEST_F(PointStoreTest, a_point_that_is_there_stays_as_it_is) {
  PointStore store(path_);
  store.add(std::vector{point("a", 1)});
  store.add(std::vector{point("a", 2), point("b", 3)});
  EXPECT_EQ(store.find("a")->values, point("a", 1).figures.values);
  EXPECT_EQ(store.find("b")->values, point("b", 3).figures.values);
}

TEST_F(PointStoreTest, a_point_may_have_several_labels_each_once) {
  FinishedPoint again = point("a", 1);
  again.label.policy = "fcfs:same=yes";
  {
    PointStore store(path_);
    store.add(std::vector{point("a", 1), again});
    store.add(std::vector{again, point("a", 1)});
    EXPECT_EQ(store.find("a")->values, point("a", 1).figures.values);
  }
  EXPECT_EQ(query("SELECT policy FROM labels ORDER BY policy"), "fcfs\nfcfs:same=yes\n");
  EXPECT_EQ(query("SELECT count(*) FROM points"), "1\n");
}

TEST_F(PointStoreTest, a_damaged_point_is_written_anew) {
  for (const char* damage :
       {"DELETE FROM figures WHERE metric = 'antt'", "DELETE FROM figures", "DELETE FROM points"}) {
    { PointStore(path_).add(std::vector{point("a", 1)}); }
    query(damage);
    {
      PointStore store(path_);
      EXPECT_FALSE(store.find("a")) << damage;
      store.add(std::vector{point("a", 2)});
    }
    EXPECT_EQ(PointStore(path_).find("a")->values, point("a", 2).figures.values) << damage;
    fs::remove(path_);
  }
}

TEST_F(PointStoreTest, closed_it_is_a_single_file) {
  { PointStore(path_).add(std::vector{point("a", 1)}); }
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, testing::ElementsAre("points.sqlite"));
}

// What kill -9 leaves: the file and its log as they are while the store is open.
TEST_F(PointStoreTest, the_log_of_a_killed_program_is_read) {
  PointStore store(path_);
  store.add(std::vector{point("a", 1)});
  store.add(std::vector{point("b", 2)});
  const test::TemporaryFolder copy;
  fs::copy(path_, copy.path("points.sqlite"));
  fs::copy(path_ + "-wal", copy.path("points.sqlite-wal"));
  {
    PointStore found(copy.path("points.sqlite"));
    EXPECT_TRUE(found.find("a"));
    EXPECT_TRUE(found.find("b"));
  }
  // The last commit was being written when the power failed.
  const test::TemporaryFolder torn;
  fs::copy(path_, torn.path("points.sqlite"));
  fs::copy(path_ + "-wal", torn.path("points.sqlite-wal"));
  fs::resize_file(torn.path("points.sqlite-wal"), fs::file_size(path_ + "-wal") - 100);
  PointStore found(torn.path("points.sqlite"));
  EXPECT_TRUE(found.find("a"));
  EXPECT_FALSE(found.find("b"));
}

TEST_F(PointStoreTest, one_program_at_a_time) {
  PointStore store(path_);
  EXPECT_EQ(fault(), path_ +
                         ": is in use by another program; allowed is one sweep at a time in a "
                         "folder");
}

TEST_F(PointStoreTest, files_of_something_else) {
  const std::string message =
      ": holds something else; allowed is a file that dysta sweep wrote, or none";
  folder_.write("points.sqlite", std::string(5000, 'x'));
  EXPECT_EQ(fault(), path_ + message);
  folder_.write("points.sqlite", "SQLite format 3");
  EXPECT_EQ(fault(), path_ + message);
}

TEST_F(PointStoreTest, an_empty_file_is_a_beginning) {
  folder_.write("points.sqlite", "");
  PointStore(path_).add(std::vector{point("a", 1)});
  EXPECT_TRUE(PointStore(path_).find("a"));
}

TEST_F(PointStoreTest, truncated_files_are_told) {
  {
    PointStore store(path_);
    std::vector<FinishedPoint> points;
    for (int i = 0; i < 200; ++i) points.push_back(point(std::to_string(i), i));
    store.add(points);
  }
  const auto whole = fs::file_size(path_);
  for (const auto size : {whole - 4096, whole / 2, std::uintmax_t{4096}, std::uintmax_t{100}}) {
    fs::resize_file(path_, size);
    const std::string message = fault();
    EXPECT_TRUE(message == path_ +
                               ": is damaged; allowed is a file as dysta sweep left it, or "
                               "none" ||
                message == path_ +
                               ": holds something else; allowed is a file that dysta sweep "
                               "wrote, or none")
        << size << " of " << whole << ": " << message;
  }
}

TEST_F(PointStoreTest, folders_that_are_not_there) {
  EXPECT_EQ(message_of<FileError>([] { PointStore store("/no/such/folder/points.sqlite"); }),
            "/no/such/folder/points.sqlite: cannot be written: No such file or directory; allowed "
            "is a file in a folder that can be written, with space left");
}

}  // namespace
}  // namespace dysta
