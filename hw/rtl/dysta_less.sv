// Whether a is less than b, and whether they are equal. A NaN is neither; -0 equals +0.
module dysta_less #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32
) (
    input  logic [NumberWidth-1:0] a_i,
    input  logic [NumberWidth-1:0] b_i,
    output logic                   less_o,
    output logic                   equal_o
);
  if (Format == dysta_pkg::FormatFixed) begin : gen_fixed
    assign less_o  = $signed(a_i) < $signed(b_i);
    assign equal_o = a_i == b_i;
  end else begin : gen_float
    localparam int unsigned ExponentWidth = Format == dysta_pkg::FormatFp32 ? 8 : 5;
    localparam int unsigned FractionWidth = Format == dysta_pkg::FormatFp32 ? 23 : 10;
    localparam logic [NumberWidth-2:0] Infinity = {{ExponentWidth{1'b1}}, {FractionWidth{1'b0}}};
    logic a_sign, b_sign, ordered, zeros;
    logic [NumberWidth-2:0] a, b;

    always_comb begin
      {a_sign, a} = a_i;
      {b_sign, b} = b_i;
      ordered = a <= Infinity && b <= Infinity;
      zeros = a == '0 && b == '0;
      equal_o = ordered && (a_i == b_i || zeros);
      if (a_sign != b_sign) less_o = ordered && a_sign && !zeros;
      else less_o = ordered && (a_sign ? a > b : a < b);
    end
  end
endmodule
