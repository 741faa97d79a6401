#include "dysta/accel/eyeriss_v2.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <tuple>
#include <vector>

#include "dysta/accel/effectual.hpp"

namespace dysta {
namespace {

std::size_t size(int value) { return static_cast<std::size_t>(value); }

int ceil_div(int value, int parts) { return (value + parts - 1) / parts; }

/// Input channels whose weights an element holds at a time: C0.
int channels_per_element(const EyerissV2Parameters& parameters, const ConvolutionShape& shape) {
  const std::int64_t column =
      std::min(parameters.output_channels_per_element, shape.out_channels_per_group());
  const std::int64_t fitting = parameters.weights_per_element / (column * shape.kernel_width);
  return static_cast<int>(std::clamp<std::int64_t>(fitting, 1, shape.in_channels_per_group()));
}

double memory_cycles(const EyerissV2Parameters& parameters, const ConvolutionShape& shape,
                     double nonzero_activations, double nonzero_weights) {
  if (!parameters.memory) return 0;
  const auto& memory = *parameters.memory;
  const double activation_bytes = nonzero_activations * memory.bytes_per_nonzero;
  // Weights stream past once for every tile of activations that the buffer holds.
  const double tiles = std::max(1.0, std::ceil(activation_bytes / memory.activation_buffer_bytes));
  const double weight_bytes = nonzero_weights * memory.bytes_per_nonzero * tiles;
  const double output_bytes = static_cast<double>(shape.outputs()) * memory.bytes_per_output;
  return (activation_bytes + weight_bytes + output_bytes) / memory.bytes_per_cycle;
}

LayerCost total(const EyerissV2Parameters& parameters, double effectual_macs, double compute_cycles,
                double memory_cycles) {
  const double cycles = std::ceil(std::max({1.0, compute_cycles, memory_cycles}));
  return {.effectual_macs = effectual_macs,
          .compute_cycles = compute_cycles,
          .memory_cycles = memory_cycles,
          .cycles = cycles,
          .latency = Seconds{cycles / parameters.clock_hz}};
}

/// A layer whose weights are known: what a non-zero activation costs each element it visits.
class Prepared final : public PreparedConvolution {
 public:
  Prepared(const EyerissV2Parameters& parameters, const ConvolutionShape& shape,
           const WeightMask& weights)
      : parameters_(parameters),
        mapping_(map_layer(parameters, shape)),
        counter_(shape, mapping_.out_rows),
        nonzero_weights_(nonzero_weights(shape, weights)),
        cycles_(work_table(shape, weights)),
        weight_count_(std::accumulate(weights.bits().begin(), weights.bits().end(), 0.0)) {}

  LayerCost cost(const ActivationMask& activations) const override {
    const ConvolutionShape& shape = counter_.shape();
    const auto met = counter_.count(activations);
    const double macs = static_cast<double>(effectual_macs(met));
    const std::vector<double> work = work_of_elements(met);
    double compute = 0;
    if (parameters_.perfect_balance) {
      double sum = std::accumulate(work.begin(), work.end(), 0.0);
      if (parameters_.address_checks) {
        sum += address_checks(parameters_, shape, columns_with_nonzeros(activations));
      }
      compute = sum / parameters_.elements();
    } else {
      compute = *std::max_element(work.begin(), work.end());
    }
    return total(parameters_, macs, compute,
                 memory_cycles(parameters_, shape, static_cast<double>(activations.nonzeros()),
                               weight_count_));
  }

 private:
  /// [block of output channels][input channel][tap]: cycles for one non-zero activation there.
  std::vector<double> work_table(const ConvolutionShape& shape, const WeightMask& weights) const {
    const auto taps = size(shape.taps());
    const auto per_group = size(shape.in_channels_per_group());
    const auto outs = size(shape.out_channels_per_group());
    const auto share = size(ceil_div(shape.out_channels_per_group(), mapping_.out_channels));
    const auto column = size(parameters_.output_channels_per_element);
    const auto bits = weights.bits();
    std::vector<double> table(size(mapping_.out_channels) * size(shape.in_channels) * taps);
    std::vector<int> in_column(per_group * taps);
    for (std::size_t group = 0; group < size(shape.groups); ++group) {
      for (std::size_t first = 0; first < outs; first += share) {
        double* row = &table[(first / share * size(shape.in_channels) + group * per_group) * taps];
        const std::size_t last = std::min(first + share, outs);
        for (std::size_t begin = first; begin < last; begin += column) {
          std::fill(in_column.begin(), in_column.end(), 0);
          for (std::size_t out = begin; out < std::min(begin + column, last); ++out) {
            const auto* of_out = &bits[(group * outs + out) * per_group * taps];
            for (std::size_t i = 0; i < in_column.size(); ++i) in_column[i] += of_out[i];
          }
          for (std::size_t i = 0; i < in_column.size(); ++i) {
            row[i] += in_column[i] == 0 ? parameters_.cycles_per_empty_column
                                        : parameters_.cycles_per_mac * in_column[i];
          }
        }
      }
    }
    return table;
  }

