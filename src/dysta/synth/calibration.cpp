#include "dysta/synth/calibration.hpp"

#include <algorithm>

#include "dysta/accel/accelerator.hpp"
#include "dysta/metrics/statistics.hpp"
#include "dysta/synth/fit.hpp"
#include "dysta/synth/synthesize.hpp"
#include "dysta/trace/describe.hpp"

namespace dysta {
namespace {

constexpr double TraceStatistics::*kAll[] = {
    &TraceStatistics::sparsity,       &TraceStatistics::sparsity_deviation,
    &TraceStatistics::sparsity_range, &TraceStatistics::layer_correlation,
    &TraceStatistics::latency_s,      &TraceStatistics::latency_deviation};

/// Mean and standard deviation over values, of each statistic.
void summarise(const std::vector<TraceStatistics>& values, TraceStatistics& mean,
               TraceStatistics& deviation) {
  for (const auto member : kAll) {
    std::vector<double> of_member;
    for (const TraceStatistics& value : values) of_member.push_back(value.*member);
    mean.*member = mean_of(of_member);
    deviation.*member = standard_deviation(of_member);
  }
}

}  // namespace

TraceStatistics statistics_of(const Trace& trace) {
  const TraceDescription description = describe(trace);
  std::vector<double> sparsity;
  std::vector<double> latency;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    double sum = 0;
    for (const LayerSample& layer : trace.sample(s)) sum += layer.sparsity;
    sparsity.push_back(sum / static_cast<double>(trace.layers()));
    latency.push_back(trace.isolated(s).count());
  }
  const double mean = description.network_latency_s.mean;
  return {.sparsity = description.network_sparsity.mean,
          .sparsity_deviation = standard_deviation(sparsity),
          .sparsity_range = description.network_sparsity.relative(),
          .layer_correlation = description.layer_correlation,
          .latency_s = mean,
          .latency_deviation = standard_deviation(latency) / mean};
}

Calibration calibrate(const MeasuredTrace& measured, std::size_t draws, std::uint64_t first_seed) {
  const Trace& trace = measured.trace;
  const NetworkModel model = fit_model(measured);
  const auto accelerator =
      parse_accelerator(measured.accelerator + ".yaml", measured.accelerator_parameters);
  SynthesisOptions options;
  for (std::size_t i = 0; i < measured.inputs.size(); ++i) {
    options.inputs.emplace_back(model.data_sets[i].name, measured.inputs[i].second);
  }
  std::vector<TraceStatistics> drawn;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    options.seed = first_seed + draw;
    drawn.push_back(statistics_of(synthesize(model, *accelerator, options).trace));
  }
  Calibration calibration{.trace = trace.name(),
                          .model = trace.identity().model,
                          .kind = trace.identity().kind,
                          .inputs = trace.samples(),
                          .measured = statistics_of(trace),
                          .synthesised = {},
                          .spread = {}};
  summarise(drawn, calibration.synthesised, calibration.spread);
  return calibration;
}

Calibration mean_of(const std::vector<Calibration>& calibrations) {
  Calibration mean = calibrations.front();
  mean.trace = mean.model;
  std::vector<TraceStatistics> measured;
  std::vector<TraceStatistics> synthesised;
  std::vector<TraceStatistics> spread;
  mean.inputs = 0;
  for (const Calibration& calibration : calibrations) {
    mean.inputs += calibration.inputs;
    measured.push_back(calibration.measured);
    synthesised.push_back(calibration.synthesised);
    spread.push_back(calibration.spread);
  }
  TraceStatistics unused;
  summarise(measured, mean.measured, unused);
  summarise(synthesised, mean.synthesised, unused);
  summarise(spread, mean.spread, unused);
  return mean;
}

}  // namespace dysta
