#include "dysta/trace/sanger_latency.hpp"

namespace dysta {

Seconds sanger_layer_latency(double density, double load_balance, double sequence_length,
                             const SangerConstants& constants) {
  const auto& [width, array, macs_per_s, seconds_per_cycle] = constants;
  const double q = sequence_length;
  const double packed = density / load_balance;
  const double projections = 6 * q * width * width / macs_per_s;
  const double sparse_products = 2 * q * width * width * packed / macs_per_s;
  const double n = 4 * q * packed;
  const double array_cycles = (n / array) * (q / array) * (width + array + n + array);
  return Seconds{projections + sparse_products + array_cycles * seconds_per_cycle};
}

}  // namespace dysta
