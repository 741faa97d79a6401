// The engine itself, under policies written for the test.
#include "dysta/sim/simulation.hpp"

#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_request;
using test::tiny_trace;
using testing::ElementsAre;

/// Runs the task that arrived first and writes down what it is told and asked.
class Diary : public Policy {
 public:
  void on_arrival(const TaskArrival& arrival) override {
    tasks_.push_back(arrival.task);
    arrivals.push_back(arrival);
    lines.push_back(fmt::format("{} arrives at {}", index(arrival.task), arrival.arrival.count()));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    lines.push_back(fmt::format("{} ends layer {} of sparsity {} at {}", index(task),
                                observation.layer, observation.sparsity, observation.end.count()));
    latencies_s.push_back(observation.latency.count());
  }
  void on_finish(TaskId task) override {
    std::erase(tasks_, task);
    lines.push_back(fmt::format("{} ends", index(task)));
  }
  TaskId choose(Seconds now, AcceleratorId) override {
    lines.push_back(fmt::format("choose at {}", now.count()));
    return tasks_.front();
  }

  std::vector<std::string> lines;
  std::vector<TaskArrival> arrivals;
  std::vector<double> latencies_s;  ///< of the layers that were observed

 private:
  std::vector<TaskId> tasks_;
};

class SimulationTest : public testing::Test {
 protected:
  Request request(double arrival_s, const std::string& name, std::uint32_t sample = 0) const {
    return tiny_request(traces_, arrival_s, name, sample, Priority::medium, 8);
  }

  const TraceSet traces_{
      {tiny_trace("a_x", {{{1, 0.25}, {2, 0.5}}, {{4, 0}, {8, 0.75}}}, {128, 384}),
       tiny_trace("b", {{{1, 0}}})}};
};

TEST_F(SimulationTest, tells_a_policy_every_event_in_order) {
  const std::vector<Request> requests{request(0, "a_x"), request(1, "b"), request(2.5, "b"),
                                      request(9, "b")};
  Diary policy;
  Simulation(traces_, requests).run(policy);
  EXPECT_THAT(policy.lines,
              ElementsAre("0 arrives at 0", "choose at 0",
                          "0 ends layer 0 of sparsity 0.25 at 1",       //
                          "1 arrives at 1", "choose at 1", "0 ends",    // at 3
                          "0 arrives at 2.5", "choose at 3", "1 ends",  // ids are used again
                          "choose at 4", "0 ends",                      //
                          "0 arrives at 9", "choose at 9", "0 ends"));  // after idling
}

TEST_F(SimulationTest, admits_simultaneous_requests_in_their_order_before_it_asks) {
  const std::vector<Request> requests{request(0, "b"), request(0, "a_x"), request(0, "b")};
  Diary policy;
  Simulation(traces_, requests).run(policy);
  policy.lines.resize(4);
  EXPECT_THAT(policy.lines,
              ElementsAre("0 arrives at 0", "1 arrives at 0", "2 arrives at 0", "choose at 0"));
  EXPECT_EQ(policy.arrivals[1].variant, traces_.find("a_x"));
}

TEST_F(SimulationTest, tells_a_policy_what_is_known_at_arrival) {
  const std::vector<Request> requests{request(2, "a_x", 1)};
  Diary policy;
  Simulation(traces_, requests).run(policy);
  const TaskArrival& arrival = policy.arrivals.front();
  EXPECT_EQ(arrival.variant, traces_.find("a_x"));
  EXPECT_EQ(arrival.slo, Seconds{8});
  EXPECT_EQ(arrival.deadline(), Seconds{10});
  EXPECT_EQ(arrival.priority, Priority::medium);
  EXPECT_EQ(arrival.sequence_length, 384U);
}

