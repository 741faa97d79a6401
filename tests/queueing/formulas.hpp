// What queueing theory says of one server, or several, and Poisson arrivals.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace dysta::test {

/// A share of the requests that need `size_s` seconds of service.
struct SizeClass {
  double size_s;
  double share;
};

/// A distribution of service times: classes of distinct sizes, ascending, with shares that sum
/// to 1.
using Sizes = std::vector<SizeClass>;

/// E[S^power].
inline double moment(const Sizes& sizes, int power) {
  double sum = 0;
  for (const SizeClass& c : sizes) sum += c.share * std::pow(c.size_s, power);
  return sum;
}

/// Loads by size: entry i is that of the i smallest classes together, so the last is the whole
/// load.
inline std::vector<double> cumulated_loads(const Sizes& sizes, double rate_hz) {
  std::vector<double> loads{0};
  for (const SizeClass& c : sizes) loads.push_back(loads.back() + rate_hz * c.share * c.size_s);
  return loads;
}

/// The mean over all requests of what each class has on average.
inline double over_classes(const Sizes& sizes, const std::vector<double>& by_class) {
  double sum = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) sum += sizes[i].share * by_class[i];
  return sum;
}

/// M/G/1, mean waiting without preemption and without regard to sizes: λE[S²] / 2(1 - ρ).
/// F. Pollaczek, Math. Zeitschrift 32, 1930; A. Khinchine, Mat. Sbornik 39, 1932; L. Kleinrock,
/// "Queueing Systems I", 1975, chapter 5. Also the mean of the work left under any discipline.
inline double pollaczek_khinchine(const Sizes& sizes, double rate_hz) {
  return rate_hz * moment(sizes, 2) / (2 * (1 - rate_hz * moment(sizes, 1)));
}

/// M/G/1 FCFS, mean of the waiting's square: 2E[W]² + λE[S³] / 3(1 - ρ). L. Takács, "A
/// Single-Server Queue with Poisson Input", Operations Research 10(3), 1962. (Last come, first
/// served without preemption has 1/(1 - ρ) times this and the same mean: L. Takács, "Delay
/// Distributions for One Line with Poisson Input, General Holding Times, and Various Orders of
/// Service", BSTJ 42, 1963.)
inline double takacs_mean_square(const Sizes& sizes, double rate_hz) {
  const double mean = pollaczek_khinchine(sizes, rate_hz);
  return 2 * mean * mean + rate_hz * moment(sizes, 3) / (3 * (1 - rate_hz * moment(sizes, 1)));
}

/// GI/M/1 FCFS with gamma gaps, mean waiting σ / μ(1 - σ), σ being the root in (0, 1) of
/// σ = A*(μ(1 - σ)), A* the Laplace transform of the gaps. D. G. Kendall, "Stochastic Processes
/// Occurring in the Theory of Queues …", Annals of Mathematical Statistics 24(3), 1953.
inline double gamma_arrivals_exponential_service(double cv, double rate_hz, double mean_service_s) {
  const double shape = 1 / (cv * cv);
  const double load = rate_hz * mean_service_s;
  double root = 0.5;
  for (int i = 0; i < 10000; ++i) root = std::pow(1 + (1 - root) / (shape * load), -shape);
  return mean_service_s * root / (1 - root);
}

/// M/M/m, mean waiting C / (m/E[S] - λ) with Erlang's C, the share of requests that find all
/// servers busy. A. K. Erlang, "Solution of Some Problems in the Theory of Probabilities of
/// Significance in Automatic Telephone Exchanges", 1917; L. Kleinrock, "Queueing Systems I", 1975,
/// section 3.5.
inline double erlang_c_waiting(int servers, double rate_hz, double mean_service_s) {
  const double offered = rate_hz * mean_service_s;
  double blocked = 1;  // Erlang's B of k servers
  for (int k = 1; k <= servers; ++k) blocked = offered * blocked / (k + offered * blocked);
  const double all_busy = blocked / (1 - offered / servers * (1 - blocked));
  return all_busy / (servers / mean_service_s - rate_hz);
}

