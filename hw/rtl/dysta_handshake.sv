// Asserts of a stream that what is offered stays, as it is, until it is taken. Simulation and proofs
// (hw/formal) only.
module dysta_handshake #(
    parameter int unsigned Width = 1
) (
    input logic             clk_i,
    input logic             rst_ni,
    input logic             valid_i,
    input logic             ready_i,
    input logic [Width-1:0] data_i
);
  logic waits_q;  // offered in the last cycle, and not taken
  logic [Width-1:0] data_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waits_q <= 1'b0;
    else waits_q <= valid_i && !ready_i;
  end

  always_ff @(posedge clk_i) begin
    data_q <= data_i;
    if (rst_ni && waits_q) begin
      assert (valid_i);
      assert (data_i == data_q);
    end
  end

`ifdef FORMAL
  initial assume (!rst_ni);
  // The proof is not empty: something waits, and is then taken.
  always_ff @(posedge clk_i) cover (rst_ni && waits_q && valid_i && ready_i);
`endif
endmodule
