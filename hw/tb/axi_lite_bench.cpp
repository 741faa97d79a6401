// dysta_axi_lite: its registers, what it refuses, and a task's whole life through them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>

#include "Vdysta_axi_lite.h"
#include "designs.hpp"
#include "dysta/core/random.hpp"

namespace {

constexpr std::uint32_t kDataLow = 0x00;
constexpr std::uint32_t kDataHigh = 0x04;
constexpr std::uint32_t kCommand = 0x08;
constexpr std::uint32_t kStatus = 0x0c;
constexpr std::uint32_t kAnswer = 0x10;
constexpr unsigned kOkay = 0;
constexpr unsigned kSlaveError = 2;

void expect(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

class Bus {
 public:
  Bus() {
    tick();
    tick();
    top_->rst_ni = 1;
    top_->eval();
  }

  struct Read {
    unsigned response;
    std::uint32_t data;
  };

  /// Address and data come in either order, and the response is taken late.
  unsigned write(std::uint32_t address, std::uint32_t data, unsigned strobes = 15) {
    // The bits below a word's address, and the protection, say nothing.
    top_->awaddr_i = static_cast<std::uint8_t>(address | random_.below(4));
    top_->awprot_i = static_cast<std::uint8_t>(random_.below(8));
    top_->wdata_i = data;
    top_->wstrb_i = static_cast<std::uint8_t>(strobes);
    const std::uint64_t order = random_.below(3);
    if (order != 0) {
      (order == 1 ? top_->awvalid_i : top_->wvalid_i) = 1;
      top_->eval();
      expect(top_->awready_o == 0 && top_->wready_o == 0, "half a write is taken");
      tick();
    }
    top_->awvalid_i = 1;
    top_->wvalid_i = 1;
    top_->eval();
    while (top_->awready_o == 0) tick();
    expect(top_->wready_o != 0, "address and data are taken apart");
    tick();
    top_->awvalid_i = 0;
    top_->wvalid_i = 0;
    top_->eval();
    const unsigned response = top_->bresp_o;
    for (std::uint64_t wait = random_.below(3); wait > 0; --wait) {
      expect(top_->bvalid_o != 0 && top_->bresp_o == response, "a write's response does not stay");
      tick();
    }
    expect(top_->bvalid_o != 0, "a write has no response");
    top_->bready_i = 1;
    tick();
    top_->bready_i = 0;
    top_->eval();
    expect(top_->bvalid_o == 0, "a write has two responses");
    return response;
  }

  Read read(std::uint32_t address) {
    top_->araddr_i = static_cast<std::uint8_t>(address | random_.below(4));
    top_->arprot_i = static_cast<std::uint8_t>(random_.below(8));
    top_->arvalid_i = 1;
    top_->eval();
    while (top_->arready_o == 0) tick();
    tick();
    top_->arvalid_i = 0;
    top_->eval();
    const Read got{top_->rresp_o, top_->rdata_o};
    for (std::uint64_t wait = random_.below(3); wait > 0; --wait) {
      expect(top_->rvalid_o != 0 && top_->rdata_o == got.data, "what was read does not stay");
      tick();
    }
    top_->rready_i = 1;
    tick();
    top_->rready_i = 0;
    top_->eval();
    return got;
  }

  /// Gives a command and reads its answer; returns the answer's data, and expects its status.
  std::uint32_t command(unsigned op, std::uint32_t address, std::uint64_t data, unsigned status) {
    expect(write(kDataLow, static_cast<std::uint32_t>(data)) == kOkay, "DATA_LOW refused");
    expect(write(kDataHigh, static_cast<std::uint32_t>(data >> 32U)) == kOkay, "DATA_HIGH refused");
    expect(write(kCommand, address << 16U | op) == kOkay, "COMMAND refused");
    expect(write(kCommand, 0) == kSlaveError, "a second command is taken before the answer");
    std::uint32_t state = read(kStatus).data;
    for (int i = 0; (state & 2U) == 0; ++i) {
      expect((state & 1U) != 0 && i < 1000, "a command is lost");
      state = read(kStatus).data;
    }
    expect(top_->irq_o != 0, "an answer without interrupt");
    expect((state >> 4U & 15U) == op, "the answer is another command's");
    expect((state >> 8U & 15U) == status, "a wrong status");
    const Read answer = read(kAnswer);
    expect(answer.response == kOkay, "ANSWER refused");
    expect(top_->irq_o == 0 && (read(kStatus).data & 3U) == 0, "an answer stays");
    return answer.data;
  }

  struct Beat {
    unsigned nonzero, keep;
    bool last;
  };

  /// Whether the monitor takes the beat.
  bool stream(const Beat& beat) {
    top_->mon_nonzero_i = static_cast<std::uint8_t>(beat.nonzero);
    top_->mon_keep_i = static_cast<std::uint8_t>(beat.keep);
    top_->mon_last_i = beat.last ? 1 : 0;
    top_->mon_valid_i = 1;
    top_->eval();
    const bool taken = top_->mon_ready_o != 0;
    tick();
    top_->mon_valid_i = 0;
    top_->eval();
    return taken;
  }

  void tick() {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }

 private:
  std::unique_ptr<Vdysta_axi_lite> top_ = std::make_unique<Vdysta_axi_lite>();
  dysta::RandomStream random_{1, dysta::StreamPurpose::phases};
};

/// Tasks until the table is full, a layer counted by the monitor, and every bit of every register.
void check_life(Bus& bus) {
  for (std::uint32_t layer = 0; layer < 2; ++layer) {
    for (std::uint32_t field = 0; field < 3; ++field) {
      expect(bus.command(1, field << 14U | layer, 0x1ffff, 0) == 0, "WRITE_TABLE");
    }
  }
  for (std::uint32_t i = 0; i < 8; ++i) bus.command(4, 0, 0, 0);
  bus.command(4, 0, 0, 1);
  const std::uint32_t slot = bus.command(8, 0, 0, 0);
  bus.command(5, slot, 0, 4);
  bus.stream({.nonzero = 0xff, .keep = 0xff, .last = false});
  bus.stream({.nonzero = 0x00, .keep = 0xff, .last = false});
  bus.stream({.nonzero = 0xff, .keep = 0x00, .last = true});
  expect(!bus.stream({.nonzero = 1, .keep = 1, .last = true}), "the monitor takes a held count");
  bus.command(5, slot, 1, 0);
  bus.command(15, 0xffff, ~std::uint64_t{0}, 3);
  expect(bus.read(kDataLow).data == 0xffffffffU, "DATA_LOW is not what was written");
  bus.command(0, 0, 0, 0);
}

void check() {
  Bus bus;
  expect(bus.command(0, 0, 0, 0) == 0x44595354U, "IDENTIFY");
  expect(bus.write(kDataLow, 0x12345678) == kOkay, "DATA_LOW refused");
  expect(bus.write(kDataLow, 0, 7) == kSlaveError, "part of a word is written");
  expect(bus.write(kDataHigh, 0x9abcdef0) == kOkay, "DATA_HIGH refused");
  expect(bus.read(kDataLow).data == 0x12345678, "DATA_LOW is not what was written");
  expect(bus.read(kDataHigh).data == 0x9abcdef0, "DATA_HIGH is not what was written");
  expect(bus.read(kCommand).data == 0, "COMMAND is not what was written");
  for (const std::uint32_t address : {kStatus, kAnswer, 0x14U, 0x1cU}) {
    expect(bus.write(address, 0) == kSlaveError, "a register to read is written");
  }
  for (const std::uint32_t address : {kAnswer, 0x14U, 0x18U, 0x1cU}) {
    expect(bus.read(address).response == kSlaveError, "a register that is not there is read");
  }
  expect(bus.command(8, 0, 0, 2) == 0, "SELECT from an empty table");
  expect(bus.command(3, 0, 100, 0) == 0, "STAGE");
  expect(bus.command(3, 1, 0, 0) == 0, "STAGE");
  const std::uint32_t slot = bus.command(4, 0, 0, 0);
  expect(bus.command(8, 0, 5, 0) == slot, "SELECT");
  expect(bus.command(7, slot, 0, 0) == 0, "TASK_DONE");
  expect(bus.command(7, slot, 0, 3) == 0, "TASK_DONE of a task that is gone");
  check_life(bus);
  dysta::hw::write_coverage();
}

}  // namespace

int main() {
  try {
    check();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "axi_lite_bench: %s\n", problem.what());
    return 1;
  }
  std::printf("registers, refusals and a task's life through them agree\n");
  return 0;
}
