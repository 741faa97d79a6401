// The policies decide as scans over all ready tasks would: the same task at every choice, ties
// included. DYSTA_DECISIONS=1000000 in the environment makes it so many choices a policy.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/random.hpp"
#include "dysta/io/number_text.hpp"
#include "support/configurations.hpp"
#include "support/scan_policies.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

constexpr std::uint64_t kFewestDecisions = 10;  // a part of them in each of several situations

/// Nothing for text that is no number of them.
std::optional<std::uint64_t> decisions_wanted() {
  const char* text = std::getenv("DYSTA_DECISIONS");  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return 5'000;
  const auto wanted = parse_whole(text);
  return wanted && *wanted >= kFewestDecisions ? wanted : std::nullopt;
}

/// A situation, drawn from a seed: networks, accelerators, and how requests come.
struct Situation {
  explicit Situation(std::uint64_t seed)
      : random(seed, StreamPurpose::events), traces(draw_traces()), profiles(traces) {
    accelerators = pick({1, 1, 2, 5, 40});
    most_present = pick({3, 20, 70, 400, 1500});
    burst = pick({1, 4, 60});
    load = std::vector{0.5, 0.95, 1.3, 20.0}[random.below(4)];
    own_deadlines = random.below(3) == 0;
    slo_scale = std::vector{0.5, 10.0, 1.0 * most_present}[random.below(3)];
    preemption_s = std::vector{0.0, 0.0, 0.0625, 0.5}[random.below(4)];
  }

  std::uint32_t pick(std::vector<std::uint32_t> values) {
    return values[random.below(values.size())];
  }

  /// Times are sixteenths, so that sums are exact and much coincides, or anything.
  double time(double least, double largest) {
    const double value = least + (largest - least) * random.uniform();
    return coarse ? std::max(1.0, std::round(value * 16)) / 16 : value;
  }

  TraceSet draw_traces() {
    coarse = random.below(2) == 0;
    std::vector<Trace> set;
    const std::uint64_t models = 1 + random.below(6);
    for (std::uint64_t m = 0; m < models; ++m) {
      const std::uint64_t layers = 1 + random.below(8);
      const bool with_lengths = random.below(2) == 0;
      const double scale = std::vector{1.0, 1.0, 5.0}[random.below(3)];
      for (std::uint64_t p = 0; p <= random.below(2); ++p) {
        std::vector<test::TinySample> samples(1 + random.below(14));
        std::vector<std::uint32_t> lengths;
        for (auto& sample : samples) {
          if (with_lengths) lengths.push_back(static_cast<std::uint32_t>(1 + random.below(9)));
          for (std::uint64_t l = 0; l < layers; ++l) {
            sample.push_back({.latency_s = scale * time(0.05, 0.6),
                              .sparsity = static_cast<double>(random.below(8)) / 8});
          }
        }
        set.push_back(
            test::tiny_trace("m" + std::to_string(m) + "_p" + std::to_string(p), samples, lengths));
      }
    }
    return TraceSet(std::move(set));
  }

  RandomStream random;
  bool coarse = false;
  TraceSet traces;
  Profiles profiles;
  std::uint32_t accelerators = 1;
  std::uint32_t most_present = 1;  ///< requests
  std::uint32_t burst = 1;         ///< requests that arrive at one instant
  double load = 1;
  bool own_deadlines = false;  ///< each request its own
  double slo_scale = 1;
  double preemption_s = 0;  ///< what policies are told; here it takes no time
};

/// Plays a situation to an indexed policy and to the scan, which must agree at every choice.
class Host final : public Truth {
 public:
  Host(std::uint64_t seed, const ConfiguredPolicy& configured)
      : situation_(seed), random_(seed, StreamPurpose::arrivals) {
    const PolicyContext context{.profiles = situation_.profiles,
                                .truth = this,
                                .accelerators = situation_.accelerators,
                                .preemption = Seconds{situation_.preemption_s}};
    indexed_ = configured.make(context);
    scan_ = test::make_scan(configured, context);
    running_.resize(situation_.accelerators);
  }

