// Streams of requests: when they come, which networks and inputs they ask for, by when they are
// due.
#include "dysta/workload/streams.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/workload/request_source.hpp"
#include "support/message.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::tiny_trace;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSubsetOf;

/// A table of recorded arrivals to replay.
ArrivalProcess replay(std::vector<double> times_s, std::vector<std::string> models = {},
                      std::vector<std::uint32_t> tokens = {}) {
  ArrivalProcess process{.kind = ArrivalProcess::Kind::replay};
  for (const double time : times_s) process.table.times.emplace_back(time);
  process.table.models = std::move(models);
  process.table.tokens = std::move(tokens);
  process.source = "recorded.csv";
  return process;
}

class StreamsTest : public testing::Test {
 protected:
  StreamNetwork network(std::size_t pool, const std::string& name, double weight = 1,
                        std::string asked_as = {}) const {
    const TraceSet& traces = *pools_[pool].traces;
    const VariantId variant = traces.find(name).value();
    return {.variant = variant,
            .weight = weight,
            .samples = {{.count = static_cast<std::uint32_t>(traces[variant].samples())}},
            .asked_as = std::move(asked_as)};
  }
  Stream poisson(const std::string& name, double rate_hz) const {
    return {.name = name, .rate_hz = rate_hz, .networks = {network(0, "net_a")}};
  }
  dysta::Run drawn(const std::vector<Stream>& streams, StreamDraw options = {}) const {
    return draw(pools_, streams, options);
  }
  /// The numbers of the inputs that a run asks for.
  static std::set<std::uint32_t> samples(const dysta::Run& run) {
    std::set<std::uint32_t> found;
    for (const Request& request : run.requests) found.insert(request.sample);
    return found;
  }

  /// Inputs of 1, 2, 3 and 4 s in `net_a`, of 2 s in `net_b`; lengths of 10 to 40 tokens in `text`.
  const TraceSet vision_{{tiny_trace("net_a", {{{1, 0}}, {{2, 0}}, {{3, 0}}, {{4, 0}}}),
                          tiny_trace("net_b", {{{2, 0}}})}};
  const TraceSet language_{{tiny_trace(
      "text", {{{0.1, 0}}, {{0.2, 0}}, {{0.3, 0}}, {{0.4, 0}}, {{0.5, 0}}}, {10, 20, 20, 30, 40})}};
  const Profiles vision_profiles_{vision_};
  const Profiles language_profiles_{language_};
  const std::vector<Pool> pools_{one_pool(vision_, vision_profiles_, 2),
                                 one_pool(language_, language_profiles_)};
};

TEST_F(StreamsTest, as_many_requests_as_asked_for_in_the_order_of_arrival) {
  const dysta::Run run = drawn({poisson("often", 30), poisson("seldom", 10)}, {.count = 4000});
  ASSERT_EQ(run.requests.size(), 4000U);
  EXPECT_TRUE(std::is_sorted(run.requests.begin(), run.requests.end(),
                             [](const auto& a, const auto& b) { return a.arrival < b.arrival; }));
  // By shares of the rates, 3 : 1; five standard deviations are 137.
  const auto often = std::count(run.streams.begin(), run.streams.end(), 0U);
  EXPECT_NEAR(static_cast<double>(often), 3000, 137);
  EXPECT_NEAR(run.requests.back().arrival.count(), 100, 8);
}

// The regular stream goes on while the bursty one pauses.
TEST_F(StreamsTest, all_streams_go_on_until_the_last_request) {
  Stream bursty = poisson("bursty", 10);
  bursty.arrivals = {.kind = ArrivalProcess::Kind::gamma, .cv = 10};
  Stream regular = poisson("regular", 10);
  regular.arrivals = {.kind = ArrivalProcess::Kind::periodic};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const dysta::Run run = drawn({bursty, regular}, {.count = 200, .seed = seed});
    const double end_s = run.requests.back().arrival.count();
    const auto periodic = std::count(run.streams.begin(), run.streams.end(), 1U);
    EXPECT_NEAR(static_cast<double>(periodic), 10 * end_s, 1.01) << "seed " << seed;
  }
}

