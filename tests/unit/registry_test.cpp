#include "dysta/sched/registry.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using testing::ElementsAre;
using testing::IsSupersetOf;

std::vector<std::string> labels_of(const std::string& list) {
  std::vector<std::string> labels;
  for (const ConfiguredPolicy& policy : PolicyRegistry().parse(list)) {
    labels.push_back(policy.label());
  }
  return labels;
}

Parameters parameters_of(const std::string& policy) {
  return PolicyRegistry().parse(policy).front().parameters();
}

std::string fault_in(const std::string& list) {
  return message_of<SpecificationError>([&] { PolicyRegistry().parse(list); });
}

TEST(Registry, holds_the_published_policies_by_name_in_order) {
  const PolicyRegistry registry;
  std::vector<std::string> names;
  for (const PolicyEntry& entry : registry.entries()) names.push_back(entry.name);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(names, IsSupersetOf({"fcfs", "sjf", "sjf_sparse", "prema", "prema_sparse", "planaria",
                                   "sdrm3", "sdrm3_sparse", "dysta", "dysta_naive", "dysta_oracle",
                                   "edf", "llf", "hrrn", "punctual", "punctual_oracle",
                                   "feasible_first", "srpt", "srpt_weighted"}));
}

TEST(Registry, every_entry_is_fit_for_help_and_tables) {
  const PolicyRegistry registry;
  for (const PolicyEntry& entry : registry.entries()) {
    EXPECT_FALSE(entry.help.empty()) << entry.name;
    EXPECT_EQ(entry.help.find('\n'), std::string::npos) << entry.name;
    EXPECT_EQ(registry.find(entry.name), &entry);
    for (const ParameterSpec& parameter : entry.parameters) {
      EXPECT_FALSE(parameter.help.empty()) << entry.name << ' ' << parameter.name;
      // A default is a value that a user could have given.
      EXPECT_EQ(parameter.parse(to_text(parameter.default_value)), parameter.default_value)
          << entry.name << ' ' << parameter.name;
    }
  }
}

TEST(Registry, refuses_a_name_that_is_taken) {
  const PolicyEntry mine{.name = "mine", .help = "mine runs", .parameters = {}, .make = {}};
  PolicyRegistry registry;
  registry.add(mine);
  EXPECT_NE(registry.find("mine"), nullptr);
  EXPECT_EQ(message_of<SpecificationError>([&] { registry.add(mine); }),
            "a policy named 'mine' is there already");
}

TEST(Registry, an_oracle_needs_a_host_that_knows) {
  const TraceSet traces({test::tiny_trace("a", {{{1, 0}}})});
  const Profiles profiles(traces);
  for (const char* policy : {"dysta_oracle", "srpt", "srpt_weighted", "prema:predictor=oracle"}) {
    const auto configured = PolicyRegistry().parse(policy).front();
    EXPECT_EQ(message_of<SpecificationError>([&] { configured.make({.profiles = profiles}); }),
              "predictor 'oracle' needs a host that knows true latencies");
  }
}

// ---- published names ------------------------------------------------------------------------

TEST(PublishedNames, pattern_aware_policies_know_patterns_and_watch_densities) {
  for (const char* name : {"sjf_sparse", "prema_sparse", "sdrm3_sparse", "dysta"}) {
    EXPECT_EQ(parameters_of(name).word("tables"), "pattern") << name;
    EXPECT_EQ(parameters_of(name).word("predictor"), "average_all") << name;
  }
}

TEST(PublishedNames, the_others_do_neither) {
  for (const char* name : {"sjf", "prema", "sdrm3", "dysta_naive"}) {
    EXPECT_EQ(parameters_of(name).word("tables"), "model") << name;
    EXPECT_EQ(parameters_of(name).word("predictor"), "none") << name;
  }
}

TEST(PublishedNames, parameters_default_to_what_was_published) {
  for (const char* name : {"dysta", "dysta_naive", "dysta_oracle"}) {
    EXPECT_EQ(parameters_of(name).number("beta"), 0.01) << name;
    EXPECT_EQ(parameters_of(name).number("wait_unit_s"), 1) << name;
    EXPECT_EQ(parameters_of(name).word("refresh"), "boundary") << name;
  }
  for (const char* name : {"sdrm3", "sdrm3_sparse"}) {
    EXPECT_EQ(parameters_of(name).number("alpha"), 1) << name;
    EXPECT_EQ(parameters_of(name).word("overdue"), "published") << name;
  }
  EXPECT_EQ(parameters_of("planaria").word("overdue"), "published");
  EXPECT_EQ(parameters_of("prema").word("tokens"), "published");
  EXPECT_EQ(parameters_of("sjf:predictor=last_n").number("n"), 3);
  EXPECT_EQ(parameters_of("dysta_oracle").word("predictor"), "oracle");
}

// ---- lists ----------------------------------------------------------------------------------

TEST(PolicyList, a_part_without_equals_starts_the_next_policy) {
  EXPECT_THAT(labels_of("dysta:beta=0.05,sjf,sdrm3:alpha=0.5"),
              ElementsAre("dysta:beta=0.05", "sjf", "sdrm3:alpha=0.5"));
}

