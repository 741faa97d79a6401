#include "dysta/sched/configured.hpp"

#include <algorithm>

#include "dysta/core/error.hpp"

namespace dysta {
namespace {

/// One of a list, before anything is known of it.
struct Written {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
};

std::pair<std::string_view, std::string_view> split_parameter(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw SpecificationError("parameter " + in_quotes(text) +
                             " is malformed; allowed is key=value");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<Written> split_list(std::string_view list, const std::string& what) {
  std::vector<Written> all;
  while (true) {
    const auto comma = list.find(',');
    const auto part = list.substr(0, comma);
    const auto colon = part.find(':');
    const bool continues = colon == std::string_view::npos && part.find('=') != part.npos;
    if (continues) {
      if (all.empty() || all.back().parameters.empty()) {
        throw SpecificationError("parameter " + in_quotes(part) + " follows no " + what +
                                 " with parameters; allowed is "
                                 "NAME[:key=value[,key=value]][,NAME...]");
      }
      all.back().parameters.push_back(split_parameter(part));
    } else {
      all.push_back({part.substr(0, colon), {}});
      if (colon != part.npos) {
        all.back().parameters.push_back(split_parameter(part.substr(colon + 1)));
      }
    }
    if (comma == list.npos) return all;
    list.remove_prefix(comma + 1);
  }
}

std::string names_of(std::span<const Configurable> known) {
  std::string text;
  for (const Configurable& each : known) text.append(text.empty() ? "" : ", ").append(each.name);
  return text;
}

std::string names_of(std::span<const ParameterSpec> parameters) {
  std::string text;
  for (const ParameterSpec& spec : parameters) text += (text.empty() ? "" : ", ") + spec.name;
  return text.empty() ? "none" : text;
}

Configured configure(std::span<const Configurable> known, std::size_t place, const Written& written,
                     const std::string& what) {
  const Configurable& entry = known[place];
  const std::string named = what + ' ' + in_quotes(entry.name);
  std::vector<std::pair<std::string, ParameterValue>> values;
  for (const ParameterSpec& spec : entry.parameters) {
    values.emplace_back(spec.name, spec.default_value);
  }
  std::string label(entry.name);
  std::vector<std::string_view> given;
  for (const auto& [key, text] : written.parameters) {
    const auto spec = std::find_if(entry.parameters.begin(), entry.parameters.end(),
                                   [&, k = key](const ParameterSpec& s) { return s.name == k; });
    if (spec == entry.parameters.end()) {
      throw SpecificationError(named + " has no parameter " + in_quotes(key) + "; allowed is " +
                               names_of(entry.parameters));
    }
    if (std::find(given.begin(), given.end(), key) != given.end()) {
      throw SpecificationError(named + " is given parameter " + in_quotes(key) +
                               " twice; allowed is once");
    }
    given.push_back(key);
    try {
      const auto position = static_cast<std::size_t>(spec - entry.parameters.begin());
      values[position].second = spec->parse(text);
    } catch (const SpecificationError& error) {
      throw SpecificationError(named + ": " + error.what());
    }
    label.append(given.size() == 1 ? ":" : ",").append(key).append("=").append(text);
  }
  return {.entry = place, .label = std::move(label), .parameters = Parameters(std::move(values))};
}

}  // namespace

std::vector<Configured> parse_configured(std::string_view list, std::span<const Configurable> known,
                                         std::string_view what) {
  const std::string word(what);
  std::vector<Configured> all;
  for (const Written& written : split_list(list, word)) {
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Configurable& k) { return k.name == written.name; });
    if (found == known.end()) {
      throw SpecificationError("unknown " + word + ' ' + in_quotes(written.name) + "; allowed is " +
                               names_of(known));
    }
    all.push_back(configure(known, static_cast<std::size_t>(found - known.begin()), written, word));
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      if (all[i].label == all.back().label) {
        throw SpecificationError(word + " '" + all.back().label +
                                 "' is given twice; allowed is once");
      }
    }
  }
  return all;
}

}  // namespace dysta