  std::int64_t effectual_macs(const std::vector<std::uint32_t>& met) const {
    const auto blocks = size(mapping_.out_rows);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < nonzero_weights_.size(); ++i) {
      const auto activations =
          std::accumulate(&met[i * blocks], &met[i * blocks] + blocks, std::int64_t{0});
      sum += activations * nonzero_weights_[i];
    }
    return sum;
  }

  std::vector<double> work_of_elements(const std::vector<std::uint32_t>& met) const {
    const ConvolutionShape& shape = counter_.shape();
    const auto blocks = size(mapping_.out_rows);
    const auto taps = size(shape.taps());
    const int channels_share = ceil_div(shape.in_channels_per_group(), mapping_.in_channels);
    const int rows_share = ceil_div(shape.kernel_height, mapping_.kernel_rows);
    const int groups_share = ceil_div(shape.groups, mapping_.groups);
    std::vector<double> work(size(mapping_.groups) * size(mapping_.out_channels) *
                             size(mapping_.in_channels) * size(mapping_.kernel_rows) * blocks);
    for (int channel = 0; channel < shape.in_channels; ++channel) {
      const int group = channel / shape.in_channels_per_group();
      const int in_group = channel % shape.in_channels_per_group();
      for (int out = 0; out < mapping_.out_channels; ++out) {
        for (int row = 0; row < shape.kernel_height; ++row) {
          const int element =
              ((group / groups_share * mapping_.out_channels + out) * mapping_.in_channels +
               in_group / channels_share) *
                  mapping_.kernel_rows +
              row / rows_share;
          double* of_element = &work[size(element) * blocks];
          for (int column = 0; column < shape.kernel_width; ++column) {
            const auto tap = size(row * shape.kernel_width + column);
            const double cycles =
                cycles_[(size(out) * size(shape.in_channels) + size(channel)) * taps + tap];
            const auto* counts = &met[(size(channel) * taps + tap) * blocks];
            for (std::size_t block = 0; block < blocks; ++block) {
              of_element[block] += cycles * counts[block];
            }
          }
        }
      }
    }
    return work;
  }

  /// Columns of activations (the input channels at one place that an element holds at a time) with
  /// a non-zero in them.
  double columns_with_nonzeros(const ActivationMask& activations) const {
    const ConvolutionShape& shape = counter_.shape();
    const int per_group = shape.in_channels_per_group();
    const int together = channels_per_element(parameters_, shape);
    std::int64_t columns = 0;
    std::vector<std::uint64_t> any;
    for (int first = 0; first < shape.in_channels;) {
      const int end_of_group = (first / per_group + 1) * per_group;
      const int last = std::min(first + together, end_of_group);
      const auto plane = activations.plane(first);
      any.assign(plane.begin(), plane.end());
      for (int channel = first + 1; channel < last; ++channel) {
        const auto other = activations.plane(channel);
        for (std::size_t i = 0; i < any.size(); ++i) any[i] |= other[i];
      }
      for (const std::uint64_t word : any) columns += std::popcount(word);
      first = last;
    }
    return static_cast<double>(columns);
  }

  EyerissV2Parameters parameters_;
  EyerissV2Mapping mapping_;
  TapCounter counter_;
  std::vector<std::uint32_t> nonzero_weights_;
  std::vector<double> cycles_;
  double weight_count_;
};

}  // namespace

double EyerissV2Mapping::busiest_share(const ConvolutionShape& shape) const {
  return static_cast<double>(ceil_div(shape.groups, groups)) *
         ceil_div(shape.out_channels_per_group(), out_channels) *
         ceil_div(shape.in_channels_per_group(), in_channels) *
         ceil_div(shape.kernel_height, kernel_rows) * ceil_div(shape.out_height(), out_rows) *
         shape.kernel_width * shape.out_width();
}

