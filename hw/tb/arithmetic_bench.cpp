// The arithmetic units against GCC's float and _Float16 and against 64-bit integers:
// arithmetic_bench [random pairs] [seed]. A pair of operands enters a cycle.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "Varithmetic_bench.h"
#include "designs.hpp"
#include "dysta/core/random.hpp"

namespace {

constexpr int kLatency = 3;
constexpr int kLargestShown = 20;

struct Operands {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t subtract = 0;
  std::uint32_t shift = 0;
};

/// Results as bits. Any NaN is as good as any other, so NaNs are brought to one.
struct Results {
  std::array<std::uint32_t, 9> numbers{};  ///< of fp32, fp16, fixed: sum, product, number(a)
};

constexpr std::array<const char*, 9> kNames{"fp32 sum",  "fp32 product",  "fp32 number",
                                            "fp16 sum",  "fp16 product",  "fp16 number",
                                            "fixed sum", "fixed product", "fixed number"};

std::uint32_t bits(float value) {
  return std::isnan(value) ? 0x7fc00000U : std::bit_cast<std::uint32_t>(value);
}

std::uint32_t bits(_Float16 value) {
  return std::isnan(static_cast<float>(value)) ? 0x7e00U : std::bit_cast<std::uint16_t>(value);
}

template <class Float, class Bits>
void expect_float(const Operands& in, std::uint32_t* out) {
  const auto a = std::bit_cast<Float>(static_cast<Bits>(in.a));
  const auto b = std::bit_cast<Float>(static_cast<Bits>(in.b));
  const auto whole = static_cast<std::int32_t>(in.a);
  constexpr double kLargest = sizeof(Float) == 2 ? 65504.0 : 3.4028234663852886e38;
  const Float sum = in.subtract != 0 ? a - b : a + b;
  const Float product = a * b;
  // A double holds every 32-bit integer, so this rounds once.
  const auto number =
      static_cast<Float>(std::clamp(static_cast<double>(whole), -kLargest, kLargest));
  out[0] = bits(sum);
  out[1] = bits(product);
  out[2] = bits(number);
}

constexpr std::uint32_t kFixedMask = (1U << 27U) - 1;

std::int64_t fixed(std::uint32_t word) { return static_cast<std::int32_t>(word << 5U) >> 5; }

std::uint32_t saturated(std::int64_t value) {
  constexpr std::int64_t kEnd = 1LL << 26;
  return static_cast<std::uint32_t>(std::clamp(value, -kEnd, kEnd - 1)) & kFixedMask;
}

void expect_fixed(const Operands& in, std::uint32_t* out) {
  const std::int64_t a = fixed(in.a);
  const std::int64_t b = fixed(in.b);
  const std::int64_t product = a * static_cast<std::int64_t>(in.b & 0x1ffffU);
  const std::int64_t half = in.shift == 0 ? 0 : 1LL << (in.shift - 1);
  out[0] = saturated(in.subtract != 0 ? a - b : a + b);
  out[1] = saturated((product + half) >> in.shift);
  out[2] = saturated(static_cast<std::int64_t>(static_cast<std::int32_t>(in.a)) * 256);
}

Results expected(const Operands& in) {
  Results out;
  expect_float<float, std::uint32_t>(in, &out.numbers[0]);
  expect_float<_Float16, std::uint16_t>(in, &out.numbers[3]);
  expect_fixed(in, &out.numbers[6]);
  return out;
}

class Bench {
 public:
  void check(const Operands& in) {
    top_->a_i = in.a;
    top_->b_i = in.b;
    top_->subtract_i = static_cast<std::uint8_t>(in.subtract);
    top_->shift_i = static_cast<std::uint8_t>(in.shift);
    top_->clk_i = 0;
    top_->eval();
    check_comparisons(in);
    top_->clk_i = 1;
    top_->eval();
    pipeline_[entered_++ % kLatency] = in;
    // After its third edge a pair's results stand at the outputs.
    if (entered_ >= kLatency) check_results(pipeline_[entered_ % kLatency]);
  }

  std::uint64_t wrong() const { return wrong_; }
  std::uint64_t pairs() const { return entered_; }

 private:
  void check_results(const Operands& in) {
    const Results want = expected(in);
    const std::array<std::uint32_t, 9> got{
        top_->fp32_sum_o,  top_->fp32_product_o,  top_->fp32_number_o,
        top_->fp16_sum_o,  top_->fp16_product_o,  top_->fp16_number_o,
        top_->fixed_sum_o, top_->fixed_product_o, top_->fixed_number_o};
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (got[i] != want.numbers[i]) complain(kNames[i], in, got[i], want.numbers[i]);
    }
  }

