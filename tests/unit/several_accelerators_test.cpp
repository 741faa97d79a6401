// The engine with several accelerators: schedules worked out by hand.
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/sim/compare.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/kinds.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_request;
using test::tiny_trace;
using testing::ElementsAre;

/// Runs what became ready first, or last, and writes down what it is told and asked. Tasks are
/// named by the order of their arrival: A, B, C …
class Diary final : public Policy {
 public:
  enum class Order { first_ready, last_ready };
  explicit Diary(Order order = Order::first_ready) : order_(order) {}

  void on_arrival(const TaskArrival& arrival) override {
    letters_.resize(std::max(letters_.size(), std::size_t{index(arrival.task)} + 1));
    letters_[index(arrival.task)] = static_cast<char>('A' + arrived_++);
    ids.push_back(static_cast<std::uint32_t>(index(arrival.task)));
    ready_.push_back(arrival.task);
    lines.push_back(fmt::format("{} arrives", letter(arrival.task)));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    ready_.push_back(task);
    lines.push_back(
        fmt::format("{} layer {} at {}", letter(task), observation.layer, observation.end.count()));
    latencies_s.push_back(observation.latency.count());
  }
  void on_finish(TaskId task) override { lines.push_back(fmt::format("{} ends", letter(task))); }
  TaskId choose(Seconds now, AcceleratorId accelerator) override {
    const auto chosen = order_ == Order::first_ready ? ready_.begin() : ready_.end() - 1;
    const TaskId task = *chosen;
    ready_.erase(chosen);
    lines.push_back(fmt::format("{} on {} from {}", letter(task), index(accelerator), now.count()));
    return task;
  }

  std::vector<std::string> lines;
  std::vector<std::uint32_t> ids;   ///< of the tasks, as they arrive
  std::vector<double> latencies_s;  ///< of the layers that were observed

 private:
  char letter(TaskId task) const { return letters_[index(task)]; }

  Order order_;
  int arrived_ = 0;
  std::vector<char> letters_;  ///< by task
  std::vector<TaskId> ready_;
};

/// "A1" a layer of request A on accelerator 1, with its start.
std::vector<std::string> slices(const Timeline& timeline) {
  std::vector<std::string> out;
  for (const LayerSlice& slice : timeline) {
    out.push_back(fmt::format("{}{} {}-{}", static_cast<char>('A' + slice.request),
                              slice.accelerator, slice.start.count(), slice.end.count()));
  }
  return out;
}

std::vector<double> completions(const RunOutcome& outcome) {
  std::vector<double> seconds;
  for (const RequestOutcome& request : outcome.requests) {
    seconds.push_back(request.completion.count());
  }
  return seconds;
}

class SeveralAccelerators : public testing::Test {
 protected:
  Request request(double arrival_s, const std::string& name) const {
    return tiny_request(traces_, arrival_s, name, 0, Priority::medium, 8);
  }
  RunOutcome run(const std::vector<Request>& requests, std::uint32_t accelerators,
                 SchedulingCosts costs = {}) {
    Simulation simulation(traces_, requests, costs, accelerators);
    return simulation.run(diary_, &timeline_);
  }

  const TraceSet traces_{{tiny_trace("one", {{{1, 0}}}), tiny_trace("two", {{{2, 0}}}),
                          tiny_trace("three", {{{3, 0}}}), tiny_trace("pair", {{{1, 0}, {1, 0}}}),
                          tiny_trace("uneven", {{{1, 0}, {2, 0}}}),
                          tiny_trace("triple", {{{1, 0}, {2, 0}, {1, 0}}})}};
  Diary diary_;
  Timeline timeline_;
};

TEST_F(SeveralAccelerators, the_first_idle_one_is_asked_for_first) {
  run({request(0, "one"), request(0, "two"), request(0.5, "three")}, 3);
  EXPECT_THAT(diary_.lines,
              ElementsAre("A arrives", "B arrives", "A on 0 from 0", "B on 1 from 0",  //
                          "C arrives", "C on 2 from 0.5",  // an arrival wakes an idle one
                          "A ends", "B ends", "C ends"));
}

