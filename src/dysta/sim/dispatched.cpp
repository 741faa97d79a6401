#include "dysta/sim/dispatched.hpp"

#include <deque>
#include <stdexcept>
#include <vector>

#include "dysta/sched/dispatch/least_of.hpp"
#include "dysta/sim/arrivals_of_run.hpp"
#include "dysta/sim/station.hpp"

namespace dysta {
namespace {

/// One accelerator with its queue. Its parts refer to each other: it stays where it is.
struct Queue {
  Queue(const DispatchedPool& pool, const AcceleratorKind& of, std::uint32_t accelerator,
        OutcomeSink& outcomes, Timeline* timeline)
      : kind(of),
        tasks(*of.traces, pool.traces),
        policy(pool.make_policy(of, tasks)),
        station(OneAccelerator(), 1, tasks, *policy, pool.costs, outcomes, timeline, accelerator) {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const AcceleratorKind& kind;
  TaskTable tasks;
  std::unique_ptr<Policy> policy;
  Station<OneAccelerator> station;
  Seconds left{0};         ///< predicted work
  bool undecided = false;  ///< idle, with tasks that came at this instant or wait
};

class Dispatched {
 public:
  Dispatched(const DispatchedPool& pool, std::uint32_t accelerators, Dispatcher& dispatcher,
             OutcomeSink& outcomes, Timeline* timeline)
      : pool_(pool), dispatcher_(dispatcher), ends_s_(accelerators, kNever.count()) {
    for (const AcceleratorKind& kind : pool.kinds) {
      for (std::uint32_t i = 0; i < kind.accelerators; ++i) {
        const auto a = static_cast<std::uint32_t>(queues_.size());
        queues_.emplace_back(pool, kind, a, outcomes, timeline);
      }
    }
    undecided_.reserve(accelerators);
  }

  RunCounts run(RequestSource& requests) {
    Arrivals arrivals(requests, pool_.traces);
    while (arrivals.more() || ends_s_.value() < kNever.count()) {
      const Seconds end{ends_s_.value()};
      if (before(arrivals.time(), end)) {
        const Seconds now = arrivals.time();
        dispatch(arrivals.request());
        arrivals.advance();
        if (before(now, arrivals.time())) decide_all(now);
      } else {
        end_layer(ends_s_.position(), end);
        if (before(end, arrivals.time())) decide_all(end);
      }
    }
    RunCounts counts;
    for (const Queue& queue : queues_) {
      counts.decisions += queue.station.counts().decisions;
      counts.preemptions += queue.station.counts().preemptions;
    }
    return counts;
  }

 private:
  void dispatch(const PlacedRequest& placed) {
    const VariantId variant = placed.request.variant;
    const std::size_t a =
        index(dispatcher_.choose({.model = pool_.traces.model_of(variant),
                                  .predicted = pool_.profiles[variant].e2e_pattern}));
    if (a >= queues_.size()) {
      throw std::logic_error("the dispatcher chose an accelerator that is none");
    }
    Queue& queue = queues_[a];
    if (!queue.station.admit(placed, placed.request.arrival)) return;
    set_left(a, queue.left + (*queue.kind.profiles)[variant].e2e_pattern);
    if (queue.station.all_idle()) leave_undecided(a);
  }

  void end_layer(std::size_t a, Seconds now) {
    Queue& queue = queues_[a];
    Seconds ran{0};
    queue.station.end_layers(now, [&](const TaskTable::Asked& asked, std::uint32_t layer) {
      ran = Seconds{(*queue.kind.profiles)[asked.variant].by_pattern.layer_s[layer]};
    });
    set_left(a, queue.station.present() > 0 ? queue.left - ran : Seconds{0});
    ends_s_.set(a, kNever.count());
    leave_undecided(a);
  }

  void set_left(std::size_t a, Seconds left) {
    queues_[a].left = left;
    dispatcher_.on_work(static_cast<AcceleratorId>(a), left);
  }

  void leave_undecided(std::size_t a) {
    if (queues_[a].undecided) return;
    queues_[a].undecided = true;
    undecided_.push_back(a);
  }

  void decide_all(Seconds now) {
    for (const std::size_t a : undecided_) {
      Queue& queue = queues_[a];
      queue.undecided = false;
      queue.station.decide(now);
      ends_s_.set(a, queue.station.next_end().count());
    }
    undecided_.clear();
  }

  const DispatchedPool& pool_;
  Dispatcher& dispatcher_;
  std::deque<Queue> queues_;            ///< by accelerator
  LeastOf ends_s_;                      ///< when each one's layer ends
  std::vector<std::size_t> undecided_;  ///< accelerators that choose once all of an instant is told
};

}  // namespace

RunCounts simulate_dispatched(const DispatchedPool& pool, Dispatcher& dispatcher,
                              RequestSource& requests, OutcomeSink& outcomes, Timeline* timeline) {
  std::uint32_t accelerators = 0;
  for (const AcceleratorKind& kind : pool.kinds) accelerators += kind.accelerators;
  if (accelerators == 0) throw std::invalid_argument("at least one accelerator is needed");
  if (timeline != nullptr) timeline->clear();
  return Dispatched(pool, accelerators, dispatcher, outcomes, timeline).run(requests);
}

}  // namespace dysta
