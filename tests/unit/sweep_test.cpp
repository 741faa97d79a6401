#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/sweep/run_sweep.hpp"
#include "support/message.hpp"
#include "support/query.hpp"
#include "support/sweep_folder.hpp"

namespace dysta {
namespace {

namespace fs = std::filesystem;
using test::message_of;

const std::string kSweep =
    "schema: 1\nscenarios: [tiny.yaml]\npolicies: [fcfs, sjf, 'dysta:beta=0.5,wait_unit_s=auto']\n"
    "loads: [0.5, 1.1]\nrates_hz: [0.3]\nslo_multipliers: [2, 10]\nseeds: 1-3\nrequests: 40\n";
constexpr std::size_t kPoints = 3 * 2 * 3 * 3;

/// How a sweep went.
struct Result {
  bool complete = false;
  std::size_t found = 0;      ///< points that were finished before
  std::size_t simulated = 0;  ///< points that this run added
  std::string csv;            ///< empty where there is none
};

class SweepTest : public testing::Test {
 protected:
  Result run(const std::string& text, std::size_t jobs = 1, const std::string& into = "out",
             std::size_t stop_after = static_cast<std::size_t>(-1)) {
    const SweepPlan plan = load_sweep(folder_.write("sweep.yaml", text));
    Result result;
    std::atomic<bool> stop{false};
    bool first = true;
    SweepOptions options{.jobs = jobs, .progress = {}, .stop = &stop};
    options.progress = [&](std::size_t done, std::size_t of) {
      EXPECT_LE(done, of);
      EXPECT_EQ(of, plan.points());
      if (first) result.found = done;
      first = false;
      result.simulated = done - result.found;
      if (result.simulated >= stop_after) stop = true;
    };
    result.complete = run_sweep(plan, folder_.path(into), options);
    const std::string csv = folder_.path(into + "/points.csv");
    if (fs::exists(csv)) result.csv = read_file(csv);
    return result;
  }

  test::SweepFolder folder_;
};

TEST_F(SweepTest, the_table_is_the_plan_in_its_order) {
  const Result result = run(kSweep);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.found, 0U);
  EXPECT_EQ(result.simulated, kPoints);

  CsvReader csv("points.csv", result.csv);
  for (const char* column : {"scenario", "rate_hz", "utilisation", "slo_multiplier", "seed",
                             "policy", "metric", "value"}) {
    EXPECT_TRUE(csv.find_column(column)) << column;
  }
  const Scenario scenario = load_scenario(folder_.path("tiny.yaml"));
  const SweepPlan plan = load_sweep(folder_.path("sweep.yaml"));
  std::string expected = "scenario,rate_hz,utilisation,slo_multiplier,seed,policy,metric,value\n";
  for (ScenarioDraw draw :
       {ScenarioDraw{.load = 0.5}, ScenarioDraw{.load = 1.1}, ScenarioDraw{.rate_hz = 0.3}}) {
    draw.count = 40;
    for (const double slo_multiplier : {2.0, 10.0}) {
      draw.slo_multiplier = slo_multiplier;
      for (const std::uint64_t seed : plan.seeds) {
        draw.seed = seed;
        for (const ConfiguredPolicy& policy : plan.policies) {
          const Summary summary =
              summarise(simulate(scenario.pools(), dysta::draw(scenario, draw), policy));
          for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
            expected += "tiny," + shortest_text(rate_hz(scenario, draw)) + ',' +
                        shortest_text(utilisation(scenario, draw)) + ',' +
                        shortest_text(slo_multiplier) + ',' + std::to_string(seed) + ',' +
                        csv_field(policy.label()) + ',' + std::string(kMetricNames[m]) + ',' +
                        shortest_text(summary.values[m]) + '\n';
          }
        }
      }
    }
  }
  EXPECT_EQ(result.csv, expected);
}

