// Dysta's parameters, for hosts that have the dynamic level as hardware.
#pragma once

#include "dysta/sched/dysta/hardware_image.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {

/// What `parameters`, those of the policy dysta, choose for the hardware. Throws
/// `SpecificationError` if they ask for what it does not compute.
HardwareSettings hardware_settings(const Parameters& parameters, const PolicyContext& context);

}  // namespace dysta
