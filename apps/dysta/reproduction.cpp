#include "reproduction.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

#include <sys/utsname.h>

#include "command_line.hpp"
#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/experiment/record.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/predict/evaluation.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sweep/run_sweep.hpp"
#include "dysta/synth/calibration.hpp"
#include "dysta/synth/synthesize.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "interruption.hpp"
#include "output.hpp"

namespace dysta::cli {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError(folder.string(), 0, "cannot be made: " + error.message());
}

void remove_folder(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) throw FileError(path.string(), 0, "cannot be removed: " + error.message());
}

void rename_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) {
    throw FileError(from.string(), 0,
                    "cannot be renamed to " + in_quotes(to.string()) + ": " + error.message());
  }
}

void write_file(const fs::path& path, std::string_view text) {
  OutputFile file(path.string());
  file.write(text);
  file.close();
  file.commit();
}

/// The processor as Linux calls it, and the system.
Machine this_machine() {
  Machine machine;
  machine.cpu = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) {
      machine.cpu = line.substr(colon + 2);
      break;
    }
  }
  machine.cores = std::max(1u, std::thread::hardware_concurrency());
  utsname system{};
  if (uname(&system) == 0) {
    machine.system = std::string(system.sysname) + ' ' + system.release + ' ' + system.machine;
  }
  return machine;
}

constexpr std::size_t kCalibrationDraws = 20;

/// `measured`, or `measured and synthesised` where traces differ.
std::string words_of(const std::set<TraceOrigin>& origins) {
  std::string text;
  for (const TraceOrigin& origin : origins) {
    text.append(text.empty() ? "" : " and ").append(name_of(origin));
  }
  return text;
}

/// One experiment's run.
class Reproduction {
 public:
  Reproduction(const Experiment& experiment, fs::path folder, const ReproductionOptions& options)
      : experiment_(experiment), folder_(std::move(folder)), options_(options) {}

  void run() {
    const auto start = std::chrono::steady_clock::now();
    make_folder(folder_);
    settle_traces();
    record_.dysta = DYSTA_VERSION;
    record_.command = options_.command;
    record_.machine = this_machine();
    gather_traces();
    evaluate();
    calibrate();
    copy_hardware_reports();
    for (const ExperimentSweep& sweep : experiment_.sweeps) run_one(sweep);
    record_.wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (options_.most_seeds > 0 && !experiment_.sweeps.empty()) {
      record_.reduced = "at most " + counted(options_.most_seeds, "seed") + " of each sweep";
    }
    replace_traces();
    write_file(folder_ / "experiment.json", experiment_json(experiment_, record_));
  }

 private:
  /// Where traces gather until all else is there too: until then those of an earlier run stay.
  static constexpr const char* kNewTraces = ".traces.new";
  /// Where those of an earlier run are while the new ones take their place.
  static constexpr const char* kOldTraces = ".traces.old";

  /// What a run left that was ended.
  void settle_traces() {
    remove_folder(folder_ / kNewTraces);
    if (fs::exists(folder_ / "traces")) {
      remove_folder(folder_ / kOldTraces);
    } else if (fs::exists(folder_ / kOldTraces)) {
      rename_folder(folder_ / kOldTraces, folder_ / "traces");
    }
  }

  void replace_traces() {
    if (fs::exists(folder_ / "traces")) rename_folder(folder_ / "traces", folder_ / kOldTraces);
    if (fs::exists(folder_ / kNewTraces)) rename_folder(folder_ / kNewTraces, folder_ / "traces");
    remove_folder(folder_ / kOldTraces);
  }

  /// Puts a trace and its provenance among the new ones; returns the place that it will have in the
  /// experiment's folder.
  std::string put_trace(const std::string& name, std::string_view csv,
                        std::string_view provenance) {
    if (!names_.insert(name).second) {
      throw FileError(experiment_.name, 0, "has the trace " + in_quotes(name) + " twice");
    }
    // The provenance first: a trace without one would be of unknown origin.
    const fs::path gathered = folder_ / kNewTraces;
    if (!provenance.empty()) write_file(gathered / (name + ".json"), provenance);
    write_file(gathered / (name + ".csv"), csv);
    return "traces/" + name + ".csv";
  }

  void gather_traces() {
    if (!experiment_.traces.empty()) make_folder(folder_ / kNewTraces);
    for (const ExperimentTraces& group : experiment_.traces) {
      TracesRecord record;
      std::set<TraceOrigin> origins;
      const auto keep = [&](Trace trace, const std::string& csv, const std::string& provenance) {
        record.files.push_back(put_trace(trace.name(), csv, provenance));
        origins.insert(trace.identity().provenance.origin);
        traces_.push_back(std::move(trace));
      };
      std::vector<std::string> paths;
      for (const std::string& file : group.files) {
        paths.push_back((fs::path(options_.shared) / file).string());
      }
      for (const std::string& file : expand_trace_paths(paths)) {
        const fs::path provenance = fs::path(file).replace_extension(".json");
        keep(read_trace(file), read_file(file),
             fs::exists(provenance) ? read_file(provenance.string()) : "");
      }
      for (const SynthesisRequest& request : group.synthesised) {
        for (SynthesizedTrace& made : synthesised(request)) {
          keep(std::move(made.trace), made.csv, made.provenance);
        }
      }
      record.origin = words_of(origins);
      record_.traces.push_back(std::move(record));
    }
  }