EyerissV2Mapping map_layer(const EyerissV2Parameters& parameters, const ConvolutionShape& shape) {
  using Part = int EyerissV2Mapping::*;
  using M = EyerissV2Mapping;
  constexpr Part kOfRows[] = {&M::kernel_rows, &M::in_channels, &M::out_channels, &M::groups};
  constexpr Part kOfColumns[] = {&M::out_rows, &M::out_channels, &M::in_channels, &M::groups};
  const int clusters = parameters.clusters;
  M best;
  auto best_rank = std::tuple(best.busiest_share(shape), 1);
  const auto divides = [](int part, int whole) { return whole % part == 0; };
  for (int outs = 1; outs <= clusters; ++outs) {
    if (!divides(outs, clusters)) continue;
    for (int ins = 1; ins <= clusters / outs; ++ins) {
      if (!divides(ins, clusters / outs)) continue;
      for (int rows = 1; rows <= clusters / outs / ins; ++rows) {
        if (!divides(rows, clusters / outs / ins)) continue;
        for (const Part of_rows : kOfRows) {
          for (const Part of_columns : kOfColumns) {
            M mapping{.groups = clusters / outs / ins / rows,
                      .out_channels = outs,
                      .in_channels = ins,
                      .kernel_rows = 1,
                      .out_rows = rows};
            mapping.*of_rows *= parameters.cluster_rows;
            mapping.*of_columns *= parameters.cluster_columns;
            const auto rank = std::tuple(mapping.busiest_share(shape), mapping.in_channels);
            if (rank < best_rank) {
              best_rank = rank;
              best = mapping;
            }
          }
        }
      }
    }
  }
  return best;
}

double address_checks(const EyerissV2Parameters& parameters, const ConvolutionShape& shape,
                      double columns_with_nonzeros) {
  const double out_blocks =
      ceil_div(shape.out_channels_per_group(), parameters.output_channels_per_element);
  const double in_blocks =
      ceil_div(shape.in_channels_per_group(), channels_per_element(parameters, shape));
  const double positions = static_cast<double>(shape.out_height()) * shape.out_width();
  return out_blocks * shape.kernel_width *
         (shape.groups * in_blocks * positions + 2 * columns_with_nonzeros);
}

LayerCost EyerissV2::cost(const ConvolutionShape& shape, const ConvolutionDensity& density) const {
  shape.check();
  const double macs =
      static_cast<double>(shape.dense_macs()) * density.activations * density.weights;
  const EyerissV2Mapping mapping = map_layer(parameters_, shape);
  // A column of M0 weights costs its non-zeros, or a look-up when it has none.
  const int outs = ceil_div(shape.out_channels_per_group(),
                            parameters_.perfect_balance ? 1 : mapping.out_channels);
  const int column = std::min(parameters_.output_channels_per_element, outs);
  const double cycles_per_weight =
      parameters_.cycles_per_mac * density.weights +
      parameters_.cycles_per_empty_column * std::pow(1 - density.weights, column) / column;
  double compute = 0;
  if (parameters_.perfect_balance) {
    compute = static_cast<double>(shape.dense_macs()) * density.activations * cycles_per_weight;
    if (parameters_.address_checks) {
      const int together = channels_per_element(parameters_, shape);
      const double columns = static_cast<double>(shape.inputs()) / shape.in_channels *
                             shape.groups * ceil_div(shape.in_channels_per_group(), together) *
                             (1 - std::pow(1 - density.activations, together));
      compute += address_checks(parameters_, shape, columns);
    }
    compute /= parameters_.elements();
  } else {
    compute =
        mapping.busiest_share(shape) * density.activations * cycles_per_weight * density.unevenness;
  }
  return total(
      parameters_, macs, compute,
      memory_cycles(parameters_, shape, static_cast<double>(shape.inputs()) * density.activations,
                    static_cast<double>(shape.weights()) * density.weights));
}

std::unique_ptr<const PreparedConvolution> EyerissV2::prepare(const ConvolutionShape& shape,
                                                              const WeightMask& weights) const {
  shape.check();
  return std::make_unique<Prepared>(parameters_, shape, weights);
}

}  // namespace dysta
