// The published latency of an attention layer on Sanger.
#pragma once

#include "dysta/core/time.hpp"

namespace dysta {

/// Latency of one attention layer of width 768 on a 64 × 64 array with 16 multipliers a row at
/// 1 GHz and 128 GB/s, as the public evaluation of Sparse-DySta (MICRO'23) computes it.
///
/// `density` is the share of attention scores kept, in (0, 1]; `load_balance` the share of packed
/// slots that do work ("50%-skip"), in (0, 1]; `sequence_length` is in tokens, greater than 0.
Seconds sanger_layer_latency(double density, double load_balance, double sequence_length);

}  // namespace dysta
