// Accelerator models against plain loops: what is counted in factors and by words of 64 bits is
// what the definition says, one product at a time.
#include <algorithm>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/accel/effectual.hpp"
#include "dysta/accel/eyeriss_v2.hpp"
#include "dysta/accel/sanger.hpp"

namespace dysta {
namespace test {

/// A layer with its zeros, as plain bytes.
struct RandomLayer {
  ConvolutionShape shape;
  std::vector<std::uint8_t> activations;  ///< [channel][row][column]
  std::vector<std::uint8_t> weights;

  ActivationMask activation_mask() const {
    ActivationMask mask(shape.in_channels, shape.in_height, shape.in_width);
    std::size_t i = 0;
    for (int channel = 0; channel < shape.in_channels; ++channel) {
      for (int row = 0; row < shape.in_height; ++row) {
        for (int column = 0; column < shape.in_width; ++column, ++i) {
          if (activations[i] != 0) mask.set(channel, row, column);
        }
      }
    }
    return mask;
  }
  WeightMask weight_mask() const { return WeightMask(weights); }

  bool activation(int channel, int row, int column) const {
    if (row < 0 || row >= shape.in_height || column < 0 || column >= shape.in_width) return false;
    return activations[static_cast<std::size_t>((channel * shape.in_height + row) * shape.in_width +
                                                column)] != 0;
  }
  bool weight(int out, int in_group, int row, int column) const {
    return weights[static_cast<std::size_t>(
               ((out * shape.in_channels_per_group() + in_group) * shape.kernel_height + row) *
                   shape.kernel_width +
               column)] != 0;
  }
};

inline void showValue(const RandomLayer& layer, std::ostream& out) {
  const ConvolutionShape& s = layer.shape;
  out << s.in_channels << 'x' << s.in_height << 'x' << s.in_width << " > " << s.out_channels
      << ", kernel " << s.kernel_height << 'x' << s.kernel_width << ", stride " << s.stride_height
      << ' ' << s.stride_width << ", padding " << s.pad_top << ' ' << s.pad_left << ' '
      << s.pad_bottom << ' ' << s.pad_right << ", dilation " << s.dilation_height << ' '
      << s.dilation_width << ", groups " << s.groups << "\nactivations ";
  for (const auto bit : layer.activations) out << static_cast<int>(bit);
  out << "\nweights ";
  for (const auto bit : layer.weights) out << static_cast<int>(bit);
}

inline RandomLayer random_layer() {
  using rc::gen::inRange;
  const auto width = rc::gen::weightedOneOf<int>(
      {{4, inRange(1, 12)}, {1, inRange(60, 70)}, {1, inRange(120, 131)}});
  RandomLayer layer;
  ConvolutionShape& s = layer.shape;
  s.groups = *rc::gen::element(1, 1, 2, 3, 5);
  const bool depthwise = s.groups > 1 && *rc::gen::arbitrary<bool>();
  s.in_channels = s.groups * (depthwise ? 1 : *inRange(1, 5));
  s.out_channels = s.groups * *inRange(1, 6);
  s.in_height = *inRange(1, 10);
  s.in_width = *width;
  s.stride_height = *inRange(1, 4);
  s.stride_width = *inRange(1, 4);
  for (int* pad : {&s.pad_top, &s.pad_left, &s.pad_bottom, &s.pad_right}) *pad = *inRange(0, 4);
  s.dilation_height = *inRange(1, 3);
  s.dilation_width = *inRange(1, 3);
  const auto kernel = [&](int size, int dilation) {
    return *inRange(1, std::min(4, (size - 1) / dilation + 1) + 1);
  };
  s.kernel_height = kernel(s.in_height + s.pad_top + s.pad_bottom, s.dilation_height);
  s.kernel_width = kernel(s.in_width + s.pad_left + s.pad_right, s.dilation_width);
  s.check();
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  const auto fill = [&](std::vector<std::uint8_t>& bits, std::int64_t count) {
    std::bernoulli_distribution nonzero(*rc::gen::element(0.0, 0.1, 0.5, 0.9, 1.0));
    bits.resize(static_cast<std::size_t>(count));
    for (auto& bit : bits) bit = nonzero(random) ? 1 : 0;
  };
  fill(layer.activations, s.inputs());
  fill(layer.weights, s.weights());
  return layer;
}

}  // namespace test
}  // namespace dysta

namespace rc {

template <>
struct Arbitrary<dysta::test::RandomLayer> {
  static Gen<dysta::test::RandomLayer> arbitrary() {
    return gen::resize(kNominalSize, gen::exec(dysta::test::random_layer));
  }
};

}  // namespace rc

