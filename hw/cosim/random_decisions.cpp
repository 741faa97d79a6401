#include "random_decisions.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "driver.hpp"
#include "dysta/core/random.hpp"
#include "dysta/trace/profile.hpp"
#include "lockstep.hpp"

namespace dysta::hw {
namespace {

constexpr std::uint64_t kDecisionsOfCase = 2000;

Trace::Identity identity(const std::string& name) {
  Trace::Identity identity;
  identity.name = name;
  identity.model = name;
  return identity;
}

/// Ticks are of one second, so that instants are whole.
constexpr Seconds kTick{1};

/// Networks, settings and how the clock goes, for `kDecisionsOfCase` decisions.
class RandomCase {
 public:
  explicit RandomCase(RandomStream& random)
      : random_(random), traces_(draw_traces()), profiles_(traces_) {
    settings_ = {.beta = one_of({0, 0.01, 0.01, 0.5, 1, 100}),
                 .wait_unit_s = one_of({0, 1, profiles_.mean_e2e().count(), 1000}),
                 .tick = kTick};
    arrivals_ = one_of({0.02, 0.1, 0.3, 0.6});
    accelerators_ = random_.below(4) == 0 ? 3 : 1;
    longest_step_ = std::size_t{1} << random_.below(12);
    start_s_ = one_of({0, 1e6, 0x1p32 - 5000});
  }

  const Profiles& profiles() const { return profiles_; }
  const HardwareSettings& settings() const { return settings_; }
  std::size_t layers(VariantId variant) const { return traces_[variant].layers(); }
  std::uint32_t outputs(VariantId variant, std::size_t layer) const {
    return outputs_[index(variant)][layer];
  }

  VariantId variant() { return static_cast<VariantId>(random_.below(traces_.size())); }
  bool request_comes() { return random_.uniform() < arrivals_; }
  std::size_t accelerators() const { return accelerators_; }
  double start_s() const { return start_s_; }

  /// Whole seconds until the next event: none, a few, or now and then very many.
  double step_s() {
    if (random_.below(4) == 0) return 0;
    if (random_.below(2000) == 0) return static_cast<double>(random_.below(1u << 20));
    return static_cast<double>(random_.below(longest_step_));
  }

  /// From a request's arrival to its deadline: past at once, near, or as far as there is.
  double slo_s() {
    if (random_.below(50) == 0) return 0x1p40;
    return static_cast<double>(random_.below(std::uint64_t{1} << random_.below(20)));
  }

 private:
  double one_of(std::initializer_list<double> values) {
    return *std::next(values.begin(), static_cast<std::ptrdiff_t>(random_.below(values.size())));
  }

  TraceSet draw_traces() {
    // Few different latencies make scores equal, many make them close, long ones saturate.
    const std::uint64_t kind = random_.below(4);
    std::vector<Trace> traces;
    const std::uint64_t variants = 1 + random_.below(8);
    for (std::uint64_t v = 0; v < variants; ++v) {
      const std::size_t layers = 1 + random_.below(v == 0 ? 120 : 8);
      std::vector<LayerSample> table;
      std::vector<std::uint32_t> outputs;
      for (std::size_t l = 0; l < layers; ++l) {
        const double few = 1 + static_cast<double>(random_.below(3));
        const double many = std::exp2(random_.uniform() * 10);
        const double latency_s = kind == 0   ? few
                                 : kind == 1 ? many
                                 : kind == 2 ? many / 256
                                             : many * 16;
        const double sparsity =
            random_.below(8) == 0 ? 0.999 : static_cast<double>(random_.below(8)) / 8;
        table.push_back({.latency_s = latency_s, .sparsity = sparsity});
        outputs.push_back(
            1 + static_cast<std::uint32_t>(random_.below(std::uint64_t{1} << random_.below(9))));
      }
      const std::string name = "m" + std::to_string(v);
      traces.emplace_back(identity(name), layers, std::move(table));
      outputs_.push_back(std::move(outputs));
    }
    return TraceSet(std::move(traces));
  }

