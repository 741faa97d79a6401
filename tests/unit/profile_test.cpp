#include "dysta/trace/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;
using testing::ElementsAre;

/// Model m with two patterns, of three and one inputs, and a network n.
TraceSet two_models() {
  return TraceSet({tiny_trace("m_x", {{{1, 0.5}, {2, 0.25}},  //
                                      {{2, 0.5}, {4, 0.50}},
                                      {{3, 0.5}, {6, 0.75}}}),
                   tiny_trace("m_y", {{{6, 0}, {12, 0.125}}}), tiny_trace("n", {{{8, 0.75}}})});
}

TEST(Profile, means_of_a_pattern_are_over_its_inputs) {
  const TraceSet traces = two_models();
  const Profiles profiles(traces);
  const Profile& x = profiles[traces.find("m_x").value()];
  // Layer 0: (1 + 2 + 3) / 3; layer 1: (2 + 4 + 6) / 3.
  EXPECT_THAT(x.by_pattern.layer_s, ElementsAre(2, 4));
  EXPECT_THAT(x.by_pattern.remaining_s, ElementsAre(6, 4, 0));
  EXPECT_EQ(x.by_pattern.isolated_s(), 6);
  EXPECT_EQ(x.e2e_pattern, Seconds{6});
}

TEST(Profile, means_of_a_model_count_every_input_of_every_pattern_once) {
  const TraceSet traces = two_models();
  const Profiles profiles(traces);
  // Layer 0: (1 + 2 + 3 + 6) / 4 = 3, not the mean of the patterns' means, 2 and 6, which is 4.
  for (const char* name : {"m_x", "m_y"}) {
    const Profile& profile = profiles[traces.find(name).value()];
    EXPECT_THAT(profile.by_model.layer_s, ElementsAre(3, 6));
    EXPECT_THAT(profile.by_model.remaining_s, ElementsAre(9, 6, 0));
    EXPECT_EQ(profile.e2e_model, Seconds{9});
  }
}

TEST(Profile, average_density_is_that_of_the_pattern) {
  const TraceSet traces = two_models();
  const Profiles profiles(traces);
  // Layer 1 of m_x: 1 - (0.25 + 0.5 + 0.75) / 3.
  EXPECT_THAT(profiles[traces.find("m_x").value()].average_density, ElementsAre(0.5, 0.5));
  EXPECT_THAT(profiles[traces.find("m_y").value()].average_density, ElementsAre(1, 0.875));
}

TEST(Profile, a_network_alone_in_its_model_has_one_table) {
  const TraceSet traces = two_models();
  const Profiles profiles(traces);
  const Profile& n = profiles[traces.find("n").value()];
  EXPECT_EQ(n.by_model.layer_s, n.by_pattern.layer_s);
  EXPECT_EQ(n.e2e_model, n.e2e_pattern);
}

TEST(Profile, mean_over_variants_counts_each_once) {
  const TraceSet traces = two_models();
  const Profiles profiles(traces);
  EXPECT_EQ(profiles.size(), 3U);
  EXPECT_DOUBLE_EQ(profiles.mean_e2e().count(), (6.0 + 18.0 + 8.0) / 3);
}

}  // namespace
}  // namespace dysta
