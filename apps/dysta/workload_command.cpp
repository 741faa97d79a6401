#include <memory>

#include <CLI/Option.hpp>

#include "commands.hpp"
#include "dysta/workload/request_table.hpp"
#include "dysta/workload/seeds.hpp"
#include "output.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

struct WorkloadCommandOptions {
  TraceOptions traces;
  WorkloadOptions workload;
  std::uint64_t seed = 1;
};

int run(const WorkloadCommandOptions& options) {
  const TraceSet traces = options.traces.load();
  const Profiles profiles(traces);
  WorkloadSpec spec = options.workload.spec(one_pool(traces, profiles));
  spec.seed = options.seed;
  print(requests_csv(generate(spec, traces, profiles), traces));
  return 0;
}

}  // namespace

void add_workload_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "workload", "Draw requests and write them as a table that simulate --requests reads");
  auto options = std::make_shared<WorkloadCommandOptions>();
  options->traces.add_to(*command);
  options->workload.add_to(*command);
  command->add_option("--seed", options->seed, "Seed of all random streams")
      ->transform(whole_in(0, kLargestSeed))
      ->group("Workload")
      ->type_name("S")
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace dysta::cli
