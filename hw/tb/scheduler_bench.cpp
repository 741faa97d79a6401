// dysta_scheduler against a model of its own: corner cases by hand, then random commands.
// scheduler_bench FORMAT CAPACITY ARITHMETIC [FAULT [random commands [seed]]] (designs.hpp).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "scheduler_model.hpp"
#include "scheduler_port.hpp"

namespace dysta::hw {
namespace {

struct Shape {
  std::uint32_t capacity, variants, layers, format, lanes, shared;
};

Shape ask(SchedulerPort& port) {
  const auto of = [&](std::uint32_t address) { return port.command(Op::identify, address).data; };
  if (of(0) != 0x44595354U) throw std::runtime_error("this is no dysta_scheduler");
  return {of(1), of(2), of(3), of(4), of(5), of(6)};
}

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

template <class Arithmetic>
class Bench {
 public:
  Bench(SchedulerPort& port, Shape shape, std::uint64_t seed)
      : port_(port),
        shape_(shape),
        model_(shape.variants, shape.layers),
        random_(seed, StreamPurpose::samples) {}

  void write_profiles() {
    for (std::uint32_t variant = 0; variant < shape_.variants; ++variant) {
      for (std::uint32_t layer = 0; layer < shape_.layers; ++layer) {
        const LayerProfile profile{.average_remaining = number(4000),
                                   .inverse_density = coefficient(20, 10),
                                   .scale = scale_of(layer),
                                   .shift = shift_of(layer)};
        model_.profile(variant, layer) = profile;
        write_profile(variant, layer);
      }
    }
    write_settings({.beta = coefficient(0.5, 17), .wait_shift = 10, .beta_shift = 17});
  }

  /// Outputs of a layer; every layer has its own number.
  static std::uint32_t outputs(std::uint32_t layer) { return 1 + layer * 3; }

  Request random_request(std::uint32_t now) {
    return {.variant = static_cast<std::uint32_t>(random_.below(shape_.variants)),
            .deadline = now + static_cast<std::uint32_t>(random_.below(6000)) - 1000,
            .last_run = now,
            .wait_rate = coefficient(30, 10),
            .remaining = number(4000)};
  }

  Answer submit(Request row) {
    written(Op::stage, 0, std::uint64_t{row.last_run} << 32U | row.deadline);
    written(Op::stage, 1, std::uint64_t{row.wait_rate} << 32U | row.remaining);
    const bool full = model_.rows().size() == shape_.capacity;
    const Answer got = port_.command(Op::submit, 0, row.variant);
    expect(got.status == (full ? Status::full : Status::ok), "SUBMIT: wrong status");
    if (!full) {
      expect(got.data < shape_.capacity && model_.find(got.data) == nullptr,
             "SUBMIT: the slot is not free");
      row.slot = got.data;
      model_.rows().push_back(row);
    }
    return got;
  }

  Answer select(std::uint32_t now) {
    const auto want = model_.select(now);
    const Answer got = port_.command(Op::select, 0, now);
    check_selected(want, got);
    return got;
  }

  void check_selected(std::optional<std::uint32_t> want, const Answer& got) {
    if (!want) {
      expect(got.status == Status::none, "SELECT: nothing was ready");
      return;
    }
    expect(got.status == Status::ok, "SELECT: something was ready");
    expect(got.data == *want,
           "SELECT: slot " + std::to_string(got.data) + ", expected " + std::to_string(*want));
  }

  Answer layer_done(std::uint32_t slot, std::uint32_t now, bool streamed) {
    Request* row = model_.find(slot);
    const std::uint32_t outputs_of_layer = outputs(row->next_layer);
    const auto count = static_cast<std::uint32_t>(random_.below(outputs_of_layer + 1));
    Answer got;
    if (streamed) {
      port_.stream_layer(outputs_of_layer, count);
      got = port_.command(Op::layer_done, slot, now);
    } else {
      got = port_.command(Op::layer_counted, slot, std::uint64_t{count} << 32U | now);
    }
    expect(got.status == Status::ok, "a layer's end was refused");
    model_.layer_done(*row, count, now);
    return got;
  }

  Answer task_done(std::uint32_t slot) {
    const Answer got = port_.command(Op::task_done, slot);
    expect(got.status == Status::ok, "a task's end was refused");
    model_.task_done(slot);
    return got;
  }

  void refused(Op op, std::uint32_t address, std::uint64_t data, Status status) {
    expect(port_.command(op, address, data).status == status, "a wrong command was not refused");
  }

  void empty() {
    while (!model_.rows().empty()) task_done(model_.rows().front().slot);
  }

  // The corner cases.

