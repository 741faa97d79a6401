#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <tuple>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "dysta/core/error.hpp"
#include "dysta/metrics/comparison.hpp"
#include "dysta/metrics/perfetto.hpp"
#include "dysta/metrics/reduction.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sched/admission.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/workload/request_table.hpp"
#include "dysta/workload/seeds.hpp"
#include "output.hpp"
#include "shared_folder.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

struct SimulateCommandOptions {
  TraceOptions traces;
  std::string scenario;  // instead of traces and a workload drawn from them
  WorkloadOptions workload;
  std::string requests;
  std::uint64_t seed = 1;
  std::string seeds;  // wins over `seed`
  std::string policies = "fcfs,sjf,prema,planaria,sdrm3,dysta";
  std::string admission;  // of everything, if not given
  std::string baseline;
  std::string dispatch;  // as the pools say, if not given
  double migration_cost_s = 0;
  double preemption_cost_s = 0;
  double decision_cost_s = 0;
  std::uint32_t accelerators = 1;
  std::uint32_t scale = 1;
  std::size_t jobs = 0;  // 0: as many as there are cores
  std::string completions;
  std::string json;
  std::string csv;
  std::string timeline;
  TextOptions text;
};

/// The index of the policy that `--baseline` names, by label or, where only one has it, by name.
std::size_t find_baseline(std::string_view name, const std::vector<ConfiguredPolicy>& policies,
                          const std::vector<Dispatch>& dispatch) {
  if (name.empty()) return 0;
  const std::vector<std::string> labels = compared_labels(policies, dispatch);
  const auto labelled = std::find(labels.begin(), labels.end(), name);
  if (labelled != labels.end()) return static_cast<std::size_t>(labelled - labels.begin());
  const auto has_name = [&](const ConfiguredPolicy& policy) { return policy.name() == name; };
  if (dispatch.size() <= 1 && std::count_if(policies.begin(), policies.end(), has_name) == 1) {
    return static_cast<std::size_t>(std::find_if(policies.begin(), policies.end(), has_name) -
                                    policies.begin());
  }
  throw SpecificationError("--baseline: " + in_quotes(name) +
                           " is none of the policies compared, or several; allowed is one of " +
                           (dispatch.empty() ? "--policies, as written there"
                                             : "--policies and how it is dispatched, such as " +
                                                   in_quotes(labels.front())));
}

/// What is simulated: pools of accelerators, and what they are asked for.
struct Setting {
  std::optional<TraceSet> traces;    // of the command line
  std::optional<Profiles> profiles;  // of `traces`
  std::optional<Scenario> scenario;  // instead of both
  std::vector<Pool> pools;           // of the above
  Workloads workloads;
};

std::vector<std::uint64_t> seeds_of(const SimulateCommandOptions& options) {
  return options.seeds.empty() ? std::vector{options.seed} : parse_seeds(options.seeds);
}

void set_up_scenario(const SimulateCommandOptions& options, Setting& setting) {
  const Scenario& scenario =
      setting.scenario.emplace(load_scenario(find_scenario(options.scenario, folders_of_names())));
  setting.pools = scaled_pools(scenario, options.scale);
  const ScenarioDraw wanted{.scale = options.scale,
                            .load = options.workload.load,
                            .rate_hz = options.workload.rate_hz,
                            .slo_multiplier = options.workload.slo_multiplier,
                            .count = options.workload.count.value_or(1000)};
  setting.workloads = draw_workloads(setting.pools, scenario.streams(),
                                     stream_draw(scenario, wanted), seeds_of(options));
  setting.workloads.description.scenario = scenario.name();
}

Workloads make_workloads(const SimulateCommandOptions& options, const Pool& pool) {
  if (!options.requests.empty()) {
    return given_workload(read_requests(options.requests, *pool.traces), options.requests, pool);
  }
  return draw_workloads(options.workload.spec(pool), seeds_of(options), pool);
}

void set_up(const SimulateCommandOptions& options, Setting& setting) {
  if (!options.scenario.empty()) {
    set_up_scenario(options, setting);
    return;
  }
  if (options.traces.paths.empty()) {
    throw SpecificationError("--traces or --scenario is needed; allowed is one of them");
  }
  const TraceSet& traces = setting.traces.emplace(options.traces.load());
  const Profiles& profiles = setting.profiles.emplace(traces);
  setting.pools = {one_pool(traces, profiles, options.accelerators)};
  setting.workloads = make_workloads(options, setting.pools.front());
}

