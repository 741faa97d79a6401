// Statistical models fitted to measured traces: docs/synthesis.md.
#pragma once

#include "dysta/synth/measured_trace.hpp"
#include "dysta/synth/network_model.hpp"

namespace dysta {

/// Fewest inputs of the first data set from which deviations and correlations are estimated.
inline constexpr std::size_t kFewestFittedInputs = 10;

/// The model whose moments are those of the trace, its weights as measured. Per layer, mean and
/// standard deviation are those of the first data set (of attention at the reference length, the
/// geometric mean of all sets'); the other data sets add a shift a layer and one spread. The logits
/// of attention follow a polynomial of the logarithm of the length, found by least squares over all
/// sets, each with a level of its own. Factors are found by `analyse_factors` in what the first
/// set's logits deviate from their means (of attention, from the polynomial). Unevenness is the
/// measured latency over that modelled from densities, where it is computing that takes the time.
///
/// Throws `FileError` where the first set has fewer than `kFewestFittedInputs` inputs.
NetworkModel fit_model(const MeasuredTrace& measured);

}  // namespace dysta