  void check_comparisons(const Operands& in) {
    const auto a32 = std::bit_cast<float>(in.a);
    const auto b32 = std::bit_cast<float>(in.b);
    const auto a16 = static_cast<float>(std::bit_cast<_Float16>(static_cast<std::uint16_t>(in.a)));
    const auto b16 = static_cast<float>(std::bit_cast<_Float16>(static_cast<std::uint16_t>(in.b)));
    compare("fp32 less", in, top_->fp32_less_o, a32 < b32);
    compare("fp32 equal", in, top_->fp32_equal_o, a32 == b32);
    compare("fp16 less", in, top_->fp16_less_o, a16 < b16);
    compare("fp16 equal", in, top_->fp16_equal_o, a16 == b16);
    compare("fixed less", in, top_->fixed_less_o, fixed(in.a) < fixed(in.b));
    compare("fixed equal", in, top_->fixed_equal_o, fixed(in.a) == fixed(in.b));
  }

  void compare(const char* name, const Operands& in, std::uint32_t got, bool want) {
    if (got != static_cast<std::uint32_t>(want)) {
      complain(name, in, got, static_cast<std::uint32_t>(want));
    }
  }

  void complain(const char* name, const Operands& in, std::uint32_t got, std::uint32_t want) {
    if (++wrong_ > kLargestShown) return;
    std::printf("%s of %08x and %08x (subtract %u, shift %u): %08x, expected %08x\n", name, in.a,
                in.b, in.subtract, in.shift, got, want);
  }

  std::unique_ptr<Varithmetic_bench> top_ = std::make_unique<Varithmetic_bench>();
  std::array<Operands, kLatency> pipeline_{};
  std::uint64_t entered_ = 0;
  std::uint64_t wrong_ = 0;
};

/// Where IEEE arithmetic turns: every exponent with fractions at the ends, in the middle and one
/// apart. Low halves are fp16 numbers, whole words fp32 ones.
std::vector<std::uint32_t> turning_points(unsigned exponent_width, unsigned fraction_width) {
  std::vector<std::uint32_t> found;
  const std::uint32_t top = 1U << fraction_width;
  for (std::uint32_t exponent = 0; exponent < (1U << exponent_width); ++exponent) {
    for (const std::uint32_t fraction : {0U, 1U, top / 2, top / 2 + 1, top - 2, top - 1}) {
      for (const std::uint32_t sign : {0U, 1U}) {
        found.push_back(sign << (exponent_width + fraction_width) | exponent << fraction_width |
                        fraction);
      }
    }
  }
  return found;
}

void check_grid(Bench& bench) {
  for (const auto& [exponent_width, fraction_width] : {std::pair{5U, 10U}, std::pair{8U, 23U}}) {
    const std::vector<std::uint32_t> points = turning_points(exponent_width, fraction_width);
    const std::size_t step = points.size() > 1000 ? 7 : 1;  // fp32: every seventh partner
    for (std::size_t i = 0; i < points.size(); ++i) {
      for (std::size_t j = i % step; j < points.size(); j += step) {
        bench.check({.a = points[i],
                     .b = points[j],
                     .subtract = static_cast<std::uint32_t>((i ^ j) & 1U),
                     .shift = static_cast<std::uint32_t>(j % 32)});
      }
    }
  }
}

/// Every integer around every power of two, and all of 17 bits with both signs: in fp16 those are
/// all there are below the largest finite number.
void check_integers(Bench& bench) {
  for (std::int32_t whole = -(1 << 16); whole <= (1 << 16); ++whole) {
    bench.check({.a = static_cast<std::uint32_t>(whole), .b = 1});
  }
  for (unsigned bit = 16; bit < 32; ++bit) {
    for (std::uint32_t near = 0; near < 256; ++near) {
      bench.check({.a = (1U << bit) - 128 + near, .b = near});
    }
  }
}

void check_random(Bench& bench, std::uint64_t pairs, std::uint64_t seed) {
  dysta::RandomStream random(seed, dysta::StreamPurpose::samples);
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const std::uint64_t operands = random.bits();
    const std::uint64_t how = random.bits();
    Operands in{.a = static_cast<std::uint32_t>(operands),
                .b = static_cast<std::uint32_t>(operands >> 32U),
                .subtract = static_cast<std::uint32_t>(how & 1U),
                .shift = static_cast<std::uint32_t>(how >> 1U & 31U)};
    // Half of the pairs have exponents close to each other, where sums cancel and round.
    if ((how >> 6U & 1U) != 0) {
      in.b = in.a ^ (in.b & 0x81ff83ffU);
    }
    bench.check(in);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t pairs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  Bench bench;
  check_grid(bench);
  check_integers(bench);
  check_random(bench, pairs, seed);
  // The last pairs leave the pipeline.
  for (int i = 0; i < kLatency; ++i) bench.check({});
  std::printf("%llu pairs of operands, %llu wrong results\n",
              static_cast<unsigned long long>(bench.pairs()),
              static_cast<unsigned long long>(bench.wrong()));
  dysta::hw::write_coverage();
  return bench.wrong() == 0 ? 0 : 1;
}
