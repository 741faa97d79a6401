// Scores of rows (hw/README.md, "When the next task is selected"), a row a cycle: every operation
// has a unit of its own. While no row is inside, one adder, multiplier and converter may be
// borrowed.
//
// Cycle 0 row enters, 1 differences of instants, 4 as numbers, 7 slack and waiting of one task, 10
// waiting of n, 13 both, 16 weighed, 19 score.
module dysta_score_separate #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned CoefficientWidth = 32
) (
    input  logic                            clk_i,
    input  logic                            rst_ni,
    // A row; all but it is held while rows are inside.
    input  logic                            valid_i,
    input  logic [dysta_pkg::TickWidth-1:0] deadline_i,
    input  logic [dysta_pkg::TickWidth-1:0] last_run_i,
    input  logic [         NumberWidth-1:0] remaining_i,
    input  logic [    CoefficientWidth-1:0] wait_rate_i,
    input  logic [dysta_pkg::TickWidth-1:0] now_i,
    input  logic [    CoefficientWidth-1:0] reciprocal_i,       // of the number of ready tasks
    input  logic [    CoefficientWidth-1:0] beta_i,
    input  logic [                     4:0] wait_shift_i,
    input  logic [                     4:0] beta_shift_i,
    output logic                            next_o,             // a score stands there next cycle
    output logic                            valid_o,
    output logic [         NumberWidth-1:0] score_o,
    // Units lent.
    input  logic                            borrow_i,
    input  logic [                    31:0] integer_i,
    output logic [         NumberWidth-1:0] number_o,
    input  logic [         NumberWidth-1:0] mul_number_i,
    input  logic [    CoefficientWidth-1:0] mul_coefficient_i,
    input  logic [                     4:0] mul_shift_i,
    output logic [         NumberWidth-1:0] product_o,
    input  logic [         NumberWidth-1:0] add_a_i,
    input  logic [         NumberWidth-1:0] add_b_i,
    output logic [         NumberWidth-1:0] sum_o
);
  localparam int unsigned Latency = 1 + 6 * dysta_pkg::UnitLatency;

  logic [Latency-1:0] valid_q;
  logic [dysta_pkg::TickWidth-1:0] left_q, waited_q;
  logic [NumberWidth-1:0] left, waited, remaining_4, remaining_16;
  logic [CoefficientWidth-1:0] wait_rate_4;
  logic [NumberWidth-1:0] difference, slack_7, slack_10, waiting_7, waiting_10, both_13, weighed_16;

  always_ff @(posedge clk_i) begin
    left_q   <= deadline_i - now_i;
    waited_q <= now_i - last_run_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Latency-2:0], valid_i};
  end
  assign next_o  = valid_q[Latency-2];
  assign valid_o = valid_q[Latency-1];

  dysta_from_integer #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_left (
      .clk_i,
      .integer_i(left_q),
      .number_o (left)
  );
  dysta_from_integer #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_waited (
      .clk_i,
      .integer_i(borrow_i ? integer_i : waited_q),
      .number_o (waited)
  );
  assign number_o = waited;

  dysta_delay #(
      .Width(NumberWidth + CoefficientWidth),
      .Steps(1 + dysta_pkg::UnitLatency)
  ) u_row (
      .clk_i,
      .enable_i(1'b1),
      .data_i  ({remaining_i, wait_rate_i}),
      .data_o  ({remaining_4, wait_rate_4})
  );
  dysta_delay #(
      .Width(NumberWidth),
      .Steps(4 * dysta_pkg::UnitLatency)
  ) u_remaining (
      .clk_i,
      .enable_i(1'b1),
      .data_i  (remaining_4),
      .data_o  (remaining_16)
  );

  dysta_add #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_slack (
      .clk_i,
      .subtract_i(!borrow_i),
      .a_i(borrow_i ? add_a_i : left),
      .b_i(borrow_i ? add_b_i : remaining_4),
      .sum_o(difference)
  );
  assign sum_o   = difference;
  // The sign's place is the same in every format.
  assign slack_7 = difference[NumberWidth-1] ? '0 : difference;

  dysta_delay #(
      .Width(NumberWidth),
      .Steps(dysta_pkg::UnitLatency)
  ) u_slack_delay (
      .clk_i,
      .enable_i(1'b1),
      .data_i  (slack_7),
      .data_o  (slack_10)
  );

  dysta_mul #(
      .Format(Format),
      .NumberWidth(NumberWidth),
      .CoefficientWidth(CoefficientWidth)
  ) u_waiting (
      .clk_i,
      .number_i(borrow_i ? mul_number_i : waited),
      .coefficient_i(borrow_i ? mul_coefficient_i : wait_rate_4),
      .shift_i(borrow_i ? mul_shift_i : wait_shift_i),
      .product_o(waiting_7)
  );
  assign product_o = waiting_7;

  dysta_mul #(
      .Format(Format),
      .NumberWidth(NumberWidth),
      .CoefficientWidth(CoefficientWidth)
  ) u_share (
      .clk_i,
      .number_i(waiting_7),
      .coefficient_i(reciprocal_i),
      .shift_i(5'(dysta_pkg::FixedReciprocalFraction)),
      .product_o(waiting_10)
  );

  dysta_add #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_both (
      .clk_i,
      .subtract_i(1'b0),
      .a_i(slack_10),
      .b_i(waiting_10),
      .sum_o(both_13)
  );

  dysta_mul #(
      .Format(Format),
      .NumberWidth(NumberWidth),
      .CoefficientWidth(CoefficientWidth)
  ) u_weigh (
      .clk_i,
      .number_i(both_13),
      .coefficient_i(beta_i),
      .shift_i(beta_shift_i),
      .product_o(weighed_16)
  );

  dysta_add #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_score (
      .clk_i,
      .subtract_i(1'b0),
      .a_i(remaining_16),
      .b_i(weighed_16),
      .sum_o(score_o)
  );
endmodule
