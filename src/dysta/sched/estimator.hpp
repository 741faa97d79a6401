// The parameters that every policy with latency estimates shares: policy × predictor, not a class
// per combination.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dysta/predict/density_ratio.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {

/// The declarations of `tables`, `predictor` and `n`, appended to a policy's `own`.
std::vector<ParameterSpec> with_estimator(std::vector<ParameterSpec> own,
                                          const std::string& default_tables,
                                          const std::string& default_predictor);

Tables tables_from(const Parameters& parameters);

/// The predictor that `parameters` ask for. Conditional expectations are those of the pattern,
/// whatever `tables` says: they are fitted to inputs of one variant. Throws `SpecificationError`
/// for an oracle without truth.
std::unique_ptr<Predictor> make_predictor(const Parameters& parameters,
                                          const PolicyContext& context);

}  // namespace dysta
