#include "dysta/workload/workload.hpp"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/workload/request_source.hpp"
#include "support/message.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::tiny_trace;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::StartsWith;

class Workload : public testing::Test {
 protected:
  std::vector<Request> draw(const WorkloadSpec& spec) const {
    return generate(spec, traces_, profiles_);
  }
  WorkloadSpec spec(std::size_t count) const {
    return {.rate_hz = 2, .count = count, .mix = Mix::uniform(traces_)};
  }

  // In order: a_x (2 s; model mean 3 s), a_y (4 s), b (8 s).
  const TraceSet traces_{{tiny_trace("a_x", {{{2, 0}}}), tiny_trace("a_y", {{{4, 0}}}),
                          tiny_trace("b", {{{8, 0}}, {{8, 0}}, {{8, 0}}, {{8, 0}}})}};
  const Profiles profiles_{traces_};
};

TEST_F(Workload, mix_names_variants_and_models_whose_variants_share_the_weight) {
  EXPECT_THAT(Mix::parse("b=3", traces_).weights, ElementsAre(0, 0, 3));
  EXPECT_THAT(Mix::parse("a=1,b=0.5", traces_).weights, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_THAT(Mix::parse("a_y=1,a=1", traces_).weights, ElementsAre(0.5, 1.5, 0));
}

TEST_F(Workload, mix_refuses_unknown_names) {
  EXPECT_EQ(message_of<SpecificationError>([&] { Mix::parse("c=1", traces_); }),
            "mix: 'c' is unknown; allowed are the variants and models of the traces (dysta traces "
            "describe lists them)");
}

TEST_F(Workload, mix_refuses_what_is_malformed) {
  for (const std::string part : {"", "a", "a=", "a=0", "a=-1", "a=x", "a=nan", "a=2e9"}) {
    EXPECT_EQ(message_of<SpecificationError>([&] { Mix::parse(part, traces_); }),
              "mix: '" + part +
                  "' is malformed; allowed is NAME=WEIGHT with a weight greater than 0 and at "
                  "most 1e9");
  }
}

TEST_F(Workload, mix_refuses_a_name_given_twice) {
  EXPECT_EQ(message_of<SpecificationError>([&] { Mix::parse("b=1,a=1,b=2", traces_); }),
            "mix: 'b' is given twice; allowed is once");
}

TEST_F(Workload, no_mix_asks_for_all_equally_often) {
  EXPECT_THAT(Mix{}.weights_for(2), ElementsAre(1, 1));
  EXPECT_EQ(Mix{}.mean_service(profiles_), Mix::uniform(traces_).mean_service(profiles_));
  EXPECT_THROW(Mix{{1.0}}.weights_for(2), std::invalid_argument);
}

TEST_F(Workload, mean_service_is_weighted_by_the_mix) {
  // (1 · 2 + 1 · 4 + 2 · 8) / 4
  EXPECT_EQ(Mix::parse("a=2,b=2", traces_).mean_service(profiles_), Seconds{5.5});
}

TEST_F(Workload, rate_for_a_load_is_the_load_over_the_mean_service) {
  EXPECT_DOUBLE_EQ(rate_for_load(0.5, Mix::parse("b=1", traces_), profiles_), 0.0625);
}

TEST_F(Workload, priorities_are_1_3_or_9) {
  EXPECT_THAT(PriorityMix::parse("9=2,1=0.5").weights, ElementsAre(0.5, 0, 2));
  EXPECT_EQ(message_of<SpecificationError>([] { PriorityMix::parse("2=1"); }),
            "priorities: '2' is unknown; allowed is 1, 3 or 9");
  EXPECT_EQ(message_of<SpecificationError>([] { PriorityMix::parse("high=1"); }),
            "priorities: 'high' is unknown; allowed is 1, 3 or 9");
  EXPECT_EQ(message_of<SpecificationError>([] { PriorityMix::parse("1=1,1.0=2"); }),
            "priorities: '1.0' is given twice; allowed is once");
  EXPECT_EQ(message_of<SpecificationError>([] { PriorityMix::parse("1=0"); }),
            "priorities: '1=0' is malformed; allowed is NAME=WEIGHT with a weight greater than 0 "
            "and at most 1e9");
}

TEST_F(Workload, deadlines_are_a_multiple_of_the_models_mean) {
  WorkloadSpec wanted = spec(100);
  wanted.slo_multiplier = 10;
  for (const Request& request : draw(wanted)) {
    // Model a: (2 + 4) / 2 = 3 s on average over its patterns.
    const Seconds slo{request.variant == traces_.find("b") ? 80.0 : 30.0};
    EXPECT_EQ(request.slo, slo);
  }
}

TEST_F(Workload, uniform_mixes_draw_everything_equally_often) {
  std::map<VariantId, int> variants;
  std::map<Priority, int> priorities;
  std::map<std::uint32_t, int> samples_of_b;
  for (const Request& request : draw(spec(12000))) {
    ++variants[request.variant];
    ++priorities[request.priority];
    if (request.variant == traces_.find("b")) ++samples_of_b[request.sample];
    ASSERT_LT(request.sample, traces_[request.variant].samples());
  }
  // Five standard deviations are 258 of 4000 and 137 of 1000.
  ASSERT_EQ(variants.size(), 3U);
  for (const auto& [variant, count] : variants) EXPECT_NEAR(count, 4000, 260);
  ASSERT_EQ(priorities.size(), 3U);
  for (const auto& [priority, count] : priorities) EXPECT_NEAR(count, 4000, 260);
  ASSERT_EQ(samples_of_b.size(), 4U);
  for (const auto& [sample, count] : samples_of_b) EXPECT_NEAR(count, 1000, 180);
}

TEST_F(Workload, what_a_mix_does_not_name_is_not_drawn) {
  WorkloadSpec wanted = spec(1000);
  wanted.mix = Mix::parse("a_y=1,b=3", traces_);
  wanted.priorities = PriorityMix::parse("3=1");
  int of_b = 0;
  for (const Request& request : draw(wanted)) {
    EXPECT_NE(request.variant, traces_.find("a_x"));
    EXPECT_EQ(request.priority, Priority::medium);
    of_b += request.variant == traces_.find("b") ? 1 : 0;
  }
  EXPECT_NEAR(of_b, 750, 70);  // five standard deviations
}

TEST_F(Workload, every_draw_is_from_the_stream_of_its_purpose) {
  WorkloadSpec wanted = spec(50);
  wanted.seed = 9;
  RandomStream arrivals(9, StreamPurpose::arrivals);
  RandomStream variants(9, StreamPurpose::variants);
  RandomStream samples(9, StreamPurpose::samples);
  RandomStream priorities(9, StreamPurpose::priorities);
  const std::vector<Priority> levels{Priority::low, Priority::medium, Priority::high};
  double gaps = 0;  // of mean 1, at 2 a second
  for (const Request& request : draw(wanted)) {
    gaps += arrivals.exponential();
    EXPECT_EQ(request.arrival, Seconds{gaps * 0.5});
    EXPECT_EQ(index(request.variant), static_cast<std::size_t>(variants.uniform() * 3));
    EXPECT_EQ(request.sample, samples.below(traces_[request.variant].samples()));
    EXPECT_EQ(request.priority, levels[static_cast<std::size_t>(priorities.uniform() * 3)]);
  }
}

TEST_F(Workload, streams_are_separate_so_changing_one_thing_leaves_the_others) {
  const auto base = draw(spec(200));
  WorkloadSpec other = spec(200);
  other.arrivals.kind = ArrivalProcess::Kind::periodic;
  other.priorities = PriorityMix::parse("9=1");
  const auto changed = draw(other);
  for (std::size_t i = 0; i < base.size(); ++i) {
    EXPECT_EQ(base[i].variant, changed[i].variant);
    EXPECT_EQ(base[i].sample, changed[i].sample);
  }
  other = spec(200);
  other.mix = Mix::parse("b=1", traces_);
  const auto one_network = draw(other);
  for (std::size_t i = 0; i < base.size(); ++i) {
    EXPECT_EQ(base[i].arrival, one_network[i].arrival);
    EXPECT_EQ(base[i].priority, one_network[i].priority);
  }
}

TEST_F(Workload, refuses_arrivals_and_deadlines_beyond_any_clock) {
  WorkloadSpec slow = spec(10);
  slow.rate_hz = 1e-15;
  EXPECT_THAT(message_of<SpecificationError>([&] { draw(slow); }),
              AllOf(StartsWith("a request would arrive after "),
                    EndsWith(" s; allowed are rates and counts that end within 1e15 s")));
  WorkloadSpec lenient = spec(1);
  lenient.mix = Mix::parse("b=1", traces_);  // 8 s
  lenient.slo_multiplier = 1e15;
  EXPECT_EQ(message_of<SpecificationError>([&] { draw(lenient); }),
            "a deadline would be 8e15 s after its request; allowed are multipliers that give at "
            "most 1e15 s");
}

TEST_F(Workload, seeds_draw_different_workloads) {
  WorkloadSpec other = spec(20);
  other.seed = 2;
  EXPECT_NE(draw(spec(20))[0].arrival, draw(other)[0].arrival);
}

TEST_F(Workload, a_source_draws_the_same_requests_one_by_one) {
  const WorkloadSpec wanted = spec(50);
  const auto all = draw(wanted);
  const RunRequests run(50, [&] { return drawn_requests(wanted, traces_, profiles_); });
  for (int time = 0; time < 2; ++time) {
    const auto source = run.open();
    for (std::uint32_t r = 0; r < 50; ++r) {
      const auto placed = source->next();
      ASSERT_TRUE(placed.has_value());
      EXPECT_EQ(placed->number, r);
      EXPECT_EQ(placed->request.arrival, all[r].arrival);
      EXPECT_EQ(placed->request.variant, all[r].variant);
      EXPECT_EQ(placed->request.sample, all[r].sample);
      EXPECT_EQ(placed->request.priority, all[r].priority);
      EXPECT_EQ(placed->request.slo, all[r].slo);
    }
    EXPECT_FALSE(source->next().has_value());
    EXPECT_FALSE(source->next().has_value());
  }
}

}  // namespace
}  // namespace dysta
