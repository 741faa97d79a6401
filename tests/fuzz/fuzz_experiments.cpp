// Any text as an experiment: what is accepted can be run and recorded.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/experiment/experiment.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

/// Stays below the folder that it is looked for in.
bool inside(const std::string& path) {
  return !path.empty() && path.front() != '/' && path.find("..") == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const dysta::Experiment experiment = dysta::parse_experiment("fuzz.yaml", text, "folder");
    check(experiment.name == "fuzz" && !experiment.figures.empty());
    for (const dysta::ExperimentTraces& traces : experiment.traces) {
      check(traces.files.empty() != traces.synthesised.empty());
      check(!traces.name.empty() && inside(traces.name));
    }
    for (const dysta::Claim& claim : experiment.claims) check(!name_of(claim.kind).empty());
    if (experiment.predictions) check(experiment.predictions->folds >= 2);
  } catch (const dysta::FileError& error) {
    check(std::string(error.what()).find('\n') == std::string::npos);
  }
  return 0;
}
