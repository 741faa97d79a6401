// The command line: dysta simulate, workload, policies, traces.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <sstream>
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

/// Help that fits 100 columns, with the options' types and defaults, but without their lists of
/// what excludes what.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kIndent); }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const std::string left =
        "  " + make_option_name(option, is_positional) + make_option_opts(option);
    const std::string margin(kIndent, ' ');
    std::string text =
        left.size() < kIndent ? left + margin.substr(left.size()) : left + '\n' + margin;
    std::size_t column = kIndent;
    std::istringstream words(make_option_desc(option));
    for (std::string word; words >> word;) {
      if (column > kIndent && column + 1 + word.size() > kColumns) {
        text += '\n' + margin;
        column = kIndent;
      }
      if (column > kIndent) {
        text += ' ';
        ++column;
      }
      text += word;
      column += word.size();
    }
    return text + '\n';
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    if (option->get_type_size() != 0) {
      text = ' ' + option->get_type_name();
      if (!option->get_default_str().empty()) text += '=' + option->get_default_str();
      if (option->get_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
    }
    return option->get_required() ? text + " (needed)" : text;
  }

 private:
  static constexpr std::size_t kIndent = 30;
  static constexpr std::size_t kColumns = 100;
};

/// What was wrong with the command line, and what is allowed.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "dysta";
  for (const CLI::App* sub = &app; !sub->get_subcommands().empty();) {
    sub = sub->get_subcommands().front();
    command += ' ' + sub->get_name();
  }
  std::string message = error.what();
  message = message.substr(0, message.find('\n'));
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    // Options first: what follows an unknown option is likely its value.
    auto extras = app.remaining(true);
    std::stable_partition(extras.begin(), extras.end(),
                          [](const std::string& text) { return text.starts_with('-'); });
    message = dysta::in_quotes(extras.front()) + " is not known here";
  }
  if (message.find("; allowed ") != message.npos) return message;
  return message + "; allowed is what " + command + " --help lists";
}

int complain(const std::string& message, int status) {
  std::fprintf(stderr, "dysta: %s\n", message.c_str());
  return status;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Schedules several sparse neural networks on one accelerator, and compares how.\n"
      "Start with: dysta simulate --traces data/traces/eyeriss_v2 --load 0.9"};
  app.name("dysta");
  app.set_version_flag("--version", "dysta " DYSTA_VERSION);
  app.formatter(std::make_shared<HelpFormatter>());
  dysta::cli::Action action;
  dysta::cli::add_simulate_command(app, action);
  dysta::cli::add_workload_command(app, action);
  dysta::cli::add_policies_command(app, action);
  dysta::cli::add_traces_command(app, action);
  dysta::cli::add_accel_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      dysta::cli::flush_output();
      return 0;
    }
    return complain(explain(app, error), kWrongCommandLine);
  }
  if (!action) {
    return complain("a command is needed; allowed is what dysta --help lists", kWrongCommandLine);
  }
  const int status = action();
  dysta::cli::flush_output();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    dysta::cli::keep_standard_descriptors();
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
