// Product of two IEEE numbers, rounded to nearest even; subnormals, infinities and NaNs as IEEE has
// them, with one NaN. A product a cycle, UnitLatency cycles after its operands.
module dysta_fp_mul #(
    parameter int unsigned ExponentWidth = 5,
    parameter int unsigned FractionWidth = 10,
    localparam int unsigned Width = 1 + ExponentWidth + FractionWidth
) (
    input  logic             clk_i,
    input  logic [Width-1:0] a_i,
    input  logic [Width-1:0] b_i,
    output logic [Width-1:0] product_o
);
  localparam int unsigned SignificandWidth = FractionWidth + 1;
  localparam int unsigned ProductWidth = 2 * SignificandWidth;
  localparam int unsigned CountWidth = $clog2(ProductWidth + 1);
  localparam int unsigned SumWidth = ExponentWidth + 2;  // of exponents, signed
  localparam logic [ExponentWidth-1:0] TopExponent = '1;
  localparam logic [SumWidth-1:0] Bias = {3'b000, {(ExponentWidth - 1) {1'b1}}};
  localparam logic [Width-2:0] Infinity = {TopExponent, {FractionWidth{1'b0}}};
  localparam logic [Width-1:0] NotANumber = {1'b0, TopExponent, 1'b1, {(FractionWidth - 1) {1'b0}}};

  // Stage 1: exact product of the significands, sum of the exponents.
  logic [ExponentWidth-1:0] a_exponent, b_exponent;
  logic [SignificandWidth-1:0] a_significand, b_significand;
  logic a_infinite, b_infinite, a_zero, b_zero;

  always_comb begin
    a_exponent = a_i[FractionWidth+:ExponentWidth];
    b_exponent = b_i[FractionWidth+:ExponentWidth];
    a_significand = {a_exponent != '0, a_i[FractionWidth-1:0]};
    b_significand = {b_exponent != '0, b_i[FractionWidth-1:0]};
    if (a_exponent == '0) a_exponent = ExponentWidth'(1);
    if (b_exponent == '0) b_exponent = ExponentWidth'(1);
    a_infinite = a_i[Width-2:0] == Infinity;
    b_infinite = b_i[Width-2:0] == Infinity;
    a_zero = a_i[Width-2:0] == '0;
    b_zero = b_i[Width-2:0] == '0;
  end

  logic sign_q1, infinite_q1, not_a_number_q1;
  logic signed [SumWidth-1:0] exponent_q1;
  logic [ProductWidth-1:0] product_q1;

  always_ff @(posedge clk_i) begin
    sign_q1 <= a_i[Width-1] != b_i[Width-1];
    infinite_q1 <= a_infinite || b_infinite;
    not_a_number_q1 <= a_i[Width-2:0] > Infinity || b_i[Width-2:0] > Infinity
        || (a_infinite && b_zero) || (a_zero && b_infinite);
    // The exponent field of a product below 2.0, whose leading bit is the second from the top.
    exponent_q1 <= $signed({2'b00, a_exponent} + {2'b00, b_exponent} - Bias);
    product_q1 <= a_significand * b_significand;
  end

  // Stage 2: leading bit to its place, as far as the exponent allows.
  logic [CountWidth-1:0] zeros;
  logic signed [SumWidth-1:0] exponent, down;
  logic [ProductWidth-1:0] moved, lost;

  always_comb begin
    zeros = CountWidth'(ProductWidth);
    for (int unsigned i = 0; i < ProductWidth; i++) begin
      if (product_q1[i]) zeros = CountWidth'(ProductWidth - 1 - i);
    end
    exponent = exponent_q1 + $signed(SumWidth'(1)) - $signed(SumWidth'(zeros));
    down = -exponent_q1;
    lost = '0;
    if (exponent > 0 && product_q1 != 0) begin
      moved = product_q1 << zeros;
    end else if (exponent_q1 >= 0) begin
      exponent = '0;
      moved = product_q1 << exponent_q1[ExponentWidth:0];
    end else begin
      exponent = '0;
      moved = product_q1 >> down[ExponentWidth:0];
      lost = product_q1 & ~({ProductWidth{1'b1}} << down[ExponentWidth:0]);
    end
    if (lost != '0) moved[0] = 1'b1;
  end

  logic sign_q2, infinite_q2, not_a_number_q2;
  logic [ExponentWidth:0] exponent_q2;
  logic [ProductWidth-1:0] moved_q2;

  always_ff @(posedge clk_i) begin
    sign_q2 <= sign_q1;
    infinite_q2 <= infinite_q1;
    not_a_number_q2 <= not_a_number_q1;
    exponent_q2 <= exponent[ExponentWidth:0];
    moved_q2 <= moved;
  end

  // Stage 3: rounding.
  logic [Width-2:0] truncated, rounded;
  logic round_up;

  always_comb begin
    truncated = {exponent_q2[ExponentWidth-1:0], moved_q2[ProductWidth-2-:FractionWidth]};
    round_up = moved_q2[FractionWidth]
        && (moved_q2[FractionWidth+1] || moved_q2[FractionWidth-1:0] != '0);
    rounded = truncated + (Width - 1)'(round_up);
    if (exponent_q2 >= {1'b0, TopExponent}) rounded = Infinity;
  end

  always_ff @(posedge clk_i) begin
    if (not_a_number_q2) product_o <= NotANumber;
    else if (infinite_q2) product_o <= {sign_q2, Infinity};
    else product_o <= {sign_q2, rounded};
  end
endmodule
