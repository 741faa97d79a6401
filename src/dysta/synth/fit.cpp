#include "dysta/synth/fit.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include <Eigen/QR>

#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/metrics/statistics.hpp"
#include "dysta/synth/factors.hpp"
#include "dysta/synth/logit_normal.hpp"

namespace dysta {
namespace {

constexpr std::size_t kMostFactors = 8;
constexpr int kLengthDegree = 3;
constexpr std::size_t kLengthSteps = 20;     // quantiles at every 5%
constexpr double kSmallestShare = 1e-6;      // kept clear of 0 and 1, where logits end
constexpr double kSmallestDeviation = 1e-5;  // of a density: below it is taken to be constant
constexpr double kLargestDeviation = 6;      // of z: what an input at 0 or 1 would count as
constexpr double kMemoryBound = 1.02;        // measured over memory time that tells nothing else

double clear_of_ends(double share) { return std::clamp(share, kSmallestShare, 1 - kSmallestShare); }

/// Names of files and data sets as a model file may hold them.
std::string as_word(std::string text, bool underscores) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  for (char& c : text) {
    if (!letter_or_digit(c) && c != '.' && !(underscores && c == '_')) c = '-';
  }
  if (text.empty() || !letter_or_digit(text.front())) text.insert(0, "x");
  return text;
}

/// Least squares: the coefficients of `columns` that come closest to `values`, and what they leave.
struct Regression {
  std::vector<double> coefficients;
  std::vector<double> rest;
};

Regression regress(const std::vector<std::vector<double>>& columns,
                   const std::vector<double>& values) {
  const auto rows = static_cast<Eigen::Index>(values.size());
  Eigen::MatrixXd a(rows, static_cast<Eigen::Index>(columns.size()));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    a.col(static_cast<Eigen::Index>(c)) =
        Eigen::Map<const Eigen::VectorXd>(columns[c].data(), rows);
  }
  const Eigen::VectorXd b = Eigen::Map<const Eigen::VectorXd>(values.data(), rows);
  const Eigen::VectorXd x = a.colPivHouseholderQr().solve(b);
  const Eigen::VectorXd rest = b - a * x;
  return {.coefficients = {x.begin(), x.end()}, .rest = {rest.begin(), rest.end()}};
}

class Fit {
 public:
  explicit Fit(const MeasuredTrace& measured) : measured_(measured), trace_(measured.trace) {
    first_ = measured.inputs.front().second;
    if (first_ < kFewestFittedInputs) {
      throw FileError(trace_.identity().file, 0,
                      "has " + counted(first_, "input") + " of data set " +
                          in_quotes(measured.inputs.front().first) + "; needed are at least " +
                          std::to_string(kFewestFittedInputs));
    }
  }

  NetworkModel model() {
    describe_origin();
    add_data_sets();
    if (model_.kind == TraceKind::cnn) {
      for (std::size_t layer = 0; layer < trace_.layers(); ++layer) add_convolution(layer);
    } else {
      find_lengths();
      for (std::size_t layer = 0; layer < trace_.layers(); ++layer) add_attention(layer);
    }
    add_common_factors();
    add_shifts();
    return std::move(model_);
  }

 private:
  void describe_origin() {
    const Trace::Identity& identity = trace_.identity();
    model_.kind = identity.kind;
    model_.name = as_word(identity.model, false);
    model_.pattern = identity.pattern.empty() ? "dense" : as_word(identity.pattern, true);
    model_.what = measured_.title.empty() ? "fitted to " + identity.name : measured_.title;
    std::string inputs;
    for (const auto& [name, count] : measured_.inputs) {
      inputs += (inputs.empty() ? "" : " and ") + std::to_string(count) + " of " + name;
    }
    const std::string of_trace = identity.name + ".csv (" + inputs + "; " + measured_.origin + ")";
    model_.origins = {{.of = "layers", .text = "provenance of " + identity.name + ".csv"},
                      {.of = "densities", .text = "fitted to " + of_trace}};
    if (model_.kind == TraceKind::cnn) {
      model_.origins.push_back(
          {.of = "weights", .text = "provenance of " + identity.name + ".csv"});
      model_.origins.push_back({.of = "unevenness",
                                .text = "latency of " + identity.name +
                                        ".csv over that modelled from densities, on " +
                                        measured_.accelerator});
    }
  }

