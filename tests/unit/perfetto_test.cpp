#include "dysta/metrics/perfetto.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/schedule.hpp"

namespace dysta {
namespace {

using nlohmann::json;
using test::Ask;
using test::Recorded;
using test::run_of;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// A time as Perfetto reads it: microseconds, cut to whole nanoseconds.
std::int64_t nanoseconds_of(const json& microseconds) {
  return static_cast<std::int64_t>(microseconds.get<double>() * 1000);
}

std::int64_t nanoseconds_of(Seconds time) { return std::llround(time.count() * 1e9); }

const std::vector<Ask> kAsks{
    {.layers_s = {0.1, 0.2, 0.3}, .slo_s = 0.5},
    {.arrival_s = 0.05, .layers_s = {0.1, 0.1}},
    {.arrival_s = 0.1, .layers_s = {0.7}, .priority = Priority::high},
    {.arrival_s = 5, .layers_s = {0.3}},
};
const std::vector<std::string> kNames{"a", "b", "c", "d"};
const std::vector<std::string> kAccelerator{"accelerator"};

std::vector<json> events_of(std::span<const TimelineRun> runs) {
  std::string text;
  write_perfetto(runs, [&](std::string_view piece) { text += piece; });
  return json::parse(text).at("traceEvents");
}

std::vector<json> events_of(const Recorded& run, const std::vector<std::string>& names = kNames,
                            const std::string& label = "sjf") {
  const TimelineRun drawn{.label = label,
                          .timeline = &run.timeline,
                          .outcome = &run.outcome,
                          .request_names = names,
                          .accelerator_names = kAccelerator};
  return events_of(std::span(&drawn, 1));
}

std::vector<json> with_phase(const std::vector<json>& events, const std::string& phase) {
  std::vector<json> found;
  std::copy_if(events.begin(), events.end(), std::back_inserter(found),
               [&](const json& event) { return event.at("ph") == phase; });
  return found;
}

/// Names of processes (kind "process_name") or tracks ("thread_name") by their numbers.
std::map<std::pair<int, int>, std::string> names_of(const std::vector<json>& events,
                                                    const std::string& kind) {
  std::map<std::pair<int, int>, std::string> names;
  for (const json& event : with_phase(events, "M")) {
    if (event.at("name") == kind) {
      names[{event.at("pid"), event.at("tid")}] = event.at("args").at("name");
    }
  }
  return names;
}

/// The slices on tracks whose name starts with `prefix`, ordered by start.
std::vector<json> slices_on(const std::vector<json>& events, const std::string& prefix) {
  const auto tracks = names_of(events, "thread_name");
  std::vector<json> found;
  for (const json& event : with_phase(events, "X")) {
    const auto track = tracks.find({event.at("pid"), event.at("tid")});
    if (track != tracks.end() && track->second.starts_with(prefix)) found.push_back(event);
  }
  std::stable_sort(found.begin(), found.end(), [](const json& a, const json& b) {
    return a.at("ts").get<double>() < b.at("ts").get<double>();
  });
  return found;
}

void expect_no_overlap_on_any_track(const std::vector<json>& events) {
  std::map<std::pair<int, int>, std::vector<std::pair<std::int64_t, std::int64_t>>> tracks;
  for (const json& event : with_phase(events, "X")) {
    const std::int64_t start = nanoseconds_of(event.at("ts"));
    const std::int64_t length = nanoseconds_of(event.at("dur"));
    EXPECT_GT(length, 0);
    tracks[{event.at("pid"), event.at("tid")}].emplace_back(start, start + length);
  }
  for (auto& [track, slices] : tracks) {
    std::sort(slices.begin(), slices.end());
    for (std::size_t i = 1; i < slices.size(); ++i) {
      EXPECT_LE(slices[i - 1].second, slices[i].first)
          << "process " << track.first << ", track " << track.second;
    }
  }
}

TEST(Perfetto, every_layer_is_a_slice_on_the_accelerator) {
  const Recorded run = run_of("sjf", kAsks);
  const auto layers = slices_on(events_of(run), "accelerator");
  ASSERT_EQ(layers.size(), run.timeline.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerSlice& slice = run.timeline[i];
    EXPECT_EQ(layers[i].at("name"),
              kNames[slice.request] + " layer " + std::to_string(slice.layer));
    EXPECT_EQ(nanoseconds_of(layers[i].at("ts")), nanoseconds_of(slice.start));
    EXPECT_EQ(nanoseconds_of(layers[i].at("dur")),
              nanoseconds_of(slice.end) - nanoseconds_of(slice.start));
    EXPECT_EQ(layers[i].at("args").at("request"), slice.request);
    EXPECT_EQ(layers[i].at("args").at("layer"), slice.layer);
    EXPECT_EQ(layers[i].at("args").at("sparsity"), slice.sparsity);
  }
}

TEST(Perfetto, slices_of_one_track_never_overlap) {
  for (const char* policy : {"fcfs", "sjf", "sdrm3", "dysta"}) {
    expect_no_overlap_on_any_track(events_of(run_of(policy, kAsks)));
    expect_no_overlap_on_any_track(
        events_of(run_of(policy, kAsks, {.decision = Seconds{0.01}, .preemption = Seconds{0.03}})));
  }
}

TEST(Perfetto, scheduling_is_a_slice_before_its_layer_where_it_costs) {
  const auto slices = slices_on(
      events_of(run_of("fcfs", {{.layers_s = {1, 1}}}, {.decision = Seconds{0.5}})), "accelerator");
  std::vector<std::tuple<std::string, std::int64_t, std::int64_t>> drawn;
  for (const json& slice : slices) {
    drawn.emplace_back(slice.at("name"), nanoseconds_of(slice.at("ts")) / 1'000'000,
                       nanoseconds_of(slice.at("dur")) / 1'000'000);
  }
  EXPECT_THAT(
      drawn, ElementsAre(std::tuple("scheduling", 0, 500), std::tuple("a layer 0", 500, 1000),
                         std::tuple("scheduling", 1500, 500), std::tuple("a layer 1", 2000, 1000)));
}

TEST(Perfetto, every_request_is_a_span_from_arrival_to_completion) {
  const Recorded run = run_of("sjf", kAsks);
  const auto spans = slices_on(events_of(run), "requests");
  ASSERT_EQ(spans.size(), kAsks.size());
  for (std::size_t r = 0; r < spans.size(); ++r) {
    const RequestOutcome& request = run.outcome.requests[r];
    const std::string late = request.violated() ? " (late)" : "";
    EXPECT_EQ(spans[r].at("name"), "#" + std::to_string(r) + " " + kNames[r] + late);
    EXPECT_EQ(nanoseconds_of(spans[r].at("ts")), nanoseconds_of(request.request.arrival));
    EXPECT_EQ(nanoseconds_of(spans[r].at("dur")),
              nanoseconds_of(request.completion) - nanoseconds_of(request.request.arrival));
    EXPECT_EQ(spans[r].at("args").at("violated"), request.violated());
    EXPECT_EQ(spans[r].at("args").at("priority"), static_cast<int>(request.request.priority));
  }
  EXPECT_TRUE(run.outcome.requests[0].violated());  // so that "(late)" was seen
}

TEST(Perfetto, spans_share_tracks_when_they_can) {
  const auto events = events_of(run_of("fcfs", {{.layers_s = {1}},
                                                {.arrival_s = 0.5, .layers_s = {1}},
                                                {.arrival_s = 1, .layers_s = {1}},
                                                {.arrival_s = 9, .layers_s = {1}}}));
  // The first ends at 1, when the third arrives.
  std::vector<int> tracks;
  for (const json& span : slices_on(events, "requests")) tracks.push_back(span.at("tid"));
  EXPECT_THAT(tracks, ElementsAre(1, 2, 1, 1));
}

TEST(Perfetto, the_counter_follows_the_requests_present_and_ends_at_0) {
  // Present: one from 0, two from 0.5 on, one when the first has ended at 1 (just when a third
  // arrives, so still two), and so on.
  const auto counters = with_phase(events_of(run_of("fcfs", {{.layers_s = {1}},
                                                             {.arrival_s = 0.5, .layers_s = {1}},
                                                             {.arrival_s = 1, .layers_s = {1}}})),
                                   "C");
  std::vector<std::pair<std::int64_t, int>> steps;
  for (const json& event : counters) {
    steps.emplace_back(nanoseconds_of(event.at("ts")) / 1'000'000, event.at("args").at("requests"));
  }
  EXPECT_THAT(steps, ElementsAre(std::pair(0, 1), std::pair(500, 2), std::pair(1000, 2),
                                 std::pair(2000, 1), std::pair(3000, 0)));
}

TEST(Perfetto, policies_have_processes_of_their_own) {
  const Recorded fcfs = run_of("fcfs", kAsks);
  const Recorded sjf = run_of("sjf", kAsks);
  const std::vector<TimelineRun> runs{{.label = "fcfs",
                                       .timeline = &fcfs.timeline,
                                       .outcome = &fcfs.outcome,
                                       .request_names = kNames,
                                       .accelerator_names = kAccelerator},
                                      {.label = "sjf",
                                       .timeline = &sjf.timeline,
                                       .outcome = &sjf.outcome,
                                       .request_names = kNames,
                                       .accelerator_names = kAccelerator}};
  const auto events = events_of(runs);
  std::set<int> processes;
  std::vector<std::string> names;
  for (const auto& [process, name] : names_of(events, "process_name")) {
    processes.insert(process.first);
    names.push_back(name);
  }
  EXPECT_EQ(processes.size(), 4U);
  EXPECT_THAT(names, UnorderedElementsAre("fcfs: accelerator", "fcfs: requests", "sjf: accelerator",
                                          "sjf: requests"));
  expect_no_overlap_on_any_track(events);
}

TEST(Perfetto, is_json_whatever_names_and_labels_hold) {
  const Recorded run = run_of("fcfs", {{.layers_s = {1}}});
  const auto events = events_of(run, {"say \"no\"\\\n\xe9"}, "dysta:\"x\"");
  EXPECT_EQ(names_of(events, "process_name").begin()->second, "dysta:\"x\": accelerator");
}

// The largest times that files may hold.
TEST(Perfetto, is_json_however_large_the_times) {
  EXPECT_NO_THROW(
      events_of(run_of("fcfs", {{.arrival_s = 1e9, .layers_s = {1e9, 1e9, 1e9}, .slo_s = 1e9}})));
}

}  // namespace
}  // namespace dysta
