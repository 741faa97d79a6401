#include "dysta/sched/estimator.hpp"

#include <optional>

#include "dysta/core/error.hpp"
#include "dysta/predict/conditional.hpp"
#include "dysta/predict/oracle.hpp"

namespace dysta {

std::vector<ParameterSpec> with_estimator(std::vector<ParameterSpec> own,
                                          const std::string& default_tables,
                                          const std::string& default_predictor) {
  own.push_back(choice("tables", "average latencies by model and pattern, or by model alone",
                       default_tables, {"pattern", "model"}));
  own.push_back(choice("predictor", "how what is known of the input so far corrects them",
                       default_predictor,
                       {"none", "average_all", "last_one", "last_n", "length", "elasticity",
                        "recursive", "oracle"}));
  own.push_back({.name = "n",
                 .help = "layers that last_n looks back",
                 .default_value = 3.0,
                 .numbers = ParameterSpec::Numbers::whole,
                 .least = 1,
                 .largest = DensityRatioPredictor::kLargestWindow});
  return own;
}

Tables tables_from(const Parameters& parameters) {
  return parameters.is("tables", "model") ? Tables::model : Tables::pattern;
}

namespace {

/// What the conditional expectation of this name takes into account; nothing for other names.
std::optional<Evidence> evidence_of(const std::string& name) {
  if (name == "length") return Evidence::length;
  if (name == "elasticity") return Evidence::mean_density;
  if (name == "recursive") return Evidence::recursion;
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Predictor> make_predictor(const Parameters& parameters,
                                          const PolicyContext& context) {
  const std::string& name = parameters.word("predictor");
  if (name == "oracle") {
    if (context.truth == nullptr) {
      throw SpecificationError("predictor 'oracle' needs a host that knows true latencies");
    }
    return std::make_unique<OraclePredictor>(*context.truth);
  }
  if (const auto evidence = evidence_of(name)) {
    return std::make_unique<ConditionalPredictor>(context.profiles, *evidence);
  }
  std::uint32_t window = 0;
  if (name == "average_all") window = DensityRatioPredictor::kAllLayers;
  if (name == "last_one") window = 1;
  if (name == "last_n") window = static_cast<std::uint32_t>(parameters.number("n"));
  return std::make_unique<DensityRatioPredictor>(context.profiles, tables_from(parameters), window);
}

}  // namespace dysta
