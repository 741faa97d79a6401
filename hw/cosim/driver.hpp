// The driver: the dynamic level's four operations as commands to the hardware.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "dysta/core/error.hpp"
#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/dysta/hardware_image.hpp"
#include "scheduler_port.hpp"

namespace dysta::hw {

/// The hardware answered what it must not.
class WrongAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What turns a count of non-zeros into a density, so that the hardware need not divide by the
/// number of a layer's outputs: (count · scale) >> shift, at most 2^16 - 1.
struct DensityScale {
  std::uint32_t scale = 0;  ///< 16 bits
  std::uint32_t shift = 0;

  /// `outputs` is from 1 to 2^31.
  static DensityScale of(std::uint32_t outputs) {
    const auto shift = static_cast<std::uint32_t>(std::bit_width(outputs) - 1);
    const std::uint64_t scale = (std::uint64_t{1} << (16 + shift)) / outputs;
    return {.scale = static_cast<std::uint32_t>(std::min<std::uint64_t>(scale, 0xffff)),
            .shift = shift};
  }

  DensityCode density(std::uint64_t count) const {
    return static_cast<DensityCode>(std::min<std::uint64_t>(count * scale >> shift, 0xffff));
  }

  /// The smallest count of at least this density.
  std::uint32_t count(DensityCode density) const {
    const std::uint64_t wanted = std::uint64_t{density} << shift;
    return static_cast<std::uint32_t>((wanted + scale - 1) / scale);
  }
};

inline std::uint32_t word(float number) { return std::bit_cast<std::uint32_t>(number); }
inline std::uint32_t word(Half number) { return number.bits(); }
inline std::uint32_t word(Fixed::Number number) {
  return static_cast<std::uint32_t>(number.raw()) & ((1u << 27) - 1);
}
inline std::uint32_t word(Fixed::Coefficient coefficient) {
  return static_cast<std::uint32_t>(coefficient.raw);
}

/// How far a product with β is shifted; floating-point products are not.
inline int shift_of(float) { return 0; }
inline int shift_of(Half) { return 0; }
inline int shift_of(Fixed::Coefficient coefficient) { return coefficient.fraction_bits; }

/// Who counts non-zeros.
enum class Counting : std::uint8_t {
  by_monitor,  ///< the hardware's monitor, past which outputs are streamed
  by_command   ///< the accelerator itself, which says how many there were
};

/// Keeps the hardware's tables and requests; holds what the hardware does not: which task is in
/// which slot.
template <class Arithmetic>
class Driver final : public DynamicLevel {
 public:
  /// How many outputs a layer has: as many as fit densities of 16 bits, or what is told.
  using Outputs = std::function<std::uint32_t(VariantId, std::size_t layer)>;

  /// Writes tables and settings. `port` must outlive the driver. Throws `SpecificationError` if
  /// the hardware is too small for the image.
  Driver(HardwareImage<Arithmetic> image, SchedulerPort& port, Counting counting, Outputs outputs)
      : image_(std::move(image)),
        port_(port),
        counting_(counting),
        outputs_(std::move(outputs)),
        layers_(identify(kLayers)) {
    constexpr std::uint32_t kIdentity = 0x44595354;
    if (identify(kName) != kIdentity) throw WrongAnswer("the hardware is no scheduler");
    write_tables();
    write_setting(0, word(image_.beta()));
    write_setting(1, static_cast<std::uint64_t>(image_.wait_fraction_bits()) |
                         static_cast<std::uint64_t>(shift_of(image_.beta())) << 8);
  }

  std::uint32_t capacity() const { return identify(kCapacity); }

  /// There must be room.
  void write(const RequestRecord& record) override {
    const Answer answer = submit(record);
    if (answer.status != Status::ok) wrong("SUBMIT", answer);
    place(record, answer.data);
  }

  /// Whether the hardware has no room for the request, which must be so.
  bool refuses(const RequestRecord& record) { return submit(record).status == Status::full; }

  void layer_done(TaskId task, const Observation& observation) override {
    Placed& placed = placed_[index(task)];
    const std::uint32_t outputs = outputs_(placed.variant, observation.layer);
    const std::uint32_t count =
        DensityScale::of(outputs).count(density_code(1 - observation.sparsity));
    const std::uint64_t now = image_.ticks(observation.end);
    if (counting_ == Counting::by_monitor) {
      port_.stream_layer(outputs, count);
      end_cycles_ = expect("LAYER_DONE", Op::layer_done, placed.slot, now).cycles;
    } else {
      end_cycles_ =
          expect("LAYER_COUNTED", Op::layer_counted, placed.slot, now | std::uint64_t{count} << 32)
              .cycles;
    }
  }

