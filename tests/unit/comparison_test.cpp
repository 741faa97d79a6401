#include "dysta/metrics/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/outcome.hpp"

namespace dysta {
namespace {

using nlohmann::json;
using test::outcome_of;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::vector<std::string> kModels{"m"};

/// A policy whose request took `turnaround_s` of 1 s alone in each run.
PolicyResult policy(const std::string& name, const std::string& label,
                    const std::vector<double>& turnaround_s) {
  PolicyResult result{
      .name = name, .label = label, .parameters = {}, .summaries = {}, .breakdowns = {}};
  for (const double turnaround : turnaround_s) {
    const RunOutcome outcome = outcome_of({{.completion_s = turnaround, .slo_s = 3}}, 4, 1);
    result.summaries.push_back(summarise(outcome));
    result.breakdowns.push_back(break_down(outcome, kModels));
  }
  return result;
}

/// One run.
Comparison single() {
  Comparison comparison{
      .workload = {.variants = {"m_a", "m_b"},
                   .requests = 1,
                   .arrivals = "poisson",
                   .rate_hz = 2,
                   .slo_multiplier = 10,
                   .seeds = {7},
                   .offered_load = 0.5},
      .policies = {policy("fcfs", "fcfs", {4}), policy("dysta", "dysta:beta=0.5", {2})}};
  comparison.policies[1].parameters = {{"beta", 0.5}, {"refresh", "static"}};
  return comparison;
}

/// Three runs.
Comparison repeated() {
  Comparison comparison = single();
  comparison.workload.seeds = {7, 8, 9};
  comparison.policies = {policy("fcfs", "fcfs", {4, 5, 9}), policy("sjf", "sjf", {2, 4, 6})};
  return comparison;
}

json parsed(const Comparison& comparison) {
  return json::parse(comparison_json(comparison, "1.2"));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// ---- differences and means ------------------------------------------------------------------

TEST(Comparison, differences_are_paired_run_by_run) {
  const Comparison comparison = repeated();
  // 2 - 4, 4 - 5, 6 - 9: mean -2, standard deviation 1.
  const Estimated difference = comparison.difference(comparison.policies[1], Metric::antt);
  EXPECT_DOUBLE_EQ(difference.mean, -2);
  EXPECT_NEAR(difference.half_width, 4.3027 / std::sqrt(3), 1e-12);
}

TEST(Comparison, differences_are_to_the_baseline) {
  Comparison comparison = repeated();
  comparison.baseline = 1;
  EXPECT_DOUBLE_EQ(comparison.difference(comparison.policies[0], Metric::antt).mean, 2);
  EXPECT_EQ(comparison.difference(comparison.policies[1], Metric::antt).mean, 0);
}

TEST(Comparison, clairvoyant_is_who_has_the_oracle_for_a_predictor) {
  PolicyResult result = policy("dysta", "dysta", {1});
  EXPECT_FALSE(result.clairvoyant());
  result.parameters = {{"beta", 0.01}, {"predictor", "average_all"}};
  EXPECT_FALSE(result.clairvoyant());
  result.parameters[1].second = "oracle";
  EXPECT_TRUE(result.clairvoyant());
}

TEST(Comparison, groups_are_means_over_the_runs_in_which_they_occur) {
  PolicyResult result{
      .name = "p", .label = "p", .parameters = {}, .summaries = {}, .breakdowns = {}};
  const auto add_run = [&](const std::vector<test::Done>& requests) {
    result.breakdowns.push_back(break_down(outcome_of(requests), kModels));
  };
  add_run({{.completion_s = 2, .priority = Priority::high}});
  add_run({{.completion_s = 4, .slo_s = 3, .priority = Priority::high}, {.completion_s = 8}});
  add_run({{.completion_s = 10}, {.completion_s = 10}});
  const auto groups = result.mean_groups(&Breakdown::by_priority);
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].label, "9");
  EXPECT_EQ(groups[0].requests, 2U);
  EXPECT_EQ(groups[0].antt, 3);
  EXPECT_EQ(groups[0].violation_rate, 0.5);
  EXPECT_EQ(groups[1].label, "1");
  EXPECT_EQ(groups[1].requests, 3U);
  EXPECT_EQ(groups[1].antt, 9);
}

TEST(OfferedLoad, is_the_work_over_the_time_in_which_it_arrives) {
  OfferedLoad load;
  load.add(Seconds{1}, Seconds{1});
  load.add(Seconds{3}, Seconds{2});
  load.add(Seconds{9}, Seconds{3});
  // Three requests leave two gaps: (6 / 3) / (8 / 2).
  EXPECT_DOUBLE_EQ(load.value().value(), 0.5);
}

TEST(OfferedLoad, is_nothing_where_all_arrive_at_once) {
  OfferedLoad load;
  load.add(Seconds{1}, Seconds{1});
  EXPECT_EQ(load.value(), std::nullopt);
  load.add(Seconds{1}, Seconds{2});
  EXPECT_EQ(load.value(), std::nullopt);
}

// ---- JSON -----------------------------------------------------------------------------------

TEST(ComparisonJson, has_the_fields_that_other_programs_rely_on) {
  const json out = parsed(single());
  EXPECT_EQ(out.at("schema"), 1);
  EXPECT_EQ(out.at("dysta"), "1.2");
  EXPECT_TRUE(out.at("workload").is_object());
  ASSERT_THAT(out.at("policies"), SizeIs(2));
  for (const json& each : out.at("policies")) {
    EXPECT_TRUE(each.at("name").is_string());
    EXPECT_TRUE(each.at("parameters").is_object());
    for (const char* metric :
         {"violation_rate", "antt", "stp_inferences_per_s", "system_throughput_normalised",
          "mean_turnaround_s", "p50_turnaround_s", "p95_turnaround_s", "p99_turnaround_s",
          "preemptions", "decisions", "refusal_rate"}) {
      EXPECT_TRUE(each.at(metric).is_number()) << metric;
    }
  }
}

TEST(ComparisonJson, says_what_the_metrics_say) {
  const json dysta = parsed(single()).at("policies").at(1);
  EXPECT_EQ(dysta.at("name"), "dysta");
  EXPECT_EQ(dysta.at("label"), "dysta:beta=0.5");
  EXPECT_EQ(dysta.at("parameters"), json({{"beta", 0.5}, {"refresh", "static"}}));
  EXPECT_EQ(dysta.at("violation_rate"), 0);
  EXPECT_EQ(dysta.at("antt"), 2);
  EXPECT_EQ(dysta.at("stp_inferences_per_s"), 0.5);
  EXPECT_EQ(dysta.at("preemptions"), 1);
  EXPECT_EQ(dysta.at("decisions"), 4);
  EXPECT_EQ(dysta.at("by_model").at("m").at("antt"), 2);
  EXPECT_EQ(dysta.at("by_priority").at("1").at("requests"), 1);
  EXPECT_EQ(parsed(single()).at("policies").at(0).at("violation_rate"), 1);
}

TEST(ComparisonJson, describes_the_workload) {
  const json workload = parsed(single()).at("workload");
  EXPECT_EQ(workload.at("variants"), json({"m_a", "m_b"}));
  EXPECT_EQ(workload.at("requests"), 1);
  EXPECT_EQ(workload.at("arrivals"), "poisson");
  EXPECT_EQ(workload.at("rate_hz"), 2);
  EXPECT_EQ(workload.at("slo_multiplier"), 10);
  EXPECT_EQ(workload.at("seeds"), json({7}));
  EXPECT_EQ(workload.at("offered_load"), 0.5);
}

TEST(ComparisonJson, what_is_not_known_is_null) {
  Comparison comparison = single();
  comparison.workload.rate_hz.reset();
  comparison.workload.slo_multiplier.reset();
  comparison.workload.offered_load.reset();
  comparison.workload.seeds.clear();
  const json workload = parsed(comparison).at("workload");
  EXPECT_TRUE(workload.at("rate_hz").is_null());
  EXPECT_TRUE(workload.at("slo_multiplier").is_null());
  EXPECT_TRUE(workload.at("offered_load").is_null());
  EXPECT_EQ(workload.at("seeds"), json::array());
}

TEST(ComparisonJson, one_run_has_no_intervals) {
  const json out = parsed(single());
  EXPECT_FALSE(out.contains("baseline"));
  EXPECT_FALSE(out.at("policies").at(0).contains("ci95_half_width"));
  EXPECT_FALSE(out.at("policies").at(0).contains("runs"));
}

TEST(ComparisonJson, several_runs_have_means_intervals_differences_and_themselves) {
  const json out = parsed(repeated());
  EXPECT_EQ(out.at("baseline"), "fcfs");
  const json sjf = out.at("policies").at(1);
  EXPECT_EQ(sjf.at("antt"), 4);
  // 2, 4, 6: standard deviation 2.
  EXPECT_NEAR(sjf.at("ci95_half_width").at("antt").get<double>(), 2 * 4.3027 / std::sqrt(3), 1e-12);
  EXPECT_DOUBLE_EQ(sjf.at("difference_to_baseline").at("antt").at("mean").get<double>(), -2);
  ASSERT_THAT(sjf.at("runs"), SizeIs(3));
  EXPECT_EQ(sjf.at("runs").at(2).at("seed"), 9);
  EXPECT_EQ(sjf.at("runs").at(2).at("antt"), 6);
  EXPECT_EQ(sjf.at("by_model").at("m").at("antt"), 4);
  EXPECT_EQ(sjf.at("by_model").at("m").at("requests"), 3);
}

TEST(ComparisonJson, numbers_keep_all_digits) {
  Comparison comparison = single();
  comparison.workload.rate_hz = 0.1 + 0.2;
  EXPECT_EQ(parsed(comparison).at("workload").at("rate_hz"), 0.1 + 0.2);
}

// File names need not be UTF-8, and a variant is called like its file.
TEST(ComparisonJson, is_json_whatever_the_files_are_called) {
  Comparison comparison = single();
  comparison.workload.variants = {"caf\xe9_a"};
  EXPECT_NO_THROW(parsed(comparison));
}

// ---- CSV ------------------------------------------------------------------------------------

TEST(ComparisonCsv, has_a_row_a_policy_and_run) {
  const auto lines = lines_of(comparison_csv(repeated()));
  ASSERT_THAT(lines, SizeIs(7));
  EXPECT_EQ(lines[0],
            "policy,run,seed,violation_rate,antt,antt_lower_bound,stp_inferences_per_s,"
            "system_throughput_normalised,mean_turnaround_s,p50_turnaround_s,p95_turnaround_s,p99_"
            "turnaround_s,fairness_jain,"
            "preemptions,decisions,refusal_rate");
  EXPECT_EQ(lines[1], "fcfs,0,7,1,4,1,0.25,0.25,4,4,4,4,1,1,4,0");
  EXPECT_EQ(lines[6].substr(0, 10), "sjf,2,9,1,");
}

TEST(ComparisonCsv, quotes_labels_and_leaves_unknown_seeds_empty) {
  Comparison comparison = single();
  comparison.workload.seeds.clear();
  comparison.policies = {policy("dysta", "dysta:beta=0.5,n=2", {2})};
  EXPECT_EQ(lines_of(comparison_csv(comparison))[1],
            "\"dysta:beta=0.5,n=2\",0,,0,2,1,0.5,0.5,2,2,2,2,1,1,4,0");
}

std::string completions_header(const std::vector<PolicyResult>& policies) {
  const std::vector<RunOutcome> outcomes(policies.size(), outcome_of({{}}));
  return lines_of(completions_csv(policies, outcomes)).front();
}

TEST(CompletionsCsv, has_a_row_a_request_and_a_column_a_policy) {
  const std::vector<PolicyResult> policies{policy("fcfs", "fcfs", {}), policy("sjf", "sjf", {})};
  const std::vector<RunOutcome> outcomes{
      outcome_of({{.isolated_s = 0.1, .completion_s = 0.1 + 0.2}, {.completion_s = 3}}),
      outcome_of({{.isolated_s = 0.1, .completion_s = 1e-9}, {.completion_s = 1.0 / 3}})};
  EXPECT_EQ(completions_csv(policies, outcomes),
            "request,isolated_s,fcfs,sjf\n"
            "0,0.1,0.30000000000000004,1e-09\n"
            "1,1,3,0.3333333333333333\n");
}

TEST(CompletionsCsv, columns_are_headed_by_names_without_parameters) {
  EXPECT_EQ(completions_header(
                {policy("dysta", "dysta:beta=0.5,n=2", {}), policy("sdrm3", "sdrm3:alpha=2", {})}),
            "request,isolated_s,dysta,sdrm3");
}

TEST(CompletionsCsv, columns_are_headed_by_labels_where_names_collide) {
  EXPECT_EQ(
      completions_header({policy("dysta", "dysta", {}), policy("dysta", "dysta:beta=0.5,n=2", {}),
                          policy("sdrm3", "sdrm3:alpha=2", {})}),
      "request,isolated_s,dysta,\"dysta:beta=0.5,n=2\",sdrm3");
}

// ---- text -----------------------------------------------------------------------------------

/// Characters of UTF-8 text.
std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST(ComparisonText, fits_a_hundred_columns_and_ends_its_lines_cleanly) {
  const TextOptions everything{
      .differences = true, .by_size = true, .by_priority = true, .by_model = true, .explain = true};
  for (const std::string& line : lines_of(comparison_text(repeated(), everything))) {
    EXPECT_LE(width_of(line), 100U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(ComparisonText, names_every_policy_and_marks_the_best) {
  const auto lines = lines_of(comparison_text(single()));
  EXPECT_THAT(lines, Contains(HasSubstr("dysta:beta=0.5")).Times(1));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("dysta:beta=0.5"), HasSubstr("2.00*"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("fcfs"), HasSubstr("4.00 "))));
}

TEST(ComparisonText, who_knows_the_future_wins_nothing) {
  Comparison comparison = single();
  comparison.policies[1].parameters = {{"predictor", "oracle"}};
  const auto lines = lines_of(comparison_text(comparison));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("dysta:beta=0.5 (c)"), Not(HasSubstr("*")))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("fcfs"), HasSubstr("4.00*"))));
}

TEST(ComparisonText, parts_come_only_when_asked_for) {
  const std::string plain = comparison_text(repeated());
  EXPECT_THAT(plain, Not(HasSubstr("differences")));
  EXPECT_THAT(plain, Not(HasSubstr("by priority")));
  EXPECT_THAT(comparison_text(repeated(), {.differences = true}), HasSubstr("less fcfs"));
  EXPECT_THAT(comparison_text(repeated(), {.by_priority = true}), HasSubstr("by priority"));
  EXPECT_THAT(comparison_text(repeated(), {.by_model = true}), HasSubstr("by model"));
  EXPECT_THAT(comparison_text(repeated(), {.by_size = true}), HasSubstr("by isolated time"));
}

// The differences are 2, 1 and 3: 2 ± 2.48, which might as well be none.
TEST(ComparisonText, explains_who_wins_and_whether_it_is_more_than_chance) {
  const std::string text = comparison_text(repeated(), {.explain = true});
  EXPECT_THAT(text, HasSubstr("Lowest ANTT: sjf (4.00); next fcfs (6.00), by 2.00 ±2.48: a tie."));
}

}  // namespace
}  // namespace dysta
