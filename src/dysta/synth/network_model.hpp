// Statistical models of networks: the exact shapes of their layers, and how the density of each
// varies over inputs. Traces are synthesised from them where a network cannot be measured.
//
// For input s of data set D, layer l has the density
//
//     logistic(m_l + v_l · z),   z = shift_{D,l} + spread_D · (Σ_k λ_{l,k} f_{s,k} + u_l e_{s,l})
//
// with factors f ~ N(0, 1) that the layers of an input share, u_l = sqrt(1 - Σ_k λ_{l,k}²), and a
// rest e ~ N(0, 1) whose correlation between layers i and j is ρ^|i - j|, layers of constant
// density not counted. m_l and v_l are such that mean and standard deviation on the first data set
// (shift 0, spread 1) are exactly those stated.
//
// The density of attention also depends on the length n of the input: m_l grows by a polynomial of
// log(n / reference length), the same for all data sets; stated are mean and standard deviation of
// the first data set's inputs of the reference length. docs/synthesis.md says why this form, and
// holds it against traces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/accel/layer.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// How a layer's density varies over inputs.
struct DensityStatistics {
  double mean = 1;               ///< on the first data set, in (0, 1]
  double deviation = 0;          ///< standard deviation there; 0: the density is constant
  std::vector<double> loadings;  ///< λ, one a factor of the model; squares sum to at most 1
  std::vector<double> shifts;    ///< one a data set, 0 for the first

  bool operator==(const DensityStatistics&) const = default;
};

/// A convolution of a network and the densities of what it reads.
struct ConvolutionStatistics {
  std::string name;
  ConvolutionShape shape;
  std::vector<std::size_t> after;  ///< the layers whose outputs it reads; none: the network's input
  double weights = 1;              ///< share that is not zero before any pattern is applied
  double unevenness = 1;           ///< see `ConvolutionDensity`
  DensityStatistics density;       ///< of input activations

  bool operator==(const ConvolutionStatistics&) const = default;
};

/// An attention block and the density of its mask.
struct AttentionStatistics {
  std::string name;
  int heads = 1;
  int width = 1;                      ///< of the model: heads times the width of a head
  bool causal = false;                ///< whether a query sees only keys up to its own place
  DensityStatistics density;          ///< mean and deviation are those at the reference length
  std::vector<double> length_effect;  ///< of log(n / reference), its square, …, on the logit

  /// The load balance has the logit of `balance`, plus a polynomial of log(n / reference), plus
  /// `balance_density` times what the logit of the density has beyond its mean at this length, plus
  /// normal noise.
  double balance = 1;  ///< at the reference length, in (0, 1]; 1: constant
  std::vector<double> balance_length;
  double balance_density = 0;
  double balance_deviation = 0;

  bool operator==(const AttentionStatistics&) const = default;
};

/// A population of inputs.
struct DataSet {
  std::string name;
  double spread = 1;  ///< of z, relative to the first data set

  /// Attention: lengths of inputs in tokens, as quantiles at even steps from the least to the
  /// largest, between which the logarithm is interpolated. One: all inputs have this length.
  std::vector<double> tokens;

  bool operator==(const DataSet&) const = default;
};

/// How magnitude pruning spreads over layers, and how unevenly it leaves the zeros.
struct PruningStatistics {
  /// The share of weights that a layer keeps is proportional to its number of weights to the power
  /// of minus this, but at most 1; 0: every layer keeps the same share.
  double exponent = 0;

  /// A layer that keeps the share w of its weights is w^-x times as uneven as before.
  double random_unevenness = 0;
  double nm_unevenness = 0;
  double block_unevenness = 0;

  bool operator==(const PruningStatistics&) const = default;
};

/// What an origin is given for, and where the figures are from.
struct Origin {
  std::string of;
  std::string text;

  bool operator==(const Origin&) const = default;
};

struct NetworkModel {
  std::string name;     ///< no `_` in it: what follows one in a trace's name is the pattern
  std::string what;     ///< in a line
  std::string pattern;  ///< what the weights as stated are called: mostly `dense`
  std::vector<Origin> origins;
  TraceKind kind = TraceKind::cnn;
  std::vector<DataSet> data_sets;  ///< the first is the one that densities are stated for
  double depth_correlation = 0;    ///< ρ
  double reference_tokens = 0;     ///< attention: the reference length
  PruningStatistics pruning;       ///< CNNs
  std::vector<ConvolutionStatistics> convolutions;  ///< in order; empty unless a CNN
  std::vector<AttentionStatistics> attention;       ///< in order; empty unless attention

  std::size_t layers() const { return convolutions.size() + attention.size(); }
  const DensityStatistics& density(std::size_t layer) const {
    return kind == TraceKind::cnn ? convolutions[layer].density : attention[layer].density;
  }
  std::size_t factors() const { return density(0).loadings.size(); }

  /// Multiply-accumulates of all layers without skipping; of attention at the reference length.
  std::int64_t dense_macs() const;

  bool operator==(const NetworkModel&) const = default;
};

/// The model files that come with the library: suite/models/NAME.yaml.
struct ShippedModel {
  std::string_view name;
  std::string_view text;
};
std::vector<ShippedModel> shipped_models();

/// The text of a model file: of the shipped model with this name or, where `name_or_file` ends in
/// `.yaml` or `.yml`, of that file. Throws `SpecificationError` for an unknown name, `FileError`
/// for a file that cannot be read.
std::string model_text(const std::string& name_or_file);

/// The model that this text describes. Throws `FileError` with line and column of what is wrong.
NetworkModel load_model(const std::string& name_or_file);

/// The same from the text of a model file; `name` is what messages call the file.
NetworkModel parse_model(const std::string& name, const std::string& text);

/// A model as the text of a file, from which `parse_model` makes the same model. Numbers are
/// written with `digits` significant digits.
std::string text_of(const NetworkModel& model, int digits = 17);

}  // namespace dysta
