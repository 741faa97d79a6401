// Queues of their own, and who says which one a request joins.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/metrics/comparison.hpp"
#include "dysta/metrics/statistics.hpp"
#include "dysta/sched/dispatch/dispatcher.hpp"
#include "dysta/sched/dispatch/least_of.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/sim/dispatched.hpp"
#include "support/message.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::tiny_request;
using test::tiny_trace;
using testing::ElementsAre;

// ---- The least of many ------------------------------------------------------------------------

TEST(LeastOf, is_what_a_scan_finds_after_every_change) {
  for (const std::size_t count : {1U, 2U, 3U, 8U, 13U}) {
    RandomStream random(count, StreamPurpose::samples);
    LeastOf least(count, 4);
    std::vector<double> values(count, 4);
    for (int change = 0; change < 2000; ++change) {
      const std::size_t position = random.below(count);
      values[position] = static_cast<double>(random.below(8));  // with many ties
      least.set(position, values[position]);
      const auto first = std::min_element(values.begin(), values.end());
      ASSERT_EQ(least.position(), static_cast<std::size_t>(first - values.begin()));
      ASSERT_EQ(least.value(), *first);
    }
  }
}

// ---- Dispatchers by themselves ----------------------------------------------------------------

std::unique_ptr<Dispatcher> dispatcher(const std::string& text, std::uint32_t accelerators,
                                       std::uint64_t seed = 1) {
  return Dispatch::parse_one(text).make({.accelerators = accelerators, .seed = seed});
}

/// Where so many tasks of a model that takes 1 s go, none of which changes the work left.
std::vector<std::size_t> choices(Dispatcher& dispatcher, int tasks, ModelId model = {}) {
  std::vector<std::size_t> chosen;
  for (int i = 0; i < tasks; ++i) {
    chosen.push_back(index(dispatcher.choose({.model = model, .predicted = Seconds{1}})));
  }
  return chosen;
}

double times(const std::vector<std::size_t>& chosen, std::size_t accelerator) {
  return static_cast<double>(std::count(chosen.begin(), chosen.end(), accelerator));
}

TEST(Dispatchers, round_robin_goes_round) {
  const auto round = dispatcher("round_robin", 3);
  EXPECT_THAT(choices(*round, 5), ElementsAre(0, 1, 2, 0, 1));
}

TEST(Dispatchers, jsq_joins_the_least_work_and_of_equals_the_first) {
  const auto jsq = dispatcher("jsq", 3);
  EXPECT_THAT(choices(*jsq, 1), ElementsAre(0));
  jsq->on_work(AcceleratorId{0}, Seconds{2});
  jsq->on_work(AcceleratorId{1}, Seconds{1});
  EXPECT_THAT(choices(*jsq, 1), ElementsAre(2));
  jsq->on_work(AcceleratorId{2}, Seconds{1});
  EXPECT_THAT(choices(*jsq, 1), ElementsAre(1));
}

