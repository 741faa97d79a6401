// Policies and the engine's loop allocate nothing for a decision.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/metrics/reduction.hpp"
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

/// Sixteen requests at once, so that the number present at once is the same however long layers
/// are, and one after the accelerator has been idle.
std::vector<Request> seventeen_requests(const TraceSet& traces) {
  std::vector<Request> requests;
  const std::vector<Priority> priorities{Priority::low, Priority::medium, Priority::high};
  for (std::uint32_t i = 0; i < 16; ++i) {
    requests.push_back(
        test::tiny_request(traces, 1, i % 3 == 0 ? "a" : "b", i % 2, priorities[i % 3], 8 + i));
  }
  requests.push_back(test::tiny_request(traces, 1000, "b", 0, Priority::low, 20));
  return requests;
}

struct Cost {
  std::size_t allocations;
  std::uint64_t decisions;
};

Cost run_with_layers(const ConfiguredPolicy& configured, std::size_t layers) {
  const TraceSet traces = networks_of(layers);
  const Profiles profiles(traces);
  const auto requests = seventeen_requests(traces);
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

TEST(Allocation, a_run_of_four_times_as_many_layers_allocates_no_more) {
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    const Cost few = run_with_layers(configured, 8);
    const Cost many = run_with_layers(configured, 32);
    EXPECT_EQ(few.decisions, 17U * 8) << configured.label();
    EXPECT_EQ(many.decisions, 17U * 32) << configured.label();
    EXPECT_GT(few.allocations, 0U) << configured.label();
    EXPECT_EQ(few.allocations, many.allocations) << configured.label();
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

TEST(Allocation, a_policy_allocates_at_arrivals_alone) {
  const TraceSet traces = networks_of(8);
  const Profiles profiles(traces);
  auto requests = seventeen_requests(traces);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].arrival = Seconds{3 * static_cast<double>(i)};  // so that some wait and some do not
  }
  for (const ConfiguredPolicy& configured : test::all_configurations()) {
    Simulation simulation(traces, requests);
    const auto policy = configured.make({.profiles = profiles, .truth = &simulation});
    Watched watched(*policy);
    simulation.run(watched);
    EXPECT_EQ(watched.allocated(), 0U) << configured.label();
  }
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
