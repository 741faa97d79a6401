#include "dysta/trace/sanger_latency.hpp"

namespace dysta {

Seconds sanger_layer_latency(double density, double load_balance, double sequence_length) {
  constexpr double kWidth = 768;
  constexpr double kArray = 64;
  constexpr double kMacsPerSecond = 2048e9;
  constexpr double kCycleSeconds = 1e-9;
  const double q = sequence_length;
  const double packed = density / load_balance;
  const double projections = 6 * q * kWidth * kWidth / kMacsPerSecond;
  const double sparse_products = 2 * q * kWidth * kWidth * packed / kMacsPerSecond;
  const double n = 4 * q * packed;
  const double array_cycles = (n / kArray) * (q / kArray) * (kWidth + kArray + n + kArray);
  return Seconds{projections + sparse_products + array_cycles * kCycleSeconds};
}

}  // namespace dysta
