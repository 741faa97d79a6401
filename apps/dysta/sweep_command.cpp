#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <CLI/Option.hpp>

#include "command_line.hpp"
#include "commands.hpp"
#include "dysta/core/error.hpp"
#include "dysta/sweep/run_sweep.hpp"
#include "interruption.hpp"
#include "output.hpp"
#include "shared_folder.hpp"
#include "workload_options.hpp"
#ifdef DYSTA_MPI
#include "mpi_force.hpp"
#endif

namespace dysta::cli {
namespace {

struct SweepCommandOptions {
  std::string file;
  std::string folder;
  std::size_t jobs = 0;  // 0: as many as there are cores
};

/// Simulates; returns false when it was interrupted. Without a `force`, on threads alone.
bool carry_out(const SweepPlan& plan, const std::string& folder, std::size_t jobs,
               const Interruption& interruption, WorkForce* force = nullptr) {
  Progress drawing("requests drawn");
  Progress progress("points");
  SweepOptions sweep{.jobs = jobs, .force = force};
  sweep.drawing = [&](std::size_t done, std::size_t of) { drawing.update(done, of); };
  sweep.progress = [&, begun = false](std::size_t done, std::size_t of) mutable {
    if (!std::exchange(begun, true)) progress.continue_from(done);
    progress.update(done, of);
  };
  sweep.stop = &interruption.requested();
  return run_sweep(plan, folder, sweep);
}

/// The exit status of the process that leads.
int report(const SweepPlan& plan, const SweepCommandOptions& options, bool complete,
           const Interruption& interruption) {
  if (!complete) {
    complain("interrupted; what is finished is kept, and the same command goes on from there",
             kFailure);
    interruption.end_program();
  }
  print(counted(plan.points(), "point") + " in " +
        (std::filesystem::path(options.folder) / "points.csv").string() + '\n');
  return 0;
}

#ifdef DYSTA_MPI
int run_as_one_of_several(const SweepCommandOptions& options) {
  const Interruption interruption;
  // Joined before anything can fail: the others wait for who never joins. What does fail is told
  // before leaving, which waits for the others too.
  MpiForce force(options.jobs);
  return guarded(
      [&] {
        const SweepPlan plan = load_sweep(options.file, folders_of_names());
        const bool complete =
            carry_out(plan, options.folder, force.threads(), interruption, &force);
        if (!force.leads()) return 0;
        const std::size_t lost = force.send_home();
        if (complete && lost > 0) {
          complain(counted(lost, "process") + " of " + std::to_string(force.processes()) +
                       " did not answer; what was theirs is done here, " +
                       counted(force.redone(), "item") + " of the work",
                   kFailure);
        }
        const int status = report(plan, options, complete, interruption);
        flush_output();
        return status;
      },
      force.leads() ? "" : "rank " + std::to_string(force.rank()) + ": ");
}
#endif

int run(const SweepCommandOptions& options) {
#ifdef DYSTA_MPI
  if (MpiForce::is_one_of_several()) return run_as_one_of_several(options);
#endif
  const SweepPlan plan = load_sweep(options.file, folders_of_names());
  const Interruption interruption;
  const std::size_t jobs =
      options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  return report(plan, options, carry_out(plan, options.folder, jobs, interruption), interruption);
}

}  // namespace

void add_sweep_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "sweep", "Run every combination of scenarios, loads, deadlines, seeds and policies");
  auto options = std::make_shared<SweepCommandOptions>();
  command->add_option("file", options->file, "What to run (YAML, docs/sweeps.md)")
      ->required()
      ->type_name("FILE")
      ->check(some_text());
  command
      ->add_option("--out", options->folder,
                   "The folder of the results: points.csv, and points.sqlite, from which an "
                   "interrupted sweep goes on")
      ->required()
      ->type_name("DIR")
      ->check(some_text());
  command
      ->add_option("--jobs", options->jobs,
                   "Simulations at a time in this process, all cores if not given; results do not "
                   "depend on it. Under mpirun each process has as many, or its share of the cores")
      ->transform(whole_in(1, 1024))
      ->type_name("N");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace dysta::cli
