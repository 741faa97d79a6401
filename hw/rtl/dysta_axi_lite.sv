// dysta_scheduler behind AXI4-Lite registers (docs/hardware.md, "Register map"). One command at a
// time: the next may be given when the answer to the last was read. A write that is too early, not
// of a whole word or not to a register to write, and a read of no register, end with SLVERR and do
// nothing.
module dysta_axi_lite #(
    parameter int unsigned Capacity = 64,
    parameter int unsigned Variants = 8,
    parameter int unsigned Layers = 128,
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned Lanes = 1,
    parameter int unsigned Shared = 0,
    parameter int unsigned MonLanes = 8
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                awvalid_i,
    output logic                awready_o,
    input  logic [         4:0] awaddr_i,
    input  logic [         2:0] awprot_i,
    input  logic                wvalid_i,
    output logic                wready_o,
    input  logic [        31:0] wdata_i,
    input  logic [         3:0] wstrb_i,
    output logic                bvalid_o,
    input  logic                bready_i,
    output logic [         1:0] bresp_o,
    input  logic                arvalid_i,
    output logic                arready_o,
    input  logic [         4:0] araddr_i,
    input  logic [         2:0] arprot_i,
    output logic                rvalid_o,
    input  logic                rready_i,
    output logic [        31:0] rdata_o,
    output logic [         1:0] rresp_o,
    output logic                irq_o,         // an answer is there to be read
    input  logic                mon_valid_i,
    output logic                mon_ready_o,
    input  logic                mon_last_i,
    input  logic [MonLanes-1:0] mon_nonzero_i,
    input  logic [MonLanes-1:0] mon_keep_i
);
  localparam logic [2:0] RegDataLow = 3'd0;   // 0x00
  localparam logic [2:0] RegDataHigh = 3'd1;  // 0x04
  localparam logic [2:0] RegCommand = 3'd2;   // 0x08
  localparam logic [2:0] RegStatus = 3'd3;    // 0x0c
  localparam logic [2:0] RegAnswer = 3'd4;    // 0x10
  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlaveError = 2'b10;

  logic write, write_allowed, read, take;
  logic [2:0] write_register, read_register;
  logic cmd_valid_q, cmd_ready, busy_q;  // busy from the command to the reading of its answer
  logic [3:0] cmd_op_q, rsp_op, rsp_status;
  logic [15:0] cmd_addr_q;
  logic [63:0] cmd_data_q;
  logic rsp_valid;
  logic [31:0] rsp_data, read_data;
  logic [1:0] read_response;
  logic bvalid_q, rvalid_q;
  logic [1:0] bresp_q, rresp_q;
  logic [31:0] rdata_q;
  logic unused;

  assign unused = ^{awprot_i, arprot_i, awaddr_i[1:0], araddr_i[1:0]};
  assign write_register = awaddr_i[4:2];
  assign read_register = araddr_i[4:2];
  assign write = awvalid_i && wvalid_i && !bvalid_q;
  assign read = arvalid_i && !rvalid_q;
  assign write_allowed = wstrb_i == '1 && write_register <= RegCommand && !busy_q;
  // Never while a command still waits to be taken, so that busy_q outlasts cmd_valid_q by itself.
  assign take = read && read_register == RegAnswer && rsp_valid && !cmd_valid_q;

  always_comb begin
    read_response = Okay;
    case (read_register)
      RegDataLow: read_data = cmd_data_q[31:0];
      RegDataHigh: read_data = cmd_data_q[63:32];
      RegCommand: read_data = {cmd_addr_q, 12'd0, cmd_op_q};
      RegStatus: read_data = {20'd0, rsp_status, rsp_op, 2'd0, rsp_valid, busy_q};
      RegAnswer: read_data = rsp_data;
      default: read_data = '0;
    endcase
    if (read_register > RegAnswer || (read_register == RegAnswer && !rsp_valid)) begin
      read_data = '0;
      read_response = SlaveError;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bvalid_q <= 1'b0;
      rvalid_q <= 1'b0;
      cmd_valid_q <= 1'b0;
      busy_q <= 1'b0;
    end else begin
      if (write) bvalid_q <= 1'b1;
      else if (bready_i) bvalid_q <= 1'b0;
      if (read) rvalid_q <= 1'b1;
      else if (rready_i) rvalid_q <= 1'b0;
      if (write && write_allowed && write_register == RegCommand) begin
        cmd_valid_q <= 1'b1;
        busy_q <= 1'b1;
      end else begin
        if (cmd_ready) cmd_valid_q <= 1'b0;
        if (take) busy_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (write) bresp_q <= write_allowed ? Okay : SlaveError;
    if (write && write_allowed) begin
      case (write_register)
        RegDataLow: cmd_data_q[31:0] <= wdata_i;
        RegDataHigh: cmd_data_q[63:32] <= wdata_i;
        default: begin
          cmd_op_q   <= wdata_i[3:0];
          cmd_addr_q <= wdata_i[31:16];
        end
      endcase
    end
    if (read) begin
      rdata_q <= read_data;
      rresp_q <= read_response;
    end
  end

  assign awready_o = write;
  assign wready_o = write;
  assign bvalid_o = bvalid_q;
  assign bresp_o = bresp_q;
  assign arready_o = !rvalid_q;
  assign rvalid_o = rvalid_q;
  assign rdata_o = rdata_q;
  assign rresp_o = rresp_q;
  assign irq_o = rsp_valid;

  dysta_scheduler #(
      .Capacity(Capacity),
      .Variants(Variants),
      .Layers(Layers),
      .Format(Format),
      .Lanes(Lanes),
      .Shared(Shared),
      .MonLanes(MonLanes)
  ) u_scheduler (
      .clk_i,
      .rst_ni,
      .cmd_valid_i(cmd_valid_q),
      .cmd_ready_o(cmd_ready),
      .cmd_op_i(cmd_op_q),
      .cmd_addr_i(cmd_addr_q),
      .cmd_data_i(cmd_data_q),
      .rsp_valid_o(rsp_valid),
      .rsp_ready_i(take),
      .rsp_op_o(rsp_op),
      .rsp_status_o(rsp_status),
      .rsp_data_o(rsp_data),
      .mon_valid_i,
      .mon_ready_o,
      .mon_last_i,
      .mon_nonzero_i,
      .mon_keep_i
  );

`ifndef SYNTHESIS
  dysta_handshake #(
      .Width(2)
  ) u_write_responses (
      .clk_i,
      .rst_ni,
      .valid_i(bvalid_o),
      .ready_i(bready_i),
      .data_i (bresp_o)
  );
  dysta_handshake #(
      .Width(34)
  ) u_read_responses (
      .clk_i,
      .rst_ni,
      .valid_i(rvalid_o),
      .ready_i(rready_i),
      .data_i ({rresp_o, rdata_o})
  );
  dysta_handshake #(
      .Width(84)
  ) u_commands (
      .clk_i,
      .rst_ni,
      .valid_i(cmd_valid_q),
      .ready_i(cmd_ready),
      .data_i ({cmd_op_q, cmd_addr_q, cmd_data_q})
  );

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (awready_o == wready_o);
      assert (!cmd_valid_q || busy_q);
    end
  end
`endif
endmodule
