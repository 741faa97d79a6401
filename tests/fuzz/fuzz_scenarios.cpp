// Any text as a scenario: what is accepted gives requests that a simulation takes. No file that the
// text names is opened, and what it asks to be synthesised is small.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dysta/core/error.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sim/simulation.hpp"

namespace {

using namespace dysta;

bool is_file(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

[[noreturn]] void refuse(const std::string& file) {
  throw FileError("fuzz.yaml", 0, in_quotes(file) + " is a file; allowed is none");
}

/// Three inputs of two layers, two and one in two sets.
Trace small_trace(const std::string& name) {
  Trace::Identity identity;
  identity.name = name;
  identity.model = name.substr(0, name.find('_'));
  identity.provenance = {.origin = TraceOrigin::measured,
                         .accelerator = "eyeriss_v2",
                         .inputs = {{"day", 2}, {"night", 1}}};
  const std::vector<LayerSample> layers(6, {.latency_s = 0.001, .sparsity = 0.5});
  return {std::move(identity), 2, layers, {10, 20, 30}};
}

class SmallParts final : public ScenarioParts {
 public:
  std::unique_ptr<const Accelerator> accelerator(const std::string& name) const override {
    if (is_file(name)) refuse(name);
    return load_accelerator(name);
  }
  std::vector<std::string> trace_files(std::span<const std::string> paths) const override {
    return {paths.begin(), paths.end()};
  }
  Trace measured(const std::string& file) const override {
    return small_trace(std::filesystem::path(file).stem().string());
  }
  NetworkModel model(const std::string& name) const override {
    if (is_file(name)) refuse(name);
    static std::map<std::string, NetworkModel> known;  // reading them takes milliseconds
    const auto found = known.find(name);
    return found != known.end() ? found->second : known[name] = load_model(name);
  }
  Trace synthesised(const NetworkModel& model, const Accelerator&,
                    const SynthesisOptions& options) const override {
    return small_trace(variant_name(model, options.pattern));
  }
  ArrivalTable arrivals(const std::string& file) const override {
    ArrivalTable table;
    table.times = {Seconds{0}, Seconds{1}, Seconds{3}};
    if (file.ends_with("models.csv")) table.models = {"x", "y", "x"};
    if (file.ends_with("tokens.csv")) table.tokens = {5, 15, 4000};
    return table;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const Scenario scenario = parse_scenario("fuzz.yaml", text, SmallParts());
    const Run run = draw(scenario, {.count = 20});
    if (run.requests.size() != 20) std::abort();
    for (std::uint32_t p = 0; p < scenario.pools().size(); ++p) {
      std::vector<Request> own;
      for (std::size_t r = 0; r < run.requests.size(); ++r) {
        if (run.pools.at(r) == p) own.push_back(run.requests[r]);
      }
      // Throws `std::invalid_argument` for requests that are none.
      if (!own.empty()) Simulation(*scenario.pools()[p].traces, own, {}, 1);
    }
  } catch (const FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  } catch (const SpecificationError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
