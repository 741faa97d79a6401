// Drives dysta_scheduler's ports a cycle at a time, with an accelerator that streams a layer's
// outputs beside the commands.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "designs.hpp"
#include "dysta/core/random.hpp"

namespace dysta::hw {

enum class Op : std::uint8_t {
  identify,
  write_table,
  write_setting,
  stage,
  submit,
  layer_done,
  layer_counted,
  task_done,
  select
};

enum class Status : std::uint8_t { ok, full, none, invalid, no_count };

struct Answer {
  Status status{};
  std::uint32_t data = 0;
  std::uint64_t cycles = 0;  ///< from the edge that took the command to the one it stands after
};

class SchedulerPort {
 public:
  /// `seed` decides how long answers wait to be taken and where the stream pauses.
  SchedulerPort(Design& design, std::uint64_t seed)
      : design_(design), top_(design.pins()), random_(seed, StreamPurpose::streams) {
    reset();
  }
  SchedulerPort(const SchedulerPort&) = delete;
  SchedulerPort& operator=(const SchedulerPort&) = delete;

  void reset() {
    top_.rst_ni = 0;
    tick();
    tick();
    top_.rst_ni = 1;
  }

  /// Answers are taken at once, or after up to `cycles`.
  void let_answers_wait(std::uint64_t cycles) { longest_wait_ = cycles; }

  Answer command(Op op, std::uint32_t address = 0, std::uint64_t data = 0) {
    return command(static_cast<std::uint8_t>(op), address, data);
  }

  Answer command(std::uint8_t op, std::uint32_t address, std::uint64_t data) {
    offer(op, address, data);
    while (top_.cmd_ready_o == 0) tick();
    tick();
    top_.cmd_valid_i = 0;
    return answer(op);
  }

  /// Puts a command at the port, where it stays until it is taken.
  void offer(std::uint8_t op, std::uint32_t address, std::uint64_t data) {
    top_.cmd_valid_i = 1;
    top_.cmd_op_i = op;
    top_.cmd_addr_i = static_cast<std::uint16_t>(address);
    top_.cmd_data_i = data;
    design_.eval();
  }

  /// Waits for the answer to the command that was taken last.
  Answer answer(std::uint8_t op) {
    Answer got;
    while (top_.rsp_valid_o == 0) {
      tick();
      if (++got.cycles > 20'000) throw std::runtime_error("a command is not answered");
    }
    for (std::uint64_t wait = longest_wait_ == 0 ? 0 : random_.below(longest_wait_ + 1); wait > 0;
         --wait) {
      const auto before = held();
      tick();
      if (held() != before) throw std::runtime_error("an answer changed before it was taken");
    }
    if (top_.rsp_op_o != op) throw std::runtime_error("an answer is for another operation");
    got.status = static_cast<Status>(top_.rsp_status_o);
    got.data = top_.rsp_data_o;
    top_.rsp_ready_i = 1;
    tick();
    top_.rsp_ready_i = 0;
    design_.eval();
    return got;
  }

  /// Streams `outputs` values of which `nonzero` are not zero, in beats with random gaps; returns
  /// when the last was taken. Beats that keep nothing count nothing.
  void stream_layer(std::uint32_t outputs, std::uint32_t nonzero) {
    std::uint32_t left = outputs;
    while (left > 0) {
      if (random_.below(4) == 0) {
        top_.mon_valid_i = 0;
        tick();
        continue;
      }
      std::uint32_t keep = 0;
      std::uint32_t ones = 0;
      for (unsigned lane = 0; lane < 8 && left > 0; ++lane) {
        // Garbage where nothing is kept must not count.
        if (random_.below(8) == 0) {
          ones |= 1U << lane;
          continue;
        }
        keep |= 1U << lane;
        if (random_.below(left) < nonzero) {
          ones |= 1U << lane;
          --nonzero;
        }
        --left;
      }
      top_.mon_valid_i = 1;
      top_.mon_last_i = left == 0 ? 1 : 0;
      top_.mon_keep_i = static_cast<std::uint8_t>(keep);
      top_.mon_nonzero_i = static_cast<std::uint8_t>(ones);
      design_.eval();
      while (top_.mon_ready_o == 0) tick();
      tick();
    }
    top_.mon_valid_i = 0;
    design_.eval();
  }

  bool command_ready() const { return top_.cmd_ready_o != 0; }
  bool monitor_ready() const { return top_.mon_ready_o != 0; }
  std::uint64_t cycles() const { return cycles_; }

  void tick() {
    top_.clk_i = 0;
    design_.eval();
    top_.clk_i = 1;
    design_.eval();
    ++cycles_;
    if (top_.cmd_ready_o != 0 && top_.rsp_valid_o != 0) {
      throw std::runtime_error("a command could overtake an answer");
    }
  }

 private:
  std::uint64_t held() const {
    return std::uint64_t{top_.rsp_valid_o} << 40U | std::uint64_t{top_.rsp_op_o} << 36U |
           std::uint64_t{top_.rsp_status_o} << 32U | top_.rsp_data_o;
  }

  Design& design_;
  Pins top_;
  RandomStream random_;
  std::uint64_t longest_wait_ = 0;
  std::uint64_t cycles_ = 0;
};

}  // namespace dysta::hw
