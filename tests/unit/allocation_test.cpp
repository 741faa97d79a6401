// Policies and the engine's loop allocate nothing for a decision. Counted is `operator new`. Left
// out is `realloc`, by which the engine's table of tasks grows, and only that, at arrivals.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/random.hpp"
#include "dysta/metrics/reduction.hpp"
#include "dysta/sched/box_tree.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/workload/request_source.hpp"
#include "support/configurations.hpp"
#include "support/tiny.hpp"

namespace {

std::size_t allocations = 0;

void* counted(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
  ++allocations;
  const std::size_t units = std::max<std::size_t>(1, (size + alignment - 1) / alignment);
  return std::aligned_alloc(alignment, units * alignment);
}

void* counted_or_thrown(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
  if (void* memory = counted(size, alignment)) return memory;
  throw std::bad_alloc();
}

/// Not inlined: GCC would see `free` meet what `operator new` returned, and warn.
[[gnu::noinline]] void release(void* memory) noexcept { std::free(memory); }

}  // namespace

// Every form in use: AddressSanitizer has its own for those left out, which `free` must not meet.
void* operator new(std::size_t size) { return counted_or_thrown(size); }
void* operator new[](std::size_t size) { return counted_or_thrown(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted_or_thrown(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted_or_thrown(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace dysta {
namespace {

/// Two networks of so many layers, which last 4 and 6 s whatever the number, with two inputs each.
TraceSet networks_of(std::size_t layers) {
  const auto sample = [layers](double total_s, double sparsity) {
    return test::TinySample(
        layers, {.latency_s = total_s / static_cast<double>(layers), .sparsity = sparsity});
  };
  return TraceSet({test::tiny_trace("a", {sample(3, 0.25), sample(5, 0.75)}),
                   test::tiny_trace("b", {sample(5, 0.5), sample(7, 0.25)})});
}

/// So many requests, one every `gap_s` seconds.
std::vector<Request> requests_every(double gap_s, std::uint32_t count, const TraceSet& traces) {
  std::vector<Request> requests;
  const std::vector<Priority> priorities{Priority::low, Priority::medium, Priority::high};
  for (std::uint32_t i = 0; i < count; ++i) {
    requests.push_back(test::tiny_request(traces, 1 + gap_s * i, i % 3 == 0 ? "a" : "b", i % 2,
                                          priorities[i % 3], 8 + i));
  }
  return requests;
}

/// So many: policies find the best of a few in another way than that of hundreds.
constexpr std::uint32_t kFew = 16;
constexpr std::uint32_t kMany = 300;

struct Cost {
  std::size_t allocations;
  std::uint64_t decisions;
};

/// `present` requests at once, so that this number does not depend on how long layers are, and one
/// after the accelerator has been idle.
Cost run_with_layers(const ConfiguredPolicy& configured, std::size_t layers,
                     std::uint32_t present) {
  const TraceSet traces = networks_of(layers);
  const Profiles profiles(traces);
  auto requests = requests_every(0, present, traces);
  requests.push_back(test::tiny_request(traces, 10'000, "b", 0, Priority::low, 20));
  Simulation simulation(traces, requests);
  const auto policy = configured.make({.profiles = profiles, .truth = &simulation});
  const std::size_t before = allocations;
  const RunOutcome outcome = simulation.run(*policy);
  return {allocations - before, outcome.decisions};
}

TEST(Allocation, the_counter_counts) {
  const std::size_t before = allocations;
  const auto number = std::make_unique<int>(1);
  const std::vector<int> numbers(100, *number);
  EXPECT_EQ(allocations - before, 2U);
  EXPECT_EQ(numbers.back(), 1);
}

/// How far a number is from `wanted`.
struct Distance {
  static constexpr std::size_t kColumns = 1;
  static constexpr std::array kCorners{Corner{0, Corner::End::least},
                                       Corner{0, Corner::End::greatest}};

  double wanted = 0;

  double operator()(double least, double greatest) const {
    return std::max({0.0, least - wanted, wanted - greatest});
  }
  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return ordinal(columns[0]);
  }
};

// Rows come and go until the tree is far from one that was filled in order.
TEST(Allocation, a_tree_with_room_allocates_nothing) {
  constexpr std::uint64_t kRows = 5 * kMany;
  RandomStream random(3, StreamPurpose::events);
  BoxTree<Distance> tree;
  tree.reserve(kRows, 1);
  const std::size_t before = allocations;
  std::uint64_t inserted = 0;
  for (std::uint64_t left = 0; inserted < 8 * kRows; left = random.below(kRows)) {
    for (; tree.size() < kRows; ++inserted) {
      tree.insert({.id = {}, .admission = inserted, .columns = {random.uniform()}});
    }
    const double around = random.uniform();
    while (tree.size() > left) {
      Found found;
      tree.search({.wanted = random.below(2) == 0 ? around : random.uniform()}, found);
      tree.take(found);
    }
  }
  EXPECT_EQ(allocations - before, 0U);
}

TEST(Allocation, a_run_of_four_times_as_many_layers_allocates_no_more) {
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    for (const std::uint32_t present : {kFew, kMany}) {
      SCOPED_TRACE(configured.label() + ", " + std::to_string(present) + " at once");
      const Cost few = run_with_layers(configured, 3, present);
      const Cost many = run_with_layers(configured, 12, present);
      EXPECT_EQ(few.decisions, (present + 1) * 3);
      EXPECT_EQ(many.decisions, (present + 1) * 12);
      EXPECT_GT(few.allocations, 0U);
      EXPECT_EQ(few.allocations, many.allocations);
    }
  }
}

/// Passes everything on and counts what is allocated for it, arrivals apart.
class Watched final : public Policy {
 public:
  explicit Watched(Policy& policy) : policy_(policy) {}

  void on_arrival(const TaskArrival& arrival) override { policy_.on_arrival(arrival); }
  void on_layer_done(TaskId task, const Observation& observation) override {
    const std::size_t before = allocations;
    policy_.on_layer_done(task, observation);
    allocated_ += allocations - before;
  }
  void on_finish(TaskId task) override {
    const std::size_t before = allocations;
    policy_.on_finish(task);
    allocated_ += allocations - before;
  }
  TaskId choose(Seconds now, AcceleratorId accelerator) override {
    const std::size_t before = allocations;
    const TaskId task = policy_.choose(now, accelerator);
    allocated_ += allocations - before;
    return task;
  }

  std::size_t allocated() const { return allocated_; }

 private:
  Policy& policy_;
  std::size_t allocated_ = 0;
};

std::size_t allocated_after_arrivals(const std::string& policies, const TraceSet& traces,
                                     std::span<const Request> requests, std::uint32_t accelerators,
                                     SchedulingCosts costs = {}) {
  const Profiles profiles(traces);
  Simulation simulation(traces, requests, costs, accelerators);
  const auto policy =
      PolicyRegistry().parse(policies).front().make({.profiles = profiles,
                                                     .truth = &simulation,
                                                     .accelerators = accelerators,
                                                     .preemption = costs.preemption});
  Watched watched(*policy);
  simulation.run(watched);
  return watched.allocated();
}

TEST(Allocation, a_policy_allocates_at_arrivals_alone) {
  const TraceSet traces = networks_of(8);
  const auto some_wait = requests_every(3, kFew, traces);
  const auto many_wait = requests_every(0.1, kMany, traces);
  auto bursts = requests_every(0, 2 * kMany, traces);
  for (std::uint32_t i = kMany; i < 2 * kMany; ++i) bursts[i].arrival = Seconds{400};
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    const std::string& policy = configured.label();
    EXPECT_EQ(allocated_after_arrivals(policy, traces, some_wait, 1), 0U) << policy;
    EXPECT_EQ(allocated_after_arrivals(policy, traces, many_wait, 1), 0U) << policy;
    EXPECT_EQ(allocated_after_arrivals(policy, traces, bursts, 3), 0U) << policy;
    EXPECT_EQ(allocated_after_arrivals(policy, traces, bursts, 3, {.preemption = Seconds{1}}), 0U)
        << policy;
  }
}

// One decision moves all that wait to where those with enough tokens are.
TEST(Allocation, nor_does_prema_where_thousands_have_enough_tokens_at_once) {
  const TraceSet traces = networks_of(2);
  const auto requests = requests_every(0, 20 * kMany, traces);
  EXPECT_EQ(allocated_after_arrivals("prema", traces, requests, 1), 0U);
}

/// What drawing, simulating and reducing so many requests allocates. At one every 4 s of 4 to 7 s
/// each on two accelerators, at most a few are there at once however many come.
std::size_t allocated_for(const ConfiguredPolicy& configured, std::size_t requests) {
  const TraceSet traces = networks_of(8);
  const Profiles profiles(traces);
  const WorkloadSpec spec{.arrivals = {.kind = ArrivalProcess::Kind::periodic},
                          .rate_hz = 0.25,
                          .count = requests,
                          .mix = Mix::parse("a=1", traces)};
  const auto source = drawn_requests(spec, traces, profiles);
  Simulation simulation(traces, {}, 2);
  const auto policy = configured.make({.profiles = profiles, .truth = &simulation});
  RunReduction reduction({}, traces.models().size(), 0);
  const std::size_t before = allocations;
  const RunCounts counts = simulation.run(*source, *policy, reduction);
  EXPECT_EQ(counts.decisions, requests * 8);
  return allocations - before;
}

TEST(Allocation, a_run_of_four_times_as_many_requests_allocates_no_more) {
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    EXPECT_EQ(allocated_for(configured, 500), allocated_for(configured, 2000))
        << configured.label();
  }
}

}  // namespace
}  // namespace dysta
