// A policy of one's own beside published ones: the shortest remaining latency per priority.
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "dysta/metrics/comparison.hpp"
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "dysta/workload/workload.hpp"

namespace {

using namespace dysta;

/// Runs the smallest remaining / priority^power. `ScoringPolicy` keeps the ready tasks and their
/// estimates; what is left to say is the score.
class WeightedShortest final : public ScoringPolicy<> {
 public:
  WeightedShortest(std::unique_ptr<Predictor> predictor, double power)
      : ScoringPolicy(std::move(predictor)), power_(power) {}

  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest([this](const ReadyTask& task) {
      return task.estimate.remaining.count() / std::pow(task.weight, power_);
    });
  }

 private:
  double power_;
};

/// Its line in the registry: a name, a line of help, parameters with defaults, and how to make it.
/// `with_estimator` adds the parameters that choose tables and predictor.
PolicyEntry weighted_shortest_entry() {
  return {.name = "weighted_shortest",
          .help = "the smallest remaining / priority^power runs",
          .parameters = with_estimator({{.name = "power",
                                         .help = "how much priorities weigh; 0: not at all",
                                         .default_value = 0.5}},
                                       "pattern", "average_all"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<WeightedShortest>(make_predictor(parameters, context),
                                                      parameters.number("power"));
          }};
}

void run(const std::string& path) {
  PolicyRegistry registry;
  registry.add(weighted_shortest_entry());
  const auto policies =
      registry.parse("weighted_shortest,weighted_shortest:power=0,prema_sparse,planaria");

  const TraceSet traces = read_traces(std::vector{path});
  const Profiles profiles(traces);

  // Three workloads, drawn with three seeds, at 90% of what the accelerator can do.
  WorkloadSpec spec;
  spec.rate_hz = rate_for_load(0.9, spec.mix, profiles);
  const auto workloads =
      draw_workloads(spec, std::vector<std::uint64_t>{1, 2, 3}, traces, profiles);

  const Comparison comparison = compare(traces, profiles, workloads, policies);
  const std::string text = comparison_text(comparison, {.by_priority = true});
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: own_policy FOLDER_OF_TRACES\n", stderr);
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "own_policy: %s\n", error.what());
    return 1;
  }
}
