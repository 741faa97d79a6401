#include "dysta/sim/simulation.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

/// `a < b`, said in numbers: the comparison of durations asks three questions where one will do, and
/// a layer's cost is a few of them.
bool before(Seconds a, Seconds b) { return a.count() < b.count(); }

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
      if (time.count() != other.time.count()) return before(other.time, time);
      return accelerator > other.accelerator;
    }
  };

  std::vector<std::uint32_t> idle_;
  std::vector<LayerEnd> busy_;
};

class KeptOutcomes final : public OutcomeSink {
 public:
  explicit KeptOutcomes(std::vector<RequestOutcome>& outcomes) : outcomes_(outcomes) {}
  void complete(std::uint32_t number, const RequestOutcome& outcome) override {
    outcomes_[number] = outcome;
  }

 private:
  std::vector<RequestOutcome>& outcomes_;
};

}  // namespace

Simulation::Simulation(const TraceSet& traces, SchedulingCosts costs, std::uint32_t accelerators)
    : traces_(traces), costs_(costs), accelerators_(accelerators) {
  if (accelerators == 0) throw std::invalid_argument("at least one accelerator is needed");
}

Simulation::Simulation(const TraceSet& traces, std::span<const Request> requests,
                       SchedulingCosts costs, std::uint32_t accelerators)
    : Simulation(traces, costs, accelerators) {
  requests_ = requests;
  if (requests.empty()) throw std::invalid_argument("a workload has at least one request");
  if (requests.size() > kNone) {
    throw std::invalid_argument("a workload has fewer than 2^32 requests");
  }
  Seconds last{0};
  for (const Request& request : requests) {
    check(request, last);
    last = request.arrival;
  }
}

void Simulation::check(const Request& request, Seconds not_before) const {
  if (index(request.variant) >= traces_.size() ||
      request.sample >= traces_[request.variant].samples()) {
    throw std::invalid_argument("a request names a variant or sample that has no trace");
  }
  if (!(request.arrival >= not_before && request.arrival < kNever)) {
    throw std::invalid_argument(
        "the arrivals of a workload start at 0 or later and never decrease");
  }
}

std::optional<PlacedRequest> Simulation::take(RequestSource& requests, Seconds not_before) const {
  auto placed = requests.next();
  if (placed) check(placed->request, not_before);
  return placed;
}

void Simulation::admit(const PlacedRequest& placed, Policy& policy) {
  const Request& wanted = placed.request;
  const Trace& trace = traces_[wanted.variant];
  const Running running{.layers = trace.sample(wanted.sample).data(),
                        .layer_count = static_cast<std::uint32_t>(trace.layers()),
                        .priority = wanted.priority};
  // Until its first layer ends there is time to fetch the row from memory.
  __builtin_prefetch(running.layers);
  const Asked asked{.arrival = wanted.arrival,
                    .slo = wanted.slo,
                    .variant = wanted.variant,
                    .sample = wanted.sample,
                    .number = placed.number,
                    .stream = placed.stream};
  std::uint32_t task = first_free_;
  if (task == kNone) {
    task = static_cast<std::uint32_t>(running_.size());
    running_.push_back(running);
    asked_.push_back(asked);
  } else {
    first_free_ = asked_[task].number;
    running_[task] = running;
    asked_[task] = asked;
  }
  policy.on_arrival({.task = static_cast<TaskId>(task),
                     .variant = wanted.variant,
                     .arrival = wanted.arrival,
                     .slo = wanted.slo,
                     .priority = wanted.priority,
                     .sequence_length = trace.sequence_length(wanted.sample)});
}

void Simulation::complete(TaskId task, Seconds now, OutcomeSink& outcomes) {
  Running& running = running_[index(task)];
  Asked& asked = asked_[index(task)];
  outcomes.complete(asked.number, {.request = {.arrival = asked.arrival,
                                               .variant = asked.variant,
                                               .sample = asked.sample,
                                               .priority = running.priority,
                                               .slo = asked.slo},
                                   .model = traces_.model_of(asked.variant),
                                   .stream = asked.stream,
                                   .isolated = traces_[asked.variant].isolated(asked.sample),
                                   .completion = now});
  running.state = State::free;
  asked.number = first_free_;
  first_free_ = static_cast<std::uint32_t>(task);
}

