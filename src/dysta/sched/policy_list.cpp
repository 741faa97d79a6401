// Reading lists of policies as users write them.
#include <algorithm>

#include "dysta/core/error.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

struct WrittenPolicy {
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

std::vector<WrittenPolicy> split_list(std::string_view list) {
  std::vector<WrittenPolicy> policies;
  while (true) {
    const auto comma = list.find(',');
    const auto part = list.substr(0, comma);
    const auto colon = part.find(':');
    const bool continues = colon == std::string_view::npos && part.find('=') != part.npos;
    if (continues) {
      if (policies.empty() || policies.back().parameters.empty()) {
        throw SpecificationError("parameter " + in_quotes(part) +
                                 " follows no policy with parameters; allowed is "
                                 "NAME[:key=value[,key=value]][,NAME...]");
      }
      policies.back().parameters.push_back(split_parameter(part));
    } else {
      policies.push_back({part.substr(0, colon), {}});
      if (colon != part.npos) {
        policies.back().parameters.push_back(split_parameter(part.substr(colon + 1)));
      }
    }
    if (comma == list.npos) return policies;
    list.remove_prefix(comma + 1);
  }
}

std::string names_of(std::span<const PolicyEntry> entries) {
  std::string text;
  for (const PolicyEntry& entry : entries) text += (text.empty() ? "" : ", ") + entry.name;
  return text;
}

std::string names_of(std::span<const ParameterSpec> parameters) {
  std::string text;
  for (const ParameterSpec& spec : parameters) text += (text.empty() ? "" : ", ") + spec.name;
  return text.empty() ? "none" : text;
}

ConfiguredPolicy configure(const PolicyEntry& entry, const WrittenPolicy& written) {
  std::vector<std::pair<std::string, ParameterValue>> values;
  for (const ParameterSpec& spec : entry.parameters) {
    values.emplace_back(spec.name, spec.default_value);
  }
  std::string label = entry.name;
  std::vector<std::string_view> given;
  for (const auto& [key, text] : written.parameters) {
    const auto spec = std::find_if(entry.parameters.begin(), entry.parameters.end(),
                                   [&, k = key](const ParameterSpec& s) { return s.name == k; });
    if (spec == entry.parameters.end()) {
      throw SpecificationError("policy '" + entry.name + "' has no parameter " + in_quotes(key) +
                               "; allowed is " + names_of(entry.parameters));
    }
    if (std::find(given.begin(), given.end(), key) != given.end()) {
      throw SpecificationError("policy '" + entry.name + "' is given parameter " + in_quotes(key) +
                               " twice; allowed is once");
    }
    given.push_back(key);
    try {
      const auto position = static_cast<std::size_t>(spec - entry.parameters.begin());
      values[position].second = spec->parse(text);
    } catch (const SpecificationError& error) {
      throw SpecificationError("policy '" + entry.name + "': " + error.what());
    }
    label.append(given.size() == 1 ? ":" : ",").append(key).append("=").append(text);
  }
  return {entry, std::move(label), Parameters(std::move(values))};
}

}  // namespace

std::vector<ConfiguredPolicy> PolicyRegistry::parse(std::string_view list) const {
  std::vector<ConfiguredPolicy> policies;
  for (const WrittenPolicy& written : split_list(list)) {
    const PolicyEntry* entry = find(written.name);
    if (entry == nullptr) {
      throw SpecificationError("unknown policy " + in_quotes(written.name) + "; allowed is " +
                               names_of(entries_));
    }
    policies.push_back(configure(*entry, written));
    for (std::size_t i = 0; i + 1 < policies.size(); ++i) {
      if (policies[i].label() == policies.back().label()) {
        throw SpecificationError("policy '" + policies.back().label() +
                                 "' is given twice; allowed is once");
      }
    }
  }
  return policies;
}

}  // namespace dysta
