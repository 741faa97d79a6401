// What was run of an experiment, how and where: beside its data, for those who draw and read it.
#pragma once

#include <string>
#include <vector>

#include "dysta/experiment/experiment.hpp"
#include "dysta/synth/calibration.hpp"

namespace dysta {

struct Machine {
  std::string cpu;
  std::size_t cores = 0;
  std::string system;
};

/// The results of one sweep of an experiment.
struct SweepRecord {
  std::size_t reused = 0;  ///< points that an earlier run had finished
  std::string points;      ///< the CSV file; paths here are from the experiment's folder
  std::string origins;     ///< in words: which of its traces are measured, which synthesised
};

/// The traces of one group of an experiment.
struct TracesRecord {
  std::vector<std::string> files;
  std::string origin;  ///< `measured`, `synthesised`, `unknown`, or several of them
};

/// A trace and what a model that was fitted to it gives.
struct CalibrationRecord {
  std::string family;
  Calibration result;
};

struct ExperimentRecord {
  std::string dysta;    ///< the version
  std::string command;  ///< that makes the same again
  std::string reduced;  ///< in words how less was run than the experiment says; empty: all
  Machine machine;
  double wall_s = 0;                 ///< of this run: `reused` points are not in it
  std::vector<SweepRecord> sweeps;   ///< one a sweep of the experiment
  std::vector<TracesRecord> traces;  ///< one a group of the experiment
  std::vector<CalibrationRecord> calibration;
  std::size_t calibration_draws = 0;  ///< synthesised traces a calibrated one
  std::string predictions;            ///< the CSV file; empty where there are none
  std::vector<std::string> hardware;  ///< CSV files; empty where there are none
};

/// `experiment.json`, from which figures, verdicts and the page are made.
std::string experiment_json(const Experiment& experiment, const ExperimentRecord& record);

}  // namespace dysta
