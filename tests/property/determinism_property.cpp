// Same seed, same bytes: reports do not depend on threads, nor on who else is compared.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/sim/compare.hpp"
#include "random_case.hpp"

namespace dysta {
namespace {

using test::RandomCase;

constexpr const char* kPolicies =
    "fcfs,sjf,sjf_sparse,prema,planaria,sdrm3,dysta,dysta:wait_unit_s=auto,dysta_oracle,hrrn";

/// Everything that a comparison writes.
struct Reports {
  std::string json;
  std::string csv;
  std::string text;
  std::string completions;
  Timeline timeline;
};

Reports reports_of(const RandomCase& random, const std::vector<std::uint64_t>& seeds,
                   std::size_t threads) {
  WorkloadSpec spec;
  spec.rate_hz = 8;
  spec.count = 12;
  spec.slo_multiplier = 4;
  spec.mix = Mix::uniform(random.traces);
  const Workloads workloads = draw_workloads(spec, seeds, random.traces, random.profiles);
  std::vector<RunOutcome> outcomes;
  std::vector<Timeline> timelines;
  const Comparison comparison =
      compare(random.traces, random.profiles, workloads, PolicyRegistry().parse(kPolicies),
              {.threads = threads, .outcomes = &outcomes, .timelines = &timelines});
  return {.json = comparison_json(comparison, "0"),
          .csv = comparison_csv(comparison),
          .text = comparison_text(comparison, {.differences = true, .explain = true}),
          .completions = completions_csv(comparison.policies, outcomes),
          .timeline = timelines.back()};
}

RC_GTEST_PROP(Determinism, any_number_of_threads_writes_the_same_bytes,
              (const RandomCase& random)) {
  const auto seeds = *rc::gen::container<std::vector<std::uint64_t>>(
      *rc::gen::inRange<std::size_t>(1, 4), rc::gen::arbitrary<std::uint64_t>());
  const Reports alone = reports_of(random, seeds, 1);
  for (const std::size_t threads : {1U, 2U, 4U}) {
    const Reports reports = reports_of(random, seeds, threads);
    RC_ASSERT(reports.json == alone.json);
    RC_ASSERT(reports.csv == alone.csv);
    RC_ASSERT(reports.text == alone.text);
    RC_ASSERT(reports.completions == alone.completions);
    RC_ASSERT(reports.timeline.size() == alone.timeline.size());
  }
}

RC_GTEST_PROP(Determinism, a_policy_does_not_notice_who_else_is_compared,
              (const RandomCase& random)) {
  const Workloads workloads =
      given_workload(random.requests, "r.csv", one_pool(random.traces, random.profiles));
  const auto together = PolicyRegistry().parse(kPolicies);
  std::vector<RunOutcome> all;
  compare(random.traces, random.profiles, workloads, together, {.outcomes = &all});
  for (std::size_t p = 0; p < together.size(); ++p) {
    std::vector<RunOutcome> own;
    compare(random.traces, random.profiles, workloads, std::span(together).subspan(p, 1),
            {.outcomes = &own});
    for (std::size_t r = 0; r < random.requests.size(); ++r) {
      RC_ASSERT(own.front().requests[r].completion == all[p].requests[r].completion);
    }
  }
}

}  // namespace
}  // namespace dysta
