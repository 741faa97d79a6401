// The data of an experiment: its sweeps run, its traces gathered, its predictors evaluated.
#pragma once

#include <cstddef>
#include <string>

#include "dysta/experiment/experiment.hpp"

namespace dysta::cli {

struct ReproductionOptions {
  std::string shared;          ///< the shared folder
  std::string command;         ///< for the record
  std::size_t jobs = 1;        ///< simulations at a time
  std::size_t most_seeds = 0;  ///< of each sweep; 0: all
};

/// Writes all data of `experiment` and its `experiment.json` into `folder`. Sweeps that are there
/// are continued; everything else is made anew. Throws what reading, synthesising and simulating
/// throw.
void reproduce_data(Experiment experiment, const std::string& folder,
                    const ReproductionOptions& options);

}  // namespace dysta::cli