/// Whether the task that `accelerator` ran last waits unfinished while `task` takes its place.
bool Simulation::puts_aside(std::uint32_t accelerator, TaskId task) const {
  const TaskId last = task_on_[accelerator];
  if (last == task || index(last) >= running_.size()) return false;
  const Running& waiting = running_[index(last)];
  return waiting.state == State::ready && waiting.last_accelerator == accelerator;
}

RunOutcome Simulation::run(Policy& policy, Timeline* timeline) {
  if (requests_.empty()) throw std::logic_error("there are no requests at hand");
  RequestsAtHand requests(requests_);
  RunOutcome outcome;
  outcome.requests.resize(requests_.size());
  KeptOutcomes kept(outcome.requests);
  const RunCounts counts = run(requests, policy, kept, timeline);
  outcome.decisions = counts.decisions;
  outcome.preemptions = counts.preemptions;
  return outcome;
}

RunCounts Simulation::run(RequestSource& requests, Policy& policy, OutcomeSink& outcomes,
                          Timeline* timeline) {
  running_.clear();
  asked_.clear();
  first_free_ = kNone;
  task_on_.assign(accelerators_, static_cast<TaskId>(kNone));
  if (timeline != nullptr) timeline->clear();
  if (accelerators_ == 1) return run_on(OneAccelerator(), requests, policy, outcomes, timeline);
  return run_on(SeveralAccelerators(accelerators_), requests, policy, outcomes, timeline);
}

template <class Fleet>
RunCounts Simulation::run_on(Fleet fleet, RequestSource& requests, Policy& policy,
                             OutcomeSink& outcomes, Timeline* timeline) {
  RunCounts counts;
  Seconds now{0};
  std::size_t present = 0;
  std::optional<PlacedRequest> next = take(requests, now);
  Seconds next_arrival = next ? next->request.arrival : kNever;
  while (present > 0 || next) {
    // The next event: a layer's end, or an arrival that finds an accelerator idle.
    const bool arrival_next =
        fleet.all_idle() || (fleet.any_idle() && before(next_arrival, fleet.next_end()));
    now = arrival_next ? std::max(now, next_arrival) : fleet.next_end();

    while (!fleet.all_idle() && !before(now, fleet.next_end())) {
      const std::uint32_t accelerator = fleet.finish();
      const TaskId task = task_on_[accelerator];
      Running& running = running_[index(task)];
      const std::uint32_t layer = running.next_layer - 1;
      if (running.next_layer < running.layer_count) {
        running.state = State::ready;
        policy.on_layer_done(
            task, {.layer = layer, .sparsity = running.layers[layer].sparsity, .end = now});
        continue;
      }
      complete(task, now, outcomes);
      policy.on_finish(task);
      --present;
    }
    while (!before(now, next_arrival)) {
      admit(*next, policy);
      ++present;
      next = take(requests, next_arrival);
      next_arrival = next ? next->request.arrival : kNever;
    }

    for (std::size_t ready = present - fleet.busy(); ready > 0 && fleet.any_idle(); --ready) {
      const std::uint32_t accelerator = fleet.take_idle();
      const TaskId task = policy.choose(now, static_cast<AcceleratorId>(accelerator));
      if (index(task) >= running_.size() || running_[index(task)].state != State::ready) {
        throw std::logic_error("the policy chose a task that is not ready");
      }
      Running& running = running_[index(task)];
      ++counts.decisions;
      Seconds overhead = costs_.decision;
      if (puts_aside(accelerator, task)) {
        ++counts.preemptions;
        overhead += costs_.preemption;
      }
      running.state = State::running;
      running.last_accelerator = accelerator;
      task_on_[accelerator] = task;
      const std::uint32_t layer = running.next_layer++;
      const LayerSample& sample = running.layers[layer];
      const Seconds start = now + overhead;
      const Seconds end = start + Seconds{sample.latency_s};
      if (!before(start, end)) {
        throw std::range_error("a layer of " + readable_text(sample.latency_s) +
                               " s vanishes in rounding at " + readable_text(start.count()) +
                               " s; allowed are times that a double can tell apart");
      }
      fleet.start(accelerator, end);
      if (timeline != nullptr) {
        timeline->push_back({.request = asked_[index(task)].number,
                             .layer = layer,
                             .start = start,
                             .end = end,
                             .sparsity = sample.sparsity,
                             .overhead = overhead,
                             .accelerator = accelerator});
      }
    }
  }
  return counts;
}

}  // namespace dysta
