// Scores of rows (hw/README.md, "When the next task is selected"), a row every three cycles on one
// adder, one multiplier and one converter, which are never idle while rows flow. While no row is
// inside they may be borrowed.
//
// Phases go 0, 1, 2, 0, ...; a row enters in a phase 0 and is held for the three cycles of its
// period. Each unit takes another operation in every phase, so that rows follow each other without
// a conflict (cycle: operation, phase):
//
//   converter   1: now - last_run (1)    2: deadline - now (2)
//   multiplier  4: · wait_rate (1)       8: · 1/n (2)            15: · β (0)
//   adder       5: - remaining (2)      12: slack + waiting (0)  19: + remaining (1)   22: score
module dysta_score_shared #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned CoefficientWidth = 32
) (
    input  logic                            clk_i,
    input  logic                            rst_ni,
    input  logic [                     1:0] phase_i,
    // A row; all but it is held while rows are inside.
    input  logic                            valid_i,            // its first cycle, a phase 0
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
  localparam int unsigned Latency = 22;

  logic [Latency-1:0] valid_q;
  logic period_end;
  logic [dysta_pkg::TickWidth-1:0] difference_q;
  logic [NumberWidth-1:0] number, product, product_q, sum, slack, slack_held;
  logic [NumberWidth-1:0] remaining_1, remaining_6;  // one and six periods old
  logic [CoefficientWidth-1:0] wait_rate_1;
  logic [NumberWidth-1:0] mul_number, add_a, add_b;
  logic [CoefficientWidth-1:0] mul_coefficient;
  logic [4:0] mul_shift;
  logic subtract;

  assign period_end = phase_i == 2'd2;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Latency-2:0], valid_i};
  end
  assign next_o  = valid_q[Latency-2];
  assign valid_o = valid_q[Latency-1];
  assign score_o = sum;

  always_ff @(posedge clk_i) begin
    difference_q <= phase_i == 2'd0 ? now_i - last_run_i : deadline_i - now_i;
    product_q <= product;
  end

  dysta_delay #(
      .Width(NumberWidth + CoefficientWidth),
      .Steps(1)
  ) u_row (
      .clk_i,
      .enable_i(period_end),
      .data_i  ({remaining_i, wait_rate_i}),
      .data_o  ({remaining_1, wait_rate_1})
  );
  dysta_delay #(
      .Width(NumberWidth),
      .Steps(5)
  ) u_remaining (
      .clk_i,
      .enable_i(period_end),
      .data_i  (remaining_1),
      .data_o  (remaining_6)
  );
  // The slack of cycle 8 waits until cycle 12: two ends of periods. The sign's place is the same in
  // every format.
  assign slack = sum[NumberWidth-1] ? '0 : sum;
  dysta_delay #(
      .Width(NumberWidth),
      .Steps(2)
  ) u_slack (
      .clk_i,
      .enable_i(period_end),
      .data_i  (slack),
      .data_o  (slack_held)
  );

  always_comb begin
    case (phase_i)
      2'd0: begin
        mul_number = sum;
        mul_coefficient = beta_i;
        mul_shift = beta_shift_i;
        add_a = slack_held;
        add_b = product_q;
      end
      2'd1: begin
        mul_number = number;
        mul_coefficient = wait_rate_1;
        mul_shift = wait_shift_i;
        add_a = remaining_6;
        add_b = product_q;
      end
      default: begin
        mul_number = product_q;
        mul_coefficient = reciprocal_i;
        mul_shift = 5'(dysta_pkg::FixedReciprocalFraction);
        add_a = number;
        add_b = remaining_1;
      end
    endcase
    subtract = period_end;
    if (borrow_i) begin
      mul_number = mul_number_i;
      mul_coefficient = mul_coefficient_i;
      mul_shift = mul_shift_i;
      add_a = add_a_i;
      add_b = add_b_i;
      subtract = 1'b0;
    end
  end

  dysta_from_integer #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_from_integer (
      .clk_i,
      .integer_i(borrow_i ? integer_i : difference_q),
      .number_o (number)
  );
  dysta_mul #(
      .Format(Format),
      .NumberWidth(NumberWidth),
      .CoefficientWidth(CoefficientWidth)
  ) u_mul (
      .clk_i,
      .number_i(mul_number),
      .coefficient_i(mul_coefficient),
      .shift_i(mul_shift),
      .product_o(product)
  );
  dysta_add #(
      .Format(Format),
      .NumberWidth(NumberWidth)
  ) u_add (
      .clk_i,
      .subtract_i(subtract),
      .a_i(add_a),
      .b_i(add_b),
      .sum_o(sum)
  );
  assign number_o = number;
  assign product_o = product;
  assign sum_o = sum;
endmodule
