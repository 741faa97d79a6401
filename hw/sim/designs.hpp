// The RTL in simulation: the schedulers that benches and co-simulation are built with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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

/// What is built: every format with 64 requests and one lane and with 512 requests and four lanes,
/// each with both arithmetics; and each fault with 64 requests in fp16 with separate arithmetic.
struct DesignChoice {
  std::string format = "fp16";          ///< fp32, fp16, fixed
  std::uint32_t capacity = 64;          ///< 64, 512
  std::string arithmetic = "separate";  ///< separate, shared
  std::string fault = "none";  ///< tie-break, stale-score, dropped-request, layer-off-by-one,
                               ///< missed-nonzero
};

/// Throws `SpecificationError` for what is not built.
std::unique_ptr<Design> make_design(const DesignChoice& choice);

/// Where the RTL's coverage is counted (DYSTA_HARDWARE_COVERAGE), writes what the designs that
/// exist reached into the file that the environment names as DYSTA_COVERAGE; does nothing
/// otherwise.
void write_coverage();

}  // namespace dysta::hw
