#include "designs.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "designs_included.hpp"
#include "dysta/core/error.hpp"
#if DYSTA_HARDWARE_COVERAGE
#include "verilated_cov.h"
#endif

namespace dysta::hw {
namespace {

/// A class that Verilator wrote of dysta_scheduler.
template <class Top>
class Simulated final : public Design {
 public:
  ~Simulated() override { top_.final(); }
  void eval() override { top_.eval(); }
  Pins pins() override {
    return {top_.clk_i,       top_.rst_ni,      top_.cmd_valid_i,  top_.cmd_ready_o,
            top_.cmd_op_i,    top_.cmd_addr_i,  top_.cmd_data_i,   top_.rsp_valid_o,
            top_.rsp_ready_i, top_.rsp_op_o,    top_.rsp_status_o, top_.rsp_data_o,
            top_.mon_valid_i, top_.mon_ready_o, top_.mon_last_i,   top_.mon_nonzero_i,
            top_.mon_keep_i};
  }

 private:
  Top top_;
};

template <class Top>
std::unique_ptr<Design> make() {
  return std::make_unique<Simulated<Top>>();
}

struct Built {
  const char* format;
  std::uint32_t capacity;
  const char* arithmetic;
  const char* fault;
  std::unique_ptr<Design> (*make)();
};

constexpr std::array kBuilt{
#define BUILT(format, capacity, arithmetic, fault, top) \
  Built{#format, capacity, #arithmetic, #fault, make<top>},
#include "designs_built.inc"
#undef BUILT
};

}  // namespace

std::unique_ptr<Design> make_design(const DesignChoice& choice) {
  const auto* const found = std::find_if(kBuilt.begin(), kBuilt.end(), [&](const Built& built) {
    return built.format == choice.format && built.capacity == choice.capacity &&
           built.arithmetic == choice.arithmetic && built.fault == choice.fault;
  });
  if (found != kBuilt.end()) return found->make();
  throw SpecificationError(
      "there is no such hardware; allowed are 64 and 512 requests in fp32, fp16 and fixed with "
      "separate or shared arithmetic, and the faults tie-break, stale-score, dropped-request, "
      "layer-off-by-one and missed-nonzero with 64 in fp16, separate");
}

void write_coverage() {
#if DYSTA_HARDWARE_COVERAGE
  if (const char* file = std::getenv("DYSTA_COVERAGE")) VerilatedCov::write(file);
#endif
}

}  // namespace dysta::hw
