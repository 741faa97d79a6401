// Dysta's dynamic level: request table, profile tables, monitor, predictor, scores and selection
// behind one command port. hw/rtl/README.md has the commands, hw/README.md what they compute.
//
// Requests fill the table from row 0 without gaps: one that leaves is replaced by the last. Software
// knows a request by its slot, which stays; `u_slot_of` and `u_row_of` are inverse permutations of
// rows and slots, and the rows from count_q on hold the free slots.
module dysta_scheduler #(
    parameter int unsigned Capacity = 64,
    parameter int unsigned Variants = 8,
    parameter int unsigned Layers = 128,
    parameter int unsigned Format = dysta_pkg::FormatFp32,
    parameter int unsigned Lanes = 1,
    parameter int unsigned Shared = 0,
    parameter int unsigned MonLanes = 8,
    parameter int unsigned Fault = dysta_pkg::FaultNone
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    // Commands.
    input  logic                cmd_valid_i,
    output logic                cmd_ready_o,
    input  logic [         3:0] cmd_op_i,
    input  logic [        15:0] cmd_addr_i,
    input  logic [        63:0] cmd_data_i,
    // Answers.
    output logic                rsp_valid_o,
    input  logic                rsp_ready_i,
    output logic [         3:0] rsp_op_o,
    output logic [         3:0] rsp_status_o,
    output logic [        31:0] rsp_data_o,
    // Outputs of the running layer.
    input  logic                mon_valid_i,
    output logic                mon_ready_o,
    input  logic                mon_last_i,
    input  logic [MonLanes-1:0] mon_nonzero_i,
    input  logic [MonLanes-1:0] mon_keep_i
);
  localparam int unsigned NumberWidth = Format == dysta_pkg::FormatFp32 ? 32
      : Format == dysta_pkg::FormatFp16 ? 16 : dysta_pkg::FixedNumberWidth;
  localparam int unsigned CoefficientWidth = Format == dysta_pkg::FormatFixed
      ? dysta_pkg::FixedCoefficientWidth : NumberWidth;
  localparam int unsigned PositionWidth = $clog2(Capacity);
  localparam int unsigned LaneWidth = Lanes > 1 ? $clog2(Lanes) : 1;
  localparam int unsigned LaneRows = Capacity / Lanes;
  localparam int unsigned LaneRowWidth = $clog2(LaneRows);
  localparam int unsigned LayerWidth = $clog2(Layers);
  localparam int unsigned VariantWidth = Variants > 1 ? $clog2(Variants) : 1;
  localparam int unsigned Entries = Variants * Layers;
  localparam int unsigned EntryWidth = $clog2(Entries);
  localparam int unsigned ReciprocalDepth = Capacity > Layers ? Capacity : Layers;
  localparam int unsigned ReciprocalWidth = $clog2(ReciprocalDepth);
  localparam int unsigned Levels = $clog2(Lanes);
  localparam int unsigned LevelWidth = Levels > 1 ? $clog2(Levels) : 1;
  localparam logic [31:0] Identity = 32'h44595354;

  typedef enum logic [3:0] {
    StClear,    // after reset: slots of rows, rows of slots
    StIdle,
    StExecute,
    StAdmit,    // the free slot is known
    StLocate,   // the slot's row is known
    StInspect,  // the row's words are known
    StEntry,    // the layer's profile is known
    StPredict,
    StRemove,   // the last row's words are known
    StFree,
    StScan,
    StFold,
    StRun,
    StChosen,   // the chosen row's slot is known
    StRespond
  } state_e;

  // Commands and answers.
  state_e state_d, state_q;
  logic [3:0] op_q, status_d, status_q;
  logic [15:0] addr_q;
  logic [63:0] data_q;
  logic [31:0] result_d, result_q;

  // Settings and staged words.
  logic [CoefficientWidth-1:0] beta_q, wait_rate_q;
  logic [4:0] wait_shift_q, beta_shift_q;
  logic [dysta_pkg::TickWidth-1:0] deadline_q, last_run_q;
  logic [NumberWidth-1:0] remaining_q;

  // Table.
  logic [PositionWidth:0] count_d, count_q, ready_d, ready_q;
  logic [dysta_pkg::OrderWidth-1:0] order_d, order_q;
  logic [PositionWidth-1:0] last;  // position of the last request
  logic [PositionWidth-1:0] clear_q;

  // The command's task.
  logic [PositionWidth-1:0] slot, position_d, position_q;
  logic [VariantWidth-1:0] variant_q;
  logic [LayerWidth-1:0] layer_q;
  logic [NumberWidth-1:0] ratio_sum_q;
  logic was_running_d, was_running_q;

  // Memories beside the lanes.
  logic slot_of_write, row_of_write, task_write;
  logic [PositionWidth-1:0] slot_of_write_row, slot_of_write_slot, slot_of_row, slot_of;
  logic [PositionWidth-1:0] row_of_write_slot, row_of_write_row, row_of;
  logic [PositionWidth-1:0] task_slot;
  logic [VariantWidth-1:0] task_variant, variant_read;
  logic [LayerWidth-1:0] task_layer, layer_read;
  logic [NumberWidth-1:0] task_ratio_sum, ratio_sum_read;
  logic profile_write;
  logic [EntryWidth-1:0] entry, entry_next;
  logic [CoefficientWidth-1:0] inverse_density, reciprocal;
  logic [dysta_pkg::ScaleWidth-1:0] scale;
  logic [dysta_pkg::ShiftWidth-1:0] shift;
  logic [NumberWidth-1:0] average_remaining;
  logic [ReciprocalWidth-1:0] reciprocal_index;

  // Monitor and predictor.
  logic mon_held, mon_take, predict_start, predict_done;
  logic [dysta_pkg::CountWidth-1:0] mon_count, layer_count;
  logic [NumberWidth-1:0] new_ratio_sum, new_remaining;
  logic [31:0] borrow_integer;
  logic [NumberWidth-1:0] borrow_mul_number, borrow_add_a, borrow_add_b;
  logic [CoefficientWidth-1:0] borrow_mul_coefficient;
  logic [4:0] borrow_mul_shift;
  logic [NumberWidth-1:0] number[Lanes], product[Lanes], sum[Lanes];

  // Lanes.
  logic work_write, place_write;
  logic [PositionWidth-1:0] write_position, read_position;
  logic [dysta_pkg::TickWidth-1:0] write_deadline, write_last_run;
  logic [NumberWidth-1:0] write_remaining;
  logic [CoefficientWidth-1:0] write_wait_rate;
  logic write_running;
  logic [dysta_pkg::OrderWidth-1:0] write_order;
  logic [dysta_pkg::TickWidth-1:0] lane_deadline[Lanes], lane_last_run[Lanes];
  logic [NumberWidth-1:0] lane_remaining[Lanes];
  logic [CoefficientWidth-1:0] lane_wait_rate[Lanes];
  logic [Lanes-1:0] lane_running, lane_next, lane_valid, candidate;
  logic [Lanes*NumberWidth-1:0] lane_score;
  logic [Lanes*dysta_pkg::OrderWidth-1:0] lane_order;
  logic [Lanes*PositionWidth-1:0] lane_position;
  logic [dysta_pkg::OrderWidth-1:0] lane_orders[Lanes];
  logic [LaneWidth-1:0] read_lane, read_lane_q;  // lane of the row that was read

  // Scan.
  logic scan_enter, scan_next, scan_valid;
  logic [1:0] phase_q, row_phase_q;
  logic row_valid_q;
  logic [LaneRowWidth:0] groups, enter_q, leave_q;  // rows of lanes: all, entered, left
  logic [LaneRowWidth-1:0] scored_q;  // the row of lanes whose scores stand there
  logic [LevelWidth-1:0] level_d, level_q;
  logic found;
  logic [PositionWidth-1:0] best;
  logic [dysta_pkg::OrderWidth-1:0] best_order;

  assign slot = addr_q[PositionWidth-1:0];
  assign last = PositionWidth'(32'(count_q) - 1);
  assign groups = (LaneRowWidth + 1)'((32'(count_q) + Lanes - 1) / Lanes);
  assign entry = EntryWidth'(32'(variant_q) * Layers + 32'(layer_q));
  assign entry_next = Fault == dysta_pkg::FaultOffByOneLayer ? entry : entry + 1'b1;
  assign layer_count = op_q == dysta_pkg::OpLayerCounted ? data_q[63:32] : mon_count;
  assign profile_write = state_q == StExecute && op_q == dysta_pkg::OpWriteTable
      && status_d == dysta_pkg::StatusOk;

  // What a command does next, and what it answers.
  always_comb begin
    state_d = state_q;
    status_d = dysta_pkg::StatusOk;
    result_d = '0;
    case (state_q)
      StClear: if (clear_q == '1) state_d = StIdle;
      StIdle: if (cmd_valid_i) state_d = StExecute;
      StExecute: begin
        state_d = StRespond;
        case (op_q)
          dysta_pkg::OpIdentify:
          case (addr_q)
            16'd0: result_d = Identity;
            16'd1: result_d = Capacity;
            16'd2: result_d = Variants;
            16'd3: result_d = Layers;
            16'd4: result_d = Format;
            16'd5: result_d = Lanes;
            16'd6: result_d = Shared;
            default: status_d = dysta_pkg::StatusInvalid;
          endcase
          dysta_pkg::OpWriteTable:
          if (32'(addr_q[13:0]) >= Entries || addr_q[15:14] > dysta_pkg::TableScale) begin
            status_d = dysta_pkg::StatusInvalid;
          end
          dysta_pkg::OpWriteSetting:
          if (addr_q > dysta_pkg::SettingShifts) status_d = dysta_pkg::StatusInvalid;
          dysta_pkg::OpStage: if (addr_q > 16'd1) status_d = dysta_pkg::StatusInvalid;
          dysta_pkg::OpSubmit:
          if (32'(data_q[15:0]) >= Variants) status_d = dysta_pkg::StatusInvalid;
          else if (32'(count_q) == Capacity) status_d = dysta_pkg::StatusFull;
          else state_d = StAdmit;
          dysta_pkg::OpLayerDone, dysta_pkg::OpLayerCounted, dysta_pkg::OpTaskDone:
          if (32'(addr_q) >= Capacity) status_d = dysta_pkg::StatusInvalid;
          else state_d = StLocate;
          dysta_pkg::OpSelect:
          if (ready_q == '0) status_d = dysta_pkg::StatusNone;
          else state_d = StScan;
          default: status_d = dysta_pkg::StatusInvalid;
        endcase
      end
      StAdmit: begin
        state_d  = StRespond;
        result_d = 32'(slot_of);
      end
      StLocate:
      if ({1'b0, row_of} >= count_q) begin
        state_d  = StRespond;
        status_d = dysta_pkg::StatusInvalid;
      end else begin
        state_d = StInspect;
      end
      StInspect:
      if (op_q == dysta_pkg::OpTaskDone) begin
        state_d = StRemove;
      end else if (!lane_running[read_lane_q] || 32'(layer_q) == Layers - 1) begin
        state_d  = StRespond;
        status_d = dysta_pkg::StatusInvalid;
      end else if (op_q == dysta_pkg::OpLayerDone && !mon_held) begin
        state_d  = StRespond;
        status_d = dysta_pkg::StatusNoCount;
      end else begin
        state_d = StEntry;
      end
      StEntry: state_d = StPredict;
      StPredict: if (predict_done) state_d = StRespond;
      StRemove: state_d = StFree;
      StFree: state_d = StRespond;
      StScan: if (scan_valid && leave_q == groups) state_d = Levels == 0 ? StRun : StFold;
      StFold: if (32'(level_q) == Levels - 1) state_d = StRun;
      StRun: state_d = StChosen;
      StChosen: begin
        state_d  = StRespond;
        result_d = 32'(slot_of);
      end
      default: if (rsp_ready_i) state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StClear;
    end else begin
      state_q <= state_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == StIdle) begin
      op_q   <= cmd_op_i;
      addr_q <= cmd_addr_i;
      data_q <= cmd_data_i;
    end
    if (state_d == StRespond && state_q != StRespond) begin
      status_q <= status_d;
      result_q <= result_d;
    end
  end

  assign cmd_ready_o = state_q == StIdle;
  assign rsp_valid_o = state_q == StRespond;
  assign rsp_op_o = op_q;
  assign rsp_status_o = status_q;
  assign rsp_data_o = result_q;

  // Settings and staged words.
  always_ff @(posedge clk_i) begin
    if (state_q == StExecute && op_q == dysta_pkg::OpWriteSetting) begin
      if (addr_q == dysta_pkg::SettingBeta) begin
        beta_q <= data_q[CoefficientWidth-1:0];
      end else if (addr_q == dysta_pkg::SettingShifts) begin
        wait_shift_q <= data_q[4:0];
        beta_shift_q <= data_q[12:8];
      end
    end
    if (state_q == StExecute && op_q == dysta_pkg::OpStage) begin
      if (addr_q == 16'd0) begin
        deadline_q <= data_q[31:0];
        last_run_q <= data_q[63:32];
      end else if (addr_q == 16'd1) begin
        remaining_q <= data_q[NumberWidth-1:0];
        wait_rate_q <= data_q[32+:CoefficientWidth];
      end
    end
  end

  // The table's size.
  always_comb begin
    count_d = count_q;
    ready_d = ready_q;
    order_d = order_q;
    case (state_q)
      StAdmit: begin
        order_d = order_q + 1'b1;
        if (Fault != dysta_pkg::FaultDroppedRequest || order_q[3:0] != 4'hf) begin
          count_d = count_q + 1'b1;
          ready_d = ready_q + 1'b1;
        end
      end
      StPredict: if (predict_done) ready_d = ready_q + 1'b1;
      StFree: begin
        count_d = count_q - 1'b1;
        if (!was_running_q) ready_d = ready_q - 1'b1;
      end
      StRun: ready_d = ready_q - 1'b1;
      default: ;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= '0;
      ready_q <= '0;
      order_q <= '0;
      clear_q <= '0;
    end else begin
      count_q <= count_d;
      ready_q <= ready_d;
      order_q <= order_d;
      if (state_q == StClear) clear_q <= clear_q + 1'b1;
    end
  end

  // The command's task.
  assign position_d = state_q == StLocate ? row_of : position_q;
  assign was_running_d = state_q == StInspect ? lane_running[read_lane_q] : was_running_q;
  always_ff @(posedge clk_i) begin
    position_q <= position_d;
    was_running_q <= was_running_d;
    if (state_q == StLocate) begin
      variant_q   <= variant_read;
      layer_q     <= layer_read;
      ratio_sum_q <= ratio_sum_read;
    end
  end

  // Slots and rows. A request leaves in two steps: the last one's slot gets its row, then its slot
  // the row that became free.
  always_comb begin
    slot_of_write = 1'b0;
    row_of_write = 1'b0;
    slot_of_write_row = clear_q;
    slot_of_write_slot = clear_q;
    row_of_write_slot = clear_q;
    row_of_write_row = clear_q;
    case (state_q)
      StClear: begin
        slot_of_write = 1'b1;
        row_of_write  = 1'b1;
      end
      StRemove: begin
        slot_of_write = 1'b1;
        row_of_write = 1'b1;
        slot_of_write_row = position_q;
        slot_of_write_slot = slot_of;
        row_of_write_slot = slot_of;
        row_of_write_row = position_q;
      end
      StFree: begin
        slot_of_write = 1'b1;
        row_of_write = 1'b1;
        slot_of_write_row = last;
        slot_of_write_slot = slot;
        row_of_write_slot = slot;
        row_of_write_row = last;
      end
      default: ;
    endcase
    case (state_q)
      StExecute: slot_of_row = PositionWidth'(count_q);  // the first free slot
      StRun: slot_of_row = best;
      default: slot_of_row = last;
    endcase
  end

  dysta_ram #(
      .Width(PositionWidth),
      .Depth(Capacity)
  ) u_slot_of (
      .clk_i,
      .write_i(slot_of_write),
      .write_address_i(slot_of_write_row),
      .write_data_i(slot_of_write_slot),
      .read_address_i(slot_of_row),
      .read_data_o(slot_of)
  );
  dysta_ram #(
      .Width(PositionWidth),
      .Depth(Capacity)
  ) u_row_of (
      .clk_i,
      .write_i(row_of_write),
      .write_address_i(row_of_write_slot),
      .write_data_i(row_of_write_row),
      .read_address_i(slot),
      .read_data_o(row_of)
  );

  // What only the predictor needs of a task.
  always_comb begin
    task_write = state_q == StAdmit || (state_q == StPredict && predict_done);
    if (state_q == StAdmit) begin
      task_slot = slot_of;
      task_variant = VariantWidth'(data_q[15:0]);
      task_layer = '0;
      task_ratio_sum = '0;
    end else begin
      task_slot = slot;
      task_variant = variant_q;
      task_layer = layer_q + 1'b1;
      task_ratio_sum = new_ratio_sum;
    end
  end

  dysta_ram #(
      .Width(VariantWidth + LayerWidth + NumberWidth),
      .Depth(Capacity)
  ) u_task (
      .clk_i,
      .write_i(task_write),
      .write_address_i(task_slot),
      .write_data_i({task_variant, task_layer, task_ratio_sum}),
      .read_address_i(slot),
      .read_data_o({variant_read, layer_read, ratio_sum_read})
  );

  dysta_profile #(
      .NumberWidth(NumberWidth),
      .CoefficientWidth(CoefficientWidth),
      .Entries(Entries)
  ) u_profile (
      .clk_i,
      .write_i(profile_write),
      .write_field_i(addr_q[15:14]),
      .write_entry_i(EntryWidth'(addr_q[13:0])),
      .write_data_i(data_q[31:0]),
      .ended_i(entry),
      .inverse_density_o(inverse_density),
      .scale_o(scale),
      .shift_o(shift),
      .next_i(entry_next),
      .average_remaining_o(average_remaining)
  );

  // Layers seen, or tasks ready; both less one.
  assign reciprocal_index = op_q == dysta_pkg::OpSelect
      ? ReciprocalWidth'(32'(ready_q) - 1) : ReciprocalWidth'(layer_q);
  dysta_reciprocals #(
      .Format(Format),
      .CoefficientWidth(CoefficientWidth),
      .Depth(ReciprocalDepth)
  ) u_reciprocals (
      .clk_i,
      .index_i(reciprocal_index),
      .reciprocal_o(reciprocal)
  );

  dysta_monitor #(
      .MonLanes(MonLanes),
      .Fault(Fault)
  ) u_monitor (
      .clk_i,
      .rst_ni,
      .mon_valid_i,
      .mon_ready_o,
      .mon_last_i,
      .mon_nonzero_i,
      .mon_keep_i,
      .held_o (mon_held),
      .count_o(mon_count),
      .take_i (mon_take)
  );
  assign mon_take = (state_q == StFree && was_running_q)
      || (state_q == StPredict && predict_done && op_q == dysta_pkg::OpLayerDone);

  assign predict_start = state_q == StEntry;
  dysta_predictor #(
      .Format(Format),
      .NumberWidth(NumberWidth),
      .CoefficientWidth(CoefficientWidth)
  ) u_predictor (
      .clk_i,
      .rst_ni,
      .start_i(predict_start),
      .count_i(layer_count),
      .scale_i(scale),
      .shift_i(shift),
      .inverse_density_i(inverse_density),
      .average_remaining_i(average_remaining),
      .reciprocal_i(reciprocal),
      .ratio_sum_i(ratio_sum_q),
      .done_o(predict_done),
      .ratio_sum_o(new_ratio_sum),
      .remaining_o(new_remaining),
      .integer_o(borrow_integer),
      .number_i(number[0]),
      .mul_number_o(borrow_mul_number),
      .mul_coefficient_o(borrow_mul_coefficient),
      .mul_shift_o(borrow_mul_shift),
      .product_i(product[0]),
      .add_a_o(borrow_add_a),
      .add_b_o(borrow_add_b),
      .sum_i(sum[0])
  );

  // Rows that are written: a new one; one after a layer; one in the place of another; one that runs.
  assign read_lane = LaneWidth'(32'(read_position) % Lanes);
  always_ff @(posedge clk_i) read_lane_q <= read_lane;

  always_comb begin
    read_position = position_d;
    if (state_q == StInspect && op_q == dysta_pkg::OpTaskDone) read_position = last;

    work_write = 1'b0;
    place_write = 1'b0;
    write_position = position_q;
    write_deadline = lane_deadline[read_lane_q];
    write_last_run = lane_last_run[read_lane_q];
    write_remaining = lane_remaining[read_lane_q];
    write_wait_rate = lane_wait_rate[read_lane_q];
    write_running = lane_running[read_lane_q];
    write_order = lane_orders[read_lane_q];
    case (state_q)
      StAdmit: begin
        work_write = 1'b1;
        place_write = 1'b1;
        write_position = PositionWidth'(count_q);
        write_deadline = deadline_q;
        write_last_run = last_run_q;
        write_remaining = remaining_q;
        write_wait_rate = wait_rate_q;
        write_running = 1'b0;
        write_order = order_q;
      end
      StPredict: begin
        work_write = predict_done;
        place_write = predict_done;
        write_last_run = data_q[31:0];
        if (Fault != dysta_pkg::FaultStaleScore) write_remaining = new_remaining;
        write_running = 1'b0;
      end
      StRemove: begin
        work_write  = 1'b1;
        place_write = 1'b1;
      end
      StRun: begin
        place_write = 1'b1;
        write_position = best;
        write_running = 1'b1;
        write_order = best_order;
      end
      default: ;
    endcase
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [LaneRowWidth-1:0] work_row, place_row;
    logic written;
    assign written = 32'(write_position) % Lanes == lane;
    assign work_row = state_q == StScan
        ? enter_q[LaneRowWidth-1:0] : LaneRowWidth'(32'(read_position) / Lanes);
    assign place_row = state_q == StScan
        ? leave_q[LaneRowWidth-1:0] : LaneRowWidth'(32'(read_position) / Lanes);

    dysta_lane #(
        .Format(Format),
        .NumberWidth(NumberWidth),
        .CoefficientWidth(CoefficientWidth),
        .Shared(Shared),
        .Rows(LaneRows)
    ) u_lane (
        .clk_i,
        .rst_ni,
        .write_work_i(work_write && written),
        .write_place_i(place_write && written),
        .write_row_i(LaneRowWidth'(32'(write_position) / Lanes)),
        .deadline_i(write_deadline),
        .last_run_i(write_last_run),
        .remaining_i(write_remaining),
        .wait_rate_i(write_wait_rate),
        .running_i(write_running),
        .order_i(write_order),
        .read_work_row_i(work_row),
        .deadline_o(lane_deadline[lane]),
        .last_run_o(lane_last_run[lane]),
        .remaining_o(lane_remaining[lane]),
        .wait_rate_o(lane_wait_rate[lane]),
        .read_place_row_i(place_row),
        .running_o(lane_running[lane]),
        .order_o(lane_orders[lane]),
        .phase_i(row_phase_q),
        .score_i(row_valid_q),
        .now_i(data_q[31:0]),
        .reciprocal_i(reciprocal),
        .beta_i(beta_q),
        .wait_shift_i(wait_shift_q),
        .beta_shift_i(beta_shift_q),
        .next_o(lane_next[lane]),
        .valid_o(lane_valid[lane]),
        .score_o(lane_score[lane*NumberWidth+:NumberWidth]),
        .borrow_i(state_q == StPredict),
        .integer_i(borrow_integer),
        .number_o(number[lane]),
        .mul_number_i(borrow_mul_number),
        .mul_coefficient_i(borrow_mul_coefficient),
        .mul_shift_i(borrow_mul_shift),
        .product_o(product[lane]),
        .add_a_i(borrow_add_a),
        .add_b_i(borrow_add_b),
        .sum_o(sum[lane])
    );
    assign lane_order[lane*dysta_pkg::OrderWidth+:dysta_pkg::OrderWidth] = lane_orders[lane];
    assign lane_position[lane*PositionWidth+:PositionWidth] =
        PositionWidth'(32'(scored_q) * Lanes + lane);
    assign candidate[lane] = scan_valid && !lane_running[lane]
        && 32'(scored_q) * Lanes + lane < 32'(count_q);
  end

  // The scan: a row of all lanes enters every cycle, or every third; its scores leave together.
  assign scan_enter = state_q == StScan && enter_q != groups && (Shared == 0 || phase_q == 2'd0);
  assign scan_next = lane_next[0];
  assign scan_valid = lane_valid[0];

  always_ff @(posedge clk_i) begin
    row_phase_q <= phase_q;
    scored_q <= leave_q[LaneRowWidth-1:0];
    if (state_q != StScan) begin
      phase_q <= 2'd0;
      enter_q <= '0;
      leave_q <= '0;
    end else begin
      phase_q <= phase_q == 2'd2 ? 2'd0 : phase_q + 2'd1;
      if (enter_q != groups && (Shared == 0 || phase_q == 2'd2)) enter_q <= enter_q + 1'b1;
      if (scan_next) leave_q <= leave_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) row_valid_q <= 1'b0;
    else row_valid_q <= scan_enter;
  end

  assign level_d = state_q == StFold ? level_q + 1'b1 : '0;
  always_ff @(posedge clk_i) level_q <= level_d;

  dysta_select #(
      .Format(Format),
      .NumberWidth(NumberWidth),
      .Lanes(Lanes),
      .PositionWidth(PositionWidth),
      .Fault(Fault)
  ) u_select (
      .clk_i,
      .rst_ni,
      .clear_i(state_q == StExecute),
      .valid_i(candidate),
      .score_i(lane_score),
      .order_i(lane_order),
      .position_i(lane_position),
      .fold_i(state_q == StFold),
      .level_i(level_q),
      .found_o(found),
      .position_o(best),
      .order_o(best_order)
  );

`ifndef SYNTHESIS
  // One answer a command, to the command that was taken last; it stays until it is taken.
  logic pending_q;
  logic [3:0] pending_op_q;

  dysta_handshake #(
      .Width(40)
  ) u_answers (
      .clk_i,
      .rst_ni,
      .valid_i(rsp_valid_o),
      .ready_i(rsp_ready_i),
      .data_i ({rsp_op_o, rsp_status_o, rsp_data_o})
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_q <= 1'b0;
    else if (cmd_valid_i && cmd_ready_o) pending_q <= 1'b1;
    else if (rsp_valid_o && rsp_ready_i) pending_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (cmd_valid_i && cmd_ready_o) pending_op_q <= cmd_op_i;
    if (rst_ni) begin
      assert (state_q <= StRespond);
      assert (pending_q == (state_q != StClear && state_q != StIdle));
      assert (!pending_q || rsp_op_o == pending_op_q);
      assert (32'(count_q) <= Capacity);
      // A layer's count is there from the look at it to its use.
      assert (!(state_q == StEntry || state_q == StPredict) || op_q != dysta_pkg::OpLayerDone
              || mon_held);
    end
  end
`ifndef FORMAL
  // What rests on the table's contents, which proofs leave open.
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      assert (ready_q <= count_q);
      assert (!(state_q == StRun) || found);
    end
  end
`endif
`endif
endmodule