  static std::vector<SynthesizedTrace> synthesised(const SynthesisRequest& request) {
    const NetworkModel model = load_model(request.model);
    const auto accelerator = load_accelerator(request.accelerator);
    std::vector<std::string> patterns = request.patterns;
    if (patterns.empty()) patterns.emplace_back();
    std::vector<SynthesizedTrace> made;
    for (const std::string& pattern : patterns) {
      made.push_back(
          synthesize(model, *accelerator,
                     {.pattern = pattern,
                      .inputs = request.inputs,
                      .seed = request.seed,
                      .sequence_length = request.sequence_length,
                      .accelerator_parameters = accelerator_parameters(request.accelerator),
                      .dysta_version = DYSTA_VERSION}));
    }
    return made;
  }

  void evaluate() {
    if (!experiment_.predictions) return;
    std::vector<TracePredictions> evaluated;
    for (const Trace& trace : traces_) {
      evaluated.push_back(
          {&trace, evaluate_predictors(trace, {.folds = experiment_.predictions->folds,
                                               .last_n = experiment_.predictions->last_n})});
    }
    record_.predictions = "predictions.csv";
    write_file(folder_ / record_.predictions, predictions_csv(evaluated));
  }

  /// Fits a model to each trace, and synthesises as many inputs from it as were measured, often.
  void calibrate() {
    record_.calibration_draws = kCalibrationDraws;
    for (const ExperimentCalibration& family : experiment_.calibration) {
      for (const std::string& file : family.files) {
        const auto path = (fs::path(options_.shared) / file).string();
        record_.calibration.push_back(
            {.family = family.family,
             .result = dysta::calibrate(read_measured_trace(path), kCalibrationDraws)});
      }
    }
  }

  void copy_hardware_reports() {
    if (experiment_.hardware.empty()) return;
    const fs::path source = fs::path(options_.shared) / experiment_.hardware;
    std::error_code none;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(source, none)) {
      if (entry.path().extension() == ".csv") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      record_.hardware.push_back(file.filename().string());
      write_file(folder_ / file.filename(), read_file(file.string()));
    }
  }

  void run_one(const ExperimentSweep& sweep) {
    const Interruption interruption;
    bool complete = false;
    std::size_t reused = 0;
    {
      Progress drawing(experiment_.name + ", " + sweep.title + ": requests drawn");
      Progress progress(experiment_.name + ", " + sweep.title + ": points");
      SweepOptions how;
      how.jobs = options_.jobs;
      how.drawing = [&](std::size_t done, std::size_t of) { drawing.update(done, of); };
      how.progress = [&, begun = false](std::size_t done, std::size_t of) mutable {
        if (!std::exchange(begun, true)) {
          reused = done;
          progress.continue_from(done);
        }
        progress.update(done, of);
      };
      how.stop = &interruption.requested();
      complete = run_sweep(sweep.plan, (folder_ / sweep.name).string(), how);
    }
    if (!complete) {
      complain("interrupted; what is finished is kept, and the same command goes on from there",
               kFailure);
      interruption.end_program();
    }
    std::set<TraceOrigin> origins;
    for (const std::string& path : sweep.plan.scenarios) {
      const Scenario scenario = load_scenario(path);
      for (const Pool& pool : scenario.pools()) {
        for (const Trace& trace : pool.traces->all()) {
          origins.insert(trace.identity().provenance.origin);
        }
      }
    }
    record_.sweeps.push_back(
        {.reused = reused, .points = sweep.name + "/points.csv", .origins = words_of(origins)});
  }

  const Experiment& experiment_;
  fs::path folder_;
  const ReproductionOptions& options_;
  ExperimentRecord record_;
  std::vector<Trace> traces_;    ///< of all groups, in order
  std::set<std::string> names_;  ///< of all traces put into the folder
};

}  // namespace

void reproduce_data(Experiment experiment, const std::string& folder,
                    const ReproductionOptions& options) {
  for (ExperimentSweep& sweep : experiment.sweeps) {
    auto& seeds = sweep.plan.seeds;
    if (options.most_seeds > 0 && seeds.size() > options.most_seeds) {
      seeds.resize(options.most_seeds);
    }
  }
  Reproduction(experiment, folder, options).run();
}

}  // namespace dysta::cli