// Deadlines at the mean latency: whoever has to wait is refused, at this load somebody in each run.
TEST_F(SweepTest, refusals_are_told_and_what_they_leave_without_a_value_is_not) {
  const std::string csv =
      run("schema: 1\nscenarios: tiny.yaml\npolicies: fcfs\nadmission: \"all,deadline\"\n"
          "slo_multipliers: 1\nloads: 1.1\nseeds: 1-3\nrequests: 40\n")
          .csv;
  const auto rows_with = [&](const std::string& text) {
    std::size_t rows = 0;
    for (auto at = csv.find(text); at != csv.npos; at = csv.find(text, at + 1)) ++rows;
    return rows;
  };
  EXPECT_EQ(rows_with(",fcfs,refusal_rate,0\n"), 3U);
  EXPECT_EQ(rows_with(",fcfs,antt,"), 3U);
  EXPECT_EQ(rows_with(",fcfs refusing late,refusal_rate,0."), 3U);
  EXPECT_EQ(rows_with(",fcfs refusing late,antt"), 0U);
}

TEST_F(SweepTest, the_same_bytes_whatever_the_number_of_threads) {
  const std::string alone = run(kSweep, 1, "one").csv;
  EXPECT_EQ(run(kSweep, 2, "two").csv, alone);
  EXPECT_EQ(run(kSweep, 8, "eight").csv, alone);
}

TEST_F(SweepTest, without_lists_a_scenario_is_taken_as_it_is) {
  // On average a request takes (0.6875 + 4) / 2 s, and one comes every 2 s.
  const Result result =
      run("schema: 1\nscenarios: tiny.yaml\npolicies: fcfs\nseeds: 4\nrequests: 7\n");
  EXPECT_THAT(result.csv, testing::HasSubstr("\ntiny,0.5,1.171875,,4,fcfs,antt,"));
}

TEST_F(SweepTest, finished_points_are_not_done_again) {
  const Result first = run(kSweep);
  const Result second = run(kSweep, 2);
  EXPECT_TRUE(second.complete);
  EXPECT_EQ(second.found, kPoints);
  EXPECT_EQ(second.simulated, 0U);
  EXPECT_EQ(second.csv, first.csv);
}

TEST_F(SweepTest, stopped_it_goes_on) {
  const std::string whole = run(kSweep, 1, "whole").csv;
  std::size_t finished = 0;
  for (int runs = 0; runs < 100 && finished < kPoints; ++runs) {
    const Result part = run(kSweep, 2, "parts", 5);
    EXPECT_EQ(part.found, finished);
    EXPECT_GT(part.simulated, 0U);
    finished += part.simulated;
    EXPECT_EQ(part.complete, finished == kPoints);
    EXPECT_EQ(part.csv, part.complete ? whole : "");
  }
  EXPECT_EQ(finished, kPoints);
}

TEST_F(SweepTest, stopped_before_it_begins) {
  const Result none = run(kSweep, 1, "out", 0);
  EXPECT_FALSE(none.complete);
  EXPECT_EQ(none.simulated, 0U);
}

TEST_F(SweepTest, a_longer_plan_adds_what_is_new) {
  std::string shorter = kSweep;
  shorter.replace(shorter.find("seeds: 1-3"), 10, "seeds: 1-2");
  EXPECT_EQ(run(shorter).simulated, kPoints / 3 * 2);
  const Result longer = run(kSweep);
  EXPECT_EQ(longer.found, kPoints / 3 * 2);
  EXPECT_EQ(longer.csv, run(kSweep, 1, "fresh").csv);
  // And back again.
  const Result back = run(shorter);
  EXPECT_EQ(back.simulated, 0U);
  EXPECT_EQ(back.csv, run(shorter, 1, "fresh").csv);
}

TEST_F(SweepTest, changed_traces_are_noticed) {
  run(kSweep);
  folder_.write_trace("one_a", "0.5000001");
  const Result changed = run(kSweep);
  EXPECT_EQ(changed.found, 0U);
  EXPECT_EQ(changed.csv, run(kSweep, 1, "fresh").csv);
  folder_.write_trace("one_a", "0.5");
  EXPECT_EQ(run(kSweep).found, kPoints);
}

