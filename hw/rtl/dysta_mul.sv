// Product of a number and a coefficient of a format, UnitLatency cycles after them; a product a
// cycle.
module dysta_mul #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned CoefficientWidth = 32
) (
    input  logic                        clk_i,
    input  logic [     NumberWidth-1:0] number_i,
    input  logic [CoefficientWidth-1:0] coefficient_i,
    input  logic [                 4:0] shift_i,        // fixed: how far the product goes right
    output logic [     NumberWidth-1:0] product_o
);
  if (Format == dysta_pkg::FormatFixed) begin : gen_fixed
    // Rounded half up, saturated; the registers are those of a DSP block.
    localparam int unsigned ProductWidth = NumberWidth + CoefficientWidth;
    logic signed [NumberWidth-1:0] number_q1;
    logic signed [CoefficientWidth:0] coefficient_q1;
    logic [4:0] shift_q1, shift_q2;
    logic signed [ProductWidth:0] product_q2, half, moved;
    logic fits;

    always_comb begin
      half = ((ProductWidth + 1)'(1) << shift_q2) >> 1;
      moved = (product_q2 + half) >>> shift_q2;
      fits = moved[ProductWidth:NumberWidth-1] == '0 || moved[ProductWidth:NumberWidth-1] == '1;
    end

    always_ff @(posedge clk_i) begin
      number_q1 <= $signed(number_i);
      coefficient_q1 <= $signed({1'b0, coefficient_i});
      shift_q1 <= shift_i;
      product_q2 <= number_q1 * coefficient_q1;
      shift_q2 <= shift_q1;
      if (fits) product_o <= moved[NumberWidth-1:0];
      else product_o <= {moved[ProductWidth], {(NumberWidth - 1) {~moved[ProductWidth]}}};
    end
  end else begin : gen_float
    logic unused_shift;
    assign unused_shift = ^shift_i;
    dysta_fp_mul #(
        .ExponentWidth(Format == dysta_pkg::FormatFp32 ? 8 : 5),
        .FractionWidth(Format == dysta_pkg::FormatFp32 ? 23 : 10)
    ) u_mul (
        .clk_i,
        .a_i(number_i),
        .b_i(coefficient_i),
        .product_o
    );
  end
endmodule