  bool has_scan() const { return scan_ != nullptr; }

  /// Up to so many choices; fails at the first on which the two differ.
  std::uint64_t play(std::uint64_t most) {
    std::uint64_t decisions = 0;
    double next_arrival_s = 0;
    while (decisions < most) {
      double next_end_s = kNever.count();
      for (const Layer& layer : running_) next_end_s = std::min(next_end_s, layer.end_s);
      const bool room = present_ < situation_.most_present;
      if (!room && next_arrival_s < next_end_s) next_arrival_s = next_end_s;
      now_s_ = std::max(now_s_, std::min(next_end_s, next_arrival_s));
      for (Layer& layer : running_) {
        if (layer.end_s <= now_s_) end(layer);
      }
      if (next_arrival_s <= now_s_ && room) {
        for (std::uint64_t i = 1 + random_.below(situation_.burst); i > 0; --i) arrive();
        next_arrival_s = now_s_ + gap_s();
      }
      for (Layer& layer : running_) {
        if (layer.end_s < kNever.count() || ready_ == 0) continue;
        const auto accelerator = static_cast<AcceleratorId>(&layer - running_.data());
        const TaskId chosen = indexed_->choose(Seconds{now_s_}, accelerator);
        const TaskId expected = scan_->choose(Seconds{now_s_}, accelerator);
        ++decisions;
        if (chosen != expected) {
          ADD_FAILURE() << "decision " << decisions << " at " << now_s_ << " s with " << ready_
                        << " ready: task " << index(chosen) << " in place of " << index(expected);
          return decisions;
        }
        start(layer, chosen);
      }
    }
    return decisions;
  }

  Estimate truth(TaskId id, std::uint32_t next_layer) const override {
    const Task& task = tasks_[index(id)];
    return {.remaining = Seconds{task.remaining_s[next_layer]},
            .next_layer = Seconds{task.layers[next_layer].latency_s},
            .isolated = Seconds{task.remaining_s[0]}};
  }

 private:
  struct Task {
    std::span<const LayerSample> layers;
    std::span<const double> remaining_s;
    std::uint32_t next_layer = 0;
  };
  struct Layer {
    TaskId task{};
    double end_s = kNever.count();
  };

  /// Long enough for the load, now and then long enough for all to be done.
  double gap_s() {
    const double service_s = situation_.profiles.mean_e2e().count() * situation_.burst / 2;
    const double mean_s = service_s / situation_.load / situation_.accelerators;
    const double idle_s = random_.below(200) == 0 ? 100 * service_s : 0;
    const double gap = idle_s + mean_s * random_.exponential();
    return situation_.coarse ? std::round(gap * 16) / 16 : gap;
  }

  void arrive() {
    if (free_.empty()) {
      free_.push_back(static_cast<TaskId>(tasks_.size()));
      tasks_.emplace_back();
    }
    const TaskId id = free_.back();
    free_.pop_back();
    const auto variant = static_cast<VariantId>(random_.below(situation_.traces.size()));
    const Trace& trace = situation_.traces[variant];
    const std::uint64_t sample = random_.below(trace.samples());
    tasks_[index(id)] = {trace.sample(sample), trace.remaining_s(sample), 0};
    const double own = situation_.own_deadlines ? 0.1 + 2 * random_.uniform() : 1.0;
    const auto priority =
        std::vector{Priority::low, Priority::medium, Priority::high}[random_.below(3)];
    const TaskArrival arrival{
        .task = id,
        .variant = variant,
        .arrival = Seconds{now_s_},
        .slo = situation_.slo_scale * own * situation_.profiles[variant].e2e_model,
        .priority = priority,
        .sequence_length = trace.sequence_length(sample)};
    indexed_->on_arrival(arrival);
    scan_->on_arrival(arrival);
    ++present_;
    ++ready_;
  }