TEST_F(StreamsTest, requests_of_one_instant_are_ordered_by_stream) {
  Stream table{.name = "t", .rate_hz = 1, .networks = {network(0, "net_b")}};
  table.arrivals = replay({0, 0, 4, 4});
  const dysta::Run run = drawn({table, table}, {.count = 40});
  for (std::size_t i = 1; i < run.requests.size(); ++i) {
    if (run.requests[i].arrival > run.requests[i - 1].arrival) continue;
    EXPECT_GE(run.streams[i], run.streams[i - 1]);
  }
}

TEST_F(StreamsTest, two_rates_have_the_same_requests_at_scaled_times) {
  Stream frames = poisson("frames", 5);
  frames.arrivals = {.kind = ArrivalProcess::Kind::periodic, .jitter = 0.5};
  Stream table{.name = "t", .rate_hz = 3, .networks = {network(0, "net_a"), network(0, "net_b")}};
  table.arrivals = replay({0, 0.1, 4, 7});
  const std::vector<Stream> streams{poisson("p", 2), frames, table};
  const dysta::Run slow = drawn(streams, {.count = 500, .seed = 3});
  const dysta::Run fast = drawn(streams, {.rate_scale = 4, .count = 500, .seed = 3});
  EXPECT_EQ(slow.streams, fast.streams);
  for (std::size_t i = 0; i < slow.requests.size(); ++i) {
    EXPECT_EQ(slow.requests[i].variant, fast.requests[i].variant);
    EXPECT_EQ(slow.requests[i].sample, fast.requests[i].sample);
    EXPECT_EQ(slow.requests[i].priority, fast.requests[i].priority);
    EXPECT_DOUBLE_EQ(slow.requests[i].arrival.count(), 4 * fast.requests[i].arrival.count());
  }
}

TEST_F(StreamsTest, a_larger_number_begins_with_the_requests_of_a_smaller) {
  const std::vector<Stream> streams{poisson("p", 2), poisson("q", 7)};
  const dysta::Run few = drawn(streams, {.count = 30});
  const dysta::Run many = drawn(streams, {.count = 300});
  for (std::size_t i = 0; i < few.requests.size(); ++i) {
    EXPECT_EQ(few.requests[i].arrival, many.requests[i].arrival);
    EXPECT_EQ(few.requests[i].sample, many.requests[i].sample);
    EXPECT_EQ(few.streams[i], many.streams[i]);
  }
}

TEST_F(StreamsTest, a_source_draws_the_same_requests_one_by_one) {
  const std::vector<Stream> streams{poisson("one", 2),
                                    {.name = "two",
                                     .arrivals = replay({0, 1, 1, 4}),
                                     .rate_hz = 3,
                                     .networks = {network(0, "net_a")}}};
  const dysta::Run run = drawn(streams, {.count = 40});
  const StreamDraw options{.count = 40};
  const auto source = drawn_requests(pools_, streams, options);
  for (std::uint32_t r = 0; r < 40; ++r) {
    const auto placed = source->next();
    ASSERT_TRUE(placed.has_value());
    EXPECT_EQ(placed->number, r);
    EXPECT_EQ(placed->request.arrival, run.requests[r].arrival);
    EXPECT_EQ(placed->request.sample, run.requests[r].sample);
    EXPECT_EQ(placed->pool, run.pools[r]);
    EXPECT_EQ(placed->stream, run.streams[r]);
  }
  EXPECT_FALSE(source->next().has_value());
}

TEST_F(StreamsTest, a_stream_does_not_notice_those_after_it) {
  const dysta::Run alone = drawn({poisson("p", 2)}, {.count = 50});
  Stream other{.name = "other", .pool = 1, .rate_hz = 6, .networks = {network(1, "text")}};
  const dysta::Run both = drawn({poisson("p", 2), other}, {.count = 100});
  std::size_t next = 0;
  for (std::size_t i = 0; i < both.requests.size(); ++i) {
    if (both.streams[i] != 0) continue;
    ASSERT_LT(next, alone.requests.size());
    EXPECT_EQ(both.requests[i].arrival, alone.requests[next].arrival);
    EXPECT_EQ(both.requests[i].sample, alone.requests[next].sample);
    EXPECT_EQ(both.pools[i], 0U);
    ++next;
  }
  EXPECT_GT(next, 10U);
}

