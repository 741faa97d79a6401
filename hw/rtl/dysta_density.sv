// A layer's density with 16 fraction bits: (count * scale) >> shift, at most 2^16 - 1. Adds and
// shifts, a bit of the scale a cycle, so it takes no multiplier: done ScaleWidth + 1 cycles after
// the start.
module dysta_density (
    input  logic                               clk_i,
    input  logic                               rst_ni,
    input  logic                               start_i,
    input  logic [  dysta_pkg::CountWidth-1:0] count_i,   // held until done, as scale and shift
    input  logic [  dysta_pkg::ScaleWidth-1:0] scale_i,
    input  logic [  dysta_pkg::ShiftWidth-1:0] shift_i,
    output logic                               done_o,    // for a cycle
    output logic [dysta_pkg::DensityWidth-1:0] density_o  // holds until the next start
);
  localparam int unsigned ProductWidth = dysta_pkg::CountWidth + dysta_pkg::ScaleWidth;
  localparam int unsigned StepWidth = $clog2(dysta_pkg::ScaleWidth + 1);

  logic [StepWidth-1:0] step_q;  // steps left
  logic done_q;
  logic [ProductWidth-1:0] product_q, shifted;
  logic [dysta_pkg::CountWidth:0] high;

  // The scale's bits leave the product's low half as the product grows into it.
  always_comb begin
    high = {1'b0, product_q[ProductWidth-1:dysta_pkg::ScaleWidth]};
    if (product_q[0]) high = high + {1'b0, count_i};
    shifted = product_q >> shift_i;
    density_o = shifted[dysta_pkg::DensityWidth-1:0];
    if (shifted[ProductWidth-1:dysta_pkg::DensityWidth] != '0) density_o = '1;
  end

  always_ff @(posedge clk_i) begin
    if (start_i) product_q <= ProductWidth'(scale_i);
    else if (step_q != '0) product_q <= {high, product_q[dysta_pkg::ScaleWidth-1:1]};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q <= '0;
      done_q <= 1'b0;
    end else begin
      done_q <= step_q == StepWidth'(1);
      if (start_i) step_q <= StepWidth'(dysta_pkg::ScaleWidth);
      else if (step_q != '0) step_q <= step_q - 1'b1;
    end
  end

  assign done_o = done_q;
endmodule
