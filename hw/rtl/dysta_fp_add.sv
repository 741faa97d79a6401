// Sum of two IEEE numbers, rounded to nearest even; subnormals, infinities and NaNs as IEEE has
// them, with one NaN. A sum a cycle, UnitLatency cycles after its operands.
module dysta_fp_add #(
    parameter int unsigned ExponentWidth = 5,
    parameter int unsigned FractionWidth = 10,
    localparam int unsigned Width = 1 + ExponentWidth + FractionWidth
) (
    input  logic             clk_i,
    input  logic [Width-1:0] a_i,
    input  logic [Width-1:0] b_i,
    output logic [Width-1:0] sum_o
);
  localparam int unsigned GridWidth = FractionWidth + 4;  // hidden bit and three below the fraction
  localparam int unsigned CountWidth = $clog2(GridWidth + 2);
  localparam logic [ExponentWidth-1:0] TopExponent = '1;
  localparam logic [Width-2:0] Infinity = {TopExponent, {FractionWidth{1'b0}}};
  localparam logic [Width-1:0] NotANumber = {1'b0, TopExponent, 1'b1, {(FractionWidth - 1) {1'b0}}};

  // Stage 1: the larger first, the smaller brought to its exponent.
  logic swap;
  logic [Width-1:0] major, minor;
  logic [ExponentWidth-1:0] major_exponent, minor_exponent, distance;
  logic [GridWidth-1:0] major_grid, minor_grid, minor_moved, minor_lost;
  logic not_a_number, infinite;

  always_comb begin
    swap = b_i[Width-2:0] > a_i[Width-2:0];
    major = swap ? b_i : a_i;
    minor = swap ? a_i : b_i;
    // A subnormal has the exponent of the smallest normal number, without the hidden bit.
    major_exponent = major[FractionWidth+:ExponentWidth];
    minor_exponent = minor[FractionWidth+:ExponentWidth];
    major_grid = {major_exponent != '0, major[FractionWidth-1:0], 3'b000};
    minor_grid = {minor_exponent != '0, minor[FractionWidth-1:0], 3'b000};
    if (major_exponent == '0) major_exponent = ExponentWidth'(1);
    if (minor_exponent == '0) minor_exponent = ExponentWidth'(1);
    distance = major_exponent - minor_exponent;
    minor_moved = minor_grid >> distance;
    minor_lost = minor_grid & ~({GridWidth{1'b1}} << distance);
    if (minor_lost != '0) minor_moved[0] = 1'b1;
    infinite = major[Width-2:0] == Infinity;
    not_a_number = major[Width-2:0] > Infinity
        || (infinite && minor[Width-2:0] == Infinity && major[Width-1] != minor[Width-1]);
  end

  logic sign_q1, subtract_q1, infinite_q1, not_a_number_q1;
  logic [ExponentWidth-1:0] exponent_q1;
  logic [GridWidth-1:0] major_q1, minor_q1;

  always_ff @(posedge clk_i) begin
    sign_q1 <= major[Width-1];
    subtract_q1 <= major[Width-1] != minor[Width-1];
    infinite_q1 <= infinite;
    not_a_number_q1 <= not_a_number;
    exponent_q1 <= major_exponent;
    major_q1 <= major_grid;
    minor_q1 <= minor_moved;
  end

  // Stage 2: sum.
  logic sign_q2, infinite_q2, not_a_number_q2;
  logic [ExponentWidth-1:0] exponent_q2;
  logic [GridWidth:0] sum, sum_q2;

  always_comb begin
    sum = subtract_q1 ? {1'b0, major_q1} - {1'b0, minor_q1} : {1'b0, major_q1} + {1'b0, minor_q1};
  end

  always_ff @(posedge clk_i) begin
    // What cancels wholly is +0; -0 comes of two -0 only.
    sign_q2 <= sign_q1 && !(subtract_q1 && sum == '0);
    infinite_q2 <= infinite_q1;
    not_a_number_q2 <= not_a_number_q1;
    exponent_q2 <= exponent_q1;
    sum_q2 <= sum;
  end

  // Stage 3: leading bit to its place, as far as the exponent allows; rounding.
  logic [CountWidth-1:0] zeros;
  logic [ExponentWidth-1:0] shift;
  logic [ExponentWidth-1:0] exponent;
  logic [GridWidth:0] moved;
  logic [Width-2:0] truncated, rounded;
  logic round_up;

  always_comb begin
    zeros = CountWidth'(GridWidth + 1);
    for (int unsigned i = 0; i <= GridWidth; i++) begin
      if (sum_q2[i]) zeros = CountWidth'(GridWidth - i);
    end
    // The grid's leading bit stands one below the sum's: shifting by one more keeps the exponent.
    if (32'(zeros) > 32'(exponent_q2) || sum_q2 == '0) begin
      shift = exponent_q2;
      exponent = '0;
    end else begin
      shift = ExponentWidth'(zeros);
      exponent = exponent_q2 - ExponentWidth'(zeros) + 1'b1;
    end
    moved = sum_q2 << shift;
    truncated = {exponent, moved[GridWidth-1-:FractionWidth]};
    round_up = moved[3] && (moved[4] || moved[2:0] != '0);
    rounded = truncated + (Width - 1)'(round_up);
    if (exponent == TopExponent || rounded > Infinity) rounded = Infinity;
  end

  always_ff @(posedge clk_i) begin
    if (not_a_number_q2) sum_o <= NotANumber;
    else if (infinite_q2) sum_o <= {sign_q2, Infinity};
    else sum_o <= {sign_q2, rounded};
  end
endmodule
