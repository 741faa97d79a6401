// How close synthesised traces come to the measured one that their model was fitted to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dysta/synth/measured_trace.hpp"

namespace dysta {

/// What a scheduler can use of a trace. A network's sparsity is the mean over its layers, as
/// `describe` has it; all are over all inputs, whatever their data set.
struct TraceStatistics {
  double sparsity = 0;            ///< mean over inputs
  double sparsity_deviation = 0;  ///< standard deviation over inputs
  double sparsity_range = 0;      ///< (largest - least) / mean over inputs
  double layer_correlation = 0;   ///< of sparsity, mean over pairs of layers
  double latency_s = 0;           ///< mean over inputs
  double latency_deviation = 0;   ///< standard deviation over its mean
};

TraceStatistics statistics_of(const Trace& trace);

struct Calibration {
  std::string trace;
  std::string model;
  TraceKind kind = TraceKind::cnn;
  std::size_t inputs = 0;
  TraceStatistics measured;
  TraceStatistics synthesised;  ///< mean over draws of as many inputs of the same data sets
  TraceStatistics spread;       ///< standard deviation over these draws
};

/// Fits a model to the trace and synthesises from it `draws` (from 2) times, with the seeds from
/// `first_seed`. Throws as `fit_model` and `synthesize` do.
Calibration calibrate(const MeasuredTrace& measured, std::size_t draws,
                      std::uint64_t first_seed = 1);

/// The same of several, each statistic averaged: `trace` is the first's model.
Calibration mean_of(const std::vector<Calibration>& calibrations);

}  // namespace dysta