void write_timeline(OutputFile& file, std::span<const Pool> pools, const RunRequests& drawn,
                    const Comparison& comparison, const std::vector<Timeline>& timelines,
                    const std::vector<RunOutcome>& outcomes) {
  std::vector<std::string> names;
  names.reserve(drawn.count());
  const auto requests = drawn.open();
  while (const auto placed = requests->next()) {
    names.push_back((*pools[placed->pool].traces)[placed->request.variant].name());
  }
  const std::vector<std::string> accelerators = accelerator_names(pools);
  std::vector<TimelineRun> runs;
  for (std::size_t p = 0; p < comparison.policies.size(); ++p) {
    runs.push_back({.label = comparison.policies[p].label,
                    .timeline = &timelines[p],
                    .outcome = &outcomes[p],
                    .request_names = names,
                    .accelerator_names = accelerators});
  }
  write_perfetto(runs, [&](std::string_view piece) { file.write(piece); });
}

/// The outputs of a call: all opened before the work, so that a path that cannot be written is told
/// early, and put in place together after it.
class Outputs {
 public:
  /// The file at `path`, opened; null if no path is given.
  OutputFile* open(const std::string& path) {
    if (path.empty()) return nullptr;
    auto file = std::make_unique<OutputFile>(path);
    for (const auto& other : files_) {
      if (file->same_target(*other)) {
        throw SpecificationError("two outputs go to " + in_quotes(path) +
                                 "; allowed is one a file");
      }
    }
    return files_.emplace_back(std::move(file)).get();
  }

  /// Ends writing: what can fail for want of space has succeeded after it.
  void close() {
    for (const auto& file : files_) file->close();
  }

  void commit() {
    for (const auto& file : files_) file->commit();
  }

 private:
  std::vector<std::unique_ptr<OutputFile>> files_;
};

int run(const SimulateCommandOptions& options) {
  const PolicyRegistry registry;
  auto policies = registry.parse(options.policies);
  if (!options.admission.empty()) policies = with_admission(policies, options.admission);
  const auto dispatch =
      options.dispatch.empty() ? std::vector<Dispatch>{} : Dispatch::parse(options.dispatch);
  const std::size_t baseline = find_baseline(options.baseline, policies, dispatch);

  Setting setting;
  set_up(options, setting);
  const auto& [pools, workloads] = std::tie(setting.pools, setting.workloads);

  Outputs outputs;
  OutputFile* completions_file = outputs.open(options.completions);
  OutputFile* json_file = outputs.open(options.json);
  OutputFile* csv_file = outputs.open(options.csv);
  OutputFile* timeline_file = outputs.open(options.timeline);

  std::vector<RunOutcome> outcomes;
  std::vector<Timeline> timelines;
  const bool long_runs = workloads.description.requests > kMostExactRequests;
  Progress progress(long_runs ? "requests" : "simulations");
  CompareOptions compare_options;
  compare_options.costs = {.decision = Seconds{options.decision_cost_s},
                           .preemption = Seconds{options.preemption_cost_s},
                           .migration = Seconds{options.migration_cost_s}};
  compare_options.dispatch = dispatch;
  compare_options.threads =
      options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  compare_options.progress = [&](std::size_t done, std::size_t of) { progress.update(done, of); };
  if (completions_file != nullptr || timeline_file != nullptr) compare_options.outcomes = &outcomes;
  if (timeline_file != nullptr) compare_options.timelines = &timelines;
  Comparison comparison = compare(pools, workloads, policies, compare_options);
  comparison.baseline = baseline;

  if (completions_file != nullptr)
    completions_file->write(completions_csv(comparison.policies, outcomes));
  if (json_file != nullptr) json_file->write(comparison_json(comparison, DYSTA_VERSION));
  if (csv_file != nullptr) csv_file->write(comparison_csv(comparison));
  if (timeline_file != nullptr) {
    write_timeline(*timeline_file, pools, workloads.runs.front(), comparison, timelines, outcomes);
  }
  outputs.close();
  TextOptions text = options.text;
  text.differences = !options.baseline.empty();
  print(comparison_text(comparison, text));
  flush_output();
  outputs.commit();
  return 0;
}

}  // namespace

