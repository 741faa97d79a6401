// 1 / n as a coefficient of a format, correctly rounded, for n from 1 to Depth; a cycle after n - 1.
module dysta_reciprocals #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned CoefficientWidth = 32,
    parameter int unsigned Depth = 128,
    localparam int unsigned IndexWidth = $clog2(Depth)
) (
    input  logic                        clk_i,
    input  logic [      IndexWidth-1:0] index_i,       // n - 1
    output logic [CoefficientWidth-1:0] reciprocal_o
);
  // Fixed: 17 fraction bits, and 1 as the largest value below it. Floating: the significand is
  // 2^k / n in [1, 2), k the smallest that makes it so; it cannot lie half-way between two.
  function automatic logic [CoefficientWidth-1:0] reciprocal(input longint unsigned n);
    longint unsigned k, one, fraction_width, bias, significand;
    if (Format == dysta_pkg::FormatFixed) begin
      one = 64'd1 << dysta_pkg::FixedReciprocalFraction;
      significand = (2 * one + n) / (2 * n);
      if (significand == one) significand = one - 1;
    end else begin
      fraction_width = Format == dysta_pkg::FormatFp32 ? 23 : 10;
      bias = Format == dysta_pkg::FormatFp32 ? 127 : 15;
      k = 0;
      for (int unsigned i = 0; i < 16; i++) begin
        if ((64'd1 << k) < n) k = k + 1;
      end
      one = 64'd1 << fraction_width;
      significand = ((one << (k + 1)) + n) / (2 * n);
      significand = ((bias - k) << fraction_width) + significand - one;
    end
    reciprocal = significand[CoefficientWidth-1:0];
  endfunction

  logic [CoefficientWidth-1:0] words[Depth];

  initial begin
    for (int unsigned i = 0; i < Depth; i++) words[i] = reciprocal(64'(i) + 1);
  end

  always_ff @(posedge clk_i) begin
    reciprocal_o <= words[index_i];
  end
endmodule
