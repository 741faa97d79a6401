// The same networks on accelerators of different kinds.
#pragma once

#include <span>

#include "dysta/trace/trace.hpp"

namespace dysta {

/// Traces whose layers each last as long as on the kind that is fastest at this layer of this
/// input: no schedule over these kinds runs an input in less. Sparsity is that of the first kind.
/// `kinds`, at least one, have the same variants with as many inputs and layers; throws
/// `std::invalid_argument` otherwise.
TraceSet fastest_of(std::span<const TraceSet> kinds);

/// Traces with the inputs of all kinds one after the other: profiles of them are means over the
/// kinds, each counting once. As `fastest_of`.
TraceSet all_of(std::span<const TraceSet> kinds);

}  // namespace dysta
