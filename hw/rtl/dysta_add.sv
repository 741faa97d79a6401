// Sum of two numbers of a format, UnitLatency cycles after them; a sum a cycle.
module dysta_add #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32
) (
    input  logic                   clk_i,
    input  logic                   subtract_i,
    input  logic [NumberWidth-1:0] a_i,
    input  logic [NumberWidth-1:0] b_i,
    output logic [NumberWidth-1:0] sum_o
);
  if (Format == dysta_pkg::FormatFixed) begin : gen_fixed
    // Saturated.
    logic [NumberWidth:0] sum_q1;
    logic [NumberWidth-1:0] saturated_q2;

    always_ff @(posedge clk_i) begin
      sum_q1 <= subtract_i ? {a_i[NumberWidth-1], a_i} - {b_i[NumberWidth-1], b_i}
                           : {a_i[NumberWidth-1], a_i} + {b_i[NumberWidth-1], b_i};
      if (sum_q1[NumberWidth] != sum_q1[NumberWidth-1]) begin
        saturated_q2 <= {sum_q1[NumberWidth], {(NumberWidth - 1) {~sum_q1[NumberWidth]}}};
      end else begin
        saturated_q2 <= sum_q1[NumberWidth-1:0];
      end
      sum_o <= saturated_q2;
    end
  end else begin : gen_float
    dysta_fp_add #(
        .ExponentWidth(Format == dysta_pkg::FormatFp32 ? 8 : 5),
        .FractionWidth(Format == dysta_pkg::FormatFp32 ? 23 : 10)
    ) u_add (
        .clk_i,
        .a_i,
        .b_i  ({b_i[NumberWidth-1] ^ subtract_i, b_i[NumberWidth-2:0]}),
        .sum_o
    );
  end
endmodule