namespace dysta {
namespace {

using test::RandomLayer;

/// Calls `use(channel, row of the kernel, column, row of the output)` for every non-zero activation
/// that a place of the kernel meets.
template <class Use>
void for_each_use(const RandomLayer& layer, const Use& use) {
  const ConvolutionShape& s = layer.shape;
  for (int channel = 0; channel < s.in_channels; ++channel) {
    for (int tap_row = 0; tap_row < s.kernel_height; ++tap_row) {
      for (int tap_column = 0; tap_column < s.kernel_width; ++tap_column) {
        for (int out_row = 0; out_row < s.out_height(); ++out_row) {
          for (int out_column = 0; out_column < s.out_width(); ++out_column) {
            const int row = out_row * s.stride_height - s.pad_top + tap_row * s.dilation_height;
            const int column =
                out_column * s.stride_width - s.pad_left + tap_column * s.dilation_width;
            if (layer.activation(channel, row, column)) use(channel, tap_row, tap_column, out_row);
          }
        }
      }
    }
  }
}

/// The definition: all seven loops.
std::int64_t plain_effectual_macs(const RandomLayer& layer) {
  const ConvolutionShape& s = layer.shape;
  std::int64_t macs = 0;
  for (int out = 0; out < s.out_channels; ++out) {
    const int group = out / s.out_channels_per_group();
    for (int in = 0; in < s.in_channels_per_group(); ++in) {
      for (int tap_row = 0; tap_row < s.kernel_height; ++tap_row) {
        for (int tap_column = 0; tap_column < s.kernel_width; ++tap_column) {
          if (!layer.weight(out, in, tap_row, tap_column)) continue;
          for (int out_row = 0; out_row < s.out_height(); ++out_row) {
            for (int out_column = 0; out_column < s.out_width(); ++out_column) {
              macs += layer.activation(
                  group * s.in_channels_per_group() + in,
                  out_row * s.stride_height - s.pad_top + tap_row * s.dilation_height,
                  out_column * s.stride_width - s.pad_left + tap_column * s.dilation_width);
            }
          }
        }
      }
    }
  }
  return macs;
}

std::vector<std::unique_ptr<const Accelerator>> convolution_accelerators() {
  std::vector<std::unique_ptr<const Accelerator>> all;
  for (const ShippedAccelerator& shipped : shipped_accelerators()) {
    auto accelerator = load_accelerator(std::string(shipped.name));
    if (accelerator->runs_convolutions()) all.push_back(std::move(accelerator));
  }
  return all;
}

LayerCost cost_on(const Accelerator& accelerator, const RandomLayer& layer) {
  return accelerator.prepare(layer.shape, layer.weight_mask())->cost(layer.activation_mask());
}

/// A small array, so that its elements have something to share.
EyerissV2Parameters random_array() {
  using rc::gen::inRange;
  EyerissV2Parameters p;
  p.clock_hz = 1e6;
  p.clusters = *inRange(1, 7);
  p.cluster_rows = *inRange(1, 4);
  p.cluster_columns = *inRange(1, 4);
  p.cycles_per_mac = *rc::gen::element(1.0, 2.0, 4.0);
  p.cycles_per_empty_column = *rc::gen::element(0.0, 0.5, 1.0);
  p.output_channels_per_element = *inRange(1, 6);
  p.weights_per_element = *inRange(1, 40);
  return p;
}

int ceil_div(int value, int parts) { return (value + parts - 1) / parts; }

/// The cycles of each element that has work, a use of an activation at a time.
std::vector<double> plain_work(const EyerissV2Parameters& p, const EyerissV2Mapping& mapping,
                               const RandomLayer& layer) {
  const ConvolutionShape& s = layer.shape;
  const int outs = s.out_channels_per_group();
  const int outs_share = ceil_div(outs, mapping.out_channels);
  std::map<std::tuple<int, int, int, int, int>, double> work;
  for_each_use(layer, [&](int channel, int tap_row, int tap_column, int out_row) {
    const int group = channel / s.in_channels_per_group();
    const int in = channel % s.in_channels_per_group();
    for (int first = 0; first < outs; first += outs_share) {
      double& cycles = work[{group / ceil_div(s.groups, mapping.groups), first / outs_share,
                             in / ceil_div(s.in_channels_per_group(), mapping.in_channels),
                             tap_row / ceil_div(s.kernel_height, mapping.kernel_rows),
                             out_row / ceil_div(s.out_height(), mapping.out_rows)}];
      const int last = std::min(first + outs_share, outs);
      for (int begin = first; begin < last; begin += p.output_channels_per_element) {
        int nonzeros = 0;
        for (int out = begin; out < std::min(begin + p.output_channels_per_element, last); ++out) {
          nonzeros += layer.weight(group * outs + out, in, tap_row, tap_column) ? 1 : 0;
        }
        cycles += nonzeros == 0 ? p.cycles_per_empty_column : nonzeros * p.cycles_per_mac;
      }
    }
  });
  std::vector<double> cycles;
  for (const auto& [element, of_element] : work) cycles.push_back(of_element);
  return cycles;
}

RC_GTEST_PROP(EffectualMacs, are_what_the_seven_loops_count, (const RandomLayer& layer)) {
  const EffectualMacs macs(layer.shape, layer.weight_mask());
  RC_ASSERT(macs.count(layer.activation_mask()) == plain_effectual_macs(layer));
}

RC_GTEST_PROP(TapCounter, blocks_of_rows_add_up, (const RandomLayer& layer)) {
  const auto blocks = static_cast<std::size_t>(*rc::gen::inRange(1, 7));
  const auto mask = layer.activation_mask();
  const auto whole = TapCounter(layer.shape).count(mask);
  const auto split = TapCounter(layer.shape, static_cast<int>(blocks)).count(mask);
  RC_ASSERT(split.size() == whole.size() * blocks);
  for (std::size_t i = 0; i < split.size(); i += blocks) {
    std::uint32_t sum = 0;
    for (std::size_t block = 0; block < blocks; ++block) sum += split[i + block];
    RC_ASSERT(sum == whole[i / blocks]);
  }
}

RC_GTEST_PROP(Accelerators, effectual_macs_are_what_the_seven_loops_count,
              (const RandomLayer& layer)) {
  const auto expected = static_cast<double>(plain_effectual_macs(layer));
  for (const auto& accelerator : convolution_accelerators()) {
    RC_ASSERT(cost_on(*accelerator, layer).effectual_macs == expected);
  }
}

RC_GTEST_PROP(Accelerators, no_element_is_faster_than_its_products, (const RandomLayer& layer)) {
  for (const char* name : {"eyeriss_v2", "eyeriss_v2_artifact"}) {
    const auto accelerator = load_accelerator(name);
    const auto& p = dynamic_cast<const EyerissV2&>(*accelerator).parameters();
    const LayerCost cost = cost_on(*accelerator, layer);
    const double least = cost.effectual_macs / p.elements() * p.cycles_per_mac;
    RC_ASSERT(cost.compute_cycles >= least * (1 - 1e-12));
    RC_ASSERT(cost.cycles >= std::max({1.0, cost.compute_cycles, cost.memory_cycles}));
    RC_ASSERT(cost.cycles < std::max({1.0, cost.compute_cycles, cost.memory_cycles}) + 1);
    RC_ASSERT(cost.latency.count() == cost.cycles / p.clock_hz);
  }
}

RC_GTEST_PROP(Accelerators, more_zeros_never_cost_more, (RandomLayer layer)) {
  const RandomLayer before = layer;
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  auto* cleared = *rc::gen::element(&layer.activations, &layer.weights);
  std::bernoulli_distribution clear(*rc::gen::element(0.05, 0.5));
  for (auto& bit : *cleared) {
    if (clear(random)) bit = 0;
  }
  for (const auto& accelerator : convolution_accelerators()) {
    const LayerCost a = cost_on(*accelerator, before);
    const LayerCost b = cost_on(*accelerator, layer);
    RC_ASSERT(b.effectual_macs <= a.effectual_macs);
    RC_ASSERT(b.compute_cycles <= a.compute_cycles);
    RC_ASSERT(b.memory_cycles <= a.memory_cycles);
    RC_ASSERT(b.cycles <= a.cycles);
  }
}

RC_GTEST_PROP(EyerissV2, the_busiest_element_is_the_plain_loops, (const RandomLayer& layer)) {
  const EyerissV2Parameters p = random_array();
  const auto work = plain_work(p, map_layer(p, layer.shape), layer);
  const LayerCost cost = cost_on(EyerissV2("e", p), layer);
  const double busiest = work.empty() ? 0 : *std::max_element(work.begin(), work.end());
  RC_ASSERT(cost.compute_cycles == busiest);
  RC_ASSERT(work.size() <= static_cast<std::size_t>(p.elements()));
}

RC_GTEST_PROP(EyerissV2, all_elements_together_do_all_products, (const RandomLayer& layer)) {
  EyerissV2Parameters p = random_array();
  p.cycles_per_empty_column = 0;
  const LayerCost busiest = cost_on(EyerissV2("e", p), layer);
  p.perfect_balance = true;
  const LayerCost mean = cost_on(EyerissV2("e", p), layer);
  const double products = mean.effectual_macs * p.cycles_per_mac;
  RC_ASSERT(mean.compute_cycles == products / p.elements());
  RC_ASSERT(mean.compute_cycles <= busiest.compute_cycles);
  RC_ASSERT(busiest.compute_cycles <= products);
}

RC_GTEST_PROP(EyerissV2, address_checks_are_the_plain_loops, (const RandomLayer& layer)) {
  EyerissV2Parameters p = random_array();
  p.perfect_balance = true;
  const double without = cost_on(EyerissV2("e", p), layer).compute_cycles;
  p.address_checks = true;
  const double with = cost_on(EyerissV2("e", p), layer).compute_cycles;

  const ConvolutionShape& s = layer.shape;
  const int column = std::min(p.output_channels_per_element, s.out_channels_per_group());
  const int together =
      std::clamp(p.weights_per_element / (column * s.kernel_width), 1, s.in_channels_per_group());
  double checks = 0;
  for (int outs = 0; outs < s.out_channels_per_group(); outs += p.output_channels_per_element) {
    for (int tap = 0; tap < s.kernel_width; ++tap) {
      for (int group = 0; group < s.groups; ++group) {
        for (int first = 0; first < s.in_channels_per_group(); first += together) {
          checks += s.out_height() * s.out_width();
          for (int row = 0; row < s.in_height; ++row) {
            for (int place = 0; place < s.in_width; ++place) {
              bool any = false;
              for (int in = first; in < std::min(first + together, s.in_channels_per_group());
                   ++in) {
                any = any || layer.activation(group * s.in_channels_per_group() + in, row, place);
              }
              checks += any ? 2 : 0;
            }
          }
        }
      }
    }
  }
  RC_ASSERT(std::abs((with - without) * p.elements() - checks) <= 1e-9 * (1 + with * p.elements()));
}

/// No mapping leaves an element with less than its share, nor is worse than no splitting.
RC_GTEST_PROP(EyerissV2, the_mapping_is_within_its_bounds, (const RandomLayer& layer)) {
  const EyerissV2Parameters p = random_array();
  const EyerissV2Mapping mapping = map_layer(p, layer.shape);
  const auto all = static_cast<double>(layer.shape.dense_macs());
  RC_ASSERT(mapping.busiest_share(layer.shape) * p.elements() >= all);
  RC_ASSERT(mapping.busiest_share(layer.shape) <= all);
  const int parts = mapping.groups * mapping.out_channels * mapping.in_channels *
                    mapping.kernel_rows * mapping.out_rows;
  RC_ASSERT(parts <= p.elements());
}

RC_GTEST_PROP(PackAndSplit, is_the_plain_loops, ()) {
  using rc::gen::inRange;
  const int heads = *inRange(1, 3);
  const int queries = *inRange(1, 5);
  const int keys = *rc::gen::element(1, 16, 63, 64, 65, 128, 130);
  const int width = *rc::gen::element(1, 16, 32, 64);
  std::mt19937 random(*rc::gen::arbitrary<std::uint32_t>());
  std::bernoulli_distribution kept(*rc::gen::element(0.02, 0.3, 0.9));
  std::bernoulli_distribution hidden(*rc::gen::element(0.0, 0.2, 0.95));
  AttentionMask mask(heads, queries, keys);
  std::vector<bool> key_hidden(static_cast<std::size_t>(keys));
  std::vector<bool> query_hidden(static_cast<std::size_t>(queries));
  for (std::size_t key = 0; key < key_hidden.size(); ++key) {
    key_hidden[key] = hidden(random);
    if (key_hidden[key]) mask.hide_key(static_cast<int>(key));
  }
  for (std::size_t query = 0; query < query_hidden.size(); ++query) {
    query_hidden[query] = hidden(random);
    if (query_hidden[query]) mask.hide_query(static_cast<int>(query));
  }
  std::int64_t all_kept = 0;
  std::int64_t skip = 0;
  std::int64_t keep = 0;
  for (int head = 0; head < heads; ++head) {
    for (int query = 0; query < queries; ++query) {
      for (int first = 0; first < keys; first += 64) {
        int in_chunk = 0;
        bool visible = false;
        for (int key = first; key < std::min(first + 64, keys); ++key) {
          const bool keeps = kept(random);
          if (keeps) mask.keep(head, query, key);
          if (key_hidden[static_cast<std::size_t>(key)] ||
              query_hidden[static_cast<std::size_t>(query)]) {
            continue;
          }
          visible = true;
          in_chunk += keeps ? 1 : 0;
        }
        all_kept += in_chunk;
        skip += ceil_div(in_chunk, width);
        keep += visible ? std::max(1, ceil_div(in_chunk, width)) : 0;
      }
    }
  }
  RC_ASSERT(mask.kept() == all_kept);
  RC_ASSERT(pack_and_split(mask, width, EmptyChunks::skip).kept == all_kept);
  RC_ASSERT(pack_and_split(mask, width, EmptyChunks::skip).sub_rows == skip);
  RC_ASSERT(pack_and_split(mask, width, EmptyChunks::keep).sub_rows == keep);
}

}  // namespace
}  // namespace dysta