TEST_F(StreamsTest, two_streams_alike_draw_differently) {
  const dysta::Run run = drawn({poisson("p", 2), poisson("p too", 2)}, {.count = 100});
  std::set<double> times;
  for (const Request& request : run.requests) times.insert(request.arrival.count());
  EXPECT_EQ(times.size(), 100U);
}

TEST_F(StreamsTest, a_periodic_stream_starts_at_a_random_phase) {
  Stream frames = poisson("frames", 4);
  frames.arrivals = {.kind = ArrivalProcess::Kind::periodic};
  std::set<double> phases;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const dysta::Run run = drawn({frames}, {.count = 3, .seed = seed});
    const double phase = run.requests[0].arrival.count();
    EXPECT_GE(phase, 0);
    EXPECT_LT(phase, 0.25);
    EXPECT_DOUBLE_EQ(run.requests[2].arrival.count(), phase + 0.5);
    phases.insert(phase);
  }
  EXPECT_LT(*phases.begin(), 0.05);
  EXPECT_GT(*phases.rbegin(), 0.2);
}

// Gaps of 1, 3 and 2 s, and the mean of 2 s around the end: at twice the recorded rate, half of it.
TEST_F(StreamsTest, a_replay_keeps_the_gaps_and_goes_on_around_the_end) {
  Stream table{.name = "t", .rate_hz = 1, .networks = {network(0, "net_b")}};
  table.arrivals = replay({5, 6, 9, 11});
  const std::vector<double> gaps{0.5, 1.5, 1, 1};
  std::set<std::size_t> starts;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const dysta::Run run = drawn({table}, {.count = 9, .seed = seed});
    std::vector<double> own;
    for (std::size_t i = 1; i < 9; ++i) {
      own.push_back((run.requests[i].arrival - run.requests[i - 1].arrival).count());
    }
    std::size_t start = 0;
    const auto fits = [&] {
      for (std::size_t i = 0; i < own.size(); ++i) {
        if (std::abs(own[i] - gaps[(start + i) % 4]) > 1e-12) return false;
      }
      return true;
    };
    while (start < 4 && !fits()) ++start;
    ASSERT_LT(start, 4U) << "seed " << seed;
    // It starts within the gap before its first row.
    EXPECT_LE(run.requests[0].arrival.count(), gaps[(start + 3) % 4]);
    starts.insert(start);
  }
  EXPECT_EQ(starts.size(), 4U);
}

// A burst of ten within a second, then nothing for 90: from a random row on, nine runs of ten would
// start in the burst.
TEST_F(StreamsTest, a_replay_starts_at_a_random_instant) {
  Stream table{.name = "t", .rate_hz = 0.1, .networks = {network(0, "net_b")}};
  table.arrivals = replay({0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 90});
  int in_burst = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const dysta::Run run = drawn({table}, {.count = 2, .seed = seed});
    in_burst += (run.requests[1].arrival - run.requests[0].arrival).count() < 1 &&
                run.requests[0].arrival.count() < 1;
  }
  EXPECT_LT(in_burst, 10);
}

TEST_F(StreamsTest, times_that_are_all_the_same_cannot_be_replayed) {
  Stream table{.name = "t", .rate_hz = 1, .networks = {network(0, "net_b")}};
  table.arrivals = replay({3, 3, 3});
  EXPECT_EQ(message_of<SpecificationError>([&] { drawn({table}); }),
            "the times of recorded.csv are all the same, so they have no rate to scale");
  table.arrivals = replay({3});  // a single row is a period
  EXPECT_EQ(drawn({table}, {.count = 5}).requests.size(), 5U);
}

