// Networks cut in layers under srpt: exact at every number of layers, Schrage and Miller's in the
// limit.
#include <cmath>
#include <functional>
#include <limits>
#include <queue>

#include "queueing/replications.hpp"

namespace dysta::test {
namespace {

class Srpt : public AtLoad {};
INSTANTIATE_TEST_SUITE_P(Loads, Srpt, testing::Values(0.3, 0.5, 0.7, 0.9), load_name);

/// Responses under SRPT with preemption at any instant, in the order of the workload.
std::vector<double> preemptive_srpt(const Station& station, const std::vector<Request>& requests) {
  using Waiting = std::pair<double, std::size_t>;  // what is left; which request
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> queue;
  std::vector<double> responses(requests.size());
  double now = 0;
  for (std::size_t i = 0; i <= requests.size(); ++i) {
    const double until =
        i < requests.size() ? requests[i].arrival.count() : std::numeric_limits<double>::infinity();
    while (!queue.empty() && now < until) {
      const auto [left, request] = queue.top();
      queue.pop();
      if (now + left > until) {
        queue.emplace(left - (until - now), request);
        break;
      }
      now += left;
      responses[request] = now - requests[request].arrival.count();
    }
    if (i == requests.size()) break;
    now = until;
    queue.emplace(station.traces()[requests[i].variant].isolated(requests[i].sample).count(), i);
  }
  return responses;
}

double mean_counted(const Workload& workload, const std::vector<double>& responses) {
  const double last_arrival = workload.requests.back().arrival.count();
  double sum = 0;
  std::size_t late = 0;
  for (std::size_t i = workload.first; i < workload.last; ++i) {
    sum += responses[i];
    if (workload.requests[i].arrival.count() + responses[i] > last_arrival) ++late;
  }
  EXPECT_EQ(late, 0u) << "counted requests that completed after the last arrival";
  return sum / static_cast<double>(workload.last - workload.first);
}

// The formula with atoms, and the reference that the layered networks are compared with.
TEST_P(Srpt, PreemptiveReferenceRespondsAsSchrageAndMillerSay) {
  const Station station({three_sizes()});
  const Sizes sizes = station.sizes();
  const double rate = station.rate_hz(load());
  const auto theory = schrage_miller(sizes, rate);
  Replicated mean;
  std::vector<Replicated> by_class(sizes.size());
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload workload = station.draw(load(), r, counted(100'000));
    const auto responses = preemptive_srpt(station, workload.requests);
    mean.add(mean_counted(workload, responses));
    std::vector<double> sums(sizes.size());
    std::vector<double> counts(sizes.size());
    for (std::size_t i = workload.first; i < workload.last; ++i) {
      const Request& request = workload.requests[i];
      const double size = station.traces()[request.variant].isolated(request.sample).count();
      const std::size_t c = size < 0.002 ? 0 : size < 0.005 ? 1 : 2;
      sums[c] += responses[i];
      ++counts[c];
    }
    for (std::size_t c = 0; c < sizes.size(); ++c) by_class[c].add(sums[c] / counts[c]);
  }
  expect_theory(label("preemptive srpt, response"), mean, over_classes(sizes, theory), 0.05);
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    expect_theory(label("preemptive srpt, response, size " + std::to_string(c + 1)), by_class[c],
                  theory[c], 0.06);
  }
  expect_refuted("no preemption", mean,
                 over_classes(sizes, shortest_job_first(sizes, rate)) + moment(sizes, 1));
  // As if equals that arrive later overtook, which the formula for sizes without atoms leaves open.
  const double smallest = sizes[0].size_s;
  const double own_load = cumulated_loads(sizes, rate)[1];
  expect_refuted("overtaken by equals", by_class[0],
                 (theory[0] - smallest) / (1 - own_load) + smallest);
}

// What layers add is measured against the preemptive reference on the same requests, which takes
// few of them. Responses themselves vary much more; so they are measured twice: directly, and as
// the reference's over many requests plus what layers add over the first of these.
TEST_P(Srpt, LayersApproachSchrageAndMiller) {
  const Station whole({three_sizes()});
  const Sizes sizes = whole.sizes();
  const double rate = whole.rate_hz(load());
  const double limit = over_classes(sizes, schrage_miller(sizes, rate));

  Replicated preemptive_of_many;
  Replicated preemptive;
  std::vector<Workload> workloads;
  for (std::size_t r = 0; r < kReplications; ++r) {
    const Workload many = whole.draw(load(), r, counted(200'000));
    preemptive_of_many.add(mean_counted(many, preemptive_srpt(whole, many.requests)));
    workloads.push_back(whole.draw(load(), r, counted(12'000)));
    preemptive.add(mean_counted(workloads[r], preemptive_srpt(whole, workloads[r].requests)));
  }

  double least_before = std::numeric_limits<double>::infinity();
  for (const std::size_t layers : {1u, 4u, 16u, 64u}) {
    const Station station({three_sizes(layers)});
    Replicated direct;
    for (const Workload& workload : workloads) {
      const RunOutcome outcome = station.run("srpt", workload.requests);
      direct.add(mean_over(workload, outcome,
                           [](const auto& request) { return request.turnaround().count(); }));
    }
    const Replicated added = direct - preemptive;
    const Replicated response = preemptive_of_many + added;

    const std::string name = "srpt, " + std::to_string(layers) + " layers, ";
    const double theory = over_classes(sizes, layered_srpt(sizes, rate, layers));
    const double allowance = theory - limit;  // what so many layers must add
    expect_theory(label(name + "response, directly"), direct, theory, 0.15);
    expect_theory(label(name + "response"), response, theory, 0.03);
    expect_theory(label(name + "added by layers"), added, allowance, 0.09);

    // Four times the layers, less than half the error, all of it on one side.
    EXPECT_GT(added.mean() - added.half_width(), 0) << layers << " layers";
    EXPECT_LT(2 * (added.mean() + added.half_width()), least_before) << layers << " layers";
    least_before = added.mean() - added.half_width();

    if (layers == 1) {
      expect_refuted("Schrage and Miller", response, limit);
    } else if (layers == 64) {
      EXPECT_LT(allowance, 0.006 * limit);
      EXPECT_TRUE(response.holds(limit, allowance))
          << "Schrage and Miller: " << limit << ", measured " << response.mean() << " ± "
          << response.half_width() << ", allowance " << allowance;
      if (shows_load()) {
        const double higher = over_classes(sizes, schrage_miller(sizes, 1.03 * rate));
        const double lower = over_classes(sizes, schrage_miller(sizes, 0.97 * rate));
        expect_refuted("load 3% higher", response, higher);
        expect_refuted("load 3% lower", response, lower);
      }
    }
  }
}

TEST(LayeredSrpt, FormulaHasTheKnownOnesAsItsEnds) {
  const Sizes sizes = Station({three_sizes()}).sizes();
  const double rate = 0.8 / moment(sizes, 1);
  const auto one = layered_srpt(sizes, rate, 1);
  const auto waiting_at_one = shortest_job_first(sizes, rate);
  const auto many = layered_srpt(sizes, rate, 1u << 16);
  const auto limit = schrage_miller(sizes, rate);
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    EXPECT_NEAR(one[c], waiting_at_one[c] + sizes[c].size_s, 1e-12);
    EXPECT_NEAR(many[c], limit[c], 1e-3 * limit[c]);
  }
  // Schrage and Miller's formula is Pollaczek's and Khinchine's for a single size.
  const Sizes single{{0.002, 1}};
  EXPECT_NEAR(schrage_miller(single, 400)[0], pollaczek_khinchine(single, 400) + 0.002, 1e-12);
}

}  // namespace
}  // namespace dysta::test
