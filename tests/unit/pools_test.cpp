// Several pools of accelerators, each under a policy of its own: outcomes put together.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dysta/metrics/bound.hpp"
#include "dysta/metrics/perfetto.hpp"
#include "dysta/sim/compare.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using nlohmann::json;
using test::tiny_request;
using test::tiny_trace;
using testing::ElementsAre;

class PoolsTest : public testing::Test {
 protected:
  Request request(std::size_t pool, double arrival_s, const std::string& name) const {
    return tiny_request(*pools_[pool].traces, arrival_s, name, 0, Priority::medium, 8);
  }
  ConfiguredPolicy policy(const std::string& name) const {
    return PolicyRegistry().parse(name).front();
  }
  static Pool pool(const char* name, std::uint32_t accelerators, const TraceSet& traces,
                   const Profiles& profiles) {
    Pool made = one_pool(traces, profiles, accelerators);
    made.name = name;
    made.accelerator = "kind";
    return made;
  }

  /// `bert` is a model of both.
  const TraceSet vision_{{tiny_trace("bert", {{{4, 0}}}), tiny_trace("net_a", {{{1, 0}, {1, 0}}})}};
  const TraceSet language_{{tiny_trace("bert", {{{3, 0}}}), tiny_trace("text", {{{1, 0}}})}};
  const Profiles vision_profiles_{vision_};
  const Profiles language_profiles_{language_};
  const std::vector<Pool> pools_{pool("vision", 1, vision_, vision_profiles_),
                                 pool("language", 2, language_, language_profiles_)};
  const dysta::Run run_{
      .requests = {request(1, 0, "bert"), request(0, 0, "net_a"), request(1, 0, "text"),
                   request(0, 1, "bert"), request(1, 1, "text"), request(1, 1, "text")},
      .pools = {1, 0, 1, 0, 1, 1},
      .streams = {1, 0, 1, 0, 2, 2}};
};

// Vision: net_a 0-2, bert 2-6. Language: bert 0-3 on one, texts 0-1, 1-2 and 2-3 on the other.
TEST_F(PoolsTest, each_runs_its_own_requests) {
  Timeline timeline;
  const RunOutcome outcome = simulate(pools_, run_, policy("fcfs"), {}, &timeline);
  std::vector<double> completions;
  std::vector<unsigned> models;
  std::vector<unsigned> streams;
  for (const RequestOutcome& request : outcome.requests) {
    completions.push_back(request.completion.count());
    models.push_back(static_cast<unsigned>(index(request.model)));
    streams.push_back(request.stream);
  }
  EXPECT_THAT(completions, ElementsAre(3, 2, 1, 6, 2, 3));
  EXPECT_THAT(models, ElementsAre(2, 1, 3, 0, 3, 3));
  EXPECT_THAT(streams, ElementsAre(1, 0, 1, 0, 2, 2));
  EXPECT_EQ(outcome.decisions, 7U);
  std::vector<unsigned> requests;
  std::vector<unsigned> accelerators;
  for (const LayerSlice& slice : timeline) {
    requests.push_back(slice.request);
    accelerators.push_back(slice.accelerator);
  }
  EXPECT_THAT(requests, ElementsAre(1, 1, 3, 0, 2, 4, 5));
  EXPECT_THAT(accelerators, ElementsAre(0, 0, 0, 1, 2, 2, 2));
}

TEST_F(PoolsTest, the_bound_is_the_mean_of_the_pools_by_requests) {
  const RunOutcome outcome = simulate(pools_, run_, policy("fcfs"));
  const std::vector<Seconds> at_vision{Seconds{0}, Seconds{1}};
  const std::vector<Seconds> alone_at_vision{Seconds{2}, Seconds{4}};
  const std::vector<Seconds> at_language{Seconds{0}, Seconds{0}, Seconds{1}, Seconds{1}};
  const std::vector<Seconds> alone_at_language{Seconds{3}, Seconds{1}, Seconds{1}, Seconds{1}};
  EXPECT_DOUBLE_EQ(outcome.antt_lower_bound,
                   (2 * antt_lower_bound(at_vision, alone_at_vision, 1) +
                    4 * antt_lower_bound(at_language, alone_at_language, 2)) /
                       6);
}

TEST_F(PoolsTest, one_without_requests_runs_nothing) {
  const dysta::Run run{.requests = {request(1, 0, "bert")}, .pools = {1}, .streams = {0}};
  Timeline timeline;
  const RunOutcome outcome = simulate(pools_, run, policy("dysta"), {}, &timeline);
  EXPECT_EQ(outcome.requests[0].completion, Seconds{3});
  EXPECT_EQ(outcome.antt_lower_bound, 1);
  ASSERT_EQ(timeline.size(), 1U);
  EXPECT_EQ(timeline[0].accelerator, 1U);  // the first of the second pool
}

