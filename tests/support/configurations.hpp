// Every way to ask for a policy, for tests of what holds of all of them.
#pragma once

#include <string>
#include <vector>

#include "dysta/sched/registry.hpp"

namespace dysta::test {

/// Every registered policy with its defaults, and again with every word of every parameter that is
/// not the default.
inline std::vector<ConfiguredPolicy> all_configurations() {
  const PolicyRegistry registry;
  std::vector<ConfiguredPolicy> all;
  const auto append = [&](const std::string& text) { all.push_back(registry.parse(text).front()); };
  for (const PolicyEntry& entry : registry.entries()) {
    append(entry.name);
    for (const ParameterSpec& parameter : entry.parameters) {
      for (const std::string& word : parameter.words) {
        if (parameter.default_value != ParameterValue(word)) {
          append(entry.name + ":" + parameter.name + "=" + word);
        }
      }
    }
  }
  return all;
}

}  // namespace dysta::test
