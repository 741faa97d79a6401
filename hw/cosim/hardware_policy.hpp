// The RTL as a policy of the simulator.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "designs.hpp"
#include "driver.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "dysta/sched/policy.hpp"
#include "lockstep.hpp"

namespace dysta::hw {

/// What a run left to tell.
struct HardwareRecord {
  std::uint64_t decisions = 0;
  std::uint64_t cycles = 0;
  std::uint64_t most_cycles = 0;
  std::size_t longest_backlog = 0;
};

/// The static level before the hardware, its model beside it. Requests for which the hardware's
/// table has no room wait in software, in the order of arrival.
template <class Arithmetic>
class HardwarePolicy final : public Policy {
 public:
  HardwarePolicy(StaticLevel software, const HardwareImage<Arithmetic>& image,
                 std::unique_ptr<Design> design, HardwareRecord& record)
      : software_(software),
        design_(std::move(design)),
        port_(*design_, 0),
        driver_(image, port_, Counting::by_command,
                [](VariantId, std::size_t) { return kOutputs; }),
        level_(image, driver_),
        room_(driver_.capacity()),
        record_(record) {}

  void on_arrival(const TaskArrival& arrival) override {
    const RequestRecord request = software_.on_arrival(arrival);
    if (room_ == 0) {
      backlog_.push_back(request);
      record_.longest_backlog = std::max(record_.longest_backlog, backlog_.size());
      return;
    }
    --room_;
    level_.write(request);
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    level_.layer_done(task, observation);
  }
  void on_finish(TaskId task) override {
    level_.retire(task);
    ++room_;
    if (backlog_.empty()) return;
    level_.write(backlog_.front());
    backlog_.pop_front();
    --room_;
  }
  TaskId choose(Seconds now, AcceleratorId) override {
    const TaskId task = level_.select(now);
    record_.decisions = driver_.decisions();
    record_.cycles = driver_.cycles();
    record_.most_cycles = driver_.most_cycles();
    return task;
  }

 private:
  /// Of a layer, as traces tell none: so that every density has a count.
  static constexpr std::uint32_t kOutputs = 1u << 16;

  StaticLevel software_;
  std::unique_ptr<Design> design_;
  SchedulerPort port_;
  Driver<Arithmetic> driver_;
  Lockstep<Arithmetic> level_;
  std::uint32_t room_;
  std::deque<RequestRecord> backlog_;
  HardwareRecord& record_;
};

}  // namespace dysta::hw
