// The smallest of many scores, `Lanes` of them a cycle: each lane keeps its smallest, then lanes are
// folded into each other until lane 0 has the smallest of all. Of equal scores the task wins that was
// admitted first; admissions are counted modulo 2^OrderWidth, so no two tasks may be 2^31 apart.
module dysta_select #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned Lanes = 1,
    parameter int unsigned PositionWidth = 6,
    parameter int unsigned Fault = dysta_pkg::FaultNone,
    localparam int unsigned Levels = $clog2(Lanes),
    localparam int unsigned LevelWidth = Levels > 1 ? $clog2(Levels) : 1
) (
    input  logic                                   clk_i,
    input  logic                                   rst_ni,
    input  logic                                   clear_i,
    input  logic [                      Lanes-1:0] valid_i,     // scores to compare
    input  logic [          Lanes*NumberWidth-1:0] score_i,
    input  logic [Lanes*dysta_pkg::OrderWidth-1:0] order_i,
    input  logic [        Lanes*PositionWidth-1:0] position_i,
    input  logic                                   fold_i,      // no scores come any more
    input  logic [                 LevelWidth-1:0] level_i,     // lane i meets lane i + 2^level
    output logic                                   found_o,
    output logic [          PositionWidth-1:0]     position_o,
    output logic [dysta_pkg::OrderWidth-1:0]       order_o
);
  logic [Lanes-1:0] found_q;
  logic [NumberWidth-1:0] score_q[Lanes];
  logic [dysta_pkg::OrderWidth-1:0] order_q[Lanes];
  logic [PositionWidth-1:0] position_q[Lanes];

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic valid, less, equal, earlier, better;
    logic [NumberWidth-1:0] score;
    logic [dysta_pkg::OrderWidth-1:0] order, ahead;
    logic [PositionWidth-1:0] position;

    always_comb begin
      valid = valid_i[lane];
      score = score_i[lane*NumberWidth+:NumberWidth];
      order = order_i[lane*dysta_pkg::OrderWidth+:dysta_pkg::OrderWidth];
      position = position_i[lane*PositionWidth+:PositionWidth];
      for (int unsigned level = 0; level < Levels; level++) begin
        if (fold_i && level_i == LevelWidth'(level) && lane + 2 ** level < Lanes) begin
          valid = found_q[(lane+2**level)%Lanes];
          score = score_q[(lane+2**level)%Lanes];
          order = order_q[(lane+2**level)%Lanes];
          position = position_q[(lane+2**level)%Lanes];
        end
      end
      ahead = order - order_q[lane];
      earlier = ahead[dysta_pkg::OrderWidth-1];
      if (Fault == dysta_pkg::FaultTieBreak) earlier = !earlier;
      better = valid && (!found_q[lane] || less || (equal && earlier));
    end

    dysta_less #(
        .Format(Format),
        .NumberWidth(NumberWidth)
    ) u_less (
        .a_i(score),
        .b_i(score_q[lane]),
        .less_o(less),
        .equal_o(equal)
    );

    always_ff @(posedge clk_i) begin
      if (better) begin
        score_q[lane] <= score;
        order_q[lane] <= order;
        position_q[lane] <= position;
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) found_q[lane] <= 1'b0;
      else if (clear_i) found_q[lane] <= 1'b0;
      else if (better) found_q[lane] <= 1'b1;
    end
  end

  if (Lanes == 1) begin : gen_one
    logic unused_fold;
    assign unused_fold = ^{fold_i, level_i};
  end

  assign found_o = found_q[0];
  assign position_o = position_q[0];
  assign order_o = order_q[0];
endmodule