  void nothing_to_select() {
    select(7);
    refused(Op::task_done, 0, 0, Status::invalid);
    refused(Op::layer_counted, 0, 0, Status::invalid);
  }

  void wrong_commands() {
    expect(port_.command(Op::identify, 7).status == Status::invalid, "IDENTIFY 7");
    for (std::uint8_t op = 9; op < 16; ++op) {
      expect(port_.command(op, 0, 0).status == Status::invalid, "an operation that is not there");
    }
    const std::uint32_t entries = shape_.variants * shape_.layers;
    refused(Op::write_table, entries, 0, Status::invalid);
    refused(Op::write_table, 3U << 14U, 0, Status::invalid);
    refused(Op::write_setting, 2, 0, Status::invalid);
    refused(Op::stage, 2, 0, Status::invalid);
    refused(Op::submit, 0, shape_.variants, Status::invalid);
    refused(Op::task_done, shape_.capacity, 0, Status::invalid);
    refused(Op::layer_done, shape_.capacity, 0, Status::invalid);
    refused(Op::task_done, 0xffff, ~std::uint64_t{0}, Status::invalid);

    const std::uint32_t slot = submit(random_request(0)).data;
    refused(Op::layer_counted, slot, 0, Status::invalid);  // it waits
    select(0);
    refused(Op::layer_done, slot, 0, Status::no_count);
    select(0);  // it runs, so nothing is ready
    empty();
  }

  void full_table() {
    while (model_.rows().size() < shape_.capacity) submit(random_request(100));
    submit(random_request(100));
    const std::uint32_t slot = select(200).data;
    submit(random_request(200));  // a running task keeps its place
    task_done(slot);
    submit(random_request(200));
    select(300);
  }

  /// Tasks of one layer: select, end, select, end, until the table is empty.
  void one_layer_tasks() {
    std::uint32_t now = 1000;
    while (!model_.rows().empty()) {
      if (model_.ready() > 0)
        task_done(select(now).data);
      else
        task_done(model_.rows().front().slot);
      now += 10;
    }
    select(now);
  }

  /// Requests that are alike: the first admitted wins, wherever its row stands by now.
  void ties() {
    Request row = random_request(0);
    row.deadline = 100;
    for (std::uint32_t i = 0; i < shape_.capacity; ++i) submit(row);
    // The first leaves, so the last moves into its row.
    task_done(model_.rows().front().slot);
    submit(row);
    while (model_.ready() > 0) select(50);
    empty();
  }

  /// Several tasks run, end a layer and end one after the other without a decision between.
  void back_to_back() {
    for (int i = 0; i < 6; ++i) submit(random_request(0));
    std::vector<std::uint32_t> running;
    for (int i = 0; i < 4; ++i) running.push_back(select(5).data);
    layer_done(running[0], 9, true);
    layer_done(running[1], 9, true);
    task_done(running[2]);
    task_done(running[3]);
    select(9);
    select(9);
    empty();
  }

  /// A request is offered while scores are refreshed: it waits, and takes no part in the decision.
  void request_during_decision() {
    for (int i = 0; i < 5; ++i) submit(random_request(0));
    Request urgent = random_request(0);
    urgent.remaining = number_of(0);
    urgent.deadline = 0;
    written(Op::stage, 0, std::uint64_t{urgent.last_run} << 32U | urgent.deadline);
    written(Op::stage, 1, std::uint64_t{urgent.wait_rate} << 32U | urgent.remaining);

    const auto want = model_.select(40);
    port_.offer(static_cast<std::uint8_t>(Op::select), 0, 40);
    expect(port_.command_ready(), "the port is not ready");
    port_.tick();
    port_.offer(static_cast<std::uint8_t>(Op::submit), 0, urgent.variant);
    expect(!port_.command_ready(), "a request is taken during a decision");
    check_selected(want, port_.answer(static_cast<std::uint8_t>(Op::select)));
    const Answer got = port_.command(Op::submit, 0, urgent.variant);
    expect(got.status == Status::ok, "the request that waited is refused");
    urgent.slot = got.data;
    model_.rows().push_back(urgent);
    select(40);
    empty();
  }

