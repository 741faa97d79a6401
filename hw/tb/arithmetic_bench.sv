// The arithmetic units of every format side by side, on the same operands.
module arithmetic_bench (
    input  logic        clk_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    input  logic        subtract_i,
    input  logic [ 4:0] shift_i,
    output logic [31:0] fp32_sum_o,
    output logic [31:0] fp32_product_o,
    output logic [31:0] fp32_number_o,
    output logic        fp32_less_o,
    output logic        fp32_equal_o,
    output logic [15:0] fp16_sum_o,
    output logic [15:0] fp16_product_o,
    output logic [15:0] fp16_number_o,
    output logic        fp16_less_o,
    output logic        fp16_equal_o,
    output logic [26:0] fixed_sum_o,
    output logic [26:0] fixed_product_o,
    output logic [26:0] fixed_number_o,
    output logic        fixed_less_o,
    output logic        fixed_equal_o
);
  dysta_add #(
      .Format(dysta_pkg::FormatFp32),
      .NumberWidth(32)
  ) u_fp32_add (
      .clk_i,
      .subtract_i,
      .a_i,
      .b_i,
      .sum_o(fp32_sum_o)
  );
  dysta_mul #(
      .Format(dysta_pkg::FormatFp32),
      .NumberWidth(32),
      .CoefficientWidth(32)
  ) u_fp32_mul (
      .clk_i,
      .number_i(a_i),
      .coefficient_i(b_i),
      .shift_i,
      .product_o(fp32_product_o)
  );
  dysta_from_integer #(
      .Format(dysta_pkg::FormatFp32),
      .NumberWidth(32)
  ) u_fp32_from_integer (
      .clk_i,
      .integer_i(a_i),
      .number_o (fp32_number_o)
  );
  dysta_less #(
      .Format(dysta_pkg::FormatFp32),
      .NumberWidth(32)
  ) u_fp32_less (
      .a_i,
      .b_i,
      .less_o (fp32_less_o),
      .equal_o(fp32_equal_o)
  );

  dysta_add #(
      .Format(dysta_pkg::FormatFp16),
      .NumberWidth(16)
  ) u_fp16_add (
      .clk_i,
      .subtract_i,
      .a_i  (a_i[15:0]),
      .b_i  (b_i[15:0]),
      .sum_o(fp16_sum_o)
  );
  dysta_mul #(
      .Format(dysta_pkg::FormatFp16),
      .NumberWidth(16),
      .CoefficientWidth(16)
  ) u_fp16_mul (
      .clk_i,
      .number_i(a_i[15:0]),
      .coefficient_i(b_i[15:0]),
      .shift_i,
      .product_o(fp16_product_o)
  );
  dysta_from_integer #(
      .Format(dysta_pkg::FormatFp16),
      .NumberWidth(16)
  ) u_fp16_from_integer (
      .clk_i,
      .integer_i(a_i),
      .number_o (fp16_number_o)
  );
  dysta_less #(
      .Format(dysta_pkg::FormatFp16),
      .NumberWidth(16)
  ) u_fp16_less (
      .a_i(a_i[15:0]),
      .b_i(b_i[15:0]),
      .less_o(fp16_less_o),
      .equal_o(fp16_equal_o)
  );

  dysta_add #(
      .Format(dysta_pkg::FormatFixed),
      .NumberWidth(dysta_pkg::FixedNumberWidth)
  ) u_fixed_add (
      .clk_i,
      .subtract_i,
      .a_i  (a_i[26:0]),
      .b_i  (b_i[26:0]),
      .sum_o(fixed_sum_o)
  );
  dysta_mul #(
      .Format(dysta_pkg::FormatFixed),
      .NumberWidth(dysta_pkg::FixedNumberWidth),
      .CoefficientWidth(dysta_pkg::FixedCoefficientWidth)
  ) u_fixed_mul (
      .clk_i,
      .number_i(a_i[26:0]),
      .coefficient_i(b_i[16:0]),
      .shift_i,
      .product_o(fixed_product_o)
  );
  dysta_from_integer #(
      .Format(dysta_pkg::FormatFixed),
      .NumberWidth(dysta_pkg::FixedNumberWidth)
  ) u_fixed_from_integer (
      .clk_i,
      .integer_i(a_i),
      .number_o (fixed_number_o)
  );
  dysta_less #(
      .Format(dysta_pkg::FormatFixed),
      .NumberWidth(dysta_pkg::FixedNumberWidth)
  ) u_fixed_less (
      .a_i(a_i[26:0]),
      .b_i(b_i[26:0]),
      .less_o(fixed_less_o),
      .equal_o(fixed_equal_o)
  );
endmodule