  RandomStream& random_;
  std::vector<std::vector<std::uint32_t>> outputs_;  ///< of layers, by variant
  TraceSet traces_;
  Profiles profiles_;
  HardwareSettings settings_;
  double arrivals_ = 0;
  std::size_t accelerators_ = 1;
  std::uint64_t longest_step_ = 1;
  double start_s_ = 0;
};

struct Task {
  TaskId id{};
  VariantId variant{};
  std::uint32_t next_layer = 0;
};

/// The events of one case.
template <class Arithmetic>
class Events {
 public:
  Events(RandomCase& random_case, RandomStream& random, SchedulerPort& port, RandomRecord& record)
      : case_(random_case),
        random_(random),
        record_(record),
        counting_(random.below(2) == 0 ? Counting::by_monitor : Counting::by_command),
        image_(case_.profiles(), case_.settings()),
        driver_(image_, port, counting_,
                [this](VariantId v, std::size_t l) { return case_.outputs(v, l); }),
        level_(image_, driver_),
        room_(driver_.capacity()),
        now_s_(case_.start_s()) {
    for (std::uint32_t id = room_; id > 0; --id) free_.push_back(TaskId{id - 1});
  }

  /// Lets time pass until so many decisions were made.
  void run(std::uint64_t decisions) {
    for (const std::uint64_t end = record_.decisions + decisions; record_.decisions < end;) {
      now_s_ += case_.step_s();
      while (case_.request_comes()) arrive();
      if (!running_.empty() && random_.below(2) == 0) end_layer();
      if (running_.size() < case_.accelerators()) choose();
    }
  }

 private:
  void arrive() {
    const VariantId variant = case_.variant();
    const double isolated_s = case_.profiles()[variant].by_pattern.isolated_s();
    RequestRecord record{.variant = variant,
                         .arrival = Seconds{now_s_},
                         .deadline = Seconds{now_s_ + case_.slo_s()},
                         .isolated = Seconds{isolated_s},
                         .inverse_isolated_hz = 1 / isolated_s};
    if (free_.empty()) {
      if (!driver_.refuses(record)) throw WrongAnswer("a full table takes a request");
      ++record_.refused;
      return;
    }
    record.task = free_.back();
    free_.pop_back();
    level_.write(record);
    waiting_.push_back({.id = record.task, .variant = variant});
  }

  void end_layer() {
    const std::size_t which = random_.below(running_.size());
    const Task task = running_[which];
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(which));
    const std::uint32_t layer = task.next_layer - 1;
    if (task.next_layer == case_.layers(task.variant)) {
      level_.retire(task.id);
      free_.push_back(task.id);
      return;
    }
    const std::uint32_t outputs = case_.outputs(task.variant, layer);
    const DensityCode density = DensityScale::of(outputs).density(random_.below(outputs + 1));
    level_.layer_done(task.id,
                      {.layer = layer, .sparsity = 1 - density * 0x1p-16, .end = Seconds{now_s_}});
    ++record_.layers;
    if (counting_ == Counting::by_monitor) ++record_.streamed;
    waiting_.push_back(task);
  }

  void choose() {
    if (waiting_.empty()) {
      if (!driver_.finds_none(Seconds{now_s_})) throw WrongAnswer("SELECT finds a task among none");
      ++record_.empty;
      return;
    }
    const TaskId chosen = level_.select(Seconds{now_s_});
    ++record_.decisions;
    const auto task = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const Task& waiting) { return waiting.id == chosen; });
    running_.push_back(*task);
    ++running_.back().next_layer;
    waiting_.erase(task);
  }

  RandomCase& case_;
  RandomStream& random_;
  RandomRecord& record_;
  Counting counting_;
  HardwareImage<Arithmetic> image_;
  Driver<Arithmetic> driver_;
  Lockstep<Arithmetic> level_;
  std::uint32_t room_;
  double now_s_;
  std::vector<TaskId> free_;
  std::vector<Task> waiting_;
  std::vector<Task> running_;
};

}  // namespace

template <class Arithmetic>
RandomRecord run_random(Design& design, const RandomDecisions& wanted) {
  constexpr std::uint64_t kLongestWait = 3;
  RandomStream random(wanted.seed, StreamPurpose::events);
  SchedulerPort port(design, wanted.seed);
  RandomRecord record;
  while (record.decisions < wanted.decisions) {
    port.reset();
    port.let_answers_wait(record.cases % 2 == 0 ? 0 : kLongestWait);
    RandomCase random_case(random);
    Events<Arithmetic> events(random_case, random, port, record);
    events.run(std::min(kDecisionsOfCase, wanted.decisions - record.decisions));
    ++record.cases;
    if (wanted.progress) wanted.progress(record.decisions);
  }
  record.cycles = port.cycles();
  return record;
}

template RandomRecord run_random<Fp32>(Design&, const RandomDecisions&);
template RandomRecord run_random<Fp16>(Design&, const RandomDecisions&);
template RandomRecord run_random<Fixed>(Design&, const RandomDecisions&);

}  // namespace dysta::hw