TEST(Dispatchers, random_and_p2c_reach_every_queue_equally_often_and_by_their_seed) {
  for (const std::string name : {"random", "p2c"}) {
    const auto first = choices(*dispatcher(name, 5, 3), 20'000);
    EXPECT_EQ(first, choices(*dispatcher(name, 5, 3), 20'000)) << name;
    EXPECT_NE(first, choices(*dispatcher(name, 5, 4), 20'000)) << name;
    // Binomial with a standard deviation of 57: five of them.
    for (std::size_t a = 0; a < 5; ++a) {
      EXPECT_NEAR(times(first, a), 4000, 285) << name;
    }
  }
}

TEST(Dispatchers, p2c_joins_the_longest_of_its_queues_never_and_the_shortest_most) {
  const auto p2c = dispatcher("p2c", 4);
  for (std::uint32_t a = 0; a < 4; ++a) p2c->on_work(AcceleratorId{a}, Seconds{1.0 + a});
  const auto chosen = choices(*p2c, 12'000);
  // Of six pairs the shortest is in three, the next the shorter of two, the third of one.
  EXPECT_NEAR(times(chosen, 0), 6000, 275);
  EXPECT_NEAR(times(chosen, 1), 4000, 260);
  EXPECT_EQ(times(chosen, 3), 0);
  EXPECT_THAT(choices(*dispatcher("p2c", 1), 2), ElementsAre(0, 0));
}

TEST(Dispatchers, affinity_stays_with_a_model_until_its_queue_is_too_long) {
  const auto affinity = dispatcher("affinity:factor=3", 3);
  EXPECT_THAT(choices(*affinity, 2), ElementsAre(0, 0));
  affinity->on_work(AcceleratorId{0}, Seconds{3});  // 3 times (0 + 1): not above
  EXPECT_THAT(choices(*affinity, 1), ElementsAre(0));
  EXPECT_THAT(choices(*affinity, 1, ModelId{7}), ElementsAre(1));
  affinity->on_work(AcceleratorId{0}, Seconds{3.5});
  affinity->on_work(AcceleratorId{1}, Seconds{0.125});
  EXPECT_THAT(choices(*affinity, 2), ElementsAre(2, 2));  // moves, and stays there
}

TEST(Dispatchers, lists_are_read_and_refused) {
  const auto all = Dispatch::parse("global,affinity:factor=4,jsq");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].global());
  EXPECT_EQ(all[1].label(), "affinity:factor=4");
  EXPECT_FALSE(all[2].global());
  EXPECT_TRUE(Dispatch().global());
  const auto message = [](const std::string& text) {
    return message_of<SpecificationError>([&] { Dispatch::parse(text); });
  };
  EXPECT_EQ(message("shortest"),
            "unknown dispatcher 'shortest'; allowed is global, affinity, jsq, p2c, random, "
            "round_robin");
  EXPECT_EQ(message("jsq,jsq"), "dispatcher 'jsq' is given twice; allowed is once");
  EXPECT_EQ(message("jsq:d=2"), "dispatcher 'jsq' has no parameter 'd'; allowed is none");
  EXPECT_EQ(message("affinity:factor=0.5"),
            "dispatcher 'affinity': parameter 'factor' is '0.5'; allowed is a number from 1 to "
            "1e9");
  EXPECT_EQ(message_of<SpecificationError>([] { Dispatch::parse_one("jsq,p2c"); }),
            "'jsq,p2c' names several dispatchers; allowed is one");
}

// ---- Schedules --------------------------------------------------------------------------------

class DispatchedTest : public testing::Test {
 protected:
  Request request(double arrival_s, const std::string& name) const {
    return tiny_request(traces_, arrival_s, name, 0, Priority::medium, 8);
  }
  RunOutcome run(const std::vector<Request>& requests, const std::string& dispatch,
                 std::uint32_t accelerators, const std::string& policy = "fcfs",
                 std::uint64_t seed = 1) {
    Pool pool = one_pool(traces_, profiles_, accelerators);
    pool.dispatch = dispatch;
    return simulate({&pool, 1}, {.requests = requests}, PolicyRegistry().parse(policy).front(), {},
                    &timeline_, seed);
  }
  static std::vector<double> completions(const RunOutcome& outcome) {
    std::vector<double> seconds;
    for (const RequestOutcome& request : outcome.requests) {
      seconds.push_back(request.completion.count());
    }
    return seconds;
  }
  /// Bursts of all networks, with idle times between them: offered load 0.8 of three.
  std::vector<Request> bursts(std::size_t count, std::uint64_t seed) const {
    const WorkloadSpec spec{.arrivals = {.kind = ArrivalProcess::Kind::gamma, .cv = 3},
                            .rate_hz = 0.8 * 3 / 3.0,
                            .count = count,
                            .seed = seed,
                            .mix = Mix::uniform(traces_)};
    return generate(spec, traces_, profiles_);
  }

  const TraceSet traces_{{tiny_trace("long", {{{4, 0}, {2, 0}}}), tiny_trace("short", {{{1, 0}}}),
                          tiny_trace("pair", {{{1, 0}, {1, 0}}})}};
  const Profiles profiles_{traces_};
  Timeline timeline_;
};

// 6 s to the first; 1 and 1 to the second, which has 2 s less than 6. At 4.5 s 2 s are left there
// of the layer that runs, and none here.
TEST_F(DispatchedTest, jsq_counts_the_predicted_layers_that_have_not_ended) {
  const RunOutcome outcome = run({request(0, "long"), request(0, "short"), request(0, "short"),
                                  request(4.5, "pair"), request(4.5, "short")},
                                 "jsq", 2);
  EXPECT_THAT(completions(outcome), ElementsAre(6, 1, 2, 6.5, 7));
  EXPECT_EQ(outcome.decisions, 7U);
}

// One after the other, though the second queue is empty from 1 s on.
TEST_F(DispatchedTest, a_request_never_changes_its_queue) {
  EXPECT_THAT(completions(run({request(0, "long"), request(0, "short"), request(0.5, "pair")},
                              "round_robin", 2)),
              ElementsAre(6, 1, 8));
  EXPECT_THAT(completions(run({request(0, "long"), request(0, "short"), request(0.5, "pair")},
                              "global", 2)),
              ElementsAre(6, 1, 3));
}

// sjf puts the long one aside at its boundary; the queue beside it has nothing to choose.
TEST_F(DispatchedTest, every_queue_has_a_policy_of_its_own) {
  const RunOutcome outcome =
      run({request(0, "long"), request(0, "long"), request(1, "short")}, "round_robin", 2, "sjf");
  EXPECT_THAT(completions(outcome), ElementsAre(7, 6, 5));
  EXPECT_EQ(outcome.preemptions, 1U);
}

TEST_F(DispatchedTest, with_one_accelerator_every_dispatcher_is_the_global_queue) {
  const std::vector<Request> requests = bursts(200, 5);
  for (const std::string policy : {"fcfs", "sjf", "dysta", "edf", "srpt", "planaria"}) {
    const auto global = completions(run(requests, "global", 1, policy));
    for (const DispatcherEntry& entry : dispatchers()) {
      EXPECT_EQ(completions(run(requests, entry.name, 1, policy)), global)
          << policy << " via " << entry.name;
    }
  }
}

TEST_F(DispatchedTest, every_queue_works_whenever_it_has_work_on_one_layer_at_a_time) {
  for (const DispatcherEntry& entry : dispatchers()) {
    if (entry.name == "global") continue;
    for (const std::string policy : {"fcfs", "sjf", "dysta"}) {
      const std::vector<Request> requests = bursts(400, 6);
      const RunOutcome outcome = run(requests, entry.name, 3, policy);
      std::map<std::uint32_t, std::uint32_t> queue_of;  // by request
      std::vector<Seconds> free_from(3, Seconds{0});
      std::size_t layers = 0;
      for (const LayerSlice& slice : timeline_) {
        EXPECT_EQ(queue_of.try_emplace(slice.request, slice.accelerator).first->second,
                  slice.accelerator);
        EXPECT_GE(slice.start, free_from[slice.accelerator]);
        // A gap before it: nobody was there, and this one is run as it comes.
        if (slice.start > free_from[slice.accelerator]) {
          for (const auto& [other, queue] : queue_of) {
            if (queue != slice.accelerator || other == slice.request) continue;
            const RequestOutcome& its = outcome.requests[other];
            EXPECT_TRUE(its.completion <= free_from[queue] || its.request.arrival >= slice.start);
          }
          EXPECT_EQ(slice.start, requests[slice.request].arrival);
        }
        free_from[slice.accelerator] = slice.end;
        ++layers;
      }
      EXPECT_EQ(queue_of.size(), requests.size()) << entry.name;
      EXPECT_EQ(outcome.decisions, layers);
      EXPECT_EQ(completions(outcome), completions(run(requests, entry.name, 3, policy)))
          << "the same seed gives the same run";
    }
  }
}

// Poisson arrivals dealt at random to three queues are three M/D/1 queues: at load 0.6 a request of
// 1 s waits 0.6 / (2 · 0.4) = 0.75 s on average (A. K. Erlang 1909). 20 runs of 4,000 requests.
TEST_F(DispatchedTest, queues_dealt_to_at_random_wait_as_theory_says) {
  std::vector<double> means;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const WorkloadSpec spec{
        .rate_hz = 0.6 * 3, .count = 4000, .seed = seed, .mix = Mix::parse("short=1", traces_)};
    const RunOutcome outcome = run(generate(spec, traces_, profiles_), "random", 3, "fcfs", seed);
    means.push_back(summarise(outcome)[Metric::mean_turnaround_s] - 1);
  }
  const Estimated wait = mean_with_interval(means);
  EXPECT_LT(wait.half_width, 0.04);
  EXPECT_NEAR(wait.mean, 0.75, 2 * wait.half_width);
}

// ---- Comparisons ------------------------------------------------------------------------------

TEST_F(DispatchedTest, policies_know_what_a_preemption_costs_however_requests_come) {
  std::vector<double> told_s;
  PolicyRegistry registry;
  registry.add({.name = "told",
                .help = "fcfs that notes what it is told",
                .parameters = {},
                .make = [&](const Parameters&, const PolicyContext& context) {
                  told_s.push_back(context.preemption.count());
                  return PolicyRegistry().parse("fcfs").front().make(context);
                }});
  const WorkloadSpec spec{.rate_hz = 0.6, .count = 10, .mix = Mix::uniform(traces_)};
  const std::vector<Pool> pools{one_pool(traces_, profiles_, 2)};
  const Workloads workloads = draw_workloads(spec, std::vector<std::uint64_t>{1}, pools[0]);
  compare(pools, workloads, registry.parse("told"),
          {.costs = {.preemption = Seconds{0.25}}, .dispatch = Dispatch::parse("global,jsq")});
  EXPECT_THAT(told_s, ElementsAre(0.25, 0.25, 0.25));  // of the queue, and of each accelerator's
}

TEST_F(DispatchedTest, policies_are_compared_with_every_dispatcher_asked_for) {
  const WorkloadSpec spec{.rate_hz = 0.6, .count = 300, .mix = Mix::uniform(traces_)};
  const std::vector<Pool> pools{one_pool(traces_, profiles_, 3)};
  const std::vector<std::uint64_t> seeds{1, 2};
  const Workloads workloads = draw_workloads(spec, seeds, pools[0]);
  const auto policies = PolicyRegistry().parse("fcfs,sjf");
  const auto dispatch = Dispatch::parse("global,random");
  const Comparison one = compare(pools, workloads, policies, {.dispatch = dispatch});
  EXPECT_THAT(compared_labels(policies, dispatch), ElementsAre("fcfs via global", "fcfs via random",
                                                               "sjf via global", "sjf via random"));
  ASSERT_EQ(one.policies.size(), 4U);
  EXPECT_EQ(one.policies[3].label, "sjf via random");
  EXPECT_EQ(one.policies[3].dispatch, "random");
  const Comparison two = compare(pools, workloads, policies, {.threads = 2, .dispatch = dispatch});
  EXPECT_EQ(comparison_json(one, ""), comparison_json(two, ""));
  // Three queues can only be slower than one for all, under fcfs and on average.
  EXPECT_GT(one.policies[1].over_runs(Metric::antt).mean,
            one.policies[0].over_runs(Metric::antt).mean);
  // Each run draws with its own seed.
  const RunOutcome second = run(workloads.runs[1].at_hand()->requests, "random", 3, "sjf", 2);
  EXPECT_EQ(one.policies[3].summaries[1][Metric::antt], summarise(second)[Metric::antt]);
}

}  // namespace
}  // namespace dysta