  void add_data_sets() {
    for (const auto& [name, count] : measured_.inputs) {
      DataSet set;
      set.name = as_word(name, true);
      model_.data_sets.push_back(std::move(set));
    }
  }

  double density(std::size_t sample, std::size_t layer) const {
    return 1 - trace_.sample(sample)[layer].sparsity;
  }

  std::vector<double> densities(std::size_t layer) const {
    std::vector<double> values;
    for (std::size_t s = 0; s < trace_.samples(); ++s) values.push_back(density(s, layer));
    return values;
  }

  void add_convolution(std::size_t index) {
    const MeasuredLayer& measured = measured_.layers[index];
    ConvolutionStatistics layer;
    layer.name = unique_name(measured.name, index);
    layer.shape = std::get<ConvolutionShape>(measured.shape);
    if (index > 0) layer.after = {index - 1};
    layer.weights = measured.weight_density;
    const std::vector<double> all = densities(index);
    layer.density.mean = mean_of(std::span(all).first(first_));
    layer.density.deviation = standard_deviation(std::span(all).first(first_));
    limit_deviation(layer.density);
    layer.unevenness = unevenness(index, layer, mean_of(all));
    if (layer.density.deviation > 0) {
      const LogitNormal fitted = solve_logit_normal(layer.density.mean, layer.density.deviation);
      std::vector<double> z;
      for (const double density : all) {
        z.push_back(std::clamp((logit(clear_of_ends(density)) - fitted.location) / fitted.scale,
                               -kLargestDeviation, kLargestDeviation));
      }
      varying_.push_back(index);
      z_.push_back(std::move(z));
    }
    model_.convolutions.push_back(std::move(layer));
  }

  /// A layer at one end on nearly all inputs spreads as no share that is logit-normal does.
  static void limit_deviation(DensityStatistics& density) {
    density.deviation =
        std::min(density.deviation,
                 0.99 * kLargestRelativeDeviation * std::sqrt(density.mean * (1 - density.mean)));
    const bool at_end = density.mean > 1 - kSmallestDeviation;
    if (at_end || density.deviation < kSmallestDeviation) density.deviation = 0;
  }

  double unevenness(std::size_t index, const ConvolutionStatistics& layer, double mean_density) {
    if (!accelerator_) {
      accelerator_ = parse_accelerator(measured_.accelerator + ".yaml of " + trace_.name(),
                                       measured_.accelerator_parameters);
    }
    const LayerCost even = accelerator_->cost(
        layer.shape,
        ConvolutionDensity{.activations = mean_density, .weights = layer.weights, .unevenness = 1});
    double seconds = 0;
    for (std::size_t s = 0; s < trace_.samples(); ++s) {
      seconds += trace_.sample(s)[index].latency_s / static_cast<double>(trace_.samples());
    }
    const double cycles = seconds * even.cycles / even.latency.count();
    if (!(cycles > kMemoryBound * even.memory_cycles) || !(even.compute_cycles > 0)) return 1;
    return std::clamp(cycles / even.compute_cycles, 0.01, 100.0);
  }

  std::string unique_name(const std::string& name, std::size_t index) {
    std::string unique = name.empty() ? "layer" + std::to_string(index) : name;
    while (!names_.insert(unique).second) unique += '\'';
    return unique;
  }

  void find_lengths() {
    std::vector<double> lengths;
    std::set<std::uint32_t> different;
    double sum = 0;
    std::size_t begin = 0;
    for (DataSet& set : model_.data_sets) {
      const std::size_t count = measured_.inputs[begin_of_.size()].second;
      std::vector<double> own;
      for (std::size_t s = begin; s < begin + count; ++s) {
        own.push_back(trace_.sequence_length(s));
        different.insert(trace_.sequence_length(s));
        sum += std::log(own.back());
      }
      lengths.insert(lengths.end(), own.begin(), own.end());
      std::sort(own.begin(), own.end());
      set.tokens = quantiles(own);
      begin_of_.push_back(begin);
      begin += count;
    }
    model_.reference_tokens = std::round(std::exp(sum / static_cast<double>(lengths.size())));
    // The columns that a polynomial of the length multiplies: 1, x, x², …
    const std::size_t degree = different.size() > 2 * kLengthDegree ? kLengthDegree : 0;
    powers_.assign(1, std::vector<double>(lengths.size(), 1.0));
    for (std::size_t power = 1; power <= degree; ++power) {
      std::vector<double> column;
      for (std::size_t s = 0; s < lengths.size(); ++s) {
        column.push_back(powers_.back()[s] * std::log(lengths[s] / model_.reference_tokens));
      }
      powers_.push_back(std::move(column));
    }
  }

