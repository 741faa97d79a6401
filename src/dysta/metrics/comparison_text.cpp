#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "dysta/core/error.hpp"
#include "dysta/io/text_table.hpp"
#include "dysta/metrics/comparison.hpp"

namespace dysta {
namespace {

/// About three significant digits, without exponents.
std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  const double size = std::abs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string with_interval(const Estimated& value, bool show_interval, double scale = 1) {
  std::string text = short_number(value.mean * scale);
  if (show_interval && !std::isnan(value.mean))
    text += fmt::format(" ±{}", short_number(value.half_width * scale));
  return text;
}

/// The unit in which the slowest of `seconds` has at most three digits before the point.
struct TimeUnit {
  std::string_view name;
  double per_second;

  static TimeUnit fitting(double seconds) {
    if (seconds < 1e-3) return {"µs", 1e6};
    if (seconds < 10) return {"ms", 1e3};
    return {"s", 1};
  }
};

bool several_runs(const Comparison& comparison) {
  return comparison.policies.front().summaries.size() > 1;
}

/// "seed 1", "seeds 1-5", "seeds 1, 4, 9".
std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
  if (seeds.size() == 1) return fmt::format("seed {}", seeds[0]);
  for (std::size_t i = 1; i < seeds.size(); ++i) {
    if (seeds[i] == seeds[i - 1] + 1) continue;
    return seeds.size() > 8 ? fmt::format("{} seeds", seeds.size())
                            : fmt::format("seeds {}", fmt::join(seeds, ", "));
  }
  return fmt::format("seeds {}-{}", seeds.front(), seeds.back());
}

/// "zeros measured in 52 networks", "zeros measured in 2 networks, synthesised for 12".
std::string origins_text(const TraceOrigins& origins) {
  if (origins.measured + origins.synthesised == 0) return "traces of unknown origin";
  std::string text;
  const auto add = [&](std::size_t count, std::string_view how) {
    if (count == 0) return;
    text += text.empty() ? fmt::format("zeros {} {}", how, counted(count, "network"))
                         : fmt::format(", {} {}", how, count);
  };
  add(origins.measured, "measured in");
  add(origins.synthesised, "synthesised for");
  add(origins.unknown, "of unknown origin in");
  return text + "; latencies modelled";
}

std::string head(const Comparison& comparison) {
  const WorkloadDescription& workload = comparison.workload;
  const std::size_t runs = comparison.policies.front().summaries.size();
  std::string text = workload.scenario.empty() ? "" : workload.scenario + ": ";
  text +=
      counted(workload.variants.size(), "network") + ", " + counted(workload.requests, "request");
  if (workload.accelerators > 1) text += fmt::format(", {} accelerators", workload.accelerators);
  if (runs > 1) text += fmt::format(" in each of {} runs", runs);
  if (workload.slo_multiplier) {
    text += fmt::format(", deadlines at {:g} times the mean latency", *workload.slo_multiplier);
  }
  text += '\n' + workload.arrivals;
  if (!workload.seeds.empty()) text += " of " + seeds_text(workload.seeds);
  if (workload.rate_hz) text += fmt::format(" at {}/s", short_number(*workload.rate_hz));
  if (workload.offered_load) text += fmt::format(", offered load {:.2f}", *workload.offered_load);
  text += '\n' + origins_text(workload.origins) + '\n';
  for (const PoolDescription& pool : workload.pools) {
    text += fmt::format("{}: {} {}, offered utilisation {:.2f}{}\n", pool.name, pool.accelerators,
                        pool.accelerator, pool.utilisation,
                        pool.dispatch.empty() || pool.dispatch == "global"
                            ? ""
                            : ", dispatched by " + pool.dispatch);
  }
  if (workload.quantile_error > 0) {
    text += fmt::format("quantiles within {:g}%\n", 100 * workload.quantile_error);
  }
  std::vector<std::string> costs;
  if (workload.decision_cost_s > 0 || workload.preemption_cost_s > 0) {
    costs.push_back(fmt::format("a decision costs {:g} s, a preemption {:g} s",
                                workload.decision_cost_s, workload.preemption_cost_s));
  }
  if (workload.migration_cost_s > 0) {
    costs.push_back(fmt::format("a migration costs {:g} s", workload.migration_cost_s));
  }
  if (!costs.empty()) text += fmt::format("{}\n", fmt::join(costs, ", "));
  return text;
}

bool has_value(const PolicyResult& policy, Metric metric) {
  return !std::isnan(policy.over_runs(metric).mean);
}

bool refuses(const PolicyResult& policy) { return policy.over_runs(Metric::refusal_rate).mean > 0; }

/// The smallest mean of a metric over the policies that do not see the future, if there is one.
const PolicyResult* best_real(const Comparison& comparison, Metric metric) {
  const PolicyResult* best = nullptr;
  for (const PolicyResult& policy : comparison.policies) {
    if (policy.clairvoyant() || !has_value(policy, metric)) continue;
    if (best == nullptr || policy.over_runs(metric).mean < best->over_runs(metric).mean) {
      best = &policy;
    }
  }
  return best;
}

const PolicyResult* find(const Comparison& comparison, std::string_view label) {
  for (const PolicyResult& policy : comparison.policies) {
    if (policy.label == label) return &policy;
  }
  return nullptr;
}

std::string policy_table(const Comparison& comparison) {
  const bool intervals = several_runs(comparison);
  double slowest = 0;
  for (const PolicyResult& policy : comparison.policies) {
    slowest = std::max(slowest, policy.over_runs(Metric::p50_turnaround_s).mean);
  }
  const TimeUnit unit = TimeUnit::fitting(slowest);
  const auto& policies = comparison.policies;
  const bool any_refuses = std::any_of(policies.begin(), policies.end(), refuses);
  std::vector<std::string> names{"policy", "violations %"};
  if (any_refuses) names.emplace_back("refused %");
  names.insert(names.end(), {"ANTT", fmt::format("p50 {}", unit.name),
                             fmt::format("p99 {}", unit.name), "fairness", "preempt."});
  TextTable table(std::move(names));
  const auto mark = [&](const PolicyResult& policy, Metric metric) {
    const PolicyResult* best = best_real(comparison, metric);
    const bool is_best =
        best != nullptr && policy.over_runs(metric).mean == best->over_runs(metric).mean;
    return is_best && !policy.clairvoyant() ? "*" : " ";
  };
  for (const PolicyResult& policy : comparison.policies) {
    std::vector<std::string> row{
        policy.label + (policy.clairvoyant() ? " (c)" : ""),
        with_interval(policy.over_runs(Metric::violation_rate), intervals, 100) +
            mark(policy, Metric::violation_rate)};
    if (any_refuses) {
      row.push_back(with_interval(policy.over_runs(Metric::refusal_rate), intervals, 100));
    }
    row.push_back(with_interval(policy.over_runs(Metric::antt), intervals) +
                  mark(policy, Metric::antt));
    row.push_back(short_number(policy.over_runs(Metric::p50_turnaround_s).mean * unit.per_second));
    row.push_back(short_number(policy.over_runs(Metric::p99_turnaround_s).mean * unit.per_second));
    row.push_back(has_value(policy, Metric::fairness_jain)
                      ? fmt::format("{:.2f}", policy.over_runs(Metric::fairness_jain).mean)
                      : "-");
    row.push_back(fmt::format("{:.0f}", policy.over_runs(Metric::preemptions).mean));
    table.add(std::move(row));
  }
  return table.text();
}

std::string legend(const Comparison& comparison) {
  std::string text = "* lowest of its column";
  if (std::any_of(comparison.policies.begin(), comparison.policies.end(),
                  [](const PolicyResult& policy) { return policy.clairvoyant(); })) {
    text += " but for (c), which know true latencies";
  }
  if (several_runs(comparison)) text += "; ± 95% confidence of the mean";
  const auto& policies = comparison.policies;
  if (std::any_of(policies.begin(), policies.end(), refuses)) {
    text +=
        "\nrefused requests are violations; times are of the others, without an ANTT to compare";
  }
  const auto served = std::find_if_not(policies.begin(), policies.end(), refuses);
  if (served == policies.end()) return text + '\n';
  return text + fmt::format("\nno schedule has an ANTT below {}\n",
                            short_number(served->over_runs(Metric::antt_lower_bound).mean));
}

std::string difference_table(const Comparison& comparison) {
  const std::string& baseline = comparison.policies[comparison.baseline].label;
  const bool intervals = several_runs(comparison);
  TextTable table(
      {"less " + baseline, "violations, points", "ANTT", "p99 turnaround, ms", "fairness"});
  for (const PolicyResult& policy : comparison.policies) {
    if (&policy == &comparison.policies[comparison.baseline]) continue;
    const auto cell = [&](Metric metric, double scale) {
      return with_interval(comparison.difference(policy, metric), intervals, scale);
    };
    table.add({policy.label, cell(Metric::violation_rate, 100), cell(Metric::antt, 1),
               cell(Metric::p99_turnaround_s, 1e3), cell(Metric::fairness_jain, 1)});
  }
  return "Paired differences, run by run" + std::string(intervals ? " (± 95% confidence)" : "") +
         ":\n" + table.text();
}

/// One table a metric, policies down and groups across, in blocks that fit a terminal.
std::string group_tables(const Comparison& comparison, std::string_view title,
                         std::vector<Group> Breakdown::*which) {
  constexpr std::size_t kColumns = 100;
  constexpr std::size_t kLongestCell = 13;  // "1234 / 99.9", and two blanks before it
  const auto groups = comparison.policies.front().mean_groups(which);
  std::string text;
  for (std::size_t first = 0, last = 0; first < groups.size(); first = last) {
    std::vector<std::string> columns{fmt::format("ANTT / violations % by {}", title)};
    std::size_t width = columns.front().size();
    for (const PolicyResult& policy : comparison.policies) {
      width = std::max(width, policy.label.size());
    }
    for (last = first; last < groups.size(); ++last) {
      width += std::max(groups[last].label.size() + 2, kLongestCell);
      if (last > first && width > kColumns) break;
      columns.push_back(groups[last].label);
    }
    TextTable table(std::move(columns));
    for (const PolicyResult& policy : comparison.policies) {
      const auto own = policy.mean_groups(which);
      std::vector<std::string> row{policy.label};
      for (std::size_t g = first; g < last; ++g) {
        row.push_back(fmt::format("{} / {}", short_number(own[g].antt),
                                  short_number(own[g].violation_rate * 100)));
      }
      table.add(std::move(row));
    }
    text += (first > 0 ? "\n" : "") + table.text();
  }
  return text;
}

/// "Lowest ANTT: A (2.43); next B (2.44), by 0.01 ±0.02: a tie at 95% confidence.", or nothing
/// where no policy that could be used has a value.
std::string winner(const Comparison& comparison, std::string_view what, Metric metric,
                   double scale) {
  const PolicyResult* best = nullptr;
  const PolicyResult* next = nullptr;
  const auto mean = [&](const PolicyResult* policy) { return policy->over_runs(metric).mean; };
  for (const PolicyResult& policy : comparison.policies) {
    if (policy.clairvoyant() || !has_value(policy, metric)) continue;
    if (best == nullptr || mean(&policy) < mean(best)) {
      next = std::exchange(best, &policy);
    } else if (next == nullptr || mean(&policy) < mean(next)) {
      next = &policy;
    }
  }
  if (best == nullptr) return {};
  std::string text =
      fmt::format("{}: {} ({})", what, best->label, short_number(mean(best) * scale));
  if (next != nullptr) {
    const Estimated lead = paired_difference(*next, *best, metric);
    text += fmt::format("; next {} ({}), by {}", next->label, short_number(mean(next) * scale),
                        with_interval(lead, several_runs(comparison), scale));
    if (several_runs(comparison) && lead.mean <= lead.half_width) text += ": a tie";
  }
  return text + ".\n";
}

/// From which requests a gain in ANTT comes: each third's share of it.
std::string gain_by_size(const PolicyResult& from, const PolicyResult& to) {
  std::string text = fmt::format("{} -> {}: ANTT {} -> {}", from.label, to.label,
                                 short_number(from.over_runs(Metric::antt).mean),
                                 short_number(to.over_runs(Metric::antt).mean));
  const auto before = from.mean_groups(&Breakdown::by_size);
  const auto after = to.mean_groups(&Breakdown::by_size);
  double total = 0;
  std::vector<double> gains;
  for (std::size_t i = 0; i < before.size(); ++i) {
    gains.push_back(static_cast<double>(before[i].requests) * (before[i].antt - after[i].antt));
    total += gains.back();
  }
  const double requests = static_cast<double>(before.empty() ? 1 : before[0].requests) * 3;
  const bool noticeable = total > 0.05 * requests * from.over_runs(Metric::antt).mean;
  if (gains.size() == 3 && noticeable) {
    text += fmt::format(" (of the gain: short {:.0f}%, middle {:.0f}%, long {:.0f}%)",
                        100 * gains[0] / total, 100 * gains[1] / total, 100 * gains[2] / total);
  }
  return text + ".\n";
}

/// What knowing patterns and watching densities changes, for each policy that is there both ways.
std::string gain_by_sparsity(const Comparison& comparison) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPairs{
      {{"sjf", "sjf_sparse"},
       {"prema", "prema_sparse"},
       {"sdrm3", "sdrm3_sparse"},
       {"dysta_naive", "dysta"}}};
  std::string text;
  for (const auto& [without, with] : kPairs) {
    const PolicyResult* a = find(comparison, without);
    const PolicyResult* b = find(comparison, with);
    if (a == nullptr || b == nullptr) continue;
    const Estimated change = paired_difference(*b, *a, Metric::antt);
    text += fmt::format("  {} -> {}: {}{}\n", without, with, change.mean > 0 ? "+" : "",
                        with_interval(change, several_runs(comparison)));
  }
  return text.empty() ? text : "What knowing patterns and densities adds to ANTT:\n" + text;
}

