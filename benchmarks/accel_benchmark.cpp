// Counting the effectual multiply-accumulates of a 3 × 3 convolution in three ways, and packing
// floats in two. An item is a dense multiply-accumulate, or a value.
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "dysta/accel/effectual.hpp"
#include "dysta/accel/mask_kernels.hpp"
#include "workloads.hpp"

namespace dysta::bench {
namespace {

constexpr int kChannels = 64;
constexpr int kSide = 56;

ConvolutionShape shape() {
  return {.in_channels = kChannels,
          .out_channels = kChannels,
          .in_height = kSide,
          .in_width = kSide,
          .kernel_height = 3,
          .kernel_width = 3,
          .pad_top = 1,
          .pad_left = 1,
          .pad_bottom = 1,
          .pad_right = 1};
}

/// Half of the values are zero.
std::vector<float> random_values(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = random() % 2 == 0 ? 0.0F : 1.5F;
  return values;
}

std::vector<std::uint8_t> bytes_of(const std::vector<float>& values) {
  const WeightMask mask = WeightMask::of_nonzeros(values);
  return {mask.bits().begin(), mask.bits().end()};
}

const std::vector<float>& activations() {
  static const std::vector<float> values = random_values(shape().inputs(), 1);
  return values;
}

const std::vector<float>& weights() {
  static const std::vector<float> values = random_values(shape().weights(), 2);
  return values;
}

/// Calls `body(tap, first input of a row, how many)` for every row of outputs that a tap serves,
/// padding left out.
template <class Body>
void for_each_row(const Body& body) {
  for (int tap_row = 0; tap_row < 3; ++tap_row) {
    for (int tap_column = 0; tap_column < 3; ++tap_column) {
      for (int row = 0; row < kSide; ++row) {
        const int in_row = row + tap_row - 1;
        if (in_row < 0 || in_row >= kSide) continue;
        const int begin = tap_column == 0 ? 1 : 0;
        const int end = tap_column == 2 ? kSide - 1 : kSide;
        body(static_cast<std::size_t>(tap_row * 3 + tap_column),
             static_cast<std::size_t>(in_row * kSide + begin + tap_column - 1),
             static_cast<std::size_t>(end - begin));
      }
    }
  }
}

/// The definition: all seven loops.
std::int64_t count_products(const std::vector<std::uint8_t>& inputs,
                            const std::vector<std::uint8_t>& kernels) {
  std::int64_t macs = 0;
  for (std::size_t out = 0; out < kChannels; ++out) {
    for (std::size_t in = 0; in < kChannels; ++in) {
      const std::uint8_t* plane = &inputs[in * kSide * kSide];
      const std::uint8_t* kernel = &kernels[(out * kChannels + in) * 9];
      for_each_row([&](std::size_t tap, std::size_t first, std::size_t count) {
        int in_row = 0;
        for (std::size_t i = 0; i < count; ++i) in_row += plane[first + i] & kernel[tap];
        macs += in_row;
      });
    }
  }
  return macs;
}

/// Activations that a tap meets times weights there, over bytes.
std::int64_t count_factors(const std::vector<std::uint8_t>& inputs,
                           const std::vector<std::uint32_t>& nonzero_weights) {
  std::int64_t macs = 0;
  for (std::size_t in = 0; in < kChannels; ++in) {
    const std::uint8_t* plane = &inputs[in * kSide * kSide];
    for_each_row([&](std::size_t tap, std::size_t first, std::size_t count) {
      int in_row = 0;
      for (std::size_t i = 0; i < count; ++i) in_row += plane[first + i];
      macs += std::int64_t{in_row} * nonzero_weights[in * 9 + tap];
    });
  }
  return macs;
}

/// All three must say the same, or their speeds say nothing.
void check(benchmark::State& state, std::int64_t macs) {
  static const std::int64_t expected = count_products(bytes_of(activations()), bytes_of(weights()));
  if (macs != expected) state.SkipWithError("counts differ");
  state.SetItemsProcessed(state.iterations() * shape().dense_macs());
}

void effectual_by_definition(benchmark::State& state) {
  const auto inputs = bytes_of(activations());
  const auto kernels = bytes_of(weights());
  std::int64_t macs = 0;
  for (auto _ : state) benchmark::DoNotOptimize(macs = count_products(inputs, kernels));
  check(state, macs);
}

void effectual_by_factors(benchmark::State& state) {
  const auto inputs = bytes_of(activations());
  const auto kernels = nonzero_weights(shape(), WeightMask(bytes_of(weights())));
  std::int64_t macs = 0;
  for (auto _ : state) benchmark::DoNotOptimize(macs = count_factors(inputs, kernels));
  check(state, macs);
}

void effectual_by_words(benchmark::State& state) {
  const EffectualMacs counter(shape(), WeightMask(bytes_of(weights())));
  const auto mask = ActivationMask::of_nonzeros(activations(), kChannels, kSide, kSide);
  std::int64_t macs = 0;
  for (auto _ : state) benchmark::DoNotOptimize(macs = counter.count(mask));
  check(state, macs);
}

/// As it is when profiling: the packing included.
void effectual_of_floats(benchmark::State& state) {
  const EffectualMacs counter(shape(), WeightMask(bytes_of(weights())));
  std::int64_t macs = 0;
  for (auto _ : state) {
    macs = counter.count(ActivationMask::of_nonzeros(activations(), kChannels, kSide, kSide));
    benchmark::DoNotOptimize(macs);
  }
  check(state, macs);
}

void pack_by_value(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  const std::size_t rows = activations().size() / columns;
  const std::size_t words_per_row = (columns + 63) / 64;
  std::vector<std::uint64_t> words(rows * words_per_row);
  for (auto _ : state) {
    const float* value = activations().data();
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t word = 0; word < words_per_row; ++word) {
        std::uint64_t packed = 0;
        const std::size_t count = std::min<std::size_t>(64, columns - word * 64);
        for (std::size_t i = 0; i < count; ++i) {
          packed |= static_cast<std::uint64_t>(*value++ != 0.0F) << i;
        }
        words[row * words_per_row + word] = packed;
      }
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * columns));
}

void pack_by_vector(benchmark::State& state) {
  const auto columns = static_cast<std::size_t>(state.range(0));
  const std::size_t rows = activations().size() / columns;
  std::vector<std::uint64_t> words(rows * ((columns + 63) / 64));
  for (auto _ : state) {
    pack_nonzeros(activations().data(), rows, columns, words.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * columns));
}

}  // namespace

void register_accelerator_benchmarks() {
  benchmark::RegisterBenchmark("effectual/definition", effectual_by_definition);
  benchmark::RegisterBenchmark("effectual/factors", effectual_by_factors);
  benchmark::RegisterBenchmark("effectual/words", effectual_by_words);
  benchmark::RegisterBenchmark("effectual/words_from_floats", effectual_of_floats);
  for (const int columns : {7, 56, 224}) {
    benchmark::RegisterBenchmark("pack/value", pack_by_value)->ArgName("columns")->Arg(columns);
    benchmark::RegisterBenchmark("pack/vector", pack_by_vector)->ArgName("columns")->Arg(columns);
  }
}

}  // namespace dysta::bench
