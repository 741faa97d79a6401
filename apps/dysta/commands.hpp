// The subcommands: each adds its options to the parser, which sets what to do for the one asked
// for.
#pragma once

#include <functional>

#include <CLI/App.hpp>

namespace dysta::cli {

/// Runs a subcommand; its result is the exit status. Set by the parser for the one that was asked
/// for.
using Action = std::function<int()>;

void add_simulate_command(CLI::App& app, Action& action);
void add_sweep_command(CLI::App& app, Action& action);
void add_workload_command(CLI::App& app, Action& action);
void add_policies_command(CLI::App& app, Action& action);
void add_accel_command(CLI::App& app, Action& action);
void add_profile_command(CLI::App& app, Action& action);
void add_traces_command(CLI::App& app, Action& action);
void add_reproduce_command(CLI::App& app, Action& action);
void add_report_command(CLI::App& app, Action& action);

// These add to `dysta traces`.
void add_traces_predict_command(CLI::App& traces, Action& action);
void add_traces_synthesize_command(CLI::App& traces, Action& action);
void add_traces_fit_command(CLI::App& traces, Action& action);

}  // namespace dysta::cli
