#include "dysta/sched/admission.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/metrics/reduction.hpp"
#include "dysta/metrics/summary.hpp"
#include "dysta/sim/compare.hpp"
#include "support/message.hpp"
#include "support/schedule.hpp"

namespace dysta {
namespace {

using test::Ask;
using test::run_of;
using test::Schedule;
using test::schedule_of;
using testing::ElementsAre;

constexpr double kRefused = std::numeric_limits<double>::infinity();

ConfiguredPolicy refusing(const std::string& policy) {
  return with_admission(PolicyRegistry().parse(policy), "deadline").front();
}

// At 2 s, when A's first layer ends, B, C and D are asked about. A is due at 12 s, after all of
// them, and stands in nobody's way. B ends at 5 s. C would at 9 s and is due at 8. D, which C is
// not in the way of, ends at 8 s, just when it is due.
const std::vector<Ask> kAsks{{.layers_s = {2, 2}, .slo_s = 12},
                             {.arrival_s = 1, .layers_s = {3}, .slo_s = 6},
                             {.arrival_s = 1, .layers_s = {4}, .slo_s = 7},
                             {.arrival_s = 1, .layers_s = {3}, .slo_s = 7}};

TEST(AdmissionControl, refuses_what_cannot_end_in_time_after_what_goes_first) {
  EXPECT_EQ(schedule_of(run_of(refusing("edf"), kAsks)), (Schedule{"ABDA", {10, 5, kRefused, 8}}));
}

// The same are refused, though sjf then lets A run before D, and D is late: the test is one of the
// work that is there, not of what a policy makes of it.
TEST(AdmissionControl, asks_no_policy) {
  EXPECT_EQ(schedule_of(run_of(refusing("sjf"), kAsks)), (Schedule{"AABD", {4, 7, kRefused, 10}}));
}

TEST(AdmissionControl, counts_what_is_left_of_a_task_by_its_estimate) {
  // At 4 s one of A's 2 s layers has 2 s left: B ends at 4 + 2 + 3 s, but not with one second more.
  const auto with = [](double slo_s) {
    return std::vector<Ask>{{.layers_s = {2, 2, 2}, .slo_s = 6.5},
                            {.arrival_s = 3, .layers_s = {3}, .slo_s = slo_s}};
  };
  EXPECT_EQ(run_of(refusing("fcfs"), with(6)).outcome.requests[1].completion, Seconds{9});
  EXPECT_TRUE(run_of(refusing("fcfs"), with(5.75)).outcome.requests[1].refused());
}

// The long one is due before the short one, but may have to wait for it.
TEST(AdmissionControl, refuses_nobody_for_a_longer_task) {
  EXPECT_EQ(schedule_of(run_of(refusing("sjf"),
                               {{.layers_s = {4}, .slo_s = 4}, {.layers_s = {1}, .slo_s = 4.5}})),
            (Schedule{"BA", {5, 1}}));
}

TEST(AdmissionControl, what_alone_takes_too_long_is_never_run) {
  EXPECT_EQ(schedule_of(run_of(refusing("fcfs"), {{.layers_s = {2, 2}, .slo_s = 3}})),
            (Schedule{"", {kRefused}}));
}

TEST(AdmissionControl, changes_nothing_where_all_can_be_met) {
  std::vector<Ask> asks = kAsks;
  for (Ask& ask : asks) ask.slo_s = 100;
  for (const char* policy : {"fcfs", "sjf", "dysta", "punctual", "prema", "planaria"}) {
    EXPECT_EQ(schedule_of(run_of(refusing(policy), asks)), schedule_of(policy, asks)) << policy;
  }
}

class Pools : public testing::Test {
 protected:
  /// Networks of 4 and 2 s, due after `slo_s`.
  Request request(double arrival_s, const char* name, double slo_s) const {
    return test::tiny_request(traces_, arrival_s, name, 0, Priority::low, slo_s);
  }
  std::vector<double> completions(const std::vector<Request>& requests,
                                  const std::string& dispatch) const {
    Pool pool = one_pool(traces_, profiles_, 2);
    pool.dispatch = dispatch;
    std::vector<double> seconds;
    for (const RequestOutcome& outcome :
         simulate({&pool, 1}, {.requests = requests}, refusing("fcfs")).requests) {
      seconds.push_back(outcome.completion.count());
    }
    return seconds;
  }

