#include <iterator>
#include <memory>
#include <span>

#include <CLI/Option.hpp>
#include <fmt/format.h>

#include "commands.hpp"
#include "dysta/sched/dispatch/dispatcher.hpp"
#include "dysta/sched/registry.hpp"
#include "output.hpp"

namespace dysta::cli {
namespace {

/// Policies or dispatchers.
template <class Entry>
std::string as_text(std::span<const Entry> entries) {
  std::string text;
  for (const Entry& entry : entries) {
    fmt::format_to(std::back_inserter(text), "{}: {}\n", entry.name, entry.help);
    for (const ParameterSpec& spec : entry.parameters) {
      fmt::format_to(std::back_inserter(text), "  {}={}  {}; allowed is {}\n", spec.name,
                     to_text(spec.default_value), spec.help, spec.allowed());
    }
  }
  return text;
}

std::string as_markdown(const PolicyRegistry& registry) {
  std::string text = "| policy | what it does | parameters and defaults |\n| --- | --- | --- |\n";
  for (const PolicyEntry& entry : registry.entries()) {
    std::string parameters;
    for (const ParameterSpec& spec : entry.parameters) {
      fmt::format_to(std::back_inserter(parameters), "{}`{}={}`", parameters.empty() ? "" : " ",
                     spec.name, to_text(spec.default_value));
    }
    fmt::format_to(std::back_inserter(text), "| `{}` | {} | {} |\n", entry.name, entry.help,
                   parameters);
  }
  text += "\n| parameter | what it is | allowed |\n| --- | --- | --- |\n";
  for (const PolicyEntry& entry : registry.entries()) {
    for (const ParameterSpec& spec : entry.parameters) {
      const auto meaning = fmt::format(" | {} | {} |\n", spec.help, spec.allowed());
      const auto name = fmt::format("| `{}`", spec.name);
      if (text.find(name + meaning) != std::string::npos) continue;
      // Where it means something else to another policy it is listed again, with whose it is.
      const bool named_before = text.find(name + " |") != std::string::npos;
      text += name + (named_before ? fmt::format(" ({})", entry.name) : "") + meaning;
    }
  }
  return text;
}

}  // namespace

void add_policies_command(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("policies", "List the policies: what runs next, and their parameters");
  auto markdown = std::make_shared<bool>(false);
  auto in_front = std::make_shared<bool>(false);
  auto* tables = command->add_flag("--markdown", *markdown, "As the tables of docs/policies.md");
  command
      ->add_flag("--dispatchers", *in_front,
                 "The dispatchers instead: which accelerator's queue a request joins")
      ->excludes(tables);
  command->callback([markdown, in_front, &action] {
    action = [markdown, in_front] {
      const PolicyRegistry registry;
      print(*in_front   ? as_text(dispatchers())
            : *markdown ? as_markdown(registry)
                        : as_text(registry.entries()));
      return 0;
    };
  });
}

}  // namespace dysta::cli
