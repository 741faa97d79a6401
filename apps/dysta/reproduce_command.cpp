// dysta reproduce, dysta report: the published evaluation, and its page.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>
#include <tuple>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "drawing.hpp"
#include "dysta/core/error.hpp"
#include "dysta/experiment/experiment.hpp"
#include "output.hpp"
#include "reproduction.hpp"
#include "shared_folder.hpp"
#include "workload_options.hpp"

namespace dysta::cli {
namespace {

namespace fs = std::filesystem;

struct ReproduceCommandOptions {
  std::vector<std::string> names;
  std::string out;
  std::size_t jobs = 0;        // 0: as many as there are cores
  std::size_t most_seeds = 0;  // 0: all
  std::string python;
};

/// All experiments that ship, in the order of the report.
std::vector<Experiment> all_experiments(const std::string& shared) {
  std::vector<Experiment> all;
  for (const auto& entry : fs::directory_iterator(fs::path(shared) / "experiments")) {
    if (entry.path().extension() == ".yaml") {
      all.push_back(load_experiment(entry.path().string(), shared));
    }
  }
  std::sort(all.begin(), all.end(), [](const Experiment& a, const Experiment& b) {
    return std::tie(a.order, a.name) < std::tie(b.order, b.name);
  });
  return all;
}

/// An experiment, and what to ask for to get it again.
struct Chosen {
  Experiment experiment;
  std::string asked;
};

/// The experiments asked for: files, names of those that ship, or all of these.
std::vector<Chosen> chosen_experiments(const std::vector<std::string>& names,
                                       const std::string& shared) {
  std::vector<Chosen> chosen;
  for (const std::string& name : names) {
    if (name == "all") {
      for (Experiment& experiment : all_experiments(shared)) {
        std::string asked = experiment.name;
        chosen.push_back({std::move(experiment), std::move(asked)});
      }
      continue;
    }
    if (name.ends_with(".yaml")) {
      chosen.push_back({load_experiment(name, shared), name});
      continue;
    }
    const fs::path file = fs::path(shared) / "experiments" / (name + ".yaml");
    std::error_code error;
    if (name.find('/') != name.npos || !fs::is_regular_file(file, error)) {
      throw SpecificationError("there is no experiment " + in_quotes(name) +
                               "; allowed are all, list, experiment files (.yaml) and what dysta "
                               "reproduce list shows");
    }
    chosen.push_back({load_experiment(file.string(), shared), name});
  }
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (chosen[i].experiment.name == chosen[j].experiment.name) {
        throw SpecificationError("experiment " + in_quotes(chosen[i].experiment.name) +
                                 " is asked for twice; allowed is once");
      }
    }
  }
  return chosen;
}

int list(const std::string& shared) {
  std::string text;
  for (const Experiment& experiment : all_experiments(shared)) {
    text += fmt::format("{:<18} {:<20} {}\n", experiment.name,
                        experiment.restates.empty() ? "-" : experiment.restates, experiment.title);
  }
  print(text);
  return 0;
}

/// A word as a shell takes it: in single quotes unless it is plain.
std::string shell_word(const std::string& word) {
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./,:=+@%").find(c) != std::string_view::npos;
  });
  if (plain && !word.empty()) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// The command that makes the same again, from the same folder.
std::string command_of(const ReproduceCommandOptions& options, const std::string& asked) {
  std::string text = "dysta reproduce " + shell_word(asked) + " --out " + shell_word(options.out);
  if (options.most_seeds > 0) text += " --most-seeds " + std::to_string(options.most_seeds);
  return text;
}

int run(const ReproduceCommandOptions& options) {
  const std::string shared = shared_folder();
  if (std::find(options.names.begin(), options.names.end(), "list") != options.names.end()) {
    if (options.names.size() > 1) {
      throw SpecificationError("list is given with other names; allowed is list alone");
    }
    return list(shared);
  }
  if (options.out.empty()) {
    throw SpecificationError("--out is missing; needed is a folder for the results");
  }
  const std::string python = drawing_python(options.python);
  std::vector<Chosen> experiments = chosen_experiments(options.names, shared);
  const std::size_t jobs =
      options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  std::size_t number = 0;
  for (auto& [experiment, asked] : experiments) {
    const std::string folder = (fs::path(options.out) / experiment.name).string();
    print(fmt::format("[{}/{}] {}: {}\n", ++number, experiments.size(), experiment.name,
                      experiment.title));
    flush_output();
    const std::string command = command_of(options, asked);
    reproduce_data(
        std::move(experiment), folder,
        {.shared = shared, .command = command, .jobs = jobs, .most_seeds = options.most_seeds});
    run_drawing(python, shared, "draw", {folder});
    // Whatever comes after: what is there can be read.
    run_drawing(python, shared, "page", {options.out});
  }
  print("The report: " + (fs::path(options.out) / "index.html").string() + '\n');
  return 0;
}

struct ReportCommandOptions {
  std::string folder;
  std::string python;
};

int report(const ReportCommandOptions& options) {
  const std::string shared = shared_folder();
  const std::string python = drawing_python(options.python);
  std::vector<std::string> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(options.folder, error)) {
    if (fs::is_regular_file(entry.path() / "experiment.json", error)) {
      folders.push_back(entry.path().string());
    }
  }
  if (folders.empty()) {
    throw FileError(options.folder, 0, "holds no experiments; dysta reproduce makes them there");
  }
  std::sort(folders.begin(), folders.end());
  run_drawing(python, shared, "draw", folders);
  run_drawing(python, shared, "page", {options.folder});
  print("The report: " + (fs::path(options.folder) / "index.html").string() + '\n');
  return 0;
}

void add_python_option(CLI::App& command, std::string& python) {
  command.add_option("--python", python, "Python with matplotlib (python3, else /usr/bin/python3)")
      ->type_name("PROGRAM")
      ->check(some_text());
}

}  // namespace

void add_reproduce_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "reproduce", "Run the published evaluation, draw its figures and check its claims");
  auto options = std::make_shared<ReproduceCommandOptions>();
  command->add_option("NAME", options->names, "Experiments: names, files (.yaml), all; or list")
      ->required()
      ->type_name("");
  command->add_option("--out", options->out, "Folder for data, figures and the report")
      ->type_name("DIR")
      ->check(some_text());
  command
      ->add_option("--jobs", options->jobs,
                   "Simulations at a time, all cores if not given; results do not depend on it")
      ->transform(whole_in(1, 1024))
      ->type_name("N");
  command
      ->add_option("--most-seeds", options->most_seeds,
                   "Only the first seeds of each sweep, for a quick look; the report says so")
      ->transform(whole_in(1, 1000))
      ->type_name("N");
  add_python_option(*command, options->python);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

void add_report_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("report", "Draw what dysta reproduce left, and write its page anew");
  auto options = std::make_shared<ReportCommandOptions>();
  command->add_option("DIR", options->folder, "Folder that dysta reproduce wrote")
      ->required()
      ->type_name("")
      ->check(some_text());
  add_python_option(*command, options->python);
  command->callback([options, &action] { action = [options] { return report(*options); }; });
}

}  // namespace dysta::cli
