// Counts the non-zero outputs of a layer as they stream by, and holds the count until it is taken.
module dysta_monitor #(
    parameter int unsigned MonLanes = 8,
    parameter int unsigned Fault = dysta_pkg::FaultNone
) (
    input  logic                             clk_i,
    input  logic                             rst_ni,
    input  logic                             mon_valid_i,
    output logic                             mon_ready_o,
    input  logic                             mon_last_i,     // the layer's last beat
    input  logic [             MonLanes-1:0] mon_nonzero_i,
    input  logic [             MonLanes-1:0] mon_keep_i,     // which outputs are there
    output logic                             held_o,         // count_o is that of a whole layer
    output logic [dysta_pkg::CountWidth-1:0] count_o,
    input  logic                             take_i          // count_o is not needed any more
);
  localparam int unsigned BeatWidth = $clog2(MonLanes + 1);

  logic [MonLanes-1:0] counted;
  logic [BeatWidth-1:0] in_beat;
  logic held_d, held_q;
  logic [dysta_pkg::CountWidth-1:0] count_d, count_q;

  always_comb begin
    counted = mon_nonzero_i & mon_keep_i;
    if (Fault == dysta_pkg::FaultMissedNonzero && mon_last_i) counted[0] = 1'b0;
    in_beat = '0;
    for (int unsigned i = 0; i < MonLanes; i++) in_beat = in_beat + BeatWidth'(counted[i]);

    held_d  = held_q;
    count_d = count_q;
    if (mon_valid_i && mon_ready_o) begin
      count_d = count_q + dysta_pkg::CountWidth'(in_beat);
      held_d  = mon_last_i;
    end
    if (held_q && take_i) begin
      count_d = '0;
      held_d  = 1'b0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q  <= 1'b0;
      count_q <= '0;
    end else begin
      held_q  <= held_d;
      count_q <= count_d;
    end
  end

  assign mon_ready_o = !held_q;
  assign held_o = held_q;
  assign count_o = count_q;

`ifndef SYNTHESIS
  // A count that is held stays until it is taken, and none is lost on the way to it.
  logic beat_q, counts_q;
  logic [dysta_pkg::CountWidth-1:0] last_count_q;

  dysta_handshake #(
      .Width(dysta_pkg::CountWidth)
  ) u_count (
      .clk_i,
      .rst_ni,
      .valid_i(held_o),
      .ready_i(take_i),
      .data_i (count_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {beat_q, counts_q} <= '0;
    else begin
      beat_q   <= mon_valid_i && mon_ready_o;
      counts_q <= !(held_o && take_i);
    end
  end

  always_ff @(posedge clk_i) begin
    last_count_q <= count_o;
    if (rst_ni) begin
      assert (!(mon_ready_o && held_o));
      assert (!counts_q || beat_q || count_o == last_count_q);
      assert (!beat_q || count_o - last_count_q <= dysta_pkg::CountWidth'(MonLanes));
    end
  end
`endif
endmodule