TEST(PolicyList, a_part_with_equals_belongs_to_the_policy_before) {
  EXPECT_THAT(labels_of("dysta:beta=0.05,wait_unit_s=auto,sjf"),
              ElementsAre("dysta:beta=0.05,wait_unit_s=auto", "sjf"));
}

TEST(PolicyList, a_part_with_a_colon_starts_the_next_policy_even_after_parameters) {
  EXPECT_THAT(labels_of("dysta:beta=0.05,dysta:beta=0.1,n=4,sdrm3:alpha=2"),
              ElementsAre("dysta:beta=0.05", "dysta:beta=0.1,n=4", "sdrm3:alpha=2"));
}

TEST(PolicyList, labels_repeat_values_as_they_were_given) {
  EXPECT_THAT(labels_of("dysta:beta=5e-2"), ElementsAre("dysta:beta=5e-2"));
  EXPECT_EQ(PolicyRegistry().parse("dysta:beta=5e-2").front().name(), "dysta");
  EXPECT_EQ(parameters_of("dysta:beta=5e-2").number("beta"), 0.05);
}

TEST(PolicyList, parameters_that_are_not_given_keep_their_defaults) {
  const auto all = parameters_of("dysta:wait_unit_s=auto").all();
  std::vector<std::string> names;
  for (const auto& [name, value] : all) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("beta", "wait_unit_s", "refresh", "arithmetic", "tick_s", "tables",
                                 "predictor", "n"));
  EXPECT_EQ(parameters_of("dysta:wait_unit_s=auto").number("beta"), 0.01);
  EXPECT_TRUE(parameters_of("dysta:wait_unit_s=auto").is("wait_unit_s", "auto"));
}

TEST(PolicyList, unknown_names_are_refused_with_the_known_ones) {
  const std::string known =
      "; allowed is aged, dysta, dysta_naive, dysta_oracle, edf, fcfs, feasible_first, hrrn, "
      "likely_first, llf, planaria, prema, prema_sparse, punctual, punctual_oracle, sdrm3, "
      "sdrm3_sparse, sjf, sjf_sparse, srpt, srpt_weighted";
  for (const std::string list : {"", "Dysta", "sjf ,fcfs", "rr"}) {
    EXPECT_EQ(fault_in(list), "unknown policy '" + list.substr(0, list.find(',')) + "'" + known);
  }
  EXPECT_EQ(fault_in("sjf,"), "unknown policy ''" + known);
  EXPECT_EQ(fault_in("sjf,,fcfs"), "unknown policy ''" + known);
  EXPECT_EQ(fault_in(":beta=1"), "unknown policy ''" + known);
}

TEST(PolicyList, unknown_parameters_are_refused_with_the_known_ones) {
  EXPECT_EQ(fault_in("dysta:alpha=1"),
            "policy 'dysta' has no parameter 'alpha'; allowed is beta, wait_unit_s, refresh, "
            "arithmetic, tick_s, tables, predictor, n");
  EXPECT_EQ(fault_in("fcfs:alpha=1"), "policy 'fcfs' has no parameter 'alpha'; allowed is none");
}

TEST(PolicyList, values_out_of_range_are_refused) {
  EXPECT_EQ(fault_in("dysta:beta=-1"),
            "policy 'dysta': parameter 'beta' is '-1'; allowed is a number from 0 to 1e9");
  EXPECT_EQ(fault_in("dysta:wait_unit_s=often"),
            "policy 'dysta': parameter 'wait_unit_s' is 'often'; allowed is auto or a number from "
            "0 to 1e9");
  EXPECT_EQ(fault_in("sjf:n=0"),
            "policy 'sjf': parameter 'n' is '0'; allowed is a whole number from 1 to 64");
  EXPECT_EQ(fault_in("prema:tokens=never"),
            "policy 'prema': parameter 'tokens' is 'never'; allowed is published or once");
}

TEST(PolicyList, malformed_parameters_are_refused) {
  for (const std::string part : {"beta", "beta=", "=1", ""}) {
    EXPECT_EQ(fault_in("dysta:" + part),
              "parameter '" + part + "' is malformed; allowed is key=value");
  }
}

TEST(PolicyList, parameters_after_a_policy_without_any_are_refused) {
  const std::string allowed =
      " follows no policy with parameters; allowed is NAME[:key=value[,key=value]][,NAME...]";
  EXPECT_EQ(fault_in("beta=1"), "parameter 'beta=1'" + allowed);
  EXPECT_EQ(fault_in("dysta,beta=1"), "parameter 'beta=1'" + allowed);
}

TEST(PolicyList, nothing_is_given_twice) {
  EXPECT_EQ(fault_in("sjf,fcfs,sjf"), "policy 'sjf' is given twice; allowed is once");
  EXPECT_EQ(fault_in("dysta:n=1,dysta:n=1"), "policy 'dysta:n=1' is given twice; allowed is once");
  EXPECT_EQ(fault_in("dysta:n=1,n=1"),
            "policy 'dysta' is given parameter 'n' twice; allowed is "
            "once");
  EXPECT_THAT(labels_of("dysta,dysta:n=1"), ElementsAre("dysta", "dysta:n=1"));
}

}  // namespace
}  // namespace dysta
