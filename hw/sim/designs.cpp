#include "designs.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "Vfault_1.h"
#include "Vfault_2.h"
#include "Vfault_3.h"
#include "Vfault_4.h"
#include "Vfault_5.h"
#include "Vfixed_512_separate.h"
#include "Vfixed_512_shared.h"
#include "Vfixed_64_separate.h"
#include "Vfixed_64_shared.h"
#include "Vfp16_512_separate.h"
#include "Vfp16_512_shared.h"
#include "Vfp16_64_separate.h"
#include "Vfp16_64_shared.h"
#include "Vfp32_512_separate.h"
#include "Vfp32_512_shared.h"
#include "Vfp32_64_separate.h"
#include "Vfp32_64_shared.h"
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
    Built{"fp32", 64, "separate", "none", make<Vfp32_64_separate>},
    Built{"fp32", 64, "shared", "none", make<Vfp32_64_shared>},
    Built{"fp32", 512, "separate", "none", make<Vfp32_512_separate>},
    Built{"fp32", 512, "shared", "none", make<Vfp32_512_shared>},
    Built{"fp16", 64, "separate", "none", make<Vfp16_64_separate>},
    Built{"fp16", 64, "shared", "none", make<Vfp16_64_shared>},
    Built{"fp16", 512, "separate", "none", make<Vfp16_512_separate>},
    Built{"fp16", 512, "shared", "none", make<Vfp16_512_shared>},
    Built{"fixed", 64, "separate", "none", make<Vfixed_64_separate>},
    Built{"fixed", 64, "shared", "none", make<Vfixed_64_shared>},
    Built{"fixed", 512, "separate", "none", make<Vfixed_512_separate>},
    Built{"fixed", 512, "shared", "none", make<Vfixed_512_shared>},
    Built{"fp16", 64, "separate", "tie-break", make<Vfault_1>},
    Built{"fp16", 64, "separate", "stale-score", make<Vfault_2>},
    Built{"fp16", 64, "separate", "dropped-request", make<Vfault_3>},
    Built{"fp16", 64, "separate", "layer-off-by-one", make<Vfault_4>},
    Built{"fp16", 64, "separate", "missed-nonzero", make<Vfault_5>},
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