// B's second layer is run by the accelerator that ran A: it is asked for first.
TEST_F(SeveralAccelerators, a_migration_costs_what_is_stated) {
  const std::vector<Request> requests{request(0, "one"), request(0, "pair")};
  EXPECT_THAT(completions(run(requests, 2)), ElementsAre(1, 2));
  EXPECT_THAT(completions(run(requests, 2, {.migration = Seconds{0.25}})), ElementsAre(1, 2.25));
  EXPECT_EQ(slices(timeline_).back(), "B0 1.25-2.25");
  // Nobody migrates alone.
  EXPECT_THAT(completions(run(requests, 1, {.migration = Seconds{0.25}})), ElementsAre(1, 3));
}

// C finds both busy at 0.5 and starts where A ended at 1.
TEST_F(SeveralAccelerators, an_arrival_waits_while_all_are_busy) {
  run({request(0, "one"), request(0, "three"), request(0.5, "one")}, 2);
  EXPECT_THAT(diary_.lines, ElementsAre("A arrives", "B arrives", "A on 0 from 0", "B on 1 from 0",
                                        "A ends", "C arrives", "C on 0 from 1",  //
                                        "C ends", "B ends"));
}

// At 2 the layers of A (on 0) and C (on 1) end and D arrives.
TEST_F(SeveralAccelerators, layers_that_end_at_one_instant_are_told_by_accelerator_then_arrivals) {
  const RunOutcome outcome =
      run({request(0, "two"), request(0, "one"), request(0, "pair"), request(2, "one")}, 2);
  EXPECT_THAT(diary_.lines, ElementsAre("A arrives", "B arrives", "C arrives", "A on 0 from 0",
                                        "B on 1 from 0", "B ends", "C on 1 from 1",  //
                                        "A ends", "C layer 0 at 2", "D arrives",     //
                                        "C on 0 from 2", "D on 1 from 2",            //
                                        "C ends", "D ends"));
  EXPECT_THAT(completions(outcome), ElementsAre(2, 1, 3, 3));
}

// Nobody was put aside: accelerator 1 took D only after C had gone to accelerator 0.
TEST_F(SeveralAccelerators, a_task_moves_without_being_put_aside) {
  const RunOutcome outcome =
      run({request(0, "two"), request(0, "one"), request(0, "pair"), request(2, "one")}, 2,
          {.preemption = Seconds{8}});
  EXPECT_EQ(outcome.preemptions, 0U);
  EXPECT_THAT(slices(timeline_), ElementsAre("A0 0-2", "B1 0-1", "C1 1-2", "C0 2-3", "D1 2-3"));
}

// At 1 B's first layer ends on accelerator 0, and C, ready later, takes its place. B waits until
// accelerator 1 is free, whose A is done: nothing is put aside for it there.
TEST_F(SeveralAccelerators, a_task_of_its_own_that_waits_is_a_preemption) {
  diary_ = Diary(Diary::Order::last_ready);
  const std::vector<Request> requests{request(0, "two"), request(0, "pair"), request(0.5, "three")};
  const RunOutcome outcome = run(requests, 2, {.preemption = Seconds{0.25}});
  EXPECT_THAT(slices(timeline_), ElementsAre("B0 0-1", "A1 0-2", "C0 1.25-4.25", "B1 2-3"));
  EXPECT_EQ(outcome.preemptions, 1U);
  EXPECT_EQ(timeline_[2].overhead, Seconds{0.25});
  EXPECT_EQ(timeline_[3].overhead, Seconds{0});
  EXPECT_THAT(completions(outcome), ElementsAre(2, 3, 4.25));
}

