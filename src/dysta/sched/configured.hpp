// Lists of things with parameters, as users write them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/sched/parameters.hpp"

namespace dysta {

/// What may stand in a list.
struct Configurable {
  std::string_view name;
  std::span<const ParameterSpec> parameters;
};

/// What stands in it.
struct Configured {
  std::size_t entry = 0;  ///< which of the known
  std::string label;      ///< the name with the parameters that were given: `dysta:beta=0.05`
  Parameters parameters;  ///< values for all of them
};

/// Reads a list like `dysta:beta=0.05,wait_unit_s=auto,sjf`: names with optional parameters; a part
/// without `=`, or with a `:`, starts the next. `what` is what messages call one of them. Throws
/// `SpecificationError` for an unknown name or parameter, a value that is not allowed, or the same
/// twice.
std::vector<Configured> parse_configured(std::string_view list, std::span<const Configurable> known,
                                         std::string_view what);

}  // namespace dysta
