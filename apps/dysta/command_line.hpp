// What the programs' command lines have in common: help, complaints, exit statuses.
#pragma once

#include <functional>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>

namespace dysta::cli {

/// Exit statuses that the documentation promises.
inline constexpr int kFailure = 1;
inline constexpr int kWrongCommandLine = 2;

/// Help that fits 100 columns, with the options' types and defaults, but without their lists of
/// what excludes what.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

/// What was wrong with the command line of `program`, and what is allowed.
std::string explain(std::string program, const CLI::App& app, const CLI::ParseError& error);

/// Writes one line to standard error; returns `status`.
int complain(const std::string& message, int status);

/// Runs a part of a program and turns what it throws into a line, which begins with `who`, and an
/// exit status.
int guarded(const std::function<int()>& part, const std::string& who = {});

/// The same for the whole of a program, with what it has to be ready for.
int guarded_main(const std::function<int()>& body);

}  // namespace dysta::cli
