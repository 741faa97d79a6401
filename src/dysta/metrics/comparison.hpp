// Policies side by side on the same requests: plain data, and its forms in text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/statistics.hpp"
#include "dysta/metrics/summary.hpp"

namespace dysta {

/// Accelerators with the networks they run.
struct PoolDescription {
  std::string name;
  std::string accelerator;         ///< the kind, or kinds; empty where unknown
  std::uint32_t accelerators = 1;  ///< how many
  double utilisation = 0;          ///< offered: Σ rate × mean latency / accelerators
  /// How requests come to them: `global` is one queue; empty where every policy says it.
  std::string dispatch = "global";
};

/// Of how many networks the zeros were counted, of how many drawn, of how many nobody says.
struct TraceOrigins {
  std::size_t measured = 0;
  std::size_t synthesised = 0;
  std::size_t unknown = 0;
};

/// What was simulated, for the head of a report.
struct WorkloadDescription {
  std::string scenario{};                ///< its name; empty where there is none
  std::vector<PoolDescription> pools{};  ///< of a scenario
  TraceOrigins origins{};
  std::uint32_t accelerators = 1;      ///< in all
  std::vector<std::string> streams{};  ///< names of the sources of requests; empty without them
  std::vector<std::string> variants;   ///< the networks that could be asked for
  std::vector<double> mix{};  ///< how often, relative to each other; empty for a request file
  std::vector<double> priority_mix{};    ///< of priorities 1, 3 and 9; empty for a request file
  std::size_t requests = 0;              ///< in one run
  std::string arrivals;                  ///< the process, or the request file
  std::optional<double> rate_hz;         ///< as asked for
  std::optional<double> slo_multiplier;  ///< as asked for
  std::vector<std::uint64_t> seeds;      ///< one a run; empty for a request file
  std::optional<double> offered_load;    ///< Σ isolated time / time of arrivals, mean over runs
  double quantile_error = 0;             ///< relative, at most: 0 where quantiles are exact
  double preemption_cost_s = 0;
  double decision_cost_s = 0;
  double migration_cost_s = 0;
};

/// One policy over all runs.
struct PolicyResult {
  std::string name;
  std::string
      label;  ///< name and the parameters that were given, and the dispatcher where asked for
  std::string dispatch{};  ///< the dispatcher asked for; empty where pools say it themselves
  std::vector<std::pair<std::string, std::variant<double, std::string>>> parameters;
  std::vector<Summary> summaries;     ///< one a run
  std::vector<Breakdown> breakdowns;  ///< one a run

  /// `kNoValue` unless every run has a value.
  Estimated over_runs(Metric metric) const;

  /// Whether it knows what no scheduler can: its predictor is the oracle.
  bool clairvoyant() const;

  /// The groups of one kind; rates and times are means over the runs in which a group occurs, and
  /// requests are counted over all runs.
  std::vector<Group> mean_groups(std::vector<Group> Breakdown::*which) const;
};

/// Mean over runs of `a`'s metric less `b`'s on the same requests.
Estimated paired_difference(const PolicyResult& a, const PolicyResult& b, Metric metric);

struct Comparison {
  WorkloadDescription workload;
  std::vector<PolicyResult> policies;  ///< at least one, all with the same number of runs
  std::size_t baseline = 0;            ///< index of the policy that differences are taken to

  /// Paired difference of a policy's metric to the baseline's.
  Estimated difference(const PolicyResult& policy, Metric metric) const {
    return paired_difference(policy, policies[baseline], metric);
  }
};

/// Offered load of a workload: Σ isolated time / time between first and last arrival, scaled by
/// (n-1)/n.
class OfferedLoad {
 public:
  /// The next request in the order of arrival.
  void add(Seconds arrival, Seconds isolated);

  /// Of one accelerator; nothing where all arrive at once.
  std::optional<double> value() const;

 private:
  Seconds first_arrival_{};
  Seconds last_arrival_{};
  Seconds work_{0};
  std::size_t requests_ = 0;
};

/// Which parts a text report has besides the table of policies.
struct TextOptions {
  bool differences = false;  ///< paired differences to the baseline
  bool by_size = false;      ///< figures of the thirds by isolated time
  bool by_priority = false;
  bool by_stream = false;
  bool by_model = false;
  bool explain = false;  ///< who wins, and where the gain comes from
};

/// Tables that fit a terminal of 100 columns (80 with short policy names).
std::string comparison_text(const Comparison& comparison, const TextOptions& options = {});

/// The schema stands in docs/output.md.
std::string comparison_json(const Comparison& comparison, std::string_view version);

/// A row a policy and run: `policy,run,seed` (the seed empty for a request file) and every metric,
/// empty where it has no value.
std::string comparison_csv(const Comparison& comparison);

/// `request,isolated_s,<policy>…`: completion times in seconds, a row a request, a column a policy.
/// The time of a refused request is empty. A column is headed by the policy's name, or by its label
/// where two have the same name.
std::string completions_csv(std::span<const PolicyResult> policies,
                            std::span<const RunOutcome> outcomes);

}  // namespace dysta
