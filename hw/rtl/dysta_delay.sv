// What entered `Steps` enabled cycles ago.
module dysta_delay #(
    parameter int unsigned Width = 1,
    parameter int unsigned Steps = 1
) (
    input  logic             clk_i,
    input  logic             enable_i,
    input  logic [Width-1:0] data_i,
    output logic [Width-1:0] data_o
);
  logic [Width-1:0] steps_q[Steps];

  always_ff @(posedge clk_i) begin
    if (enable_i) begin
      steps_q[0] <= data_i;
      for (int unsigned i = 1; i < Steps; i++) steps_q[i] <= steps_q[i-1];
    end
  end

  assign data_o = steps_q[Steps-1];
endmodule
