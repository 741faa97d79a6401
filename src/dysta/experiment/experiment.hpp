// What one published figure or table is restated from: a file of experiments/, read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dysta/sweep/plan.hpp"

namespace dysta {

/// A sweep over policies, by name for claims and folders.
struct ExperimentSweep {
  std::string name;
  std::string title;
  SweepPlan plan;
};

/// Traces of one model drawn from its statistics, a trace a pattern.
struct SynthesisRequest {
  std::string model;  ///< a shipped name, or the path of a file; so the accelerator
  std::string accelerator;
  std::vector<std::string> patterns;                        ///< empty: as the model states
  std::vector<std::pair<std::string, std::size_t>> inputs;  ///< by data set
  std::uint64_t seed = 1;
  std::optional<std::uint32_t> sequence_length;
};

/// Traces that are shown together, all measured or all synthesised.
struct ExperimentTraces {
  std::string name;
  std::string title;
  std::vector<std::string> files;             ///< of measured ones; from the shared folder
  std::vector<SynthesisRequest> synthesised;  ///< empty where `files` is not
};

/// How predictors are evaluated on all traces of the experiment.
struct ExperimentPredictions {
  std::size_t folds = 5;
  std::uint32_t last_n = 3;
};

/// Measured traces to which models are fitted, to be held against what these give.
struct ExperimentCalibration {
  std::string family;
  std::vector<std::string> files;  ///< from the shared folder
};

enum class ClaimKind : std::uint8_t {
  order,   ///< `metric` falls, or stays, from each of `policies` to the next
  lowest,  ///< `policy` has the lowest `metric`, `against` the others
  factor,  ///< the largest factor of `metric`, of one of `against` to `policy`, is `limit` or more
  difference,   ///< the same of the difference
  predictor,    ///< `predictor` has lower errors than `against`, in the mean over `traces`
  statistic,    ///< `statistic` of each of `traces` is `limit` or more
  calibration,  ///< of each calibrated trace, `statistic` comes back within the share `limit`
  hardware      ///< the largest `quantity` of the synthesis reports is `limit` or less
};

std::string_view name_of(ClaimKind kind);

/// A statement of the paper, in words and so that it can be checked. What a kind does not need is
/// empty.
struct Claim {
  std::string says;
  bool headline = false;  ///< stands on top of the report
  ClaimKind kind = ClaimKind::order;
  std::string sweep;
  std::string metric;
  std::string policy;
  std::vector<std::string> policies;
  std::vector<std::string> against;
  /// The points it is about; empty: all.
  std::vector<double> rates_hz, utilisations, slo_multipliers;
  std::vector<std::string> traces;
  std::string predictor, statistic, quantity;
  double limit = 0;
};

struct Experiment {
  std::string name;  ///< the file's stem
  int order = 0;     ///< where it stands in the report
  std::string title;
  std::string restates;  ///< figure or table of the paper; empty for what goes beyond it
  std::string about;     ///< what is shown; paragraphs
  std::string notes;     ///< why it comes out as it does; paragraphs, may be empty
  std::vector<std::string> figures;  ///< kinds of drawing
  std::string baseline;              ///< policy that differences are taken to; may be empty
  std::vector<ExperimentSweep> sweeps;
  std::vector<ExperimentTraces> traces;
  std::optional<ExperimentPredictions> predictions;
  std::vector<ExperimentCalibration> calibration;
  std::string hardware;  ///< folder of synthesis reports, from the shared folder; may be empty
  std::vector<Claim> claims;
};

/// Reads the file at `path`; docs/reproduce.md is its description. Scenarios of sweeps are paths
/// relative to it, or names in `suite/scenarios` of `shared`. What is to be synthesised is tried
/// with one input. Throws `FileError` with line and column.
Experiment load_experiment(const std::string& path, const std::string& shared);

/// The same from text; `path` gives the experiment its name and messages their file.
Experiment parse_experiment(const std::string& path, const std::string& text,
                            const std::string& shared);

}  // namespace dysta
