// A 32-bit signed integer as an IEEE number: rounded to nearest even, at most the largest finite
// one. A number a cycle, UnitLatency cycles after the integer.
module dysta_fp_from_integer #(
    parameter int unsigned ExponentWidth = 5,
    parameter int unsigned FractionWidth = 10,
    localparam int unsigned Width = 1 + ExponentWidth + FractionWidth
) (
    input  logic             clk_i,
    input  logic [     31:0] integer_i,
    output logic [Width-1:0] number_o
);
  localparam int unsigned Bias = 2 ** (ExponentWidth - 1) - 1;
  localparam int unsigned LargestExponent = Bias;  // of a finite number
  localparam logic [Width-2:0] LargestFinite = {
    {(ExponentWidth - 1) {1'b1}}, 1'b0, {FractionWidth{1'b1}}
  };

  // Stage 1: sign and magnitude.
  logic sign_q1, sign_q2;
  logic [31:0] magnitude_q1;

  always_ff @(posedge clk_i) begin
    sign_q1 <= integer_i[31];
    magnitude_q1 <= integer_i[31] ? -integer_i : integer_i;
    sign_q2 <= sign_q1;
  end

  // Stage 2: leading bit to the top.
  logic [4:0] zeros;
  logic [5:0] exponent_q2;  // of the leading bit
  logic [31:0] moved_q2;

  always_comb begin
    zeros = '0;
    for (int unsigned i = 0; i < 32; i++) begin
      if (magnitude_q1[i]) zeros = 5'(31 - i);
    end
  end

  always_ff @(posedge clk_i) begin
    exponent_q2 <= 6'd31 - {1'b0, zeros};
    moved_q2 <= magnitude_q1 << zeros;
  end

  // Stage 3: rounding.
  logic [Width-2:0] truncated, rounded;
  logic round_up;

  always_comb begin
    truncated = {ExponentWidth'(Bias) + ExponentWidth'(exponent_q2), moved_q2[30-:FractionWidth]};
    round_up = moved_q2[30-FractionWidth]
        && (moved_q2[31-FractionWidth] || moved_q2[29-FractionWidth:0] != '0);
    rounded = truncated + (Width - 1)'(round_up);
    if (32'(exponent_q2) > LargestExponent || rounded > LargestFinite) rounded = LargestFinite;
    if (!moved_q2[31]) rounded = '0;
  end

  always_ff @(posedge clk_i) begin
    number_o <= {sign_q2, rounded};
  end
endmodule
