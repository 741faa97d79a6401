// The command line: dysta simulate, workload, policies, traces.
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "commands.hpp"
#include "dysta/core/error.hpp"
#include "output.hpp"

namespace {

/// Exit statuses that the documentation promises.
constexpr int kFailure = 1;
constexpr int kWrongCommandLine = 2;

int complain(const std::string& message, int status) {
  std::fprintf(stderr, "dysta: %s\n", message.substr(0, message.find('\n')).c_str());
  return status;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Schedules several sparse neural networks on one accelerator, and compares how.\n"
      "Start with: dysta simulate --traces data/traces/eyeriss_v2 --load 0.9"};
  app.name("dysta");
  app.set_version_flag("--version", "dysta " DYSTA_VERSION);
  app.require_subcommand(1);
  dysta::cli::Action action;
  dysta::cli::add_simulate_command(app, action);
  dysta::cli::add_workload_command(app, action);
  dysta::cli::add_policies_command(app, action);
  dysta::cli::add_traces_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      dysta::cli::flush_output();
      return 0;
    }
    return complain(error.what(), kWrongCommandLine);
  }
  const int status = action();
  dysta::cli::flush_output();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    dysta::cli::install_signal_handlers();
    return run(argc, argv);
  } catch (const dysta::SpecificationError& error) {
    return complain(error.what(), kWrongCommandLine);
  } catch (const std::bad_alloc&) {
    return complain("out of memory; allowed are smaller inputs or counts", kFailure);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailure);
  }
}
