#include <algorithm>
#include <cmath>

#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/metrics/comparison.hpp"

namespace dysta {
namespace {

/// Empty where there is no value.
std::string number_field(double value) { return std::isfinite(value) ? shortest_text(value) : ""; }

}  // namespace

std::string comparison_csv(const Comparison& comparison) {
  std::string text = "policy,run,seed";
  for (const std::string_view name : kMetricNames) text.append(",").append(name);
  text += '\n';
  const auto& seeds = comparison.workload.seeds;
  for (const PolicyResult& policy : comparison.policies) {
    for (std::size_t run = 0; run < policy.summaries.size(); ++run) {
      text += csv_field(policy.label) + ',' + std::to_string(run) + ',';
      if (run < seeds.size()) text += std::to_string(seeds[run]);
      for (const double value : policy.summaries[run].values) text += ',' + number_field(value);
      text += '\n';
    }
  }
  return text;
}

std::string completions_csv(std::span<const PolicyResult> policies,
                            std::span<const RunOutcome> outcomes) {
  std::string text = "request,isolated_s";
  for (const PolicyResult& policy : policies) {
    const auto same_name = std::count_if(policies.begin(), policies.end(), [&](const auto& other) {
      return other.name == policy.name;
    });
    text += ',' + csv_field(same_name > 1 ? policy.label : policy.name);
  }
  text += '\n';
  for (std::size_t r = 0; r < outcomes.front().requests.size(); ++r) {
    text += std::to_string(r) + ',' + shortest_text(outcomes.front().requests[r].isolated.count());
    for (const RunOutcome& outcome : outcomes) {
      text += ',' + number_field(outcome.requests[r].completion.count());
    }
    text += '\n';
  }
  return text;
}

}  // namespace dysta