TEST_F(StreamsTest, rows_choose_networks_by_name) {
  Stream table{.name = "t", .rate_hz = 1};
  table.arrivals = replay({0, 1, 2, 3}, {"x", "y", "y", "y"});
  table.networks = {network(0, "net_a", 1, "x"), network(0, "net_b", 1, "y")};
  const dysta::Run run = drawn({table}, {.count = 400});
  const auto of_a = std::count_if(run.requests.begin(), run.requests.end(), [&](const auto& r) {
    return r.variant == vision_.find("net_a");
  });
  EXPECT_EQ(of_a, 100);
  // (2.5 + 3 · 2) / 4 s a row.
  EXPECT_DOUBLE_EQ(table.mean_service(pools_[0]).count(), 2.125);
}

TEST_F(StreamsTest, one_name_may_stand_for_several_networks) {
  Stream table{.name = "t", .rate_hz = 1};
  table.arrivals = replay({0, 1}, {"x", "x"});
  table.networks = {network(0, "net_a", 3, "x"), network(0, "net_b", 1, "x")};
  const dysta::Run run = drawn({table}, {.count = 4000});
  const auto of_a = std::count_if(run.requests.begin(), run.requests.end(), [&](const auto& r) {
    return r.variant == vision_.find("net_a");
  });
  EXPECT_NEAR(static_cast<double>(of_a), 3000, 137);  // five standard deviations
  EXPECT_DOUBLE_EQ(table.mean_service(pools_[0]).count(), (3 * 2.5 + 2) / 4);
}

TEST_F(StreamsTest, rows_choose_the_inputs_of_nearest_length) {
  const auto inputs_for = [&](std::uint32_t tokens) {
    Stream table{.name = "t", .pool = 1, .rate_hz = 1, .networks = {network(1, "text")}};
    table.arrivals = replay({0, 1}, {}, {tokens, tokens});
    return samples(drawn({table}, {.count = 100}));
  };
  EXPECT_THAT(inputs_for(1), ElementsAre(0));
  EXPECT_THAT(inputs_for(15), ElementsAre(0));  // of two as near the shorter
  EXPECT_THAT(inputs_for(16), ElementsAre(1, 2));
  EXPECT_THAT(inputs_for(20), ElementsAre(1, 2));
  EXPECT_THAT(inputs_for(26), ElementsAre(3));
  EXPECT_THAT(inputs_for(4000), ElementsAre(4));
}

// Lengths of 10 and 20: 0.1 s, and 0.2 or 0.3 s.
TEST_F(StreamsTest, mean_service_of_a_replay_is_over_its_rows) {
  Stream table{.name = "t", .pool = 1, .rate_hz = 1, .networks = {network(1, "text")}};
  table.arrivals = replay({0, 1, 2}, {}, {10, 20, 20});
  EXPECT_DOUBLE_EQ(table.mean_service(pools_[1]).count(), (0.1 + 0.25 + 0.25) / 3);
}

TEST_F(StreamsTest, input_sets_restrict_the_inputs) {
  Stream stream = poisson("p", 1);
  stream.networks[0].samples = {{.first = 0, .count = 1}, {.first = 2, .count = 2}};
  EXPECT_THAT(samples(drawn({stream}, {.count = 300})), ElementsAre(0, 2, 3));
  EXPECT_DOUBLE_EQ(stream.mean_service(pools_[0]).count(), (1.0 + 3 + 4) / 3);
}

TEST_F(StreamsTest, deadlines_are_of_three_kinds) {
  const auto slos = [&](Deadline deadline, StreamDraw options = {}) {
    Stream stream{.name = "s", .rate_hz = 0.5, .networks = {network(0, "net_b")}};
    stream.deadline = deadline;
    options.count = 5;
    std::set<double> found;
    for (const Request& request : drawn({stream}, options).requests) {
      found.insert(request.slo.count());
    }
    return found;
  };
  // The model's mean latency is that of all inputs of net_a and net_b: 12 / 5 s.
  EXPECT_THAT(slos(ModelLatencies{10}), ElementsAre(testing::DoubleEq(24)));
  EXPECT_THAT(slos(ModelLatencies{10}, {.slo_multiplier = 2}), ElementsAre(testing::DoubleEq(4.8)));
  EXPECT_THAT(slos(Periods{1.5}), ElementsAre(3));
  EXPECT_THAT(slos(Periods{1.5}, {.rate_scale = 2}), ElementsAre(1.5));
  EXPECT_THAT(slos(Seconds{0.25}), ElementsAre(0.25));
  EXPECT_THAT(slos(Seconds{0.25}, {.rate_scale = 2}), ElementsAre(0.25));
}

