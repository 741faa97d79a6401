#include "dysta/sim/compare.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/metrics/reduction.hpp"
#include "dysta/workload/request_table.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_request;
using test::tiny_trace;
using testing::ElementsAre;

class CompareTest : public testing::Test {
 protected:
  Request request(double arrival_s, const char* name) const {
    return tiny_request(traces_, arrival_s, name, 0, Priority::low, 4);
  }
  std::vector<PolicyResult> compare_with(const CompareOptions& options,
                                         const std::string& policies = "fcfs,sjf") const {
    return compare(traces_, profiles_, workloads_, PolicyRegistry().parse(policies), options)
        .policies;
  }

  const TraceSet traces_{{tiny_trace("long", {{{4, 0}, {4, 0}}}), tiny_trace("short", {{{1, 0}}})}};
  const Profiles profiles_{traces_};
  /// In the first run sjf overtakes, in the second there is nothing to overtake.
  const Workloads workloads_{
      .runs = {dysta::Run{.requests = {request(0, "long"), request(1, "short")}},
               dysta::Run{.requests = {request(0, "short"), request(2, "short")}}},
      .description = {}};
};

TEST_F(CompareTest, gives_every_policy_every_run) {
  const auto results = compare_with({}, "fcfs,dysta:beta=0.5");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].name, "dysta");
  EXPECT_EQ(results[1].label, "dysta:beta=0.5");
  EXPECT_EQ(results[1].parameters.front().first, "beta");
  // Turnarounds of fcfs: 8 and 8 of 8 and 1 s alone; then 1 and 1 of 1.
  ASSERT_EQ(results[0].summaries.size(), 2U);
  EXPECT_EQ(results[0].summaries[0][Metric::antt], 4.5);
  EXPECT_EQ(results[0].summaries[1][Metric::antt], 1);
  ASSERT_EQ(results[0].breakdowns.size(), 2U);
  EXPECT_EQ(results[0].breakdowns[0].by_model[1].label, "short");
  EXPECT_EQ(results[0].breakdowns[0].by_model[1].antt, 8);
}

TEST_F(CompareTest, leaves_outcomes_and_timelines_of_the_first_run) {
  std::vector<RunOutcome> outcomes;
  std::vector<Timeline> timelines;
  compare_with({.threads = 2, .outcomes = &outcomes, .timelines = &timelines});
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].requests[1].completion, Seconds{9});
  EXPECT_EQ(outcomes[1].requests[1].completion, Seconds{5});
  ASSERT_EQ(timelines.size(), 2U);
  EXPECT_EQ(timelines[0].size(), 3U);
  EXPECT_EQ(timelines[1][1].request, 1U);
}

TEST_F(CompareTest, leaves_nothing_of_an_earlier_comparison) {
  std::vector<RunOutcome> outcomes;
  std::vector<Timeline> timelines;
  const CompareOptions options{.outcomes = &outcomes, .timelines = &timelines};
  compare_with(options, "fcfs,sjf,edf");
  compare_with(options);
  EXPECT_EQ(outcomes.size(), 2U);
  ASSERT_EQ(timelines.size(), 2U);
  EXPECT_EQ(timelines[0].size(), 3U);
}

TEST_F(CompareTest, refuses_runs_that_it_could_not_summarise_alike) {
  const auto policies = PolicyRegistry().parse("fcfs");
  std::size_t opened = 0;
  const auto drawn = [&](std::size_t count) {
    return RunRequests(count, [&opened]() -> std::unique_ptr<RequestSource> {
      ++opened;
      return nullptr;
    });
  };
  const RunRequests& at_hand = workloads_.runs.front();
  for (const std::vector<RunRequests>& runs :
       {std::vector<RunRequests>{}, std::vector{at_hand, drawn(kMostExactRequests + 1)},
        std::vector{drawn(kMostExactRequests + 1), at_hand}, std::vector{drawn(2)}}) {
    EXPECT_THROW(compare(traces_, profiles_, {.runs = runs, .description = {}}, policies),
                 std::invalid_argument);
  }
  Pool pool = one_pool(traces_, profiles_);
  pool.dispatch = "nobody";
  const Workloads long_run{.runs = {drawn(kMostExactRequests + 1)}, .description = {}};
  EXPECT_THROW(compare({&pool, 1}, long_run, policies), SpecificationError);
  EXPECT_EQ(opened, 0U);
}

