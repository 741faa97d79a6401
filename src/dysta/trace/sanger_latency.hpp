// The published latency of an attention layer on Sanger.
#pragma once

#include "dysta/core/time.hpp"

namespace dysta {

/// What the published formula has as constants.
struct SangerConstants {
  double width = 768;          ///< of the model
  double array = 64;           ///< rows and columns of the array
  double macs_per_s = 2048e9;  ///< of dense products
  double seconds_per_cycle = 1e-9;
};

/// Latency of one attention layer as the public evaluation of Sparse-DySta (MICRO'23) computes it,
/// by default for a width of 768 on a 64 × 64 array with 16 multipliers a row at 1 GHz and
/// 128 GB/s.
///
/// `density` is the share of attention scores kept, in (0, 1]; `load_balance` the share of packed
/// slots that do work ("50%-skip"), in (0, 1]; `sequence_length` is in tokens, greater than 0.
Seconds sanger_layer_latency(double density, double load_balance, double sequence_length,
                             const SangerConstants& constants = {});

}  // namespace dysta