TEST_F(SimulationTest, reports_every_request_and_every_layer) {
  const std::vector<Request> requests{request(0, "a_x", 1), request(1, "b")};
  Diary policy;
  Timeline timeline;
  const RunOutcome outcome = Simulation(traces_, requests).run(policy, &timeline);

  ASSERT_EQ(outcome.requests.size(), 2U);
  const RequestOutcome& first = outcome.requests[0];
  EXPECT_EQ(first.request.sample, 1U);
  EXPECT_EQ(first.model, traces_.model_of(requests[0].variant));
  EXPECT_EQ(first.isolated, Seconds{12});
  EXPECT_EQ(first.completion, Seconds{12});
  EXPECT_TRUE(first.violated());
  EXPECT_EQ(first.normalised_turnaround(), 1);
  const RequestOutcome& second = outcome.requests[1];
  EXPECT_EQ(second.turnaround(), Seconds{12});
  EXPECT_EQ(second.normalised_turnaround(), 12);
  EXPECT_EQ(outcome.decisions, 3U);
  EXPECT_EQ(outcome.preemptions, 0U);

  ASSERT_EQ(timeline.size(), 3U);
  EXPECT_EQ(timeline[1].request, 0U);
  EXPECT_EQ(timeline[1].layer, 1U);
  EXPECT_EQ(timeline[1].start, Seconds{4});
  EXPECT_EQ(timeline[1].end, Seconds{12});
  EXPECT_EQ(timeline[1].sparsity, 0.75);
  EXPECT_EQ(timeline[1].overhead, Seconds{0});
}

TEST_F(SimulationTest, tells_how_long_a_layer_ran_without_what_came_before_it) {
  const std::vector<Request> requests{request(0, "a_x", 1), request(1, "a_x")};
  Diary policy;
  Simulation(traces_, requests, {.decision = Seconds{0.5}}).run(policy);
  EXPECT_THAT(policy.lines, testing::Contains("0 ends layer 0 of sparsity 0 at 4.5"));
  EXPECT_THAT(policy.latencies_s, ElementsAre(4, 1));
}

TEST_F(SimulationTest, a_completion_at_the_deadline_is_in_time) {
  const auto violated_with_slo = [this](double slo_s) {
    std::vector<Request> requests{request(1, "a_x")};
    requests[0].slo = Seconds{slo_s};
    Diary policy;
    return Simulation(traces_, requests).run(policy).requests[0].violated();
  };
  EXPECT_FALSE(violated_with_slo(3));
  EXPECT_TRUE(violated_with_slo(2.875));
}

TEST_F(SimulationTest, runs_again_as_it_ran_before) {
  const std::vector<Request> requests{request(0, "a_x"), request(0, "b"), request(20, "b")};
  Simulation simulation(traces_, requests);
  Diary first;
  Diary second;
  simulation.run(first);
  simulation.run(second);
  EXPECT_EQ(first.lines, second.lines);
}

TEST_F(SimulationTest, a_timeline_holds_the_last_run_alone) {
  const std::vector<Request> requests{request(0, "a_x"), request(0, "b")};
  Simulation simulation(traces_, requests);
  Timeline timeline;
  for (int run = 0; run < 2; ++run) {
    Diary policy;
    simulation.run(policy, &timeline);
  }
  EXPECT_EQ(timeline.size(), 3U);
}

// At 2^54 s doubles are 4 s apart, so that a layer of 1 s would end where it starts.
TEST_F(SimulationTest, refuses_times_that_a_double_cannot_tell_apart) {
  const std::vector<Request> requests{request(0x1p54, "b")};
  Diary policy;
  EXPECT_THROW(Simulation(traces_, requests).run(policy), std::range_error);
}

/// Asks for the truth at every event.
class Curious final : public Diary {
 public:
  explicit Curious(std::function<double(TaskId)> remaining_s)
      : remaining_s_(std::move(remaining_s)) {}
  void on_arrival(const TaskArrival& arrival) override {
    Diary::on_arrival(arrival);
    told.push_back(remaining_s_(arrival.task));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    Diary::on_layer_done(task, observation);
    told.push_back(remaining_s_(task));
  }
  void on_finish(TaskId task) override {
    told.push_back(remaining_s_(task));
    Diary::on_finish(task);
  }

  std::vector<double> told;

 private:
  std::function<double(TaskId)> remaining_s_;
};

