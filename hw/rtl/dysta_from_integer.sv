// A signed integer as a number of a format, saturated at the largest finite one, UnitLatency cycles
// later; an integer a cycle.
module dysta_from_integer #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32
) (
    input  logic                   clk_i,
    input  logic [           31:0] integer_i,
    output logic [NumberWidth-1:0] number_o
);
  if (Format == dysta_pkg::FormatFixed) begin : gen_fixed
    localparam int unsigned IntegerWidth = NumberWidth - dysta_pkg::FixedNumberFraction;
    logic [NumberWidth-1:0] number_q1, number_q2;

    always_ff @(posedge clk_i) begin
      if (integer_i[31:IntegerWidth-1] == '0 || integer_i[31:IntegerWidth-1] == '1) begin
        number_q1 <= {integer_i[IntegerWidth-1:0], {dysta_pkg::FixedNumberFraction{1'b0}}};
      end else begin
        number_q1 <= {integer_i[31], {(NumberWidth - 1) {~integer_i[31]}}};
      end
      number_q2 <= number_q1;
      number_o <= number_q2;
    end
  end else begin : gen_float
    dysta_fp_from_integer #(
        .ExponentWidth(Format == dysta_pkg::FormatFp32 ? 8 : 5),
        .FractionWidth(Format == dysta_pkg::FormatFp32 ? 23 : 10)
    ) u_from_integer (
        .clk_i,
        .integer_i,
        .number_o
    );
  end
endmodule
