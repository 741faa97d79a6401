// What no work-conserving policy changes, request by request.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "dysta/core/random.hpp"
#include "queueing/replications.hpp"

namespace dysta::test {
namespace {

/// Three networks, two patterns of each, whose layers' latencies and sparsities differ by input.
Station varied_station(std::size_t layers) {
  RandomStream random(17, StreamPurpose::samples);
  std::vector<Trace> traces;
  for (const std::string name : {"a_x", "a_y", "b_x", "b_y", "c_x", "c_y"}) {
    const double scale = name[0] == 'a' ? 0.5e-3 : name[0] == 'b' ? 2e-3 : 5e-3;
    std::vector<TinySample> samples;
    for (int s = 0; s < 50; ++s) {
      const double factor = (name[2] == 'x' ? 1.0 : 1.5) * (0.5 + random.uniform());
      TinySample sample;
      for (std::size_t l = 0; l < layers; ++l) {
        const double sparsity = 0.9 * random.uniform();
        sample.push_back(
            {scale * factor * (1 - sparsity + 0.2 * random.uniform()) / static_cast<double>(layers),
             sparsity});
      }
      samples.push_back(sample);
    }
    traces.push_back(tiny_trace(name, samples));
  }
  return Station(std::move(traces));
}

/// What a run did in total.
struct Totals {
  double makespan_s = 0;  ///< when the last request completed
  double busy_s = 0;      ///< sum of all layers
  double work_s2 = 0;     ///< integral over time of the work left
};

/// From the timeline of a run, whose slices come in order.
Totals totals_of(const std::vector<Request>& requests, const RunOutcome& outcome,
                 const Timeline& timeline) {
  std::vector<double> left;
  std::vector<double> since;
  for (const RequestOutcome& request : outcome.requests) {
    left.push_back(request.isolated.count());
    since.push_back(request.request.arrival.count());
  }
  Totals totals;
  for (const LayerSlice& slice : timeline) {
    const double start = slice.start.count();
    const double length = slice.end.count() - start;
    totals.work_s2 += left[slice.request] * (start - since[slice.request]);
    totals.work_s2 += (left[slice.request] - length / 2) * length;
    left[slice.request] -= length;
    since[slice.request] = slice.end.count();
    totals.busy_s += length;
    totals.makespan_s = std::max(totals.makespan_s, slice.end.count());
  }
  for (const double rest : left) EXPECT_NEAR(rest, 0, 1e-9);
  EXPECT_EQ(outcome.requests.size(), requests.size());
  return totals;
}

/// What a server that never idles while there is work has to do in total, whatever its order: the
/// work left falls at rate 1 while it is positive and jumps by a request's size at its arrival.
Totals unavoidable(const std::vector<Request>& requests, const std::vector<double>& sizes) {
  Totals totals;
  double now = 0;
  double work = 0;
  for (std::size_t i = 0; i <= requests.size(); ++i) {
    const bool ends = i == requests.size();
    const double gap = ends ? work : requests[i].arrival.count() - now;
    const double busy = std::min(gap, work);
    totals.work_s2 += (work - busy / 2) * busy;
    totals.busy_s += busy;
    work -= busy;
    now += gap;
    if (!ends) work += sizes[i];
  }
  totals.makespan_s = now;
  return totals;
}

class WorkConservation : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Layers, WorkConservation, testing::Values(1, 7),
                         testing::PrintToStringParamName());

// L. Kleinrock, "Queueing Systems II", 1976, chapter 3: the work left is the same under all
// work-conserving disciplines.
TEST_P(WorkConservation, WorkLeftIsTheSameUnderEveryPolicy) {
  const Station station = varied_station(GetParam());
  const PolicyRegistry registry;
  const Workload workload = station.draw(0.9, 0, 4'000);
  std::vector<double> sizes;
  for (const Request& request : workload.requests) {
    sizes.push_back(station.traces()[request.variant].isolated(request.sample).count());
  }
  const Totals expected = unavoidable(workload.requests, sizes);
  // Most of the time there is a choice: the work left is many times a request's.
  const double mean_size = expected.busy_s / static_cast<double>(sizes.size());
  EXPECT_GT(expected.work_s2 / expected.makespan_s, 3 * mean_size);

  std::vector<double> responses;
  std::vector<double> size_times_waiting;
  for (const PolicyEntry& entry : registry.entries()) {
    Timeline timeline;
    const RunOutcome outcome = station.run(entry.name, workload.requests, {}, &timeline);
    const Totals totals = totals_of(workload.requests, outcome, timeline);
    EXPECT_NEAR(totals.makespan_s, expected.makespan_s, 1e-9 * expected.makespan_s) << entry.name;
    EXPECT_NEAR(totals.busy_s, expected.busy_s, 1e-9 * expected.busy_s) << entry.name;
    EXPECT_NEAR(totals.work_s2, expected.work_s2, 1e-9 * expected.work_s2) << entry.name;
    double response = 0;
    double product = 0;
    for (const RequestOutcome& request : outcome.requests) {
      response += request.turnaround().count();
      product += request.isolated.count() * waiting(request).count();
    }
    responses.push_back(response / static_cast<double>(sizes.size()));
    size_times_waiting.push_back(product);
  }

  // The policies are not all one, nor is their mean response.
  const auto [least, largest] = std::minmax_element(responses.begin(), responses.end());
  EXPECT_GT(*largest, 2 * *least);

  // Without preemption (one layer) the work left is made of sizes times waiting: Kleinrock's
  // conservation law, request by request.
  if (GetParam() == 1) {
    double own = 0;
    for (const double size : sizes) own += size * size / 2;
    for (const double product : size_times_waiting) {
      EXPECT_NEAR(product, expected.work_s2 - own, 1e-9 * expected.work_s2);
    }
  }

  // A server that idles before a layer leaves more work.
  Timeline timeline;
  const RunOutcome outcome =
      station.run("fcfs", workload.requests, {.decision = Seconds{1e-3 * mean_size}}, &timeline);
  const Totals totals = totals_of(workload.requests, outcome, timeline);
  EXPECT_GT(totals.work_s2, 1.001 * expected.work_s2);
}

// D. V. Lindley, "The Theory of Queues with a Single Server", Proc. Cambridge Phil. Soc. 48, 1952:
// W_{n+1} = max(0, W_n + S_n - gap), for any arrivals at all.
TEST(Fcfs, WaitsByLindleysRecursionUnderEveryArrivalProcess) {
  const Station station = varied_station(3);
  for (const std::string text : {"poisson", "periodic", "periodic:jitter=1", "gamma:cv=3"}) {
    const Workload workload = station.draw(0.9, 0, 20'000, parse_arrival_process(text));
    const RunOutcome outcome = station.run("fcfs", workload.requests);
    double expected = 0;
    double largest = 0;
    double worst = 0;
    for (std::size_t i = 0; i < workload.requests.size(); ++i) {
      if (i > 0) {
        const RequestOutcome& before = outcome.requests[i - 1];
        const Seconds gap = workload.requests[i].arrival - workload.requests[i - 1].arrival;
        expected = std::max(0.0, expected + (before.isolated - gap).count());
      }
      worst = std::max(worst, std::abs(waiting(outcome.requests[i]).count() - expected));
      largest = std::max(largest, expected);
    }
    EXPECT_LT(worst, 1e-9) << text;
    EXPECT_GT(largest, 1e-3) << text;
  }
}

TEST(Fcfs, NobodyWaitsForPeriodicArrivalsOfOneSize) {
  const Station station({tiny_trace("net_one", {equal_layers(0.004, 2)})});
  const Workload workload = station.draw(0.9, 0, 4'000, parse_arrival_process("periodic"));
  for (const RequestOutcome& request : station.run("fcfs", workload.requests).requests) {
    EXPECT_NEAR(waiting(request).count(), 0, 1e-12);
  }
}

}  // namespace
}  // namespace dysta::test