TEST_F(SimulationTest, tells_oracles_the_truth_of_every_layer) {
  const std::vector<Request> requests{request(0, "a_x", 1)};
  Simulation simulation(traces_, requests);
  std::vector<Estimate> told;
  Curious policy([&](TaskId task) {
    told = {simulation.truth(task, 0), simulation.truth(task, 1)};
    return 0.0;
  });
  simulation.run(policy);
  // Layers of 4 and 8 s.
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].remaining, Seconds{12});
  EXPECT_EQ(told[0].next_layer, Seconds{4});
  EXPECT_EQ(told[1].remaining, Seconds{8});
  EXPECT_EQ(told[1].next_layer, Seconds{8});
  EXPECT_EQ(told[1].isolated, Seconds{12});
}

TEST_F(SimulationTest, tells_oracles_the_truth_from_arrival_to_end) {
  const std::vector<Request> requests{request(0, "a_x", 1), request(20, "a_x", 0)};
  Simulation simulation(traces_, requests);
  const Truth& truth = simulation;
  Curious policy([&truth](TaskId task) { return truth.truth(task, 0).remaining.count(); });
  simulation.run(policy);
  EXPECT_THAT(policy.told, ElementsAre(12, 12, 12, 3, 3, 3));
}

/// Chooses what it is told to, ready or not.
class Stubborn final : public Diary {
 public:
  explicit Stubborn(TaskId choice) : choice_(choice) {}
  TaskId choose(Seconds, AcceleratorId) override { return choice_; }

 private:
  TaskId choice_;
};

TEST_F(SimulationTest, refuses_a_choice_that_is_not_ready) {
  const std::vector<Request> requests{request(0, "b"), request(0, "b")};
  Stubborn unknown(TaskId{7});
  EXPECT_THROW(Simulation(traces_, requests).run(unknown), std::logic_error);
  Stubborn finished(TaskId{0});
  EXPECT_THROW(Simulation(traces_, requests).run(finished), std::logic_error);
}

TEST_F(SimulationTest, refuses_workloads_that_are_none) {
  const auto refuses = [this](const std::vector<Request>& requests) {
    EXPECT_THROW(Simulation(traces_, requests), std::invalid_argument);
  };
  refuses({});
  refuses({request(1, "b"), request(0.5, "b")});
  refuses({request(-1, "b")});
  refuses({request(std::numeric_limits<double>::quiet_NaN(), "b")});
  Request other = request(0, "b");
  other.sample = 1;
  refuses({other});
  other = request(0, "b");
  other.variant = VariantId{2};
  refuses({other});
}

// ---- Requests from a source -------------------------------------------------------------------

/// Keeps the order of completions.
class Completed final : public OutcomeSink {
 public:
  void complete(std::uint32_t number, const RequestOutcome&) override { numbers.push_back(number); }
  std::vector<std::uint32_t> numbers;
};

TEST_F(SimulationTest, tells_of_completions_by_the_numbers_of_requests) {
  const std::vector<Request> requests{request(0, "a_x"), request(0, "b"), request(5, "b")};
  const std::vector<std::uint32_t> pools{1, 0, 0};
  RequestsAtHand all(requests, pools);
  RequestsOfPool own(all, 0);
  Diary policy;
  Completed completed;
  const RunCounts counts = Simulation(traces_).run(own, policy, completed);
  EXPECT_THAT(completed.numbers, ElementsAre(1, 2));
  EXPECT_EQ(counts.decisions, 2U);
}

TEST_F(SimulationTest, a_source_without_requests_is_a_run_without_events) {
  RequestsAtHand none{std::span<const Request>()};
  Diary policy;
  Completed completed;
  EXPECT_EQ(Simulation(traces_).run(none, policy, completed).decisions, 0U);
  EXPECT_TRUE(policy.lines.empty());
}

TEST_F(SimulationTest, refuses_requests_of_a_source_that_it_cannot_run) {
  Request no_sample = request(0, "b");
  no_sample.sample = 99;
  const std::vector<std::vector<Request>> wrong{
      {request(2, "b"), request(1, "b")}, {request(-1, "b")}, {no_sample}};
  for (const std::vector<Request>& requests : wrong) {
    RequestsAtHand source(requests);
    Diary policy;
    Completed completed;
    EXPECT_THROW(Simulation(traces_).run(source, policy, completed), std::invalid_argument);
  }
}

}  // namespace
}  // namespace dysta
