// What the benchmarks run on: networks and requests drawn at random, the same in every build.
#pragma once

#include <string>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/metrics/outcome.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta::bench {

/// Networks, and what is known of them beforehand.
struct Networks {
  std::string name;
  TraceSet traces;
  Profiles profiles;
};

Networks networks_of(std::string name, TraceSet traces);

/// 30 variants of 12 layers and 1,000 inputs, mean latencies of 2 to 40 ms, layers about 20% apart
/// from their mean. Synthesised: for measuring our own code, not for comparing policies.
const Networks& synthesised();

/// Those of the golden cases' attention networks if DYSTA_GOLDEN says where the cases lie, else
/// null.
const Networks* golden();

/// Poisson arrivals of all networks alike, deadlines at 10 times the mean latency.
WorkloadSpec workload(const Networks& networks, double load, std::size_t count);
std::vector<Request> requests(const Networks& networks, double load, std::size_t count);

/// Takes outcomes and keeps none.
class NoOutcomes final : public OutcomeSink {
 public:
  void complete(std::uint32_t, const RequestOutcome&) override {}
};

void register_decision_benchmarks();
void register_simulation_benchmarks();
void register_accelerator_benchmarks();

}  // namespace dysta::bench
