#include "dysta/sim/simulation.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

/// Which accelerators are busy until when. With one there is nothing to search.
class OneAccelerator {
 public:
  bool all_idle() const { return !busy_; }
  bool any_idle() const { return !busy_; }
  std::size_t busy() const { return busy_ ? 1 : 0; }

  /// When the next layer ends; not of an idle fleet.
  Seconds next_end() const { return end_; }

  /// The accelerator whose layer ends next, of those at one instant the first; it is idle then.
  std::uint32_t finish() {
    busy_ = false;
    return 0;
  }

  /// The first idle accelerator; it is to `start` next.
  std::uint32_t take_idle() { return 0; }

  void start(std::uint32_t, Seconds end) {
    busy_ = true;
    end_ = end;
  }

 private:
  bool busy_ = false;
  Seconds end_{};
};

/// The same for several, by two heaps.
class SeveralAccelerators {
 public:
  explicit SeveralAccelerators(std::uint32_t accelerators) : idle_(accelerators) {
    std::iota(idle_.begin(), idle_.end(), 0u);  // ascending, so a heap with the least on top
    busy_.reserve(accelerators);
  }

  bool all_idle() const { return busy_.empty(); }
  bool any_idle() const { return !idle_.empty(); }
  std::size_t busy() const { return busy_.size(); }
  Seconds next_end() const { return busy_.front().time; }

  std::uint32_t finish() {
    const std::uint32_t accelerator = busy_.front().accelerator;
    std::pop_heap(busy_.begin(), busy_.end(), std::greater<>());
    busy_.pop_back();
    idle_.push_back(accelerator);
    std::push_heap(idle_.begin(), idle_.end(), std::greater<>());
    return accelerator;
  }

  std::uint32_t take_idle() {
    const std::uint32_t accelerator = idle_.front();
    std::pop_heap(idle_.begin(), idle_.end(), std::greater<>());
    idle_.pop_back();
    return accelerator;
  }

  void start(std::uint32_t accelerator, Seconds end) {
    busy_.push_back({.time = end, .accelerator = accelerator});
    std::push_heap(busy_.begin(), busy_.end(), std::greater<>());
  }

 private:
  struct LayerEnd {
    Seconds time{};
    std::uint32_t accelerator = 0;

    bool operator>(const LayerEnd& other) const {
      return time > other.time || (time == other.time && accelerator > other.accelerator);
    }
  };

  std::vector<std::uint32_t> idle_;
  std::vector<LayerEnd> busy_;
};

}  // namespace

Simulation::Simulation(const TraceSet& traces, std::span<const Request> requests,
                       SchedulingCosts costs, std::uint32_t accelerators)
    : traces_(traces), requests_(requests), costs_(costs), accelerators_(accelerators) {
  if (accelerators == 0) throw std::invalid_argument("at least one accelerator is needed");
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
                           .request = request,
                           .last_accelerator = kNone,
                           .running = false};
  policy.on_arrival({.task = task,
                     .variant = wanted.variant,
                     .arrival = wanted.arrival,
                     .slo = wanted.slo,
                     .priority = wanted.priority,
                     .sequence_length = trace.sequence_length(wanted.sample)});
}

/// Whether the task that `accelerator` ran last waits unfinished while `task` takes its place.
bool Simulation::puts_aside(std::uint32_t accelerator, TaskId task) const {
  const TaskId last = task_on_[accelerator];
  if (index(last) >= running_.size() || last == task) return false;
  const Running& waiting = running_[index(last)];
  return waiting.layers != nullptr && !waiting.running && waiting.last_accelerator == accelerator;
}

RunOutcome Simulation::run(Policy& policy, Timeline* timeline) {
  if (accelerators_ == 1) return run_on(OneAccelerator(), policy, timeline);
  return run_on(SeveralAccelerators(accelerators_), policy, timeline);
}

template <class Fleet>
RunOutcome Simulation::run_on(Fleet fleet, Policy& policy, Timeline* timeline) {
  constexpr auto kNoTask = static_cast<TaskId>(kNone);
  running_.clear();
  free_.clear();
  task_on_.assign(accelerators_, kNoTask);
  if (timeline != nullptr) timeline->clear();
  RunOutcome outcome;
  outcome.requests.resize(requests_.size());

  Seconds now{0};
  std::uint32_t arrived = 0;
  std::uint32_t completed = 0;
  while (completed < requests_.size()) {
    // The next event: a layer's end, or an arrival that finds an accelerator idle.
    const bool arrival_next = fleet.all_idle() || (fleet.any_idle() && arrived < requests_.size() &&
                                                   requests_[arrived].arrival < fleet.next_end());
    now = arrival_next ? std::max(now, requests_[arrived].arrival) : fleet.next_end();

    while (!fleet.all_idle() && fleet.next_end() <= now) {
      const std::uint32_t accelerator = fleet.finish();
      const TaskId task = task_on_[accelerator];
      Running& running = running_[index(task)];
      running.running = false;
      const std::uint32_t layer = running.next_layer - 1;
      if (running.next_layer < running.layer_count) {
        policy.on_layer_done(
            task, {.layer = layer, .sparsity = running.layers[layer].sparsity, .end = now});
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
    while (arrived < requests_.size() && requests_[arrived].arrival <= now) {
      admit(arrived++, policy);
    }

    for (std::size_t ready = arrived - completed - fleet.busy(); ready > 0 && fleet.any_idle();
         --ready) {
      const std::uint32_t accelerator = fleet.take_idle();
      const TaskId task = policy.choose(now, static_cast<AcceleratorId>(accelerator));
      if (index(task) >= running_.size() || running_[index(task)].layers == nullptr ||
          running_[index(task)].running) {
        throw std::logic_error("the policy chose a task that is not ready");
      }
      Running& running = running_[index(task)];
      ++outcome.decisions;
      Seconds overhead = costs_.decision;
      if (puts_aside(accelerator, task)) {
        ++outcome.preemptions;
        overhead += costs_.preemption;
      }
      running.running = true;
      running.last_accelerator = accelerator;
      task_on_[accelerator] = task;
      const std::uint32_t layer = running.next_layer++;
      const LayerSample& sample = running.layers[layer];
      const Seconds start = now + overhead;
      const Seconds end = start + Seconds{sample.latency_s};
      if (!(end > start)) {
        throw std::range_error("a layer of " + readable_text(sample.latency_s) +
                               " s vanishes in rounding at " + readable_text(start.count()) +
                               " s; allowed are times that a double can tell apart");
      }
      fleet.start(accelerator, end);
      if (timeline != nullptr) {
        timeline->push_back({.request = running.request,
                             .layer = layer,
                             .start = start,
                             .end = end,
                             .sparsity = sample.sparsity,
                             .overhead = overhead,
                             .accelerator = accelerator});
      }
    }
  }
  return outcome;
}

}  // namespace dysta
