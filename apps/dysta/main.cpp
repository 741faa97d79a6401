// The command line: dysta simulate, sweep, workload, policies, traces, accel, profile.
#include <memory>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "command_line.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace dysta::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app{
      "Schedules several sparse neural networks on one accelerator, and compares how.\n"
      "Start with: dysta simulate --traces data/traces/eyeriss_v2 --load 0.9"};
  app.name("dysta");
  app.set_version_flag("--version", "dysta " DYSTA_VERSION);
  app.formatter(std::make_shared<HelpFormatter>());
  Action action;
  add_simulate_command(app, action);
  add_sweep_command(app, action);
  add_workload_command(app, action);
  add_policies_command(app, action);
  add_traces_command(app, action);
  add_accel_command(app, action);
  add_profile_command(app, action);
  add_reproduce_command(app, action);
  add_report_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      flush_output();
      return 0;
    }
    return complain(explain("dysta", app, error), kWrongCommandLine);
  }
  if (!action) {
    return complain("a command is needed; allowed is what dysta --help lists", kWrongCommandLine);
  }
  const int status = action();
  flush_output();
  return status;
}

}  // namespace
}  // namespace dysta::cli

int main(int argc, char** argv) {
  return dysta::cli::guarded_main([&] { return dysta::cli::run(argc, argv); });
}
