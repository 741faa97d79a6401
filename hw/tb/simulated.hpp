// A class that Verilator wrote of dysta_scheduler, as a Design.
#pragma once

#include "designs.hpp"

namespace dysta::hw {

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

}  // namespace dysta::hw