  void retire(TaskId task) override {
    end_cycles_ = expect("TASK_DONE", Op::task_done, placed_[index(task)].slot, 0).cycles;
  }

  TaskId select(Seconds now) override {
    const Answer answer = expect("SELECT", Op::select, 0, image_.ticks(now));
    if (answer.data >= task_in_.size()) throw WrongAnswer("SELECT answers a slot never given out");
    ++decisions_;
    const std::uint64_t cycles = end_cycles_ + answer.cycles;
    cycles_ += cycles;
    most_cycles_ = std::max(most_cycles_, cycles);
    return task_in_[answer.data];
  }

  /// Whether SELECT says that no task is ready.
  bool finds_none(Seconds now) {
    return port_.command(Op::select, 0, image_.ticks(now)).status == Status::none;
  }

  std::uint64_t decisions() const { return decisions_; }
  /// Clock cycles from taking the command that ends a layer, and again from taking SELECT, to their
  /// answers: summed over the decisions, and the most of one.
  std::uint64_t cycles() const { return cycles_; }
  std::uint64_t most_cycles() const { return most_cycles_; }

 private:
  struct Placed {
    VariantId variant{};
    std::uint32_t slot = 0;
  };

  enum Identified : std::uint32_t { kName, kCapacity, kVariants, kLayers, kFormat };

  std::uint32_t identify(Identified what) const { return port_.command(Op::identify, what).data; }

  void write_tables() {
    const std::uint32_t variants = identify(kVariants);
    if (image_.variants() > variants) {
      throw SpecificationError(counted(image_.variants(), "variant") +
                               " are too many for the hardware; allowed are at most " +
                               std::to_string(variants));
    }
    for (std::size_t v = 0; v < image_.variants(); ++v) {
      const auto variant = static_cast<VariantId>(v);
      if (image_.layers(variant) > layers_) {
        throw SpecificationError("a network of " + counted(image_.layers(variant), "layer") +
                                 " is too long for the hardware; allowed are at most " +
                                 std::to_string(layers_));
      }
      for (std::size_t l = 0; l < image_.layers(variant); ++l) {
        const DensityScale scale = DensityScale::of(outputs_(variant, l));
        const auto entry = static_cast<std::uint32_t>(v * layers_ + l);
        write_table(0, entry, word(image_.layer(variant, l).average_remaining));
        write_table(1, entry, word(image_.layer(variant, l).inverse_density));
        write_table(2, entry, scale.scale | std::uint64_t{scale.shift} << 16);
      }
    }
  }

  void write_table(std::uint32_t field, std::uint32_t entry, std::uint64_t data) {
    expect("WRITE_TABLE", Op::write_table, field << 14 | entry, data);
  }
  void write_setting(std::uint32_t setting, std::uint64_t data) {
    expect("WRITE_SETTING", Op::write_setting, setting, data);
  }

  Answer submit(const RequestRecord& record) {
    const auto request = image_.request(record);
    expect("STAGE", Op::stage, 0, request.deadline | std::uint64_t{request.arrival} << 32);
    expect("STAGE", Op::stage, 1,
           word(image_.layer(record.variant, 0).average_remaining) |
               std::uint64_t{word(request.wait_rate)} << 32);
    return port_.command(Op::submit, 0, index(record.variant));
  }

  void place(const RequestRecord& record, std::uint32_t slot) {
    if (index(record.task) >= placed_.size()) placed_.resize(index(record.task) + 1);
    placed_[index(record.task)] = {.variant = record.variant, .slot = slot};
    if (slot >= task_in_.size()) task_in_.resize(slot + 1);
    task_in_[slot] = record.task;
  }

  Answer expect(const char* name, Op op, std::uint32_t address, std::uint64_t data) {
    const Answer answer = port_.command(op, address, data);
    if (answer.status != Status::ok) wrong(name, answer);
    return answer;
  }

  [[noreturn]] static void wrong(const std::string& name, const Answer& answer) {
    throw WrongAnswer(name + " is answered with status " +
                      std::to_string(static_cast<int>(answer.status)));
  }

  HardwareImage<Arithmetic> image_;
  SchedulerPort& port_;
  Counting counting_;
  Outputs outputs_;
  std::uint32_t layers_;
  std::vector<Placed> placed_;   ///< by task
  std::vector<TaskId> task_in_;  ///< by slot
  std::uint64_t end_cycles_ = 0;
  std::uint64_t decisions_ = 0;
  std::uint64_t cycles_ = 0;
  std::uint64_t most_cycles_ = 0;
};

}  // namespace dysta::hw
