// The schedulers that the benches are built with, by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dysta::hw {

/// The ports of a simulated dysta_scheduler, whatever its parameters, with eight monitor lanes.
struct Pins {
  std::uint8_t& clk_i;
  std::uint8_t& rst_ni;
  std::uint8_t& cmd_valid_i;
  std::uint8_t& cmd_ready_o;
  std::uint8_t& cmd_op_i;
  std::uint16_t& cmd_addr_i;
  std::uint64_t& cmd_data_i;
  std::uint8_t& rsp_valid_o;
  std::uint8_t& rsp_ready_i;
  std::uint8_t& rsp_op_o;
  std::uint8_t& rsp_status_o;
  std::uint32_t& rsp_data_o;
  std::uint8_t& mon_valid_i;
  std::uint8_t& mon_ready_o;
  std::uint8_t& mon_last_i;
  std::uint8_t& mon_nonzero_i;
  std::uint8_t& mon_keep_i;
};

class Design {
 public:
  virtual ~Design() = default;
  virtual void eval() = 0;
  virtual Pins pins() = 0;
};

/// Throws std::invalid_argument, which names the designs there are, for any other name.
std::unique_ptr<Design> make_design(std::string_view name);

}  // namespace dysta::hw
