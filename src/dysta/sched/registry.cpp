#include "dysta/sched/registry.hpp"

#include <algorithm>

#include "dysta/core/error.hpp"
#include "dysta/sched/configured.hpp"

namespace dysta {

// One line a policy; its file defines `PolicyEntry NAME_entry()`.
#define DYSTA_POLICIES(POLICY) \
  POLICY(fcfs)                 \
  POLICY(sjf)                  \
  POLICY(prema)                \
  POLICY(planaria)             \
  POLICY(sdrm3)                \
  POLICY(dysta)                \
  POLICY(edf)                  \
  POLICY(llf)                  \
  POLICY(hrrn)                 \
  POLICY(aged)                 \
  POLICY(punctual)             \
  POLICY(likely_first)

#define DYSTA_DECLARE(name) PolicyEntry name##_entry();
DYSTA_POLICIES(DYSTA_DECLARE)
#undef DYSTA_DECLARE

namespace {

/// A published name for a policy with other defaults.
struct Alias {
  std::string_view name;
  std::string_view base;
  std::string_view help;
  std::vector<std::pair<std::string_view, std::string_view>> defaults;
  std::vector<std::string_view> fixed{};  ///< parameters of the base that the name does not offer
};

std::vector<Alias> aliases() {
  return {
      {"sjf_sparse",
       "sjf",
       "sjf that knows patterns and watches densities",
       {{"tables", "pattern"}, {"predictor", "average_all"}}},
      {"prema_sparse",
       "prema",
       "prema that knows patterns and watches densities",
       {{"tables", "pattern"}, {"predictor", "average_all"}}},
      {"sdrm3_sparse",
       "sdrm3",
       "sdrm3 that knows patterns and watches densities",
       {{"tables", "pattern"}, {"predictor", "average_all"}}},
      {"dysta_naive",
       "dysta",
       "dysta that neither knows patterns nor watches densities",
       {{"tables", "model"}, {"predictor", "none"}},
       {"arithmetic", "tick_s"}},
      {"dysta_oracle",
       "dysta",
       "dysta that knows true latencies (clairvoyant)",
       {{"predictor", "oracle"}},
       {"arithmetic", "tick_s"}},
      {"srpt",
       "sjf",
       "the shortest true remaining latency runs (clairvoyant)",
       {{"tables", "pattern"}, {"predictor", "oracle"}}},
      {"srpt_weighted",
       "sjf",
       "the smallest true remaining x isolated latency runs (clairvoyant)",
       {{"weight", "isolated"}, {"tables", "pattern"}, {"predictor", "oracle"}}},
      {"punctual_oracle",
       "punctual",
       "punctual that knows true latencies (clairvoyant)",
       {{"predictor", "oracle"}}},
      {"feasible_first",
       "punctual",
       "deadlines that can be met first, smallest true remaining x isolated (clairvoyant)",
       {{"budget", "1"},
        {"bonus", "0.999999"},
        {"horizon", "1000000000"},
        {"stretch", "0"},
        {"preemption_s", "0"},
        {"predictor", "oracle"}}},
  };
}

PolicyEntry entry_of(const Alias& alias, PolicyEntry base) {
  base.name = alias.name;
  base.help = alias.help;
  for (const auto& [name, value] : alias.defaults) {
    for (ParameterSpec& spec : base.parameters) {
      if (spec.name == name) spec.default_value = spec.parse(value);
    }
  }
  if (alias.fixed.empty()) return base;
  std::vector<std::pair<std::string, ParameterValue>> fixed;
  std::erase_if(base.parameters, [&](const ParameterSpec& spec) {
    if (std::find(alias.fixed.begin(), alias.fixed.end(), spec.name) == alias.fixed.end()) {
      return false;
    }
    fixed.emplace_back(spec.name, spec.default_value);
    return true;
  });
  base.make = [make = std::move(base.make), fixed = std::move(fixed)](
                  const Parameters& parameters, const PolicyContext& context) {
    auto all = parameters.all();
    all.insert(all.end(), fixed.begin(), fixed.end());
    return make(Parameters(std::move(all)), context);
  };
  return base;
}

}  // namespace

PolicyRegistry::PolicyRegistry() {
#define DYSTA_ADD(name) add(name##_entry());
  DYSTA_POLICIES(DYSTA_ADD)
#undef DYSTA_ADD
  for (const Alias& alias : aliases()) add(entry_of(alias, *find(alias.base)));
  const auto by_name = [](const PolicyEntry& a, const PolicyEntry& b) { return a.name < b.name; };
  std::sort(entries_.begin(), entries_.end(), by_name);
}

void PolicyRegistry::add(PolicyEntry entry) {
  if (find(entry.name) != nullptr) {
    throw SpecificationError("a policy named " + in_quotes(entry.name) + " is there already");
  }
  entries_.push_back(std::move(entry));
}

const PolicyEntry* PolicyRegistry::find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const PolicyEntry& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

std::vector<ConfiguredPolicy> PolicyRegistry::parse(std::string_view list) const {
  std::vector<Configurable> known;
  for (const PolicyEntry& entry : entries_) known.push_back({entry.name, entry.parameters});
  std::vector<ConfiguredPolicy> policies;
  for (Configured& configured : parse_configured(list, known, "policy")) {
    policies.emplace_back(entries_[configured.entry], std::move(configured.label),
                          std::move(configured.parameters));
  }
  return policies;
}

}  // namespace dysta