  /// The monitor holds a layer's count, refuses the next layer's outputs meanwhile, and forgets the
  /// count of a task that ended.
  void monitor() {
    const std::uint32_t first = submit(random_request(0)).data;
    select(0);
    port_.stream_layer(9, 4);
    expect(!port_.monitor_ready(), "the monitor takes outputs over a count that it holds");
    task_done(first);
    expect(port_.monitor_ready(), "the monitor still holds the count of a task that ended");
    const std::uint32_t second = submit(random_request(0)).data;
    select(0);
    constexpr std::uint32_t kMany = 70'000;
    port_.stream_layer(kMany, kMany - 5);
    ok(Op::layer_done, second, 5);
    model_.layer_done(*model_.find(second), kMany - 5, 5);
    select(5);
    layer_done(second, 10, true);
    select(10);
    layer_done(second, 20, false);
    // A task that waits is taken back while the count of another is held.
    const std::uint32_t third = submit(random_request(20)).data;
    const std::uint32_t runs = select(20).data;
    const std::uint32_t waits = runs == second ? third : second;
    Request* row = model_.find(runs);
    port_.stream_layer(outputs(row->next_layer), 1);
    task_done(waits);
    row = model_.find(runs);
    expect(port_.command(Op::layer_done, runs, 30).status == Status::ok, "a count is lost");
    model_.layer_done(*row, 1, 30);
    submit(random_request(30));
    select(40);
    empty();
  }

  /// A task through every layer there can be; the last has no layer after it.
  void all_layers() {
    const std::uint32_t slot = submit(random_request(0)).data;
    for (std::uint32_t layer = 0; layer + 1 < shape_.layers; ++layer) {
      select(layer);
      layer_done(slot, layer + 1, layer % 16 == 0);
    }
    select(shape_.layers);
    refused(Op::layer_counted, slot, 0, Status::invalid);
    task_done(slot);
  }

  /// Counts and scales that saturate densities, with the largest shift.
  void saturated_densities() {
    for (const unsigned shift : {0U, 31U, 47U, 63U}) {
      LayerProfile& profile = model_.profile(0, 0);
      profile.scale = 0xffff;
      profile.shift = shift;
      written(Op::write_table, 2U << 14U, profile.shift << 16U | profile.scale);
      Request row = random_request(0);
      row.variant = 0;
      const std::uint32_t slot = submit(row).data;
      select(0);
      const std::uint64_t count = 0xfffffff0U;
      expect(port_.command(Op::layer_counted, slot, count << 32U | 5).status == Status::ok,
             "a layer's end was refused");
      model_.layer_done(*model_.find(slot), 0xfffffff0U, 5);
      submit(random_request(5));
      select(10);
      empty();
    }
  }

  /// A task whose every layer is as dense as can be, and expected to be as sparse as can be: the
  /// sum of its ratios saturates, or becomes infinite.
  void saturated_sum() {
    const std::uint32_t largest = shape_.format == 0   ? 0x7f7fffffU
                                  : shape_.format == 1 ? 0x7bffU
                                                       : 0x1ffffU;
    for (std::uint32_t layer = 0; layer < shape_.layers; ++layer) {
      LayerProfile& profile = model_.profile(0, layer);
      profile.inverse_density = largest;
      profile.scale = 0xffff;
      profile.shift = 0;
      write_profile(0, layer);
    }
    Request row = random_request(0);
    row.variant = 0;
    const std::uint32_t slot = submit(row).data;
    for (std::uint32_t layer = 0; layer + 1 < shape_.layers; ++layer) {
      select(layer);
      ok(Op::layer_counted, slot, ~std::uint64_t{0} << 32U | layer);
      model_.layer_done(*model_.find(slot), ~std::uint32_t{0}, layer);
    }
    submit(random_request(5));
    select(10);
    empty();
  }

  /// Rows, profiles and settings of any words that software may write, and some that it should not:
  /// the hardware computes with negative numbers as well. All orders of magnitude meet.
  void any_words(std::uint64_t rounds) {
    const LayerProfile kept_first = model_.profile(0, 0);
    const LayerProfile kept_second = model_.profile(0, 1);
    const Settings kept = model_.settings;
    constexpr std::uint32_t kNow = 0x55555555U;  // one, so that no task waits less than nothing
    for (std::uint64_t round = 0; round < rounds; ++round) {
      LayerProfile& first = model_.profile(0, 0);
      first.inverse_density = any_coefficient();
      first.scale = static_cast<std::uint32_t>(random_.below(1U << 16U));
      first.shift = static_cast<std::uint32_t>(random_.below(48));
      LayerProfile& second = model_.profile(0, 1);
      second.average_remaining = any_number(shape_.format == 2);
      write_profile(0, 0);
      write_profile(0, 1);
      write_settings({.beta = any_coefficient(),
                      .wait_shift = static_cast<unsigned>(random_.below(32)),
                      .beta_shift = static_cast<unsigned>(random_.below(32))});
      while (model_.rows().size() < 2 * shape_.lanes) {
        Request row{.variant = 0,
                    .deadline = static_cast<std::uint32_t>(random_.bits()),
                    .last_run = kNow - static_cast<std::uint32_t>(random_.below(1U << 31U)),
                    .wait_rate = any_coefficient(),
                    .remaining = any_number(true)};
        submit(row);
      }
      const std::uint32_t slot = select(kNow).data;
      Request* row = model_.find(slot);
      if (row->next_layer == 0) {
        const auto count = static_cast<std::uint32_t>(random_.bits());
        ok(Op::layer_counted, slot, std::uint64_t{count} << 32U | kNow);
        model_.layer_done(*row, count, kNow);
      } else {
        task_done(slot);
      }
    }
    empty();
    model_.profile(0, 0) = kept_first;
    model_.profile(0, 1) = kept_second;
    write_profile(0, 0);
    write_profile(0, 1);
    write_settings(kept);
  }

