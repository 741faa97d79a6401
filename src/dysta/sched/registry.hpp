// Every policy by name: one table feeds the command line, its help, the docs and the tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dysta/core/time.hpp"
#include "dysta/predict/predictor.hpp"
#include "dysta/sched/parameters.hpp"
#include "dysta/sched/policy.hpp"
#include "dysta/trace/profile.hpp"

namespace dysta {

/// What a policy may be made from.
struct PolicyContext {
  const Profiles& profiles;        ///< must outlive the policy
  const Truth* truth = nullptr;    ///< for oracles, where the host has it; must outlive the policy
  std::uint32_t accelerators = 1;  ///< that share the queue of the policy
  Seconds preemption{};            ///< what putting an unfinished task aside takes an accelerator
};

/// One policy that can be asked for by name.
struct PolicyEntry {
  std::string name;
  std::string help;  ///< one line: which task runs
  std::vector<ParameterSpec> parameters;
  /// Throws `SpecificationError` if the context lacks what the parameters need.
  std::function<std::unique_ptr<Policy>(const Parameters&, const PolicyContext&)> make;
};

/// A policy with values for all its parameters.
class ConfiguredPolicy {
 public:
  ConfiguredPolicy(const PolicyEntry& entry, std::string label, Parameters parameters)
      : name_(entry.name),
        label_(std::move(label)),
        parameters_(std::move(parameters)),
        make_(entry.make) {}

  const std::string& name() const { return name_; }
  /// The name with the parameters that were given: `dysta:beta=0.05`.
  const std::string& label() const { return label_; }
  const Parameters& parameters() const { return parameters_; }

  /// A fresh policy with no tasks.
  std::unique_ptr<Policy> make(const PolicyContext& context) const {
    return make_(parameters_, context);
  }

 private:
  std::string name_;
  std::string label_;
  Parameters parameters_;
  decltype(PolicyEntry::make) make_;
};

/// A table of policies. Starts with those of this library; a program adds its own.
class PolicyRegistry {
 public:
  PolicyRegistry();

  /// Throws `SpecificationError` if the name is taken.
  void add(PolicyEntry entry);

  std::span<const PolicyEntry> entries() const& { return entries_; }
  std::span<const PolicyEntry> entries() && = delete;  // would dangle
  const PolicyEntry* find(std::string_view name) const;

  /// Reads a list like `dysta:beta=0.05,wait_unit_s=auto,sjf`: names with optional parameters; a
  /// part without `=`, or with a `:`, starts the next policy. Throws `SpecificationError` for an
  /// unknown name or parameter, a value that is not allowed, or the same policy twice.
  std::vector<ConfiguredPolicy> parse(std::string_view list) const;

 private:
  std::vector<PolicyEntry> entries_;
};

}  // namespace dysta
