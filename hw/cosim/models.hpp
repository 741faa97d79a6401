// The schedulers that dysta-cosim is built with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "designs.hpp"

namespace dysta::hw {

/// What can be built into the RTL for tests; in the order of its parameter `Fault`.
enum class Fault : std::uint8_t {
  none,
  tie_break,
  stale_score,
  dropped_request,
  layer_off_by_one,
  missed_nonzero
};

/// The RTL in simulation. `format` is "fp32", "fp16" or "fixed". Throws `SpecificationError` for
/// what is not among the models built.
std::unique_ptr<Design> make_model(const std::string& format, std::uint32_t capacity, Fault fault);

}  // namespace dysta::hw
