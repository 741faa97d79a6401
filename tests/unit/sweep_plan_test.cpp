#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/sweep/plan.hpp"
#include "support/message.hpp"
#include "support/sweep_folder.hpp"

namespace dysta {
namespace {

using test::message_of;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kNeeded = "schema: 1\nscenarios: [a.yaml]\nseeds: 1-2\nrequests: 10\n";

SweepPlan parse(const std::string& text) {
  return parse_sweep(YamlMap::parse("s.yaml", text), "folder");
}

std::string fault(const std::string& text) {
  return message_of<FileError>([&] { parse(text); });
}

std::vector<std::string> labels_of(const SweepPlan& plan) {
  std::vector<std::string> labels;
  for (const ConfiguredPolicy& policy : plan.policies) labels.push_back(policy.label());
  return labels;
}

TEST(SweepPlan, of_all_keys) {
  const SweepPlan plan = parse(
      "schema: 1\nscenarios: [a.yaml, /b/c.yml]\npolicies: [fcfs, 'sjf,dysta:beta=0.5']\n"
      "loads: [0.6, 1.1]\nrates_hz: 30\nslo_multipliers: [10, 25]\nseeds: 1-3,7\nrequests: 50\n");
  EXPECT_THAT(plan.scenarios, ElementsAre("folder/a.yaml", "/b/c.yml"));
  EXPECT_THAT(labels_of(plan), ElementsAre("fcfs", "sjf", "dysta:beta=0.5"));
  EXPECT_THAT(plan.loads, ElementsAre(0.6, 1.1));
  EXPECT_THAT(plan.rates_hz, ElementsAre(30));
  EXPECT_THAT(plan.slo_multipliers, ElementsAre(10, 25));
  EXPECT_THAT(plan.seeds, ElementsAre(1, 2, 3, 7));
  EXPECT_EQ(plan.requests, 50U);
  EXPECT_EQ(plan.rates(), 3U);
  EXPECT_EQ(plan.points(), 2U * 3 * 2 * 4 * 3);
}

TEST(SweepPlan, of_the_needed_keys) {
  const SweepPlan plan = parse(kNeeded + "policies: fcfs\n");
  EXPECT_THAT(plan.loads, IsEmpty());
  EXPECT_THAT(plan.rates_hz, IsEmpty());
  EXPECT_THAT(plan.slo_multipliers, IsEmpty());
  EXPECT_EQ(plan.rates(), 1U);
  EXPECT_EQ(plan.points(), 2U);
}

TEST(SweepPlan, grids_are_all_combinations_the_last_parameter_fastest) {
  EXPECT_THAT(
      labels_of(parse(kNeeded + "policies: [fcfs]\n"
                                "grid:\n"
                                "  - policy: dysta\n"
                                "    parameters: {beta: [0.1, 0.2], wait_unit_s: [1, auto]}\n"
                                "  - {policy: sdrm3, parameters: {alpha: [0, 1]}}\n")),
      ElementsAre("fcfs", "dysta:beta=0.1,wait_unit_s=1", "dysta:beta=0.1,wait_unit_s=auto",
                  "dysta:beta=0.2,wait_unit_s=1", "dysta:beta=0.2,wait_unit_s=auto",
                  "sdrm3:alpha=0", "sdrm3:alpha=1"));
  EXPECT_THAT(labels_of(parse(kNeeded + "grid: {policy: dysta, parameters: {beta: 0.5}}\n")),
              ElementsAre("dysta:beta=0.5"));
}

TEST(SweepPlan, missing_keys) {
  for (const char* key : {"schema", "scenarios", "seeds", "requests"}) {
    std::string text = kNeeded + "policies: fcfs\n";
    const auto begin = text.find(std::string(key) + ":");
    text.erase(begin, text.find('\n', begin) + 1 - begin);
    EXPECT_EQ(fault(text), "s.yaml:1:1: lacks '" + std::string(key) + "'; it is needed here");
  }
  EXPECT_EQ(fault(kNeeded), "s.yaml:1:1: lacks 'policies'; it is needed here");
}

TEST(SweepPlan, seeds_are_text) {
  EXPECT_EQ(fault("schema: 1\nscenarios: a.yaml\npolicies: fcfs\nseeds: [1, 2]\nrequests: 1\n"),
            "s.yaml:4:8: seeds is a list; allowed is text like 3, 1-5 or 1,4,7-9");
}

TEST(SweepPlan, unknown_keys) {
  const std::string text = kNeeded + "policies: fcfs\n";
  EXPECT_THAT(fault(text + "load: 0.5\n"),
              testing::StartsWith("s.yaml:6:1: 'load' is not known here; allowed are "));
  EXPECT_EQ(fault(text + "grid: {policy: dysta, parameters: {beta: 1}, values: 3}\n"),
            "s.yaml:6:46: 'values' is not known here; allowed are parameters, policy");
}

TEST(SweepPlan, values_out_of_range) {
  const std::string text = kNeeded + "policies: fcfs\n";
  const auto range = [](const std::string& what) { return "; allowed is " + what; };
  EXPECT_EQ(fault(text + "loads: [0.5, 0]\n"),
            "s.yaml:6:14: loads has '0'" + range("a number from 1e-06 to 1000, or a list of such"));
  EXPECT_EQ(
      fault(text + "rates_hz: [.nan]\n"),
      "s.yaml:6:12: rates_hz has '.nan'" + range("a number from 1e-09 to 1e12, or a list of such"));
  EXPECT_EQ(fault(text + "slo_multipliers: -1\n"),
            "s.yaml:6:18: slo_multipliers has '-1'" +
                range("a number from 1e-06 to 1e9, or a list of such"));
  EXPECT_EQ(fault("schema: 2\n"),
            "s.yaml:1:9: schema is '2'; allowed is a whole number from 1 to 1");
  EXPECT_EQ(fault("schema: 1\nscenarios: a.yaml\npolicies: fcfs\nseeds: 1\nrequests: 0\n"),
            "s.yaml:5:11: requests is '0'; allowed is a whole number from 1 to 1e8");
  EXPECT_EQ(fault("schema: 1\nscenarios: a.yaml\npolicies: fcfs\nseeds: 5-1\nrequests: 1\n"),
            "s.yaml:4:8: seeds '5-1' are not allowed; allowed are whole numbers and ranges like "
            "1-5, separated by commas, each once and at most 2^53, 10000 in all");
}

TEST(SweepPlan, what_stands_twice) {
  const std::string text = kNeeded + "policies: fcfs\n";
  EXPECT_EQ(fault(text + "loads: [0.5, 0.6, 0.50]\n"),
            "s.yaml:6:8: loads has 0.5 twice; allowed is once");
  EXPECT_EQ(fault("schema: 1\nscenarios: [a.yaml, b.yaml, a.yaml]\n"),
            "s.yaml:2:12: scenarios has 'a.yaml' twice; allowed is once");
  EXPECT_EQ(fault("schema: 1\nscenarios: a.yaml\npolicies: [fcfs, 'sjf,fcfs']\n"),
            "s.yaml:3:11: policy 'fcfs' is there already; allowed is each policy once");
  EXPECT_EQ(fault(kNeeded + "policies: ['dysta:beta=1']\n"
                            "grid: {policy: dysta, parameters: {beta: [2, 1]}}\n"),
            "s.yaml:6:35: policy 'dysta:beta=1' is there already; allowed is each policy once");
}

TEST(SweepPlan, policies_that_are_none) {
  EXPECT_THAT(fault(kNeeded + "policies: [fcfs, fast]\n"),
              testing::StartsWith("s.yaml:5:11: unknown policy 'fast'; allowed is "));
  EXPECT_EQ(fault(kNeeded + "grid: {policy: 'sjf,dysta', parameters: {beta: 1}}\n"),
            "s.yaml:5:16: policy is 'sjf,dysta'; allowed is a name that dysta policies lists");
  EXPECT_EQ(fault(kNeeded + "grid: {policy: fcfs, parameters: {beta: 1}}\n"),
            "s.yaml:5:34: policy 'fcfs' has no parameter 'beta'; allowed is none");
  EXPECT_EQ(fault(kNeeded + "grid: {policy: dysta, parameters: {beta: ['1,fcfs']}}\n"),
            "s.yaml:5:42: beta has '1,fcfs'; allowed are values without commas");
  EXPECT_THAT(fault(kNeeded + "grid: {policy: dysta, parameters: {beta: [1, -1]}}\n"),
              testing::StartsWith("s.yaml:5:35: policy 'dysta': parameter 'beta' is '-1'"));
}

TEST(SweepPlan, scenarios_that_are_none) {
  EXPECT_THAT(fault("schema: 1\nscenarios: [nowhere_to_be_found]\n"),
              testing::StartsWith("s.yaml:2:12: scenario 'nowhere_to_be_found' is unknown"));
}

TEST(SweepPlan, too_much) {
  std::string many = "schema: 1\nscenarios: a.yaml\nseeds: 1-10000\nrequests: 1\npolicies: fcfs\n";
  many += "loads: [0.1";
  for (int i = 2; i <= 101; ++i) many += ", " + std::to_string(i);
  EXPECT_EQ(fault(many + "]\n"),
            "s.yaml:2:12: the lists make 1010000 points; allowed are at most 1000000");
  std::string grid = "grid: {policy: dysta, parameters: {beta: [0";
  for (int i = 1; i < 101; ++i) grid += ", " + std::to_string(i);
  grid += "], wait_unit_s: [0";
  for (int i = 1; i < 100; ++i) grid += ", " + std::to_string(i);
  EXPECT_THAT(fault(kNeeded + grid + "]}}\n"),
              testing::EndsWith("makes too many policies; allowed are at most 10000"));
}

TEST(SweepPlan, of_a_file) {
  const test::SweepFolder folder;
  const std::string path =
      folder.write("sweep.yaml",
                   "schema: 1\nscenarios: tiny.yaml\npolicies: fcfs\nseeds: 1\n"
                   "requests: 5\n");
  EXPECT_THAT(load_sweep(path).scenarios, ElementsAre(folder.path("tiny.yaml")));
  EXPECT_EQ(message_of<FileError>([] { load_sweep("no/such.yaml"); }),
            "no/such.yaml: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace dysta