  const TraceSet traces_{
      {test::tiny_trace("four", {{{4, 0}}}), test::tiny_trace("two", {{{2, 0}}})}};
  const Profiles profiles_{traces_};
};

// Two accelerators do 4 + 4 s in 4: the third would end at 8 s, and so does the fourth.
TEST_F(Pools, work_is_shared_by_the_accelerators_of_a_queue) {
  EXPECT_THAT(completions({request(0, "four", 4), request(0, "four", 6), request(0, "four", 7),
                           request(0, "four", 8)},
                          "global"),
              ElementsAre(4, 4, kRefused, 8));
}

// The third request is refused by the first queue, and the fourth finds as much work in one as in
// the other.
TEST_F(Pools, a_request_that_its_queue_refuses_leaves_no_work_there) {
  EXPECT_THAT(completions({request(0, "four", 7), request(0, "four", 7), request(0, "four", 7),
                           request(0, "two", 8), request(0, "two", 8)},
                          "jsq"),
              ElementsAre(4, 4, kRefused, 6, 6));
}

// ---- what reports are made of ---------------------------------------------------------------

TEST(Refusals, are_violations_and_have_no_part_in_times) {
  const RunOutcome outcome = run_of(refusing("edf"), kAsks).outcome;
  const Summary summary = summarise(outcome);
  EXPECT_EQ(summary[Metric::violation_rate], 0.25);
  EXPECT_EQ(summary[Metric::refusal_rate], 0.25);
  EXPECT_TRUE(std::isnan(summary[Metric::antt]));
  EXPECT_TRUE(std::isnan(summary[Metric::antt_lower_bound]));
  EXPECT_DOUBLE_EQ(summary[Metric::mean_turnaround_s], (10 + 4 + 7) / 3.0);
  EXPECT_EQ(summary[Metric::p50_turnaround_s], 7);
  EXPECT_DOUBLE_EQ(summary[Metric::stp_inferences_per_s], 3.0 / 10);
  const std::vector<std::string> models{"A", "B", "C", "D"};
  const Breakdown groups = break_down(outcome, models);
  EXPECT_EQ(groups.by_priority[0].requests, 4U);
  EXPECT_EQ(groups.by_priority[0].refused, 1U);
  EXPECT_EQ(groups.by_model[1].antt, 4.0 / 3);
  EXPECT_EQ(groups.by_model[2].violation_rate, 1);
  EXPECT_TRUE(std::isnan(groups.by_model[2].p99_turnaround_s));
}

TEST(Refusals, are_reduced_as_they_are_summarised) {
  const RunOutcome outcome = run_of(refusing("edf"), kAsks).outcome;
  const Summary exact = summarise(outcome);
  RunReduction reduction({.longest_short = Seconds{3}, .longest_middle = Seconds{3}}, 4, 0);
  for (std::uint32_t r = 0; r < 4; ++r) reduction.complete(r, outcome.requests[r]);
  const Summary reduced =
      reduction.summary({.decisions = outcome.decisions, .preemptions = outcome.preemptions}, 1);
  for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
    if (std::isnan(exact.values[m])) {
      EXPECT_TRUE(std::isnan(reduced.values[m])) << kMetricNames[m];
    } else if (!kMetricNames[m].starts_with("p")) {  // the sketch's quantiles are not interpolated
      EXPECT_DOUBLE_EQ(reduced.values[m], exact.values[m]) << kMetricNames[m];
    }
  }
  const std::vector<std::string> models{"A", "B", "C", "D"};
  EXPECT_EQ(reduction.breakdown(models, {}).by_model[2].refused, 1U);
}

TEST(Refusals, of_everything_leave_no_times) {
  const RunOutcome outcome = run_of(refusing("fcfs"), {{.layers_s = {2}, .slo_s = 1}}).outcome;
  RunReduction reduction({}, 1, 0);
  reduction.complete(0, outcome.requests[0]);
  for (const Summary& summary : {summarise(outcome), reduction.summary({}, 1)}) {
    EXPECT_EQ(summary[Metric::violation_rate], 1);
    EXPECT_EQ(summary[Metric::stp_inferences_per_s], 0);
    EXPECT_EQ(summary[Metric::system_throughput_normalised], 0);
    EXPECT_TRUE(std::isnan(summary[Metric::p99_turnaround_s]));
    EXPECT_TRUE(std::isnan(summary[Metric::fairness_jain]));
  }
}

// ---- lists ----------------------------------------------------------------------------------

TEST(AdmissionList, gives_every_policy_with_every_admission) {
  std::vector<std::string> labels;
  for (const auto& policy : with_admission(PolicyRegistry().parse("sjf:n=2,edf"), "all,deadline")) {
    labels.push_back(policy.label());
  }
  EXPECT_THAT(labels, ElementsAre("sjf:n=2", "sjf:n=2 refusing late", "edf", "edf refusing late"));
}

TEST(AdmissionList, says_what_is_not_allowed) {
  const auto fault_in = [](const std::string& list) {
    return test::message_of<SpecificationError>(
        [&] { with_admission(PolicyRegistry().parse("edf"), list); });
  };
  EXPECT_EQ(fault_in("late"), "unknown admission 'late'; allowed is all, deadline");
  EXPECT_EQ(fault_in("all,all"), "admission 'all' is given twice; allowed is once");
}

}  // namespace
}  // namespace dysta
