#include "dysta/sched/dispatch/dispatcher.hpp"

#include <array>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/sched/configured.hpp"
#include "dysta/sched/dispatch/least_of.hpp"

namespace dysta {
namespace {

constexpr AcceleratorId as_id(std::size_t accelerator) {
  return static_cast<AcceleratorId>(accelerator);
}

class RoundRobin final : public Dispatcher {
 public:
  explicit RoundRobin(std::uint32_t accelerators) : accelerators_(accelerators) {}

  AcceleratorId choose(const DispatchedTask&) override {
    const std::uint32_t chosen = next_;
    next_ = (next_ + 1) % accelerators_;
    return as_id(chosen);
  }
  void on_work(AcceleratorId, Seconds) override {}

 private:
  std::uint32_t accelerators_;
  std::uint32_t next_ = 0;
};

class AtRandom final : public Dispatcher {
 public:
  explicit AtRandom(const DispatchContext& context)
      : accelerators_(context.accelerators), random_(context.seed, StreamPurpose::dispatch) {}

  AcceleratorId choose(const DispatchedTask&) override {
    return as_id(random_.below(accelerators_));
  }
  void on_work(AcceleratorId, Seconds) override {}

 private:
  std::uint32_t accelerators_;
  RandomStream random_;
};

class ShortestQueue final : public Dispatcher {
 public:
  explicit ShortestQueue(std::uint32_t accelerators) : left_s_(accelerators, 0) {}

  AcceleratorId choose(const DispatchedTask&) override { return as_id(left_s_.position()); }
  void on_work(AcceleratorId accelerator, Seconds left) override {
    left_s_.set(index(accelerator), left.count());
  }

 private:
  LeastOf left_s_;  ///< predicted work by accelerator
};

/// M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE Transactions on
/// Parallel and Distributed Systems 12(10), 2001; there by number of tasks, here by work.
class TwoChoices final : public Dispatcher {
 public:
  explicit TwoChoices(const DispatchContext& context)
      : left_s_(context.accelerators), random_(context.seed, StreamPurpose::dispatch) {}

  AcceleratorId choose(const DispatchedTask&) override {
    const std::size_t count = left_s_.size();
    const std::size_t first = random_.below(count);
    if (count == 1) return as_id(first);
    std::size_t second = random_.below(count - 1);
    second += second >= first;  // another one than the first, all equally likely
    return as_id(left_s_[second] < left_s_[first] ? second : first);
  }
  void on_work(AcceleratorId accelerator, Seconds left) override {
    left_s_[index(accelerator)] = left.count();
  }

 private:
  std::vector<double> left_s_;  ///< predicted work by accelerator
  RandomStream random_;
};

class Affinity final : public Dispatcher {
 public:
  Affinity(std::uint32_t accelerators, double factor) : left_s_(accelerators, 0), factor_(factor) {}

  AcceleratorId choose(const DispatchedTask& task) override {
    if (index(task.model) >= last_.size()) last_.resize(index(task.model) + 1, kNone);
    std::size_t& last = last_[index(task.model)];
    const double longest_s = factor_ * (left_s_.value() + task.predicted.count());
    if (last == kNone || left_s_[last] > longest_s) last = left_s_.position();
    return as_id(last);
  }
  void on_work(AcceleratorId accelerator, Seconds left) override {
    left_s_.set(index(accelerator), left.count());
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  LeastOf left_s_;  ///< predicted work by accelerator
  double factor_;
  std::vector<std::size_t> last_;  ///< by model: the accelerator of its last task
};

std::vector<DispatcherEntry> all_dispatchers() {
  std::vector<DispatcherEntry> all;
  all.push_back({.name = "global",
                 .help = "no queue but one: all accelerators share it, and one policy",
                 .parameters = {},
                 .make = nullptr});
  all.push_back({.name = "affinity",
                 .help = "the queue that the model's last task joined, unless it is too long",
                 .parameters = {{.name = "factor",
                                 .help = "that queue's work, as a multiple of the least work of a "
                                         "queue and the task's own, above which the task joins "
                                         "the queue with the least",
                                 .default_value = 2.0,
                                 .least = 1}},
                 .make = [](const Parameters& parameters, const DispatchContext& context) {
                   return std::make_unique<Affinity>(context.accelerators,
                                                     parameters.number("factor"));
                 }});
  all.push_back({.name = "jsq",
                 .help = "the queue with the least predicted work left",
                 .parameters = {},
                 .make = [](const Parameters&, const DispatchContext& context) {
                   return std::make_unique<ShortestQueue>(context.accelerators);
                 }});
  all.push_back({.name = "p2c",
                 .help = "of two queues drawn at random that with less predicted work left",
                 .parameters = {},
                 .make = [](const Parameters&, const DispatchContext& context) {
                   return std::make_unique<TwoChoices>(context);
                 }});
  all.push_back({.name = "random",
                 .help = "a queue drawn at random",
                 .parameters = {},
                 .make = [](const Parameters&, const DispatchContext& context) {
                   return std::make_unique<AtRandom>(context);
                 }});
  all.push_back({.name = "round_robin",
                 .help = "one queue after the other",
                 .parameters = {},
                 .make = [](const Parameters&, const DispatchContext& context) {
                   return std::make_unique<RoundRobin>(context.accelerators);
                 }});
  return all;
}

}  // namespace

std::span<const DispatcherEntry> dispatchers() {
  static const std::vector<DispatcherEntry> all = all_dispatchers();
  return all;
}

Dispatch::Dispatch() : Dispatch(dispatchers().front(), "global", Parameters({})) {}

std::vector<Dispatch> Dispatch::parse(std::string_view list) {
  std::vector<Configurable> known;
  for (const DispatcherEntry& entry : dispatchers())
    known.push_back({entry.name, entry.parameters});
  std::vector<Dispatch> all;
  for (Configured& configured : parse_configured(list, known, "dispatcher")) {
    all.push_back(Dispatch(dispatchers()[configured.entry], std::move(configured.label),
                           std::move(configured.parameters)));
  }
  return all;
}

Dispatch Dispatch::parse_one(std::string_view text) {
  std::vector<Dispatch> all = parse(text);
  if (all.size() != 1) {
    throw SpecificationError(in_quotes(text) + " names several dispatchers; allowed is one");
  }
  return std::move(all.front());
}

}  // namespace dysta