TEST_F(CompareTest, draws_a_run_a_seed_and_describes_them) {
  const WorkloadSpec spec{.arrivals = {.kind = ArrivalProcess::Kind::periodic},
                          .rate_hz = 0.25,
                          .count = 9,
                          .slo_multiplier = 4,
                          .mix = Mix::parse("short=1", traces_)};
  const Workloads drawn =
      draw_workloads(spec, std::vector<std::uint64_t>{3, 5}, traces_, profiles_);
  ASSERT_EQ(drawn.runs.size(), 2U);
  WorkloadSpec second = spec;
  second.seed = 5;
  EXPECT_EQ(requests_csv(drawn.runs[1].at_hand()->requests, traces_),
            requests_csv(generate(second, traces_, profiles_), traces_));
  EXPECT_THAT(drawn.description.variants, ElementsAre("short"));
  EXPECT_EQ(drawn.description.requests, 9U);
  EXPECT_EQ(drawn.description.arrivals, "periodic:jitter=0 arrivals");
  EXPECT_EQ(drawn.description.rate_hz, 0.25);
  EXPECT_EQ(drawn.description.slo_multiplier, 4);
  EXPECT_THAT(drawn.description.seeds, ElementsAre(3, 5));
  EXPECT_DOUBLE_EQ(drawn.description.offered_load.value(), 0.25);  // 1 s every 4 s
}

TEST_F(CompareTest, describes_a_workload_that_is_given) {
  // 9 s of work, two arrivals a second apart.
  const Workloads given = given_workload(workloads_.runs.front().at_hand()->requests, "r.csv",
                                         one_pool(traces_, profiles_));
  ASSERT_EQ(given.runs.size(), 1U);
  EXPECT_EQ(given.description.arrivals, "requests of r.csv");
  EXPECT_EQ(given.description.rate_hz, std::nullopt);
  EXPECT_TRUE(given.description.seeds.empty());
  EXPECT_DOUBLE_EQ(given.description.offered_load.value(), 4.5);
}

TEST_F(CompareTest, a_comparison_holds_the_description_the_costs_and_the_results) {
  const Workloads given = given_workload(workloads_.runs.front().at_hand()->requests, "r.csv",
                                         one_pool(traces_, profiles_));
  const Comparison comparison =
      compare(traces_, profiles_, given, PolicyRegistry().parse("fcfs,sjf"),
              {.costs = {.decision = Seconds{0.5}, .preemption = Seconds{0.25}}});
  EXPECT_EQ(comparison.workload.arrivals, "requests of r.csv");
  EXPECT_EQ(comparison.workload.decision_cost_s, 0.5);
  EXPECT_EQ(comparison.workload.preemption_cost_s, 0.25);
  ASSERT_EQ(comparison.policies.size(), 2U);
  // Two decisions and 8 s end at 9; one and 1 s more at 10.5, which is 9.5 after the arrival at 1.
  EXPECT_EQ(comparison.policies[0].summaries[0][Metric::antt], (9.0 / 8 + 9.5) / 2);
}

TEST_F(CompareTest, passes_costs_on) {
  std::vector<RunOutcome> outcomes;
  compare_with({.costs = {.decision = Seconds{0.5}}, .outcomes = &outcomes});
  EXPECT_EQ(outcomes[0].requests[0].completion, Seconds{9});
}

TEST_F(CompareTest, tells_of_its_progress) {
  std::vector<std::size_t> done;
  compare_with({.threads = 3, .progress = [&](std::size_t count, std::size_t of) {
                  EXPECT_EQ(of, 4U);
                  done.push_back(count);
                }});
  EXPECT_THAT(done, ElementsAre(1, 2, 3, 4));
}