// At 1 the layers of A and B end, and the policy swaps them: accelerator 0 puts A aside for B, but
// when accelerator 1 takes A, its B runs already.
TEST_F(SeveralAccelerators, a_swap_puts_one_task_aside) {
  diary_ = Diary(Diary::Order::last_ready);
  const RunOutcome outcome =
      run({request(0, "pair"), request(0, "pair")}, 2, {.preemption = Seconds{0.5}});
  EXPECT_THAT(slices(timeline_), ElementsAre("B0 0-1", "A1 0-1", "A0 1.5-2.5", "B1 1-2"));
  EXPECT_EQ(outcome.preemptions, 1U);
}

// C has the id of A, which accelerator 1 ran last. At 3 it waits, having run on accelerator 0: that
// accelerator 0 takes E is a preemption, that accelerator 1 takes D is none.
TEST_F(SeveralAccelerators, an_id_used_again_is_another_task) {
  diary_ = Diary(Diary::Order::last_ready);
  const RunOutcome outcome = run({request(0, "one"), request(0, "one"), request(2, "uneven"),
                                  request(3, "one"), request(3, "one")},
                                 2, {.preemption = Seconds{4}});
  EXPECT_THAT(diary_.ids, ElementsAre(0, 1, 0, 1, 2));
  EXPECT_EQ(outcome.preemptions, 1U);
  EXPECT_THAT(slices(timeline_),
              ElementsAre("B0 0-1", "A1 0-1", "C0 2-3", "E0 7-8", "D1 3-4", "C1 4-6"));
}

// At 1.125 accelerator 0 puts B aside for A, which comes from accelerator 1, and B goes there.
TEST_F(SeveralAccelerators, tells_how_long_a_layer_ran_without_what_came_before_it) {
  diary_ = Diary(Diary::Order::last_ready);
  run({request(0, "triple"), request(0, "triple")}, 2,
      {.decision = Seconds{0.125}, .preemption = Seconds{0.5}, .migration = Seconds{0.25}});
  EXPECT_THAT(slices(timeline_), testing::IsSupersetOf({"A0 2-4", "B1 1.5-3.5"}));
  EXPECT_THAT(diary_.lines, testing::IsSupersetOf({"B layer 1 at 3.5", "A layer 1 at 4"}));
  EXPECT_THAT(diary_.latencies_s, ElementsAre(1, 1, 2, 2));
}

TEST_F(SeveralAccelerators, decisions_cost_each_accelerator_its_own_time) {
  run({request(0, "one"), request(0, "one")}, 2, {.decision = Seconds{0.5}});
  EXPECT_THAT(slices(timeline_), ElementsAre("A0 0.5-1.5", "B1 0.5-1.5"));
}

TEST_F(SeveralAccelerators, more_than_there_are_tasks_run_each_as_if_alone) {
  const RunOutcome outcome = run({request(0, "pair"), request(0, "three"), request(0, "one")}, 64);
  EXPECT_THAT(completions(outcome), ElementsAre(2, 3, 1));
  EXPECT_EQ(outcome.decisions, 4U);
}

TEST_F(SeveralAccelerators, a_task_that_runs_is_not_ready) {
  class Stubborn final : public Policy {
   public:
    void on_arrival(const TaskArrival&) override {}
    void on_layer_done(TaskId, const Observation&) override {}
    void on_finish(TaskId) override {}
    TaskId choose(Seconds, AcceleratorId) override { return TaskId{0}; }
  } stubborn;
  const std::vector<Request> requests{request(0, "one"), request(0, "one")};
  EXPECT_THROW(Simulation(traces_, requests, {}, 2).run(stubborn), std::logic_error);
}

TEST_F(SeveralAccelerators, none_is_refused) {
  const std::vector<Request> requests{request(0, "one")};
  EXPECT_THROW(Simulation(traces_, requests, {}, 0), std::invalid_argument);
}

// ---- Different kinds --------------------------------------------------------------------------

/// The networks of one kind, "pair" with so long layers.
TraceSet kind_with(double first_s, double second_s) {
  return TraceSet({tiny_trace("one", {{{1, 0}}, {{2, 0}}}),
                   tiny_trace("pair", {{{first_s, 0.25}, {second_s, 0.5}}})});
}

