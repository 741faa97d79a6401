#include "dysta/metrics/summary.hpp"

#include <algorithm>
#include <iterator>

#include "dysta/metrics/statistics.hpp"

namespace dysta {
namespace {

/// Of requests that completed.
std::vector<double> sorted_turnarounds_s(std::span<const RequestOutcome* const> requests) {
  std::vector<double> values;
  values.reserve(requests.size());
  for (const RequestOutcome* request : requests) values.push_back(request->turnaround().count());
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<const RequestOutcome*> pointers(const RunOutcome& outcome) {
  std::vector<const RequestOutcome*> all;
  all.reserve(outcome.requests.size());
  for (const RequestOutcome& request : outcome.requests) all.push_back(&request);
  return all;
}

double violation_rate(std::span<const RequestOutcome* const> requests) {
  const auto violated = std::count_if(requests.begin(), requests.end(),
                                      [](const RequestOutcome* r) { return r->violated(); });
  return static_cast<double>(violated) / static_cast<double>(requests.size());
}

std::vector<const RequestOutcome*> completed(std::span<const RequestOutcome* const> requests) {
  std::vector<const RequestOutcome*> some;
  std::copy_if(requests.begin(), requests.end(), std::back_inserter(some),
               [](const RequestOutcome* r) { return !r->refused(); });
  return some;
}

/// Of requests that completed, at least one.
double antt(std::span<const RequestOutcome* const> requests) {
  double sum = 0;
  for (const RequestOutcome* request : requests) sum += request->normalised_turnaround();
  return sum / static_cast<double>(requests.size());
}

/// The same.
double mean_turnaround_s(std::span<const RequestOutcome* const> requests) {
  double sum = 0;
  for (const RequestOutcome* request : requests) sum += request->turnaround().count();
  return sum / static_cast<double>(requests.size());
}

/// Appends the group of `requests` unless there are none.
void append_group(std::vector<Group>& groups, std::string label,
                  std::span<const RequestOutcome* const> requests) {
  if (requests.empty()) return;
  const auto done = completed(requests);
  const std::size_t refused = requests.size() - done.size();
  groups.push_back(
      {.label = std::move(label),
       .requests = requests.size(),
       .refused = refused,
       .violation_rate = violation_rate(requests),
       .antt = refused > 0 ? kNoValue : antt(done),
       .mean_turnaround_s = done.empty() ? kNoValue : mean_turnaround_s(done),
       .p99_turnaround_s = done.empty() ? kNoValue : quantile(sorted_turnarounds_s(done), 0.99)});
}

}  // namespace

Summary summarise(const RunOutcome& outcome) {
  const auto requests = pointers(outcome);
  const auto done = completed(requests);
  const std::size_t refused = requests.size() - done.size();
  Summary summary;
  summary[Metric::violation_rate] = violation_rate(requests);
  summary[Metric::antt] = refused > 0 ? kNoValue : antt(done);
  summary[Metric::antt_lower_bound] = refused > 0 ? kNoValue : outcome.antt_lower_bound;
  summary[Metric::preemptions] = static_cast<double>(outcome.preemptions);
  summary[Metric::decisions] = static_cast<double>(outcome.decisions);
  summary[Metric::refusal_rate] =
      static_cast<double>(refused) / static_cast<double>(requests.size());
  for (const Metric time :
       {Metric::mean_turnaround_s, Metric::p50_turnaround_s, Metric::p95_turnaround_s,
        Metric::p99_turnaround_s, Metric::fairness_jain}) {
    summary[time] = kNoValue;
  }
  if (done.empty()) return summary;

  const auto turnarounds = sorted_turnarounds_s(done);
  std::vector<double> progress;
  progress.reserve(done.size());
  Seconds first_arrival = requests.front()->request.arrival;
  Seconds last_completion{0};
  double progress_sum = 0;
  for (const RequestOutcome* request : requests) {
    first_arrival = std::min(first_arrival, request->request.arrival);
  }
  for (const RequestOutcome* request : done) {
    progress.push_back(request->normalised_progress());
    progress_sum += progress.back();
    last_completion = std::max(last_completion, request->completion);
  }
  summary[Metric::stp_inferences_per_s] =
      static_cast<double>(done.size()) / (last_completion - first_arrival).count();
  summary[Metric::system_throughput_normalised] = progress_sum;
  summary[Metric::mean_turnaround_s] = mean_turnaround_s(done);
  summary[Metric::p50_turnaround_s] = quantile(turnarounds, 0.50);
  summary[Metric::p95_turnaround_s] = quantile(turnarounds, 0.95);
  summary[Metric::p99_turnaround_s] = quantile(turnarounds, 0.99);
  summary[Metric::fairness_jain] = jain_fairness(progress);
  return summary;
}

Breakdown break_down(const RunOutcome& outcome, std::span<const std::string> model_names,
                     std::span<const std::string> stream_names) {
  Breakdown breakdown;
  auto requests = pointers(outcome);
  const auto append_where = [&](std::vector<Group>& groups, std::string label, auto&& belongs) {
    std::vector<const RequestOutcome*> members;
    std::copy_if(requests.begin(), requests.end(), std::back_inserter(members), belongs);
    append_group(groups, std::move(label), members);
  };
  for (const Priority priority : {Priority::low, Priority::medium, Priority::high}) {
    append_where(breakdown.by_priority, std::to_string(static_cast<int>(priority)),
                 [=](const RequestOutcome* r) { return r->request.priority == priority; });
  }
  for (std::size_t m = 0; m < model_names.size(); ++m) {
    append_where(breakdown.by_model, model_names[m],
                 [=](const RequestOutcome* r) { return index(r->model) == m; });
  }
  for (std::size_t s = 0; s < stream_names.size(); ++s) {
    append_where(breakdown.by_stream, stream_names[s],
                 [=](const RequestOutcome* r) { return r->stream == s; });
  }
  std::stable_sort(requests.begin(), requests.end(),
                   [](const auto* a, const auto* b) { return a->isolated < b->isolated; });
  const std::span all(requests);
  const std::size_t first = all.size() / 3;
  const std::size_t second = all.size() * 2 / 3;
  append_group(breakdown.by_size, "short", all.first(first));
  append_group(breakdown.by_size, "middle", all.subspan(first, second - first));
  append_group(breakdown.by_size, "long", all.subspan(second));
  return breakdown;
}

}  // namespace dysta
