#include "dysta/sweep/plan.hpp"

#include <algorithm>
#include <filesystem>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sched/admission.hpp"
#include "dysta/workload/seeds.hpp"

namespace dysta {
namespace {

// Weeks of work; more is a slip of the keyboard.
constexpr std::size_t kMostPoints = 1'000'000;
constexpr int kMostRequests = 100'000'000;

/// What `read` returns; what it finds wrong with words stands at `key`.
template <class Read>
auto at_key(const YamlMap& map, std::string_view key, Read&& read) {
  try {
    return read();
  } catch (const SpecificationError& error) {
    map.complain(key, error.what());
  }
}

std::vector<double> numbers_once(YamlMap& map, std::string_view key, double least, double largest) {
  std::vector<double> numbers;
  if (!map.has(key)) return numbers;
  for (const double number : map.numbers(key, least, largest)) {
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) {
      map.complain(key,
                   std::string(key) + " has " + readable_text(number) + " twice; allowed is once");
    }
    numbers.push_back(number);
  }
  return numbers;
}

/// The plan's policies, each once.
class PolicyList {
 public:
  explicit PolicyList(const PolicyRegistry& registry) : registry_(registry) {}

  /// Adds those of a list as users write it, which stands at `key` of `map`.
  void add(const YamlMap& map, std::string_view key, const std::string& list) {
    for (ConfiguredPolicy& policy : at_key(map, key, [&] { return registry_.parse(list); })) {
      for (const ConfiguredPolicy& other : policies_) {
        if (other.label() != policy.label()) continue;
        map.complain(key, "policy " + in_quotes(policy.label()) +
                              " is there already; allowed is each policy once");
      }
      policies_.push_back(std::move(policy));
    }
    if (policies_.size() > kMostPolicies) too_many(map, key);
  }

  /// Adds a policy for every combination of the values that `grid` gives, the last parameter
  /// changing fastest.
  void add_grid(YamlMap& grid) {
    const std::string name = grid.text("policy");
    if (registry_.find(name) == nullptr) grid.fail("policy", "a name that dysta policies lists");
    YamlMap parameters = grid.map("parameters");
    std::vector<std::string> texts{name};
    std::string before = ":";
    for (const std::string& key : parameters.keys()) {
      const std::vector<std::string> values = parameters.texts(key);
      if (texts.size() * values.size() > kMostPolicies) too_many(parameters, key);
      std::vector<std::string> longer;
      for (const std::string& text : texts) {
        for (const std::string& value : values) {
          // Here it would begin another parameter or policy.
          if (value.find(',') != value.npos) {
            parameters.complain(
                key, key + " has " + in_quotes(value) + "; allowed are values without commas");
          }
          longer.push_back(text + before + key + '=' + value);
        }
      }
      texts = std::move(longer);
      before = ",";
    }
    for (const std::string& text : texts) add(grid, "parameters", text);
    grid.done();
  }

  std::vector<ConfiguredPolicy> take() { return std::move(policies_); }

 private:
  static constexpr std::size_t kMostPolicies = 10'000;

  [[noreturn]] static void too_many(const YamlMap& map, std::string_view key) {
    map.complain(key,
                 "makes too many policies; allowed are at most " + std::to_string(kMostPolicies));
  }

  const PolicyRegistry& registry_;
  std::vector<ConfiguredPolicy> policies_;
};

std::vector<std::string> scenarios_of(YamlMap& map, std::span<const std::string> folders) {
  std::vector<std::string> paths;
  for (const std::string& name : map.texts("scenarios")) {
    const std::string path = at_key(map, "scenarios", [&] { return find_scenario(name, folders); });
    if (std::find(paths.begin(), paths.end(), path) != paths.end()) {
      map.complain("scenarios", "scenarios has " + in_quotes(name) + " twice; allowed is once");
    }
    paths.push_back(path);
  }
  return paths;
}

std::vector<ConfiguredPolicy> policies_of(YamlMap& map, const PolicyRegistry& registry) {
  PolicyList policies(registry);
  if (!map.has("policies") && !map.has("grid")) map.text("policies");  // tells that it is needed
  if (map.has("policies")) {
    for (const std::string& list : map.texts("policies")) policies.add(map, "policies", list);
  }
  if (map.has("grid")) {
    for (YamlMap& grid : map.maps("grid")) policies.add_grid(grid);
  }
  if (!map.has("admission")) return policies.take();
  const std::string admission = map.text("admission", "all, deadline, or both with a comma");
  return at_key(map, "admission", [&] { return with_admission(policies.take(), admission); });
}

}  // namespace

SweepPlan parse_sweep(YamlMap map, const std::string& folder,
                      const std::vector<std::string>& shipped, const PolicyRegistry& registry) {
  map.whole("schema", 1, 1);
  std::vector<std::string> folders{folder};
  folders.insert(folders.end(), shipped.begin(), shipped.end());
  SweepPlan plan;
  plan.scenarios = scenarios_of(map, folders);
  plan.policies = policies_of(map, registry);
  plan.loads = numbers_once(map, "loads", 1e-6, 1000);
  plan.rates_hz = numbers_once(map, "rates_hz", 1e-9, 1e12);
  plan.slo_multipliers = numbers_once(map, "slo_multipliers", 1e-6, 1e9);
  if (!plan.slo_multipliers.empty()) plan.slo_multipliers_at = map.place("slo_multipliers");
  plan.seeds = at_key(
      map, "seeds", [&] { return parse_seeds(map.text("seeds", "text like 3, 1-5 or 1,4,7-9")); });
  plan.requests = static_cast<std::size_t>(map.whole("requests", 1, kMostRequests));
  map.done();
  if (plan.points() > kMostPoints) {
    map.complain("scenarios", "the lists make " + std::to_string(plan.points()) +
                                  " points; allowed are at most " + std::to_string(kMostPoints));
  }
  return plan;
}

SweepPlan load_sweep(const std::string& path, const std::vector<std::string>& shipped) {
  return parse_sweep(YamlMap::parse(path, read_file(path)),
                     std::filesystem::path(path).parent_path().string(), shipped);
}

}  // namespace dysta
