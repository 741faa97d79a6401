#include "dysta/metrics/comparison.hpp"

#include <algorithm>

namespace dysta {

Estimated PolicyResult::over_runs(Metric metric) const {
  std::vector<double> values;
  for (const Summary& summary : summaries) values.push_back(summary[metric]);
  return mean_with_interval(values);
}

bool PolicyResult::clairvoyant() const {
  return std::any_of(parameters.begin(), parameters.end(), [](const auto& parameter) {
    const auto* word = std::get_if<std::string>(&parameter.second);
    return parameter.first == "predictor" && word != nullptr && *word == "oracle";
  });
}

std::vector<Group> PolicyResult::mean_groups(std::vector<Group> Breakdown::*which) const {
  std::vector<Group> means;
  std::vector<double> runs;
  for (const Breakdown& breakdown : breakdowns) {
    for (const Group& group : breakdown.*which) {
      auto mean = std::find_if(means.begin(), means.end(),
                               [&](const Group& other) { return other.label == group.label; });
      if (mean == means.end()) {
        means.push_back({.label = group.label});
        runs.push_back(0);
        mean = std::prev(means.end());
      }
      mean->requests += group.requests;
      mean->refused += group.refused;
      mean->violation_rate += group.violation_rate;
      mean->antt += group.antt;
      mean->mean_turnaround_s += group.mean_turnaround_s;
      mean->p99_turnaround_s += group.p99_turnaround_s;
      runs[static_cast<std::size_t>(mean - means.begin())] += 1;
    }
  }
  for (std::size_t i = 0; i < means.size(); ++i) {
    means[i].violation_rate /= runs[i];
    means[i].antt /= runs[i];
    means[i].mean_turnaround_s /= runs[i];
    means[i].p99_turnaround_s /= runs[i];
  }
  return means;
}

Estimated paired_difference(const PolicyResult& a, const PolicyResult& b, Metric metric) {
  std::vector<double> values;
  for (std::size_t run = 0; run < a.summaries.size(); ++run) {
    values.push_back(a.summaries[run][metric] - b.summaries[run][metric]);
  }
  return mean_with_interval(values);
}

void OfferedLoad::add(Seconds arrival, Seconds isolated) {
  if (requests_ == 0) first_arrival_ = arrival;
  last_arrival_ = arrival;
  work_ += isolated;
  ++requests_;
}

std::optional<double> OfferedLoad::value() const {
  const Seconds span = last_arrival_ - first_arrival_;
  if (requests_ < 2 || span <= Seconds{0}) return std::nullopt;
  const auto n = static_cast<double>(requests_);
  return work_ / span * ((n - 1) / n);
}

}  // namespace dysta
