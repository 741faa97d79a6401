#include "command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>

#include <CLI/Config.hpp>

#include "dysta/core/error.hpp"
#include "output.hpp"

namespace dysta::cli {
namespace {

constexpr std::size_t kIndent = 30;
constexpr std::size_t kColumns = 100;

}  // namespace

HelpFormatter::HelpFormatter() { column_width(kIndent); }

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
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

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text;
  if (option->get_type_size() != 0) {
    text = ' ' + option->get_type_name();
    if (!option->get_default_str().empty()) text += '=' + option->get_default_str();
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) text += " ...";
  }
  return option->get_required() ? text + " (needed)" : text;
}

std::string explain(std::string command, const CLI::App& app, const CLI::ParseError& error) {
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
    message = in_quotes(extras.front()) + " is not known here";
  }
  if (message.find("; allowed ") != message.npos) return message;
  return message + "; allowed is what " + command + " --help lists";
}

int complain(const std::string& message, int status) {
  std::fprintf(stderr, "dysta: %s\n", message.c_str());
  return status;
}

int guarded(const std::function<int()>& part, const std::string& who) {
  try {
    return part();
  } catch (const SpecificationError& error) {
    return complain(who + error.what(), kWrongCommandLine);
  } catch (const std::bad_alloc&) {
    return complain(who + "out of memory; allowed are smaller inputs or counts", kFailure);
  } catch (const std::exception& error) {
    return complain(who + error.what(), kFailure);
  }
}

int guarded_main(const std::function<int()>& body) {
  return guarded([&] {
    keep_standard_descriptors();
    install_signal_handlers();
    return body();
  });
}

}  // namespace dysta::cli