/// Says who wins and why, from the figures alone.
std::string explanation(const Comparison& comparison) {
  std::string text = winner(comparison, "Lowest ANTT", Metric::antt, 1) +
                     winner(comparison, "Fewest violations, %", Metric::violation_rate, 100);
  const PolicyResult* best = best_real(comparison, Metric::antt);
  if (best == nullptr) return text;
  for (const std::string_view label : {"fcfs", "sjf", "dysta"}) {
    const PolicyResult* other = find(comparison, label);
    if (other != nullptr && other != best && has_value(*other, Metric::antt))
      text += gain_by_size(*other, *best);
  }
  text += gain_by_sparsity(comparison);
  const PolicyResult* knowing = nullptr;
  for (const PolicyResult& policy : comparison.policies) {
    if (!policy.clairvoyant() || !has_value(policy, Metric::antt)) continue;
    if (knowing == nullptr ||
        policy.over_runs(Metric::antt).mean < knowing->over_runs(Metric::antt).mean) {
      knowing = &policy;
    }
  }
  if (knowing != nullptr) {
    text += fmt::format(
        "Knowing true latencies ({}) changes ANTT by {} against {}.\n", knowing->label,
        with_interval(paired_difference(*knowing, *best, Metric::antt), several_runs(comparison)),
        best->label);
  }
  return text;
}

}  // namespace

std::string comparison_text(const Comparison& comparison, const TextOptions& options) {
  std::string text = head(comparison) + '\n' + policy_table(comparison) + legend(comparison);
  if (options.differences) text += '\n' + difference_table(comparison);
  if (options.by_size) {
    text += '\n' + group_tables(comparison, "isolated time", &Breakdown::by_size);
  }
  if (options.by_priority) {
    text += '\n' + group_tables(comparison, "priority", &Breakdown::by_priority);
  }
  if (options.by_stream) text += '\n' + group_tables(comparison, "stream", &Breakdown::by_stream);
  if (options.by_model) text += '\n' + group_tables(comparison, "model", &Breakdown::by_model);
  if (options.explain) text += '\n' + explanation(comparison);
  return text;
}

}  // namespace dysta