TEST_F(PoolsTest, groups_bear_the_names_of_streams_and_of_models_by_pool) {
  Workloads workloads;
  workloads.runs = {run_};
  workloads.description.streams = {"frames", "questions", "words"};
  const Comparison comparison = compare(pools_, workloads, std::vector{policy("fcfs")});
  const Breakdown& breakdown = comparison.policies[0].breakdowns[0];
  const auto groups = [](const std::vector<Group>& all) {
    std::vector<std::string> names;
    for (const Group& group : all) {
      names.push_back(group.label + ": " + std::to_string(group.requests));
    }
    return names;
  };
  EXPECT_THAT(groups(breakdown.by_stream), ElementsAre("frames: 2", "questions: 2", "words: 2"));
  EXPECT_THAT(groups(breakdown.by_model),
              ElementsAre("bert on vision: 1", "net: 1", "bert on language: 1", "text: 3"));
  EXPECT_EQ(breakdown.by_model[0].antt, 5.0 / 4);
  EXPECT_EQ(breakdown.by_model[2].antt, 1);
}

TEST_F(PoolsTest, draws_from_streams_describe_themselves) {
  const auto stream = [&](const char* name, std::size_t pool, const char* network, double rate_hz) {
    return Stream{.name = name,
                  .pool = pool,
                  .rate_hz = rate_hz,
                  .networks = {{.variant = pools_[pool].traces->find(network).value(),
                                .samples = {{.count = 1}}}}};
  };
  const std::vector<Stream> streams{stream("frames", 0, "net_a", 0.25),
                                    stream("words", 1, "text", 1)};
  const Workloads drawn = draw_workloads(pools_, streams, {.rate_scale = 2, .count = 2000},
                                         std::vector<std::uint64_t>{7, 8});
  ASSERT_EQ(drawn.runs.size(), 2U);
  const WorkloadDescription& description = drawn.description;
  EXPECT_EQ(description.arrivals, "2 streams");
  EXPECT_EQ(description.rate_hz, 2.5);
  EXPECT_EQ(description.accelerators, 3U);
  EXPECT_EQ(description.requests, 2000U);
  EXPECT_THAT(description.streams, ElementsAre("frames", "words"));
  EXPECT_THAT(description.variants, ElementsAre("net_a", "text"));
  EXPECT_THAT(description.seeds, ElementsAre(7, 8));
  EXPECT_EQ(description.slo_multiplier, std::nullopt);
  EXPECT_EQ(description.origins.unknown, 2U);
  ASSERT_EQ(description.pools.size(), 2U);
  EXPECT_EQ(description.pools[0].name, "vision");
  EXPECT_EQ(description.pools[0].utilisation, 1);  // 0.5/s of 2 s
  EXPECT_EQ(description.pools[1].accelerators, 2U);
  EXPECT_EQ(description.pools[1].utilisation, 1);  // 2/s of 1 s on two
  EXPECT_NEAR(description.offered_load.value(), 1, 0.1);
}

TEST_F(PoolsTest, a_timeline_has_a_track_for_each_accelerator) {
  Timeline timeline;
  const RunOutcome outcome = simulate(pools_, run_, policy("fcfs"), {}, &timeline);
  const std::vector<std::string> names{"bert", "net_a", "text", "bert", "text", "text"};
  const std::vector<std::string> accelerators = accelerator_names(pools_);
  EXPECT_THAT(accelerators, ElementsAre("vision", "language 0", "language 1"));
  const TimelineRun drawn{.label = "fcfs",
                          .timeline = &timeline,
                          .outcome = &outcome,
                          .request_names = names,
                          .accelerator_names = accelerators};
  std::string text;
  write_perfetto({&drawn, 1}, [&](std::string_view piece) { text += piece; });
  std::vector<std::string> tracks;
  std::vector<std::string> layers;
  std::set<std::string> spans;
  const json written = json::parse(text);
  for (const json& event : written.at("traceEvents")) {
    const std::string name = event.at("name");
    if (event.at("pid") == 2 && event.at("ph") == "X") spans.insert(name);
    if (event.at("pid") != 1) continue;
    if (name == "thread_name") tracks.push_back(event.at("args").at("name"));
    if (event.at("ph") == "X") {
      layers.push_back(name + " on track " + std::to_string(event.at("tid").get<int>()));
    }
  }
  EXPECT_EQ(tracks, accelerators);
  EXPECT_THAT(layers, ElementsAre("net_a layer 0 on track 1", "net_a layer 1 on track 1",
                                  "bert layer 0 on track 1", "bert layer 0 on track 2",
                                  "text layer 0 on track 3", "text layer 0 on track 3",
                                  "text layer 0 on track 3"));
  EXPECT_THAT(spans,
              ElementsAre("#0 bert", "#1 net_a", "#2 text", "#3 bert", "#4 text", "#5 text"));
}

}  // namespace
}  // namespace dysta