void add_simulate_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("simulate", "Run policies on the same requests and compare them");
  auto options = std::make_shared<SimulateCommandOptions>();
  auto* scenario =
      command
          ->add_option("--scenario", options->scenario,
                       "Networks, accelerators and streams of requests of a scenario instead: a "
                       "name in suite/scenarios, or a file (.yaml)")
          ->type_name("NAME")
          ->check(some_text());
  for (CLI::Option* option : options->traces.add_to(*command, false)) scenario->excludes(option);

  auto workload_options = options->workload.add_to(*command);
  for (CLI::Option* option : workload_options) {
    if (WorkloadOptions::of_scenarios(*option)) scenario->excludes(option);
  }
  auto* seed = command->add_option("--seed", options->seed, "Seed of all random streams")
                   ->transform(whole_in(0, kLargestSeed))
                   ->group("Workload")
                   ->type_name("S")
                   ->capture_default_str();
  auto* seeds =
      command
          ->add_option("--seeds", options->seeds,
                       "Several runs instead, as in 1-5: means with 95% confidence intervals")
          ->group("Workload")
          ->type_name("LIST")
          ->check(some_text());
  auto* requests = command
                       ->add_option("--requests", options->requests,
                                    "A table of requests instead of drawing them "
                                    "(arrival_s,model,sample,priority,slo_s)")
                       ->group("Workload")
                       ->type_name("FILE")
                       ->check(some_text())
                       ->excludes(seed)
                       ->excludes(seeds);
  for (CLI::Option* option : workload_options) requests->excludes(option);
  scenario->excludes(requests);

  command
      ->add_option("--accelerators", options->accelerators,
                   "Identical accelerators, behind one queue unless --dispatch says otherwise")
      ->transform(whole_in(1, kMostAccelerators))
      ->group("Workload")
      ->type_name("M")
      ->capture_default_str()
      ->excludes(scenario);
  command
      ->add_option("--scale", options->scale,
                   "So many times the scenario's accelerators, and its rates with them")
      ->transform(whole_in(1, kMostAccelerators))
      ->group("Workload")
      ->type_name("K")
      ->capture_default_str()
      ->needs(scenario);
  command
      ->add_option("--dispatch", options->dispatch,
                   "How requests come to the accelerators of a pool, NAME[:key=value][,NAME...]: "
                   "global (one queue for all), or a dispatcher in front of queues of their own "
                   "(dysta policies --dispatchers lists them); every policy is run with each")
      ->group("Policies")
      ->type_name("LIST")
      ->check(some_text());
  command
      ->add_option("--policies", options->policies,
                   "NAME[:key=value[,key=value]][,NAME...]; dysta policies lists them")
      ->group("Policies")
      ->type_name("LIST")
      ->check(some_text())
      ->capture_default_str();
  command
      ->add_option(
          "--admission", options->admission,
          "What is refused at its arrival: all (is admitted), deadline (what cannot meet "
          "its own by the estimates is refused, and counts as a violation), or both: every "
          "policy is run with each")
      ->group("Policies")
      ->type_name("LIST")
      ->check(some_text());
  command
      ->add_option("--baseline", options->baseline,
                   "Show paired differences to this one of the policies")
      ->group("Policies")
      ->type_name("NAME")
      ->check(some_text());
  command
      ->add_option("--preemption-cost", options->preemption_cost_s,
                   "Seconds lost when an unfinished task is put aside for another")
      ->check(number_in(0, 1e6))
      ->group("Policies")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      ->add_option("--migration-cost", options->migration_cost_s,
                   "Seconds lost when a task goes on on another accelerator than that of its last "
                   "layer")
      ->check(number_in(0, 1e6))
      ->group("Policies")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      ->add_option("--decision-cost", options->decision_cost_s,
                   "Seconds lost at every decision, so at every layer")
      ->check(number_in(0, 1e6))
      ->group("Policies")
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      ->add_option("--jobs", options->jobs,
                   "Simulations at a time, all cores if not given; results do not depend on it")
      ->transform(whole_in(1, 1024))
      ->group("Policies")
      ->type_name("N");

  command->add_flag("--by-stream", options->text.by_stream, "Show figures of a scenario's streams")
      ->group("Output")
      ->needs(scenario);
  command->add_flag("--by-model", options->text.by_model, "Show figures of each model")
      ->group("Output");
  command
      ->add_flag("--by-size", options->text.by_size,
                 "Show figures of the shortest, middle and longest third by isolated time")
      ->group("Output");
  command->add_flag("--by-priority", options->text.by_priority, "Show figures of each priority")
      ->group("Output");
  command
      ->add_flag("--explain", options->text.explain, "Say who wins, and where the gain comes from")
      ->group("Output");
  command
      ->add_option("--completions", options->completions,
                   "Write every request's completion time under each policy (CSV)")
      ->group("Output")
      ->type_name("FILE")
      ->check(some_text())
      ->excludes(seeds);
  command->add_option("--json", options->json, "Write all figures (JSON)")
      ->group("Output")
      ->type_name("FILE")
      ->check(some_text());
  command->add_option("--csv", options->csv, "Write all figures, a row a policy and run (CSV)")
      ->group("Output")
      ->type_name("FILE")
      ->check(some_text());
  command
      ->add_option("--timeline", options->timeline,
                   "Write what ran when, for https://ui.perfetto.dev (JSON)")
      ->group("Output")
      ->type_name("FILE")
      ->check(some_text())
      ->excludes(seeds);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace dysta::cli