TEST_F(SweepTest, changed_scenarios_are_noticed) {
  run(kSweep);
  std::string text = read_file(folder_.path("tiny.yaml"));
  // A word for people decides nothing.
  folder_.write("tiny.yaml", "# a comment\n" + text);
  EXPECT_EQ(run(kSweep).found, kPoints);
  // More accelerators behind the same rate decide everything.
  text.replace(text.find("eyeriss_v2}"), 11, "eyeriss_v2, count: 2}");
  folder_.write("tiny.yaml", text);
  EXPECT_EQ(run(kSweep).found, 0U);
}

TEST_F(SweepTest, an_earlier_table_does_not_outlive_its_plan) {
  EXPECT_FALSE(run(kSweep).csv.empty());
  std::string other = kSweep;
  other.replace(other.find("requests: 40"), 12, "requests: 41");
  const Result stopped = run(other, 1, "out", 1);
  EXPECT_FALSE(stopped.complete);
  EXPECT_EQ(stopped.csv, "");
}

TEST_F(SweepTest, an_earlier_table_does_not_outlive_its_plan_while_requests_are_drawn) {
  EXPECT_FALSE(run(kSweep).csv.empty());
  std::string other = kSweep;
  other.replace(other.find("requests: 40"), 12, "requests: 41");
  const SweepPlan plan = load_sweep(folder_.write("sweep.yaml", other));
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(run_sweep(plan, folder_.path("out"), {.stop = &stop}));
  EXPECT_FALSE(fs::exists(folder_.path("out/points.csv")));
}

TEST_F(SweepTest, a_table_that_cannot_be_replaced) {
  folder_.write("out/points.csv/file", "");
  EXPECT_THAT(message_of<FileError>([&] { run(kSweep); }),
              testing::StartsWith(folder_.path("out/points.csv") + ": cannot be taken away: "));
}

