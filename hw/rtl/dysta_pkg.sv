// What the scheduler, its benches and its driver agree on. hw/README.md has the words.
package dysta_pkg;

  // Number formats.
  localparam int unsigned FormatFp32 = 0;
  localparam int unsigned FormatFp16 = 1;
  localparam int unsigned FormatFixed = 2;

  // Cycles from the operands of an arithmetic unit to its result, in every format.
  localparam int unsigned UnitLatency = 3;

  localparam int unsigned TickWidth = 32;
  localparam int unsigned OrderWidth = 32;
  localparam int unsigned CountWidth = 32;
  localparam int unsigned DensityWidth = 16;
  localparam int unsigned ScaleWidth = 16;
  localparam int unsigned ShiftWidth = 6;

  // The fixed format: fraction bits of numbers and of coefficients.
  localparam int unsigned FixedNumberWidth = 27;
  localparam int unsigned FixedNumberFraction = 8;
  localparam int unsigned FixedCoefficientWidth = 17;
  localparam int unsigned FixedReciprocalFraction = 17;
  localparam int unsigned FixedRatioFraction = 13;
  localparam int unsigned FixedInverseDensityFraction = 10;

  // Commands.
  localparam logic [3:0] OpIdentify = 4'd0;
  localparam logic [3:0] OpWriteTable = 4'd1;
  localparam logic [3:0] OpWriteSetting = 4'd2;
  localparam logic [3:0] OpStage = 4'd3;
  localparam logic [3:0] OpSubmit = 4'd4;
  localparam logic [3:0] OpLayerDone = 4'd5;
  localparam logic [3:0] OpLayerCounted = 4'd6;
  localparam logic [3:0] OpTaskDone = 4'd7;
  localparam logic [3:0] OpSelect = 4'd8;

  // Answers.
  localparam logic [3:0] StatusOk = 4'd0;
  localparam logic [3:0] StatusFull = 4'd1;
  localparam logic [3:0] StatusNone = 4'd2;
  localparam logic [3:0] StatusInvalid = 4'd3;
  localparam logic [3:0] StatusNoCount = 4'd4;

  // Fields of the profile tables.
  localparam logic [1:0] TableRemaining = 2'd0;
  localparam logic [1:0] TableInverseDensity = 2'd1;
  localparam logic [1:0] TableScale = 2'd2;

  localparam logic [15:0] SettingBeta = 16'd0;
  localparam logic [15:0] SettingShifts = 16'd1;

  // Injected faults, for tests of the tests.
  localparam int unsigned FaultNone = 0;
  localparam int unsigned FaultTieBreak = 1;
  localparam int unsigned FaultStaleScore = 2;
  localparam int unsigned FaultDroppedRequest = 3;
  localparam int unsigned FaultOffByOneLayer = 4;
  localparam int unsigned FaultMissedNonzero = 5;

endpackage