  /// Random commands; the clock passes the end of its 32 bits.
  void random_commands(std::uint64_t commands) {
    port_.let_answers_wait(3);
    std::uint32_t now = 0xffff0000U;
    for (std::uint64_t i = 0; i < commands; ++i) {
      now += static_cast<std::uint32_t>(random_.below(40));
      std::vector<std::uint32_t> running;
      for (const Request& row : model_.rows()) {
        if (row.running) running.push_back(row.slot);
      }
      const std::uint64_t kind = random_.below(100);
      if (kind < 30) {
        submit(random_request(now));
      } else if (kind < 33 && !model_.rows().empty()) {
        task_done(model_.rows()[random_.below(model_.rows().size())].slot);
      } else if (kind < 50 || running.empty()) {
        select(now);
      } else {
        const std::uint32_t slot = running[random_.below(running.size())];
        const bool last = model_.find(slot)->next_layer == shape_.layers - 1;
        if (last || random_.below(3) == 0)
          task_done(slot);
        else
          layer_done(slot, now, random_.below(4) == 0);
      }
    }
    port_.let_answers_wait(0);
    empty();
  }

  /// Cycles from the edge that takes a command to the one that can take its answer.
  void latency() {
    for (std::uint32_t n = 1; n <= shape_.capacity; ++n) {
      const Answer submitted = submit(random_request(0));
      expect(submitted.cycles == kSubmitCycles,
             "SUBMIT takes " + std::to_string(submitted.cycles) + " cycles");
      const Answer selected = select(0);
      expect(selected.cycles == select_cycles(n), "SELECT of " + std::to_string(n) + " takes " +
                                                      std::to_string(selected.cycles) + " cycles");
      const Answer done = layer_done(selected.data, 0, n % 2 == 0);
      expect(done.cycles == kLayerDoneCycles,
             "a layer's end takes " + std::to_string(done.cycles) + " cycles");
      if ((n & (n - 1)) == 0) {
        std::printf("%u requests: layer's end %llu + decision %llu = %llu cycles\n", n,
                    static_cast<unsigned long long>(done.cycles),
                    static_cast<unsigned long long>(selected.cycles),
                    static_cast<unsigned long long>(done.cycles + selected.cycles));
      }
    }
    while (!model_.rows().empty()) {
      const Answer ended = task_done(model_.rows().front().slot);
      expect(ended.cycles == kTaskDoneCycles,
             "a task's end takes " + std::to_string(ended.cycles) + " cycles");
    }
  }

 private:
  static constexpr std::uint64_t kSubmitCycles = 2;
  static constexpr std::uint64_t kLayerDoneCycles = 42;
  static constexpr std::uint64_t kTaskDoneCycles = 5;

  /// The formula of docs/hardware.md.
  std::uint64_t select_cycles(std::uint32_t requests) const {
    const std::uint32_t groups = (requests + shape_.lanes - 1) / shape_.lanes;
    std::uint64_t levels = 0;
    while ((1U << levels) < shape_.lanes) ++levels;
    return (shape_.shared != 0 ? 24 + 3 * groups : 23 + groups) + levels;
  }

  /// The model's words of a layer into the hardware.
  void write_profile(std::uint32_t variant, std::uint32_t layer) {
    const LayerProfile& profile = model_.profile(variant, layer);
    const std::uint32_t entry = variant * shape_.layers + layer;
    written(Op::write_table, entry, profile.average_remaining);
    written(Op::write_table, 1U << 14U | entry, profile.inverse_density);
    written(Op::write_table, 2U << 14U | entry, profile.shift << 16U | profile.scale);
  }

  void write_settings(const Settings& settings) {
    model_.settings = settings;
    written(Op::write_setting, 0, settings.beta);
    written(Op::write_setting, 1, std::uint64_t{settings.beta_shift} << 8U | settings.wait_shift);
  }