  static std::vector<double> quantiles(const std::vector<double>& sorted) {
    if (sorted.front() == sorted.back()) return {sorted.front()};
    std::vector<double> result;
    for (std::size_t step = 0; step <= kLengthSteps; ++step) {
      const double place = static_cast<double>(step * (sorted.size() - 1)) / kLengthSteps;
      const auto below = static_cast<std::size_t>(place);
      const std::size_t above = std::min(below + 1, sorted.size() - 1);
      result.push_back(std::round(sorted[below] + (place - static_cast<double>(below)) *
                                                      (sorted[above] - sorted[below])));
    }
    return result;
  }

  /// What a regression on the length leaves of `values`, with the location and deviation of the
  /// first data set. The polynomial is that of all sets, whose lengths together tell it best, but
  /// each set has a level of its own: else a difference between sets would be taken for an effect
  /// of their lengths.
  struct LengthEffect {
    double location = 0;               ///< at the reference length, of the first data set
    std::vector<double> coefficients;  ///< of log(n / reference), its square, …
    std::vector<double> rest;          ///< over inputs, from what the first set would have
    double deviation = 0;              ///< of the first set's rest
  };

  LengthEffect regress_on_length(const std::vector<double>& values) const {
    auto columns = powers_;
    for (std::size_t set = 1; set < begin_of_.size(); ++set) {
      columns.push_back(members(set));
    }
    const Regression fitted = regress(columns, values);
    const auto& c = fitted.coefficients;
    LengthEffect effect{
        .location = c.front(),
        .coefficients = {c.begin() + 1, c.begin() + static_cast<std::ptrdiff_t>(powers_.size())},
        .rest = fitted.rest,
        .deviation = standard_deviation(std::span(fitted.rest).first(first_))};
    for (std::size_t set = 1; set < begin_of_.size(); ++set) {
      const double level = c[powers_.size() + set - 1];
      const std::vector<double> member = members(set);
      for (std::size_t s = 0; s < member.size(); ++s) effect.rest[s] += level * member[s];
    }
    return effect;
  }

  /// 1 for each input of a data set, 0 for the others.
  std::vector<double> members(std::size_t set) const {
    std::vector<double> member(trace_.samples(), 0.0);
    std::fill_n(member.begin() + static_cast<std::ptrdiff_t>(begin_of_[set]),
                measured_.inputs[set].second, 1.0);
    return member;
  }

  void add_attention(std::size_t index) {
    const MeasuredLayer& measured = measured_.layers[index];
    const auto& shape = std::get<AttentionShape>(measured.shape);
    AttentionStatistics layer;
    layer.name = unique_name(measured.name, index);
    layer.heads = shape.heads;
    layer.width = shape.width;
    layer.causal = is_causal(index);
    std::vector<double> logits;
    for (const double density : densities(index)) logits.push_back(logit(clear_of_ends(density)));
    LengthEffect by_length = regress_on_length(logits);
    const LogitNormal fitted{.location = by_length.location, .scale = by_length.deviation};
    layer.length_effect = by_length.coefficients;
    layer.density.mean = fitted.scale > 0 ? fitted.mean() : logistic(fitted.location);
    layer.density.deviation = fitted.scale > 0 ? fitted.deviation() : 0;
    limit_deviation(layer.density);
    add_balance(index, by_length.rest, layer);
    if (layer.density.deviation > 0) {
      for (double& rest : by_length.rest) {
        rest = std::clamp(rest / fitted.scale, -kLargestDeviation, kLargestDeviation);
      }
      varying_.push_back(index);
      z_.push_back(std::move(by_length.rest));
    }
    model_.attention.push_back(std::move(layer));
  }