/// M/G/1, shortest job first without preemption, mean waiting by class:
/// W_i = λE[S²] / 2(1 - ρ_{i-1})(1 - ρ_i). A. Cobham, "Priority Assignment in Waiting Line
/// Problems", Operations Research 2(1), 1954; T. E. Phipps, "Machine Repair as a Priority
/// Waiting-Line Problem", Operations Research 4(1), 1956.
inline std::vector<double> shortest_job_first(const Sizes& sizes, double rate_hz) {
  const auto loads = cumulated_loads(sizes, rate_hz);
  std::vector<double> waiting;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    waiting.push_back(rate_hz * moment(sizes, 2) / (2 * (1 - loads[i]) * (1 - loads[i + 1])));
  }
  return waiting;
}

/// M/G/1, shortest remaining processing time with preemption at any instant, mean response by class
/// (L. Schrage and L. Miller, "The Queue M/G/1 with the Shortest Remaining Processing Time
/// Discipline", Operations Research 14(4), 1966):
///
///   T(x) = λ(∫_{[0,x]} t² dF(t) + x²(1 - F(x))) / 2(1 - ρ(x))(1 - ρ(x⁻)) + ∫_0^x dt / (1 - ρ(t⁻))
///
/// For sizes without atoms ρ(x⁻) = ρ(x) and this is the published form. With atoms, and first come
/// first served among equals, the work found ahead on arrival includes the own class, while of
/// those that arrive later only strictly smaller ones overtake.
inline std::vector<double> schrage_miller(const Sizes& sizes, double rate_hz) {
  const auto loads = cumulated_loads(sizes, rate_hz);
  std::vector<double> response;
  double square = 0;
  double share = 0;
  double residence = 0;
  double previous = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double size = sizes[i].size_s;
    square += sizes[i].share * size * size;
    share += sizes[i].share;
    residence += (size - previous) / (1 - loads[i]);
    previous = size;
    response.push_back(rate_hz * (square + size * size * (1 - share)) /
                           (2 * (1 - loads[i]) * (1 - loads[i + 1])) +
                       residence);
  }
  return response;
}

/// The same when every request is cut in `layers` equal layers and preemption waits for the running
/// layer to end: exact at every number of layers, 1 being `shortest_job_first` and infinity
/// `schrage_miller`. No two remaining sizes of different classes may be equal.
///
/// Let a request of class i arrive, U be the work that runs before it of what is there: all that
/// has a remaining size of at most x_i, and the layer that runs. When U is 0, a larger request
/// (x_j) may run a layer: U jumps by x_j/N. If after it at most x_i is left, the rest counts from
/// there on: U jumps by (k+1)x_j/N at once, k = ⌊N·x_i/x_j⌋, and the N-k-1 layers before are jumps
/// of their own. Requests of at most x_i make U jump at any level. U falls at rate 1 while it is
/// positive, so the stationary mean drift of U² is 0:
///
///   2E[U](1 - ρ_i) = λ(Σ_{j≤i} p_j·x_j² + Σ_{j>i} p_j·((N-k-1) + (k+1)²)·(x_j/N)²)
///
/// Poisson arrivals find E[U]; strictly smaller ones overtake, so the first layer starts after
/// E[U] / (1 - ρ_{i-1}). From then on, before a layer with r left, those smaller than r that
/// arrived in the layer before it, and while they ran, go first: (x_i/N)·ρ(r⁻) / (1 - ρ(r⁻)).
inline std::vector<double> layered_srpt(const Sizes& sizes, double rate_hz, std::size_t layers) {
  const auto loads = cumulated_loads(sizes, rate_hz);
  const auto n = static_cast<double>(layers);
  std::vector<double> response;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double size = sizes[i].size_s;
    double squares = 0;
    for (std::size_t j = 0; j < sizes.size(); ++j) {
      const double other = sizes[j].size_s;
      const double k = std::floor(n * size / other);
      const double jumps = j <= i ? n * n : (n - k - 1) + (k + 1) * (k + 1);
      squares += sizes[j].share * jumps * (other / n) * (other / n);
    }
    double time = rate_hz * squares / (2 * (1 - loads[i]) * (1 - loads[i + 1])) + size;
    for (std::size_t left = 1; left < layers; ++left) {
      std::size_t smaller = 0;
      while (sizes[smaller].size_s < size * static_cast<double>(left) / n) ++smaller;
      time += size / n * loads[smaller] / (1 - loads[smaller]);
    }
    response.push_back(time);
  }
  return response;
}

}  // namespace dysta::test
