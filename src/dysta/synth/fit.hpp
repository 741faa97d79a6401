// Statistical models fitted to measured traces: docs/synthesis.md.
#pragma once

#include "dysta/synth/measured_trace.hpp"
#include "dysta/synth/network_model.hpp"

namespace dysta {

/// Fewest inputs of the first data set from which deviations and correlations are estimated.
inline constexpr std::size_t kFewestFittedInputs = 10;

/// The model of which the trace is most likely a sample, its weights as measured. Per layer, mean
/// and standard deviation are those of the first data set; the other data sets add a shift a layer
/// and one spread. Factors are found by `analyse_factors` in what the first set's logits deviate
/// from their means (for attention, from a polynomial of the logarithm of the length, found by
/// least squares). Unevenness is the measured latency over that modelled from densities, where it
/// is computing that takes the time.
///
/// Throws `FileError` where the first set has fewer than `kFewestFittedInputs` inputs.
NetworkModel fit_model(const MeasuredTrace& measured);

}  // namespace dysta
