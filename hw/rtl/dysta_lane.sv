// Every Lanes-th row of the request table, and the unit that scores them.
//
// A row is two words. What a score is made of is read when the row enters the score unit; whether
// the task runs and when it was admitted only when its score stands there.
module dysta_lane #(
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned CoefficientWidth = 32,
    parameter int unsigned Shared = 0,
    parameter int unsigned Rows = 64,
    localparam int unsigned RowWidth = $clog2(Rows)
) (
    input  logic                             clk_i,
    input  logic                             rst_ni,
    // Rows.
    input  logic                             write_work_i,
    input  logic                             write_place_i,
    input  logic [             RowWidth-1:0] write_row_i,
    input  logic [ dysta_pkg::TickWidth-1:0] deadline_i,
    input  logic [ dysta_pkg::TickWidth-1:0] last_run_i,
    input  logic [          NumberWidth-1:0] remaining_i,
    input  logic [     CoefficientWidth-1:0] wait_rate_i,
    input  logic                             running_i,
    input  logic [dysta_pkg::OrderWidth-1:0] order_i,
    input  logic [             RowWidth-1:0] read_work_row_i,
    output logic [ dysta_pkg::TickWidth-1:0] deadline_o,
    output logic [ dysta_pkg::TickWidth-1:0] last_run_o,
    output logic [          NumberWidth-1:0] remaining_o,
    output logic [     CoefficientWidth-1:0] wait_rate_o,
    input  logic [             RowWidth-1:0] read_place_row_i,
    output logic                             running_o,
    output logic [dysta_pkg::OrderWidth-1:0] order_o,
    // Scores of the rows that were read.
    input  logic [                      1:0] phase_i,
    input  logic                             score_i,
    input  logic [ dysta_pkg::TickWidth-1:0] now_i,
    input  logic [     CoefficientWidth-1:0] reciprocal_i,
    input  logic [     CoefficientWidth-1:0] beta_i,
    input  logic [                      4:0] wait_shift_i,
    input  logic [                      4:0] beta_shift_i,
    output logic                             next_o,
    output logic                             valid_o,
    output logic [          NumberWidth-1:0] score_o,
    // Units lent.
    input  logic                             borrow_i,
    input  logic [                     31:0] integer_i,
    output logic [          NumberWidth-1:0] number_o,
    input  logic [          NumberWidth-1:0] mul_number_i,
    input  logic [     CoefficientWidth-1:0] mul_coefficient_i,
    input  logic [                      4:0] mul_shift_i,
    output logic [          NumberWidth-1:0] product_o,
    input  logic [          NumberWidth-1:0] add_a_i,
    input  logic [          NumberWidth-1:0] add_b_i,
    output logic [          NumberWidth-1:0] sum_o
);
  dysta_ram #(
      .Width(2 * dysta_pkg::TickWidth + NumberWidth + CoefficientWidth),
      .Depth(Rows)
  ) u_work (
      .clk_i,
      .write_i(write_work_i),
      .write_address_i(write_row_i),
      .write_data_i({deadline_i, last_run_i, remaining_i, wait_rate_i}),
      .read_address_i(read_work_row_i),
      .read_data_o({deadline_o, last_run_o, remaining_o, wait_rate_o})
  );
  dysta_ram #(
      .Width(1 + dysta_pkg::OrderWidth),
      .Depth(Rows)
  ) u_place (
      .clk_i,
      .write_i(write_place_i),
      .write_address_i(write_row_i),
      .write_data_i({running_i, order_i}),
      .read_address_i(read_place_row_i),
      .read_data_o({running_o, order_o})
  );

  if (Shared != 0) begin : gen_shared
    dysta_score_shared #(
        .Format(Format),
        .NumberWidth(NumberWidth),
        .CoefficientWidth(CoefficientWidth)
    ) u_score (
        .clk_i,
        .rst_ni,
        .phase_i,
        .valid_i(score_i),
        .deadline_i(deadline_o),
        .last_run_i(last_run_o),
        .remaining_i(remaining_o),
        .wait_rate_i(wait_rate_o),
        .now_i,
        .reciprocal_i,
        .beta_i,
        .wait_shift_i,
        .beta_shift_i,
        .next_o,
        .valid_o,
        .score_o,
        .borrow_i,
        .integer_i,
        .number_o,
        .mul_number_i,
        .mul_coefficient_i,
        .mul_shift_i,
        .product_o,
        .add_a_i,
        .add_b_i,
        .sum_o
    );
  end else begin : gen_separate
    logic unused_phase;
    assign unused_phase = ^phase_i;
    dysta_score_separate #(
        .Format(Format),
        .NumberWidth(NumberWidth),
        .CoefficientWidth(CoefficientWidth)
    ) u_score (
        .clk_i,
        .rst_ni,
        .valid_i(score_i),
        .deadline_i(deadline_o),
        .last_run_i(last_run_o),
        .remaining_i(remaining_o),
        .wait_rate_i(wait_rate_o),
        .now_i,
        .reciprocal_i,
        .beta_i,
        .wait_shift_i,
        .beta_shift_i,
        .next_o,
        .valid_o,
        .score_o,
        .borrow_i,
        .integer_i,
        .number_o,
        .mul_number_i,
        .mul_coefficient_i,
        .mul_shift_i,
        .product_o,
        .add_a_i,
        .add_b_i,
        .sum_o
    );
  end
endmodule
