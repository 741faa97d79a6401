// What a task has left after a layer, from the mean ratio of the densities seen to those expected
// (hw/README.md, "When a layer of a task ends"). It has no arithmetic of its own: it borrows an
// adder, a multiplier and a converter, which must be free from start to done.
module dysta_predictor #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned CoefficientWidth = 32
) (
    input  logic                             clk_i,
    input  logic                             rst_ni,
    // A layer ended; all is held until done.
    input  logic                             start_i,
    input  logic [dysta_pkg::CountWidth-1:0] count_i,
    input  logic [dysta_pkg::ScaleWidth-1:0] scale_i,
    input  logic [dysta_pkg::ShiftWidth-1:0] shift_i,
    input  logic [     CoefficientWidth-1:0] inverse_density_i,
    input  logic [          NumberWidth-1:0] average_remaining_i,
    input  logic [     CoefficientWidth-1:0] reciprocal_i,         // of the layers seen
    input  logic [          NumberWidth-1:0] ratio_sum_i,
    output logic                             done_o,               // for a cycle
    output logic [          NumberWidth-1:0] ratio_sum_o,
    output logic [          NumberWidth-1:0] remaining_o,
    // Units.
    output logic [                     31:0] integer_o,
    input  logic [          NumberWidth-1:0] number_i,
    output logic [          NumberWidth-1:0] mul_number_o,
    output logic [     CoefficientWidth-1:0] mul_coefficient_o,
    output logic [                      4:0] mul_shift_o,
    input  logic [          NumberWidth-1:0] product_i,
    output logic [          NumberWidth-1:0] add_a_o,
    output logic [          NumberWidth-1:0] add_b_o,
    input  logic [          NumberWidth-1:0] sum_i
);
  typedef enum logic [2:0] {
    StIdle,
    StCount,
    StConvert,
    StRatio,
    StSum,
    StMean,
    StRemaining
  } state_e;

  localparam int unsigned WaitWidth = $clog2(dysta_pkg::UnitLatency + 1);

  state_e state_q;
  logic [WaitWidth-1:0] wait_q;
  logic done_q, density_done, unit_done;
  logic [dysta_pkg::DensityWidth-1:0] density;
  logic [NumberWidth-1:0] density_number, result_q, ratio_sum_q;
  logic [CoefficientWidth-1:0] mean_ratio;

  dysta_density u_density (
      .clk_i,
      .rst_ni,
      .start_i,
      .count_i,
      .scale_i,
      .shift_i,
      .done_o(density_done),
      .density_o(density)
  );

  // density * 2^-16, and a product as a coefficient.
  if (Format == dysta_pkg::FormatFixed) begin : gen_fixed
    logic unused_number;
    assign unused_number = ^number_i;
    assign density_number = NumberWidth'(density);
    // Ratios are not negative, and γ is at most the largest coefficient.
    assign mean_ratio = result_q[NumberWidth-1:CoefficientWidth] != '0
        ? '1 : result_q[CoefficientWidth-1:0];
  end else begin : gen_float
    localparam int unsigned FractionWidth = Format == dysta_pkg::FormatFp32 ? 23 : 10;
    localparam int unsigned ExponentWidth = NumberWidth - 1 - FractionWidth;
    logic [ExponentWidth-1:0] exponent;
    logic [FractionWidth:0] significand;
    always_comb begin
      exponent = number_i[FractionWidth+:ExponentWidth];
      significand = {1'b1, number_i[FractionWidth-1:0]};
      if (exponent > ExponentWidth'(16)) begin
        density_number = {1'b0, exponent - ExponentWidth'(16), significand[FractionWidth-1:0]};
      end else if (exponent == '0) begin
        density_number = '0;
      end else begin
        // Densities of 1 to 3 / 2^16 are subnormal in fp16, and exact.
        significand = significand >> (ExponentWidth'(17) - exponent);
        density_number = {1'b0, {ExponentWidth{1'b0}}, significand[FractionWidth-1:0]};
      end
    end
    assign mean_ratio = result_q;
  end

  always_comb begin
    integer_o = 32'(density);
    add_a_o = ratio_sum_i;
    add_b_o = result_q;
    mul_number_o = result_q;
    mul_coefficient_o = inverse_density_i;
    mul_shift_o = 5'(16 + dysta_pkg::FixedInverseDensityFraction - dysta_pkg::FixedRatioFraction);
    if (state_q == StMean) begin
      mul_coefficient_o = reciprocal_i;
      mul_shift_o = 5'(dysta_pkg::FixedReciprocalFraction);
    end else if (state_q == StRemaining) begin
      mul_number_o = average_remaining_i;
      mul_coefficient_o = mean_ratio;
      mul_shift_o = 5'(dysta_pkg::FixedRatioFraction);
    end
  end

  assign unit_done = wait_q == WaitWidth'(dysta_pkg::UnitLatency);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StIdle;
      wait_q  <= '0;
      done_q  <= 1'b0;
    end else begin
      done_q <= state_q == StRemaining && unit_done;
      wait_q <= state_q == StIdle || state_q == StCount || unit_done ? '0 : wait_q + 1'b1;
      case (state_q)
        StIdle: if (start_i) state_q <= StCount;
        StCount: if (density_done) state_q <= StConvert;
        StConvert: if (unit_done) state_q <= StRatio;
        StRatio: if (unit_done) state_q <= StSum;
        StSum: if (unit_done) state_q <= StMean;
        StMean: if (unit_done) state_q <= StRemaining;
        default: if (unit_done) state_q <= StIdle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (unit_done) begin
      case (state_q)
        StConvert: result_q <= density_number;
        StSum: begin
          result_q <= sum_i;
          ratio_sum_q <= sum_i;
        end
        default: result_q <= product_i;
      endcase
    end
  end

  assign done_o = done_q;
  assign ratio_sum_o = ratio_sum_q;
  assign remaining_o = result_q;
endmodule
