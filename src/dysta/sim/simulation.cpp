#include "dysta/sim/simulation.hpp"

#include <limits>
#include <stdexcept>

#include "dysta/io/number_text.hpp"

namespace dysta {

Simulation::Simulation(const TraceSet& traces, std::span<const Request> requests,
                       SchedulingCosts costs)
    : traces_(traces), requests_(requests), costs_(costs) {
  if (requests.empty()) throw std::invalid_argument("a workload has at least one request");
  if (requests.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("a workload has fewer than 2^32 requests");
  }
  Seconds last{0};
  for (const Request& request : requests) {
    if (index(request.variant) >= traces.size() ||
        request.sample >= traces[request.variant].samples()) {
      throw std::invalid_argument("a request names a variant or sample that has no trace");
    }
    if (!(request.arrival >= last)) {
      throw std::invalid_argument(
          "the arrivals of a workload start at 0 or later and never decrease");
    }
    last = request.arrival;
  }
}

void Simulation::admit(std::uint32_t request, Policy& policy) {
  const Request& wanted = requests_[request];
  const Trace& trace = traces_[wanted.variant];
  TaskId task{};
  if (free_.empty()) {
    task = static_cast<TaskId>(running_.size());
    running_.emplace_back();
  } else {
    task = free_.back();
    free_.pop_back();
  }
  running_[index(task)] = {.layers = trace.sample(wanted.sample).data(),
                           .remaining_s = trace.remaining_s(wanted.sample).data(),
                           .next_layer = 0,
                           .layer_count = static_cast<std::uint32_t>(trace.layers()),
                           .request = request};
  policy.on_arrival({.task = task,
                     .variant = wanted.variant,
                     .arrival = wanted.arrival,
                     .slo = wanted.slo,
                     .priority = wanted.priority,
                     .sequence_length = trace.sequence_length(wanted.sample)});
}

RunOutcome Simulation::run(Policy& policy, Timeline* timeline) {
  constexpr AcceleratorId kOnlyAccelerator{0};
  running_.clear();
  free_.clear();
  if (timeline != nullptr) timeline->clear();
  RunOutcome outcome;
  outcome.requests.resize(requests_.size());

  Seconds now{0};
  std::uint32_t arrived = 0;
  std::uint32_t completed = 0;
  TaskId unfinished{};  // the task that ran last, if it is not done
  bool has_unfinished = false;
  while (completed < requests_.size()) {
    if (completed == arrived && requests_[arrived].arrival > now) now = requests_[arrived].arrival;
    while (arrived < requests_.size() && requests_[arrived].arrival <= now) {
      admit(arrived++, policy);
    }

    const TaskId task = policy.choose(now, kOnlyAccelerator);
    if (index(task) >= running_.size() || running_[index(task)].layers == nullptr) {
      throw std::logic_error("the policy chose a task that is not ready");
    }
    Running& running = running_[index(task)];
    ++outcome.decisions;
    Seconds overhead = costs_.decision;
    if (has_unfinished && task != unfinished) {
      ++outcome.preemptions;
      overhead += costs_.preemption;
    }
    const std::uint32_t layer = running.next_layer++;
    const LayerSample& sample = running.layers[layer];
    const Seconds start = now + overhead;
    now = start + Seconds{sample.latency_s};
    if (!(now > start)) {
      throw std::range_error("a layer of " + readable_text(sample.latency_s) +
                             " s vanishes in rounding at " + readable_text(start.count()) +
                             " s; allowed are times that a double can tell apart");
    }
    if (timeline != nullptr) {
      timeline->push_back({.request = running.request,
                           .layer = layer,
                           .start = start,
                           .end = now,
                           .sparsity = sample.sparsity,
                           .overhead = overhead});
    }

    has_unfinished = running.next_layer < running.layer_count;
    unfinished = task;
    if (has_unfinished) {
      policy.on_layer_done(task, {.layer = layer, .sparsity = sample.sparsity, .end = now});
      continue;
    }
    const Request& request = requests_[running.request];
    outcome.requests[running.request] = {.request = request,
                                         .model = traces_.model_of(request.variant),
                                         .isolated = Seconds{running.remaining_s[0]},
                                         .completion = now};
    policy.on_finish(task);
    running.layers = nullptr;
    free_.push_back(task);
    ++completed;
  }
  return outcome;
}

}  // namespace dysta
