// What software knows of every layer of every variant. Two layers are read at once, a cycle after
// their entries: the one that ended and the one that comes next.
module dysta_profile #(
    parameter int unsigned NumberWidth = 32,
    parameter int unsigned CoefficientWidth = 32,
    parameter int unsigned Entries = 128,
    localparam int unsigned EntryWidth = $clog2(Entries)
) (
    input  logic                             clk_i,
    input  logic                             write_i,
    input  logic [                      1:0] write_field_i,
    input  logic [           EntryWidth-1:0] write_entry_i,
    input  logic [                     31:0] write_data_i,
    input  logic [           EntryWidth-1:0] ended_i,
    output logic [     CoefficientWidth-1:0] inverse_density_o,
    output logic [dysta_pkg::ScaleWidth-1:0] scale_o,
    output logic [dysta_pkg::ShiftWidth-1:0] shift_o,
    input  logic [           EntryWidth-1:0] next_i,
    output logic [          NumberWidth-1:0] average_remaining_o
);
  dysta_ram #(
      .Width(NumberWidth),
      .Depth(Entries)
  ) u_remaining (
      .clk_i,
      .write_i(write_i && write_field_i == dysta_pkg::TableRemaining),
      .write_address_i(write_entry_i),
      .write_data_i(write_data_i[NumberWidth-1:0]),
      .read_address_i(next_i),
      .read_data_o(average_remaining_o)
  );
  dysta_ram #(
      .Width(CoefficientWidth),
      .Depth(Entries)
  ) u_inverse_density (
      .clk_i,
      .write_i(write_i && write_field_i == dysta_pkg::TableInverseDensity),
      .write_address_i(write_entry_i),
      .write_data_i(write_data_i[CoefficientWidth-1:0]),
      .read_address_i(ended_i),
      .read_data_o(inverse_density_o)
  );
  dysta_ram #(
      .Width(dysta_pkg::ScaleWidth + dysta_pkg::ShiftWidth),
      .Depth(Entries)
  ) u_scale (
      .clk_i,
      .write_i(write_i && write_field_i == dysta_pkg::TableScale),
      .write_address_i(write_entry_i),
      .write_data_i(write_data_i[dysta_pkg::ScaleWidth+dysta_pkg::ShiftWidth-1:0]),
      .read_address_i(ended_i),
      .read_data_o({shift_o, scale_o})
  );
endmodule
