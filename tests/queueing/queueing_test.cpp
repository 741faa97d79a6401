// One-layer networks, where every policy is a non-preemptive queueing discipline, against formulas.
#include <cmath>

#include "queueing/replications.hpp"

namespace dysta::test {
namespace {

class OneLayer : public AtLoad {};
INSTANTIATE_TEST_SUITE_P(Loads, OneLayer, testing::Values(0.3, 0.5, 0.7, 0.9), load_name);

/// Inverse of the standard normal distribution function, by bisection.
double normal_quantile(double share) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
  }
  return low;
}

/// 300 inputs, log-normal from 0.2 to 49 ms: cv² 1.3.
Trace spread_sizes() {
  std::vector<TinySample> samples;
  for (int i = 0; i < 300; ++i) {
    // In an order that is not that of size.
    const double share = ((i * 7 % 300) + 0.5) / 300;
    samples.push_back(equal_layers(0.003 * std::exp(0.95 * normal_quantile(share))));
  }
  return tiny_trace("net_spread", samples);
}

/// The same distribution with `extra_s` added to every service.
Sizes longer(Sizes sizes, double extra_s) {
  for (SizeClass& c : sizes) c.size_s += extra_s;
  return sizes;
}

TEST_P(OneLayer, FcfsWaitsAsPollaczekAndKhinchineSay) {
  const Station station({spread_sizes()});
  Replicated mean;
  Replicated mean_square;
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload workload = station.draw(load(), r, counted(360'000));
    const RunOutcome outcome = station.run("fcfs", workload.requests);
    mean.add(mean_waiting(workload, outcome));
    mean_square.add(mean_over(workload, outcome, [](const auto& request) {
      return waiting(request).count() * waiting(request).count();
    }));
  }
  const Sizes sizes = station.sizes();
  const double rate = station.rate_hz(load());
  expect_theory(label("fcfs, 300 sizes, waiting"), mean, pollaczek_khinchine(sizes, rate), 0.03);
  if (shows_load()) {
    expect_refuted("load 3% higher", mean, pollaczek_khinchine(sizes, 1.03 * rate));
    expect_refuted("load 3% lower", mean, pollaczek_khinchine(sizes, 0.97 * rate));
  }

  // Any order that is blind to sizes has this mean; first come, first served the smallest square.
  const double square = takacs_mean_square(sizes, rate);
  expect_theory(label("fcfs, 300 sizes, square of waiting"), mean_square, square, 0.1);
  expect_refuted("last come, first served", mean_square, square / (1 - load()));
}

TEST_P(OneLayer, FcfsWithOneSizeIsMD1) {
  const Station station({tiny_trace("net_one", {equal_layers(0.004)})});
  Replicated mean;
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload workload = station.draw(load(), r, counted(170'000));
    mean.add(mean_waiting(workload, station.run("fcfs", workload.requests)));
  }
  const auto theory = [](double rho) { return 0.004 * rho / (2 * (1 - rho)); };
  expect_theory(label("fcfs, 1 size, waiting (M/D/1)"), mean, theory(load()), 0.03);
  if (shows_load()) {
    expect_refuted("load 3% higher", mean, theory(1.03 * load()));
    expect_refuted("load 3% lower", mean, theory(0.97 * load()));
  }
  expect_refuted("M/M/1", mean, 2 * theory(load()));
}

// The control in the simulator itself: 3% more to do a request must be noticed, and be what it is.
TEST_P(OneLayer, FcfsWithDecisionCostWaitsAsALongerService) {
  const Station station({three_sizes()});
  const Sizes sizes = station.sizes();
  const double rate = station.rate_hz(load());
  const double cost_s = 0.03 * moment(sizes, 1);
  Replicated costless;
  Replicated costly;
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload workload = station.draw(load(), r, counted(160'000));
    costless.add(mean_waiting(workload, station.run("fcfs", workload.requests)));
    costly.add(mean_waiting(workload,
                            station.run("fcfs", workload.requests, {.decision = Seconds{cost_s}})));
  }
  const double without = pollaczek_khinchine(sizes, rate);
  const double with = pollaczek_khinchine(longer(sizes, cost_s), rate) + cost_s;
  expect_theory(label("fcfs, 3 sizes, waiting"), costless, without, 0.06);
  expect_theory(label("fcfs, 3 sizes, waiting with 3% decision cost"), costly, with, 0.08);
  expect_refuted("the cost", costless, with);
  expect_refuted("no cost", costly, without);
}

TEST_P(OneLayer, SjfThatKnowsSizesWaitsAsPhippsSays) {
  const Station station({spread_sizes()});
  const Sizes sizes = station.sizes();
  const double rate = station.rate_hz(load());
  const auto theory = shortest_job_first(sizes, rate);
  constexpr std::size_t groups = 3;  // the shortest, middle and longest 100 of 300 sizes
  ASSERT_EQ(sizes.size(), 100 * groups);
  Replicated mean;
  Replicated work_weighted;
  std::vector<Replicated> by_group(groups);
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload workload = station.draw(load(), r, counted(200'000));
    const RunOutcome outcome = station.run("sjf:predictor=oracle", workload.requests);
    mean.add(mean_waiting(workload, outcome));
    work_weighted.add(mean_over(workload, outcome, [](const auto& request) {
      return request.isolated.count() * waiting(request).count();
    }));
    for (std::size_t g = 0; g < groups; ++g) {
      const double least = sizes[100 * g].size_s;
      const double largest = sizes[100 * g + 99].size_s;
      by_group[g].add(mean_over(
          workload, outcome, [](const auto& request) { return waiting(request).count(); },
          [&](const auto& request) {
            return request.isolated.count() >= least && request.isolated.count() <= largest;
          }));
    }
  }
  expect_theory(label("sjf oracle, 300 sizes, waiting"), mean, over_classes(sizes, theory), 0.03);
  if (shows_load()) {
    const double higher = over_classes(sizes, shortest_job_first(sizes, 1.03 * rate));
    const double lower = over_classes(sizes, shortest_job_first(sizes, 0.97 * rate));
    expect_refuted("load 3% higher", mean, higher);
    expect_refuted("load 3% lower", mean, lower);
  }
  expect_refuted("fcfs", mean, pollaczek_khinchine(sizes, rate));
  for (std::size_t g = 0; g < groups; ++g) {
    double of_group = 0;
    for (std::size_t i = 0; i < 100; ++i) of_group += theory[100 * g + i] / 100;
    expect_theory(label("sjf oracle, 300 sizes, waiting, third " + std::to_string(g + 1)),
                  by_group[g], of_group, 0.05);
  }
  // The conservation law: no order without preemption changes the mean of size times waiting.
  // L. Kleinrock, "A Conservation Law for a Wide Class of Queueing Disciplines", Naval Research
  // Logistics Quarterly 12, 1965.
  expect_theory(label("sjf oracle, 300 sizes, size times waiting"), work_weighted,
                moment(sizes, 1) * pollaczek_khinchine(sizes, rate), 0.06);
}

TEST_P(OneLayer, SjfByTablesWaitsAsCobhamSays) {
  // The tables of variants with one input each are the truth. The mix is that of `three_sizes`.
  const Station station(
      {tiny_trace("a_x", {equal_layers(0.001)}), tiny_trace("a_y", {equal_layers(0.003)}),
       tiny_trace("b_x", {equal_layers(0.010)})},
      "a_x=6,a_y=3,b_x=1");
  const Sizes sizes = station.sizes();
  const double rate = station.rate_hz(load());
  const auto theory = shortest_job_first(sizes, rate);
  Replicated mean;
  Replicated by_model_mean;
  std::vector<Replicated> by_class(sizes.size());
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload workload = station.draw(load(), r, counted(150'000));
    const RunOutcome outcome = station.run("sjf:tables=pattern", workload.requests);
    mean.add(mean_waiting(workload, outcome));
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      by_class[c].add(mean_over(
          workload, outcome, [](const auto& request) { return waiting(request).count(); },
          [&](const auto& request) { return request.isolated.count() == sizes[c].size_s; }));
    }
    by_model_mean.add(mean_waiting(workload, station.run("sjf", workload.requests)));
  }
  expect_theory(label("sjf by tables, 3 sizes, waiting"), mean, over_classes(sizes, theory), 0.03);
  if (shows_load()) {
    const double higher = over_classes(sizes, shortest_job_first(sizes, 1.03 * rate));
    const double lower = over_classes(sizes, shortest_job_first(sizes, 0.97 * rate));
    expect_refuted("load 3% higher", mean, higher);
    expect_refuted("load 3% lower", mean, lower);
  }
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    expect_theory(label("sjf by tables, 3 sizes, waiting, size " + std::to_string(c + 1)),
                  by_class[c], theory[c], 0.06);
  }

  // By the tables of models, variants a_x and a_y are one class: Cobham's formula knows them by the
  // moments of the two together.
  const double load_a = rate * (0.6 * 0.001 + 0.3 * 0.003);
  const double residual = rate * moment(sizes, 2) / 2;
  const double of_a = residual / (1 - load_a);
  const double of_b = of_a / (1 - load());
  expect_theory(label("sjf by model tables, 3 sizes, waiting"), by_model_mean,
                0.9 * of_a + 0.1 * of_b, 0.03);
  if (shows_load()) expect_refuted("tables by pattern", by_model_mean, over_classes(sizes, theory));
}

/// Service times close to exponential, in equal layers.
Trace exponential_sizes(std::size_t layers) {
  std::vector<TinySample> inputs;
  constexpr int kSamples = 4000;
  for (int i = 0; i < kSamples; ++i) {
    inputs.push_back(equal_layers(-0.002 * std::log1p(-(i + 0.5) / kSamples), layers));
  }
  return tiny_trace("net_exponential", inputs);
}

class SeveralAccelerators : public AtLoad {};
INSTANTIATE_TEST_SUITE_P(Loads, SeveralAccelerators, testing::Values(0.5, 0.7, 0.9), load_name);

TEST_P(SeveralAccelerators, FcfsWaitsAsErlangSays) {
  const Station station({exponential_sizes(3)});
  const double mean_service = moment(station.sizes(), 1);
  for (const int servers : {1, 2, 4}) {
    const auto accelerators = static_cast<std::uint32_t>(servers);
    Replicated mean;
    for (std::size_t r = 0; r < kReplications; ++r) {
      const Workload workload = station.draw(load(), r, counted(200'000), {}, accelerators);
      mean.add(mean_waiting(workload,
                            station.run("fcfs", workload.requests, {}, nullptr, accelerators)));
    }
    const double rate = servers * station.rate_hz(load());
    expect_theory(label("fcfs on " + std::to_string(servers) + ", exponential service"), mean,
                  erlang_c_waiting(servers, rate, mean_service), 0.06);
    // One as fast as all of them together, whose requests wait longer.
    if (servers > 1) {
      expect_refuted("one fast accelerator", mean,
                     erlang_c_waiting(1, rate, mean_service / servers));
    }
  }
}

class BurstyArrivals : public AtLoad {};
INSTANTIATE_TEST_SUITE_P(Loads, BurstyArrivals, testing::Values(0.5, 0.7), load_name);

TEST_P(BurstyArrivals, GammaGapsAndExponentialServiceAreGiM1) {
  const Station station({exponential_sizes(1)});
  const double mean_service = moment(station.sizes(), 1);
  // What 4000 samples lack of an exponential distribution, far less than the interval.
  EXPECT_NEAR(moment(station.sizes(), 2), 2 * mean_service * mean_service,
              0.002 * mean_service * mean_service);
  for (const double cv : {0.5, 1.0, 2.0}) {
    const ArrivalProcess arrivals{.kind = ArrivalProcess::Kind::gamma, .cv = cv};
    Replicated mean;
    for (std::size_t r = 0; r < kReplications; ++r) {
      const Workload workload = station.draw(load(), r, counted(120'000), arrivals);
      mean.add(mean_waiting(workload, station.run("fcfs", workload.requests)));
    }
    const double rate = station.rate_hz(load());
    expect_theory(label("fcfs, gamma arrivals, cv " + std::to_string(cv).substr(0, 3)), mean,
                  gamma_arrivals_exponential_service(cv, rate, mean_service), 0.05);
    const double poisson = gamma_arrivals_exponential_service(1, rate, mean_service);
    if (cv == 1) {
      EXPECT_NEAR(poisson, mean_service * load() / (1 - load()), 1e-9);  // M/M/1
    } else {
      expect_refuted("Poisson", mean, poisson);
    }
  }
}

}  // namespace
}  // namespace dysta::test