  void start(Layer& layer, TaskId id) {
    Task& task = tasks_[index(id)];
    layer = {.task = id, .end_s = now_s_ + task.layers[task.next_layer].latency_s};
    ++task.next_layer;
    --ready_;
  }

  void end(Layer& layer) {
    const TaskId id = layer.task;
    const Task& task = tasks_[index(id)];
    layer.end_s = kNever.count();
    if (task.next_layer == task.layers.size()) {
      indexed_->on_finish(id);
      scan_->on_finish(id);
      free_.push_back(id);
      --present_;
      return;
    }
    const LayerSample& ended = task.layers[task.next_layer - 1];
    const Observation observation{.layer = task.next_layer - 1,
                                  .sparsity = ended.sparsity,
                                  .latency = Seconds{ended.latency_s},
                                  .end = Seconds{now_s_}};
    indexed_->on_layer_done(id, observation);
    scan_->on_layer_done(id, observation);
    ++ready_;
  }

  Situation situation_;
  RandomStream random_;
  std::unique_ptr<Policy> indexed_;
  std::unique_ptr<Policy> scan_;
  std::vector<Task> tasks_;
  std::vector<TaskId> free_;
  std::vector<Layer> running_;  ///< by accelerator
  double now_s_ = 0;
  std::uint32_t present_ = 0;
  std::uint32_t ready_ = 0;
};

/// Every configuration, and published formulas in other proportions.
std::vector<ConfiguredPolicy> configurations() {
  std::vector<ConfiguredPolicy> all = test::all_configurations();
  for (const char* text :
       {"dysta:beta=0", "dysta:beta=1", "dysta:beta=50", "dysta:wait_unit_s=0",
        "dysta:wait_unit_s=30", "dysta_oracle:beta=0.3,wait_unit_s=auto",
        "edf:deadlines=layer,predictor=recursive", "edf:deadlines=layer,predictor=oracle",
        "sdrm3:alpha=0", "sdrm3:alpha=0.01", "sdrm3_sparse:alpha=0.1,overdue=urgent",
        "punctual:bonus=0", "punctual:bonus=0.95,horizon=0.5,budget=1",
        "punctual:horizon=50,noise=0.5", "punctual:bonus=0.6,budget=1,horizon=4,stretch=0",
        "punctual:budget=0.2,stretch=3", "punctual:budget=0.05,value=plain",
        "punctual:risk=1,lost=urgent,value=priority"}) {
    all.push_back(PolicyRegistry().parse(text).front());
  }
  return all;
}

/// Scans themselves: what is as simple as its own reference, and what computes in the numbers of
/// the hardware, which is held against the RTL.
bool scans(const ConfiguredPolicy& configured) {
  if (configured.name() == "aged" || configured.name() == "likely_first") return true;
  const auto parameters = configured.parameters().all();
  return std::any_of(parameters.begin(), parameters.end(), [](const auto& parameter) {
    return parameter.first == "arithmetic" && parameter.second != ParameterValue("double");
  });
}

TEST(IndexAgainstScan, the_same_task_runs_at_every_choice) {
  const auto wanted = decisions_wanted();
  ASSERT_TRUE(wanted) << "DYSTA_DECISIONS is no whole number from " << kFewestDecisions;
  for (const ConfiguredPolicy& configured : configurations()) {
    if (scans(configured)) continue;
    std::uint64_t decisions = 0;
    for (std::uint64_t seed = 1; decisions < *wanted && !testing::Test::HasFailure(); ++seed) {
      SCOPED_TRACE(configured.label() + ", situation " + std::to_string(seed));
      Host host(seed, configured);
      ASSERT_TRUE(host.has_scan());
      decisions += host.play(std::min<std::uint64_t>(*wanted - decisions, *wanted / 10));
    }
  }
}

}  // namespace
}  // namespace dysta
