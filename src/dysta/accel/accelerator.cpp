#include "dysta/accel/accelerator.hpp"

#include "dysta/core/error.hpp"

namespace dysta {
namespace {

constexpr std::string_view kConvolutions = "convolutions";
constexpr std::string_view kAttention = "attention";

}  // namespace

void Accelerator::refuse(std::string_view kind) const {
  throw SpecificationError("accelerator " + in_quotes(name()) + " does not run " +
                           std::string(kind) + "; allowed is one that does");
}

LayerCost Accelerator::cost(const ConvolutionShape&, const ConvolutionDensity&) const {
  refuse(kConvolutions);
}

std::unique_ptr<const PreparedConvolution> Accelerator::prepare(const ConvolutionShape&,
                                                                const WeightMask&) const {
  refuse(kConvolutions);
}

LayerCost Accelerator::cost(const AttentionShape&, const AttentionDensity&) const {
  refuse(kAttention);
}

LayerCost Accelerator::cost(const AttentionShape&, const AttentionMask&) const {
  refuse(kAttention);
}

}  // namespace dysta