TEST_F(StreamsTest, priorities_are_drawn_by_weight) {
  Stream stream = poisson("p", 1);
  stream.priorities = PriorityMix::parse("9=1");
  for (const Request& request : drawn({stream}, {.count = 50}).requests) {
    EXPECT_EQ(request.priority, Priority::high);
  }
}

TEST_F(StreamsTest, times_and_deadlines_beyond_their_limits_are_told) {
  Stream slow = poisson("slow", 1e-15);
  EXPECT_THAT(message_of<SpecificationError>([&] { drawn({slow}); }),
              HasSubstr("a request of 'slow' would arrive after"));
  Stream late = poisson("late", 1);
  late.deadline = Periods{1e300};
  EXPECT_THAT(message_of<SpecificationError>([&] { drawn({late}); }),
              HasSubstr("a deadline of 'late' would be 1e300 s after its request"));
}

// Two accelerators: (3/s · (1 + 2 + 3 + 4)/4 s + 1/s · 2 s) / 2; one: 4/s · 0.3 s.
TEST_F(StreamsTest, utilisation_is_the_share_of_time_that_accelerators_are_needed) {
  Stream a = poisson("a", 3);
  Stream b{.name = "b", .rate_hz = 1, .networks = {network(0, "net_b")}};
  Stream text{.name = "text", .pool = 1, .rate_hz = 4, .networks = {network(1, "text")}};
  EXPECT_THAT(utilisations(pools_, std::vector{a, b, text}),
              ElementsAre(testing::DoubleEq(4.75), testing::DoubleEq(1.2)));
  EXPECT_THAT(utilisations(pools_, std::vector{a, b, text}, 0.1),
              ElementsAre(testing::DoubleEq(0.475), testing::DoubleEq(0.12)));
}

// Over 20 runs of 16000 requests the accelerators are busy for the share that is stated.
TEST_F(StreamsTest, simulated_accelerators_are_busy_for_the_stated_share) {
  Stream bursty = poisson("bursty", 0.3);
  bursty.arrivals = {.kind = ArrivalProcess::Kind::gamma, .cv = 2};
  Stream frames{.name = "frames", .rate_hz = 0.2, .networks = {network(0, "net_b")}};
  frames.arrivals = {.kind = ArrivalProcess::Kind::periodic, .jitter = 1};
  Stream table{.name = "t", .pool = 1, .rate_hz = 2, .networks = {network(1, "text")}};
  table.arrivals = replay({0, 1, 1, 1, 5}, {}, {10, 20, 10, 40, 40});
  const std::vector<Stream> streams{bursty, frames, table};
  const auto stated = utilisations(pools_, streams);
  const auto fcfs = PolicyRegistry().parse("fcfs").front();
  constexpr int kRuns = 20;
  std::vector<double> sums(2);
  std::vector<double> squares(2);
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    Timeline timeline;
    const dysta::Run run = drawn(streams, {.count = 16000, .seed = seed});
    simulate(pools_, run, fcfs, {}, &timeline);
    std::vector<double> busy_s(2);
    for (const LayerSlice& slice : timeline) {
      busy_s[run.pools[slice.request]] += (slice.end - slice.start).count();
    }
    for (std::size_t p = 0; p < 2; ++p) {
      const double share =
          busy_s[p] / (pools_[p].accelerators * run.requests.back().arrival.count());
      sums[p] += share;
      squares[p] += share * share;
    }
  }
  for (std::size_t p = 0; p < 2; ++p) {
    const double mean = sums[p] / kRuns;
    const double half_width =
        3.88 * std::sqrt((squares[p] / kRuns - mean * mean) / (kRuns - 1));  // Student, 99.9%, 19
    EXPECT_NEAR(mean, stated[p], half_width) << "pool " << p;
    EXPECT_LT(half_width, 0.05 * stated[p]) << "pool " << p;
  }
}

}  // namespace
}  // namespace dysta
