#include "designs.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "Vfault_1.h"
#include "Vfault_2.h"
#include "Vfault_3.h"
#include "Vfault_4.h"
#include "Vfault_5.h"
#include "Vfixed_shared.h"
#include "Vfp16_shared.h"
#include "Vfp32_separate.h"

namespace dysta::hw {
namespace {

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

using Maker = std::unique_ptr<Design> (*)();
constexpr std::array<std::pair<std::string_view, Maker>, 8> kDesigns{{
    {"fp32_separate", make<Vfp32_separate>},
    {"fp16_shared", make<Vfp16_shared>},
    {"fixed_shared", make<Vfixed_shared>},
    {"fault_1", make<Vfault_1>},
    {"fault_2", make<Vfault_2>},
    {"fault_3", make<Vfault_3>},
    {"fault_4", make<Vfault_4>},
    {"fault_5", make<Vfault_5>},
}};

}  // namespace

std::unique_ptr<Design> make_design(std::string_view name) {
  std::string allowed;
  for (const auto& [known, maker] : kDesigns) {
    if (known == name) return maker();
    allowed += (allowed.empty() ? "" : ", ") + std::string(known);
  }
  throw std::invalid_argument("there is no design '" + std::string(name) + "'; allowed are " +
                              allowed);
}

}  // namespace dysta::hw
