#include "dysta/metrics/reduction.hpp"

#include <algorithm>
#include <utility>

namespace dysta {
namespace {

constexpr std::array kSizes{"short", "middle", "long"};
constexpr std::array kPriorities{Priority::low, Priority::medium, Priority::high};

}  // namespace

void RunReduction::Sums::merge(const Sums& other) {
  violated += other.violated;
  refused += other.refused;
  normalised_turnaround += other.normalised_turnaround;
  turnaround_s += other.turnaround_s;
  turnarounds_s.merge(other.turnarounds_s);
}

Group RunReduction::Sums::group(std::string label) const {
  const auto n = static_cast<double>(completed());
  return {.label = std::move(label),
          .requests = requests(),
          .refused = refused,
          .violation_rate = static_cast<double>(violated) / static_cast<double>(requests()),
          .antt = refused > 0 ? kNoValue : normalised_turnaround / n,
          .mean_turnaround_s = completed() == 0 ? kNoValue : turnaround_s / n,
          .p99_turnaround_s = completed() == 0 ? kNoValue : turnarounds_s.quantile(0.99)};
}

RunReduction::RunReduction(Thirds thirds, std::size_t models, std::size_t streams)
    : thirds_(thirds), by_model_(models), by_stream_(streams) {}

void RunReduction::complete(std::uint32_t, const RequestOutcome& outcome) {
  const auto add_to_all = [&](auto&& add) {
    add(by_size_[outcome.isolated <= thirds_.longest_short    ? 0
                 : outcome.isolated <= thirds_.longest_middle ? 1
                                                              : 2]);
    const Priority priority = outcome.request.priority;
    add(by_priority_[priority == Priority::low ? 0 : priority == Priority::medium ? 1 : 2]);
    add(by_model_[index(outcome.model)]);
    if (!by_stream_.empty()) add(by_stream_[outcome.stream]);
  };
  first_arrival_ = std::min(first_arrival_, outcome.request.arrival);
  if (outcome.refused()) {
    add_to_all([](Sums& sums) {
      ++sums.violated;
      ++sums.refused;
    });
    return;
  }
  const double turnaround_s = outcome.turnaround().count();
  const double normalised = outcome.normalised_turnaround();
  const bool violated = outcome.violated();
  const std::int32_t bucket = QuantileSketch::bucket_of(turnaround_s);
  add_to_all([&](Sums& sums) {
    sums.violated += violated;
    sums.normalised_turnaround += normalised;
    sums.turnaround_s += turnaround_s;
    sums.turnarounds_s.add_to(bucket);
  });
  const double progress = 1 / normalised;
  progress_ += progress;
  squared_progress_ += progress * progress;
  last_completion_ = std::max(last_completion_, outcome.completion);
}

Summary RunReduction::summary(const RunCounts& counts, double antt_lower_bound) const {
  Sums all;
  for (const Sums& sums : by_priority_) all.merge(sums);
  const Group group = all.group({});
  const auto n = static_cast<double>(all.completed());
  const auto quantile = [&](double share) {
    return all.completed() == 0 ? kNoValue : all.turnarounds_s.quantile(share);
  };
  Summary summary;
  summary[Metric::violation_rate] = group.violation_rate;
  summary[Metric::antt] = group.antt;
  summary[Metric::antt_lower_bound] = all.refused > 0 ? kNoValue : antt_lower_bound;
  if (all.completed() > 0) {
    summary[Metric::stp_inferences_per_s] = n / (last_completion_ - first_arrival_).count();
  }
  summary[Metric::system_throughput_normalised] = progress_;
  summary[Metric::mean_turnaround_s] = group.mean_turnaround_s;
  summary[Metric::p50_turnaround_s] = quantile(0.50);
  summary[Metric::p95_turnaround_s] = quantile(0.95);
  summary[Metric::p99_turnaround_s] = quantile(0.99);
  summary[Metric::fairness_jain] = progress_ * progress_ / (n * squared_progress_);
  summary[Metric::preemptions] = static_cast<double>(counts.preemptions);
  summary[Metric::decisions] = static_cast<double>(counts.decisions);
  summary[Metric::refusal_rate] =
      static_cast<double>(all.refused) / static_cast<double>(all.requests());
  return summary;
}

Breakdown RunReduction::breakdown(std::span<const std::string> model_names,
                                  std::span<const std::string> stream_names) const {
  Breakdown breakdown;
  const auto append = [](std::vector<Group>& groups, std::string label, const Sums& sums) {
    if (sums.requests() > 0) groups.push_back(sums.group(std::move(label)));
  };
  for (std::size_t i = 0; i < 3; ++i) {
    append(breakdown.by_size, kSizes[i], by_size_[i]);
    append(breakdown.by_priority, std::to_string(static_cast<int>(kPriorities[i])),
           by_priority_[i]);
  }
  for (std::size_t m = 0; m < by_model_.size(); ++m) {
    append(breakdown.by_model, model_names[m], by_model_[m]);
  }
  for (std::size_t s = 0; s < by_stream_.size(); ++s) {
    append(breakdown.by_stream, stream_names[s], by_stream_[s]);
  }
  return breakdown;
}

}  // namespace dysta