TEST_F(SweepTest, drawing_tells_how_far_it_is_and_stops_within_a_workload) {
  const SweepPlan plan = load_sweep(folder_.write(
      "sweep.yaml",
      "schema: 1\nscenarios: tiny.yaml\npolicies: fcfs\nseeds: 1-2\nrequests: 100000\n"));
  std::vector<std::size_t> drawn;
  std::atomic<bool> stop{false};
  SweepOptions options{.stop = &stop};
  options.drawing = [&](std::size_t done, std::size_t of) {
    EXPECT_EQ(of, 200'000U);
    drawn.push_back(done);
  };
  EXPECT_TRUE(run_sweep(plan, folder_.path("whole"), options));
  EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
  EXPECT_GT(drawn.size(), 20U);
  EXPECT_EQ(drawn.back(), 200'000U);

  options.drawing = [&](std::size_t done, std::size_t) {
    EXPECT_LT(done, 100'000U);
    stop = true;
  };
  options.progress = [](std::size_t, std::size_t) { FAIL() << "it went on"; };
  EXPECT_FALSE(run_sweep(plan, folder_.path("stopped"), options));
}

using Items = std::vector<std::size_t>;

/// One of several processes, and what its leader hands it: of workloads, and of points.
class HelpingForce final : public WorkForce {
 public:
  HelpingForce(Items workloads, Items points) : of_kind_{std::move(workloads), std::move(points)} {}

  bool leads() const override { return false; }
  void lead(std::span<const std::size_t>, const Work&, const Keep&) override {
    FAIL() << "it does not lead";
  }
  bool help(const Work& work) override {
    for (const std::size_t item : of_kind_.at(kinds_++)) results.push_back(work(item));
    return true;
  }

  std::vector<std::string> results;

 private:
  std::vector<Items> of_kind_;
  std::size_t kinds_ = 0;
};

TEST_F(SweepTest, who_does_not_lead_works_and_tells_and_writes_nothing) {
  const SweepPlan plan = load_sweep(folder_.write("sweep.yaml", kSweep));
  HelpingForce force({0, 1}, {0, 1});
  SweepOptions options{.force = &force};
  options.drawing = [](std::size_t, std::size_t) { FAIL() << "drawing"; };
  options.progress = [](std::size_t, std::size_t) { FAIL() << "progress"; };
  EXPECT_TRUE(run_sweep(plan, folder_.path("out"), options));
  EXPECT_EQ(force.results.size(), 4U);
  EXPECT_FALSE(fs::exists(folder_.path("out")));
}

TEST_F(SweepTest, who_does_not_lead_stops) {
  const SweepPlan plan = load_sweep(folder_.write("sweep.yaml", kSweep));
  HelpingForce force({0, 1}, {0, 1});
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(run_sweep(plan, folder_.path("out"), {.force = &force, .stop = &stop}));
  EXPECT_TRUE(force.results.empty());
}

TEST_F(SweepTest, a_fault_of_a_scenario_has_its_file_whoever_finds_it_first) {
  folder_.write_trace("one_a", "1e14");
  const std::string expected =
      folder_.path("tiny.yaml") + ": a request of 'all' would arrive after ";
  EXPECT_THAT(message_of<FileError>([&] { run(kSweep); }), testing::StartsWith(expected));
  const SweepPlan plan = load_sweep(folder_.path("sweep.yaml"));
  HelpingForce force({}, {0});
  EXPECT_THAT(
      message_of<FileError>([&] { run_sweep(plan, folder_.path("out"), {.force = &force}); }),
      testing::StartsWith(expected));
}

// sqlite3, as a reader of the documentation would ask.
TEST_F(SweepTest, the_store_has_every_label_of_a_point) {
  const auto labels = [&](const std::string& policies) {
    std::string text = kSweep;
    const auto at = text.find("policies: [");
    text.replace(at, text.find('\n', at) - at, "policies: " + policies);
    run(text);
    return test::query(folder_.path("out/points.sqlite"),
                       "SELECT DISTINCT policy FROM labels JOIN figures USING (point) WHERE "
                       "metric = 'antt' ORDER BY policy");
  };
  EXPECT_EQ(labels("[dysta, 'dysta:beta=0.01']"), "dysta\ndysta:beta=0.01\n");
  EXPECT_EQ(test::query(folder_.path("out/points.sqlite"), "SELECT count(*) FROM points"), "18\n");
  // Nothing is left to be simulated, and yet the label is new.
  EXPECT_EQ(labels("['dysta:beta=1e-2']"), "dysta\ndysta:beta=0.01\ndysta:beta=1e-2\n");
}

TEST_F(SweepTest, scenarios_share_no_name) {
  folder_.write_scenario("other", "tiny");
  std::string text = kSweep;
  text.replace(text.find("tiny.yaml"), 9, "tiny.yaml, other.yaml");
  EXPECT_EQ(message_of<FileError>([&] { run(text); }),
            folder_.path("other.yaml") + ": has the name 'tiny', as " + folder_.path("tiny.yaml") +
                " has; allowed is a name of its own");
}

TEST_F(SweepTest, scenarios_that_cannot_be_drawn_from_as_planned) {
  std::string text = read_file(folder_.path("tiny.yaml"));
  text.replace(text.find("slo_multiplier: 10"), 18, "deadline_s: 5");
  folder_.write("tiny.yaml", text);
  EXPECT_EQ(message_of<FileError>([&] { run(kSweep); }),
            folder_.path("sweep.yaml") +
                ":6:18: an SLO multiplier is given, and stream 'all' of scenario 'tiny' has "
                "deadlines of another kind; allowed are scenarios whose streams all have "
                "slo_multiplier");
  EXPECT_FALSE(fs::exists(folder_.path("out")));
}

TEST_F(SweepTest, folders_that_cannot_be_made) {
  folder_.write("file", "");
  EXPECT_THAT(message_of<FileError>([&] { run(kSweep, 1, "file/out"); }),
              testing::StartsWith(folder_.path("file/out") + ": cannot be made a folder: "));
}

}  // namespace
}  // namespace dysta