  void add_balance(std::size_t index, const std::vector<double>& density_rest,
                   AttentionStatistics& layer) const {
    std::vector<double> logits;
    for (std::size_t s = 0; s < trace_.samples(); ++s) {
      logits.push_back(logit(clear_of_ends(measured_.load_balance[s * trace_.layers() + index])));
    }
    auto columns = powers_;
    const bool density_varies = layer.density.deviation > 0;
    if (density_varies) columns.push_back(density_rest);
    const Regression fitted = regress(columns, logits);
    layer.balance = logistic(fitted.coefficients.front());
    layer.balance_length.assign(
        fitted.coefficients.begin() + 1,
        fitted.coefficients.begin() + static_cast<std::ptrdiff_t>(powers_.size()));
    if (density_varies) layer.balance_density = fitted.coefficients.back();
    layer.balance_deviation = standard_deviation(fitted.rest);
  }

  /// Whether no input keeps more than what causality leaves.
  bool is_causal(std::size_t index) const {
    for (std::size_t s = 0; s < trace_.samples(); ++s) {
      const double tokens = trace_.sequence_length(s);
      if (density(s, index) > (tokens + 1) / (2 * tokens) + kSmallestShare) return false;
    }
    return true;
  }

  void add_common_factors() {
    Observations observations{.variables = varying_.size(), .values = {}};
    for (std::size_t s = 0; s < first_; ++s) {
      for (const auto& z : z_) observations.values.push_back(z[s]);
    }
    const FactorAnalysis analysis = analyse_factors(observations, kMostFactors);
    model_.depth_correlation = analysis.neighbour_correlation;
    for (std::size_t i = 0; i < model_.layers(); ++i) {
      density_of(i).loadings.assign(analysis.factors, 0.0);
    }
    for (std::size_t v = 0; v < varying_.size(); ++v) {
      if (analysis.factors > 0) density_of(varying_[v]).loadings = analysis.loadings[v];
    }
  }

  void add_shifts() {
    for (std::size_t i = 0; i < model_.layers(); ++i) {
      density_of(i).shifts.assign(model_.data_sets.size(), 0.0);
    }
    std::size_t begin = first_;
    for (std::size_t set = 1; set < model_.data_sets.size(); ++set) {
      const std::size_t count = measured_.inputs[set].second;
      std::vector<double> spreads;
      for (std::size_t v = 0; v < varying_.size(); ++v) {
        const auto reference = std::span(z_[v]).first(first_);
        const auto own = std::span(z_[v]).subspan(begin, count);
        density_of(varying_[v]).shifts[set] = mean_of(own) - mean_of(reference);
        if (count > 1) spreads.push_back(standard_deviation(own) / standard_deviation(reference));
      }
      if (!spreads.empty()) {
        const auto middle = spreads.begin() + static_cast<std::ptrdiff_t>(spreads.size() / 2);
        std::nth_element(spreads.begin(), middle, spreads.end());
        model_.data_sets[set].spread = std::clamp(*middle, 0.01, 100.0);
      }
      begin += count;
    }
  }

  DensityStatistics& density_of(std::size_t layer) {
    return model_.kind == TraceKind::cnn ? model_.convolutions[layer].density
                                         : model_.attention[layer].density;
  }

  const MeasuredTrace& measured_;
  const Trace& trace_;
  std::size_t first_ = 0;  ///< inputs of the first data set
  NetworkModel model_;
  std::unique_ptr<const Accelerator> accelerator_;
  std::set<std::string> names_;
  std::vector<std::size_t> varying_;         ///< layers whose density is not constant
  std::vector<std::vector<double>> z_;       ///< of those, over inputs
  std::vector<std::vector<double>> powers_;  ///< [power][input]: of log(length / reference)
  std::vector<std::size_t> begin_of_;        ///< first input of each data set
};

}  // namespace

NetworkModel fit_model(const MeasuredTrace& measured) { return Fit(measured).model(); }

}  // namespace dysta
