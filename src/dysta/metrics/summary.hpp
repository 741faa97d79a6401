// A run in a handful of numbers.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/metrics/outcome.hpp"

namespace dysta {

/// What a metric is where it has no value.
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// The metrics of a run, in the order that reports list them. Times and progress are those of the
/// requests that completed.
enum class Metric : std::uint8_t {
  violation_rate,                ///< share of requests that do not complete by their deadline
  antt,                          ///< mean of turnaround / isolated time; none if any was refused
  antt_lower_bound,              ///< what `antt` cannot be below, whatever the schedule (bound.hpp)
  stp_inferences_per_s,          ///< completed requests / (last completion - first arrival)
  system_throughput_normalised,  ///< Σ isolated time / turnaround (Eyerman and Eeckhout 2008)
  mean_turnaround_s,
  p50_turnaround_s,
  p95_turnaround_s,
  p99_turnaround_s,
  fairness_jain,  ///< Jain's index of isolated time / turnaround over requests
  preemptions,
  decisions,
  refusal_rate  ///< share of requests that were refused at their arrival; they are violations too
};

/// The metrics' names, as in JSON and CSV.
inline constexpr std::array<std::string_view, 13> kMetricNames{"violation_rate",
                                                               "antt",
                                                               "antt_lower_bound",
                                                               "stp_inferences_per_s",
                                                               "system_throughput_normalised",
                                                               "mean_turnaround_s",
                                                               "p50_turnaround_s",
                                                               "p95_turnaround_s",
                                                               "p99_turnaround_s",
                                                               "fairness_jain",
                                                               "preemptions",
                                                               "decisions",
                                                               "refusal_rate"};

struct Summary {
  std::array<double, kMetricNames.size()> values{};

  double operator[](Metric metric) const { return values[static_cast<std::size_t>(metric)]; }
  double& operator[](Metric metric) { return values[static_cast<std::size_t>(metric)]; }
};

/// The same for the requests of one model, one priority, or one third by isolated time.
struct Group {
  std::string label;
  std::size_t requests = 0;  ///< those refused included
  std::size_t refused = 0;
  double violation_rate = 0;
  double antt = 0;
  double mean_turnaround_s = 0;
  double p99_turnaround_s = 0;
};

struct Breakdown {
  std::vector<Group> by_size;      ///< shortest, middle and longest third of isolated times
  std::vector<Group> by_priority;  ///< 1, 3, 9; those that occur
  std::vector<Group> by_model;     ///< in the order of the models; those that occur
  std::vector<Group> by_stream;    ///< in the order of the streams; those that occur
};

/// `outcome` must hold at least one request.
Summary summarise(const RunOutcome& outcome);

/// `model_names` is indexed by the outcomes' models, `stream_names` by their streams; without the
/// latter there are no groups by stream.
Breakdown break_down(const RunOutcome& outcome, std::span<const std::string> model_names,
                     std::span<const std::string> stream_names = {});

}  // namespace dysta
