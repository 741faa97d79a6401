// Memory with one port to write and one to read; what is read stands at the output a cycle later.
// A word read in the cycle in which it is written is the old one.
module dysta_ram #(
    parameter int unsigned Width = 32,
    parameter int unsigned Depth = 64,
    localparam int unsigned AddressWidth = $clog2(Depth)
) (
    input  logic                    clk_i,
    input  logic                    write_i,
    input  logic [AddressWidth-1:0] write_address_i,
    input  logic [       Width-1:0] write_data_i,
    input  logic [AddressWidth-1:0] read_address_i,
    output logic [       Width-1:0] read_data_o
);
  logic [Width-1:0] words[Depth];

  always_ff @(posedge clk_i) begin
    if (write_i) words[write_address_i] <= write_data_i;
    read_data_o <= words[read_address_i];
  end
endmodule
