// The RTL and its reference model, stepped together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "driver.hpp"
#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/dysta/narrow_level.hpp"

namespace dysta::hw {

/// Gives every operation to both and holds every decision of one against the other's. Throws
/// `WrongAnswer` at the first that differs.
template <class Arithmetic>
class Lockstep final : public DynamicLevel {
 public:
  /// `driver` must outlive the object and drive fresh hardware with the same image.
  Lockstep(HardwareImage<Arithmetic> image, Driver<Arithmetic>& driver)
      : model_(std::move(image)), driver_(driver) {}

  void write(const RequestRecord& record) override {
    model_.write(record);
    driver_.write(record);
  }
  void layer_done(TaskId task, const Observation& observation) override {
    model_.layer_done(task, observation);
    driver_.layer_done(task, observation);
  }
  void retire(TaskId task) override {
    model_.retire(task);
    driver_.retire(task);
  }
  TaskId select(Seconds now) override {
    const TaskId expected = model_.select(now);
    const TaskId got = driver_.select(now);
    if (got != expected) {
      throw WrongAnswer("decision " + std::to_string(driver_.decisions()) +
                        " of the hardware is task " + std::to_string(index(got)) +
                        ", of its model task " + std::to_string(index(expected)));
    }
    return got;
  }

 private:
  NarrowLevel<Arithmetic> model_;
  Driver<Arithmetic>& driver_;
};

}  // namespace dysta::hw