  Answer ok(Op op, std::uint32_t address, std::uint64_t data) {
    const Answer got = port_.command(op, address, data);
    expect(got.status == Status::ok, "a command was refused");
    return got;
  }

  /// A command that only writes takes a cycle.
  void written(Op op, std::uint32_t address, std::uint64_t data) {
    expect(ok(op, address, data).cycles == 1, "a command that only writes takes long");
  }

  /// A value as a word of the format.
  std::uint32_t number_of(double value) const {
    if (shape_.format == 0) return Fp32::word(static_cast<float>(value));
    if (shape_.format == 1) return Fp16::word(static_cast<_Float16>(value));
    return Fixed::word(static_cast<std::int64_t>(value * 256));
  }

  /// Uniform below `end`, never 0.
  std::uint32_t number(double end) { return number_of((random_.uniform() + 1e-3) * end); }

  std::uint32_t coefficient(double end, unsigned fraction) {
    const double value = (random_.uniform() + 1e-2) * end;
    if (shape_.format != 2) return number_of(value);
    return static_cast<std::uint32_t>(
        std::min(131071.0, value * static_cast<double>(1U << fraction)));
  }

  /// Any finite number but 0, negative ones only if told.
  std::uint32_t any_number(bool signed_too) {
    const unsigned width = shape_.format == 0 ? 32 : shape_.format == 1 ? 16 : 27;
    const auto word = static_cast<std::uint32_t>(random_.bits() >> (64U - width));
    const auto magnitude = word & ((1U << (width - 1)) - 1);
    const std::uint32_t infinity = shape_.format == 0   ? 0x7f800000U
                                   : shape_.format == 1 ? 0x7c00U
                                                        : 1U << 26U;
    if (magnitude == 0 || magnitude >= infinity) return any_number(signed_too);
    return signed_too ? word : magnitude;
  }

  std::uint32_t any_coefficient() {
    if (shape_.format != 2) return any_number(false);
    return static_cast<std::uint32_t>(random_.below(1U << 17U));
  }

  static unsigned shift_of(std::uint32_t layer) {
    unsigned shift = 0;
    while ((2U << shift) <= outputs(layer)) ++shift;
    return shift;
  }
  static std::uint32_t scale_of(std::uint32_t layer) {
    const std::uint64_t scaled = (std::uint64_t{65536} << shift_of(layer)) / outputs(layer);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(65535, scaled));
  }

  SchedulerPort& port_;
  Shape shape_;
  SchedulerModel<Arithmetic> model_;
  RandomStream random_;
};

template <class Arithmetic>
void run(SchedulerPort& port, Shape shape, std::uint64_t commands, std::uint64_t seed) {
  Bench<Arithmetic> bench(port, shape, seed);
  bench.write_profiles();
  bench.nothing_to_select();
  bench.wrong_commands();
  bench.full_table();
  bench.one_layer_tasks();
  bench.ties();
  bench.back_to_back();
  bench.request_during_decision();
  bench.monitor();
  bench.all_layers();
  bench.latency();
  bench.any_words(commands / 20);
  bench.random_commands(commands);
  bench.saturated_densities();
  bench.saturated_sum();
}

}  // namespace
}  // namespace dysta::hw

int main(int argc, char** argv) {
  using namespace dysta::hw;
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto word = [&](std::size_t i, const char* otherwise) {
    return i < words.size() ? words[i] : std::string(otherwise);
  };
  try {
    const auto design =
        make_design({.format = word(0, "fp16"),
                     .capacity = static_cast<std::uint32_t>(std::stoul(word(1, "64"))),
                     .arithmetic = word(2, "separate"),
                     .fault = word(3, "none")});
    const std::uint64_t commands = std::stoull(word(4, "20000"));
    const std::uint64_t seed = std::stoull(word(5, "1"));
    SchedulerPort port(*design, seed);
    const Shape shape = ask(port);
    static constexpr const char* kFormats[] = {"fp32", "fp16", "fixed"};
    std::printf("%s, %u requests, %u lanes, %s arithmetic\n", kFormats[shape.format],
                shape.capacity, shape.lanes, shape.shared != 0 ? "shared" : "separate");
    if (shape.format == 0)
      run<Fp32>(port, shape, commands, seed);
    else if (shape.format == 1)
      run<Fp16>(port, shape, commands, seed);
    else
      run<Fixed>(port, shape, commands, seed);
    std::printf("corner cases and %llu random commands agree, %llu cycles\n",
                static_cast<unsigned long long>(commands),
                static_cast<unsigned long long>(port.cycles()));
    write_coverage();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "scheduler_bench: %s\n", problem.what());
    return 1;
  }
  return 0;
}