class DifferentKinds : public testing::Test {
 protected:
  Request request(double arrival_s, const std::string& name) const {
    return tiny_request(fastest_, arrival_s, name, 0, Priority::medium, 8);
  }
  RunOutcome run(const std::vector<Request>& requests, const std::string& dispatch,
                 SchedulingCosts costs = {}) {
    const Pool pool{.name = {},
                    .accelerator = {},
                    .accelerators = 2,
                    .kinds = {{.traces = &kinds_[0], .profiles = &profiles_[0]},
                              {.traces = &kinds_[1], .profiles = &profiles_[1]}},
                    .dispatch = dispatch,
                    .traces = &fastest_,
                    .profiles = &mean_};
    return simulate({&pool, 1}, {.requests = requests}, PolicyRegistry().parse("fcfs").front(),
                    costs, &timeline_);
  }

  const std::vector<TraceSet> kinds_{kind_with(1, 1), kind_with(4, 0.5)};
  const std::vector<Profiles> profiles_{Profiles(kinds_[0]), Profiles(kinds_[1])};
  const TraceSet fastest_ = fastest_of(kinds_);
  const Profiles mean_{all_of(kinds_)};
  Timeline timeline_;
};

TEST_F(DifferentKinds, each_layer_is_fastest_somewhere_and_profiles_are_means) {
  EXPECT_EQ(fastest_.all()[1].isolated(0), Seconds{1.5});
  EXPECT_EQ(fastest_.all()[1].sample(0)[1].sparsity, 0.5);
  EXPECT_EQ(mean_[VariantId{1}].e2e_pattern, Seconds{3.25});
  EXPECT_EQ(mean_[VariantId{0}].e2e_pattern, Seconds{1.5});
  const TraceSet other({tiny_trace("one", {{{1, 0}}})});
  EXPECT_THROW(fastest_of(std::vector{kinds_[0], other}), std::invalid_argument);
  EXPECT_THROW(all_of({}), std::invalid_argument);
}

// B runs its first layer on the second accelerator for 4 s. Then both are idle, and the first asks
// first: B goes on there, for 1 s.
TEST_F(DifferentKinds, a_layer_lasts_as_long_as_on_the_accelerator_that_runs_it) {
  const std::vector<Request> requests{request(0, "pair"), request(0, "pair")};
  const RunOutcome outcome = run(requests, "global");
  EXPECT_THAT(slices(timeline_), ElementsAre("A0 0-1", "B1 0-4", "A0 1-2", "B0 4-5"));
  EXPECT_EQ(outcome.requests[1].isolated, Seconds{1.5});
  EXPECT_THAT(completions(run(requests, "global", {.migration = Seconds{0.25}})),
              ElementsAre(2, 5.25));
}

// Of two kinds the profile knows the mean alone; beside that a latency tells the kind, not the
// input.
TEST_F(DifferentKinds, a_common_queue_is_not_told_latencies) {
  const std::vector<AcceleratorKind> kinds{{.traces = &kinds_[0], .profiles = &profiles_[0]},
                                           {.traces = &kinds_[1], .profiles = &profiles_[1]}};
  const std::vector<Request> requests{request(0, "pair"), request(0, "pair")};
  RequestsAtHand source(requests);
  KeptOutcomes kept(requests.size());
  Diary diary;
  Simulation(fastest_, {}, kinds).run(source, diary, kept);
  EXPECT_THAT(diary.latencies_s, ElementsAre(0, 0));
}

// Predicted by kind: 2 s are left on the first, which is less than 4.5 s on the second.
TEST_F(DifferentKinds, queues_are_as_long_as_their_kind_takes) {
  EXPECT_THAT(completions(run({request(0, "pair"), request(0, "pair"), request(0, "one")}, "jsq")),
              ElementsAre(2, 4.5, 3));
}

}  // namespace
}  // namespace dysta