TEST_F(CompareTest, throws_what_a_policy_throws_whichever_thread_meets_it) {
  PolicyRegistry registry;
  registry.add({.name = "broken",
                .help = "nothing runs",
                .parameters = {},
                .make = [](const Parameters&, const PolicyContext&) -> std::unique_ptr<Policy> {
                  throw std::runtime_error("broken");
                }});
  for (const std::size_t threads : {1U, 4U}) {
    EXPECT_THROW(compare(traces_, profiles_, workloads_, registry.parse("fcfs,broken,sjf"),
                         {.threads = threads}),
                 std::runtime_error);
  }
}

// ---- Long runs ------------------------------------------------------------------------------

class LongRuns : public CompareTest {
 protected:
  static constexpr std::size_t kCount = kMostExactRequests + 1;

  Workloads drawn() const {
    const WorkloadSpec spec{.rate_hz = 0.17, .count = kCount, .mix = Mix::uniform(traces_)};
    return draw_workloads(spec, std::vector<std::uint64_t>{7}, traces_, profiles_);
  }
};

TEST_F(LongRuns, have_the_figures_of_their_outcomes) {
  const Workloads workloads = drawn();
  EXPECT_EQ(workloads.runs.front().at_hand(), nullptr);
  std::vector<RunOutcome> outcomes;
  const Comparison comparison = compare(traces_, profiles_, workloads,
                                        PolicyRegistry().parse("sjf"), {.outcomes = &outcomes});
  EXPECT_EQ(comparison.workload.requests, kCount);
  EXPECT_NEAR(comparison.workload.offered_load.value(), 0.17 * 4.5, 0.01);
  EXPECT_EQ(comparison.workload.quantile_error, QuantileSketch::kRelativeError);
  ASSERT_EQ(outcomes.front().requests.size(), kCount);
  const Summary exact = summarise(outcomes.front());
  const Summary& reduced = comparison.policies[0].summaries[0];
  for (const Metric metric : {Metric::antt, Metric::mean_turnaround_s, Metric::fairness_jain,
                              Metric::system_throughput_normalised}) {
    EXPECT_NEAR(reduced[metric], exact[metric], 1e-9 * exact[metric]);
  }
  for (const Metric metric :
       {Metric::violation_rate, Metric::antt_lower_bound, Metric::stp_inferences_per_s,
        Metric::preemptions, Metric::decisions}) {
    EXPECT_EQ(reduced[metric], exact[metric]);
  }
  for (const Metric metric :
       {Metric::p50_turnaround_s, Metric::p95_turnaround_s, Metric::p99_turnaround_s}) {
    EXPECT_NEAR(reduced[metric], exact[metric],
                1.001 * QuantileSketch::kRelativeError * exact[metric]);
  }
  // Of two isolated times, the shorter makes up the first half: a third would cut it in two.
  const Breakdown& groups = comparison.policies[0].breakdowns[0];
  ASSERT_EQ(groups.by_size.size(), 2U);
  EXPECT_EQ(groups.by_size[0].requests, groups.by_model[1].requests);
  EXPECT_EQ(groups.by_size[0].label, "short");
  EXPECT_EQ(groups.by_size[1].requests, groups.by_model[0].requests);
}

TEST_F(LongRuns, tell_of_their_requests) {
  std::vector<std::size_t> told;
  compare(traces_, profiles_, drawn(), PolicyRegistry().parse("fcfs,sjf"),
          {.threads = 2, .progress = [&](std::size_t done, std::size_t of) {
             EXPECT_EQ(of, 2 * kCount);
             told.push_back(done);
           }});
  EXPECT_GE(told.size(), 4U);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), 2 * kCount);
}

TEST_F(LongRuns, are_the_same_on_any_number_of_threads) {
  const Workloads workloads = drawn();
  const auto policies = PolicyRegistry().parse("fcfs,edf");
  const Comparison one = compare(traces_, profiles_, workloads, policies, {.threads = 1});
  const Comparison two = compare(traces_, profiles_, workloads, policies, {.threads = 2});
  EXPECT_EQ(comparison_json(one, ""), comparison_json(two, ""));
}

}  // namespace
}  // namespace dysta
