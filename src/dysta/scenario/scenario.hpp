// Deployments: which networks run on which accelerators, and who asks for them when.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/accel/accelerator.hpp"
#include "dysta/synth/synthesize.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/streams.hpp"

namespace dysta {

/// A pool has at most so many.
inline constexpr std::uint32_t kMostAccelerators = 4096;

/// A scenario file (docs/scenarios.md), read, with its traces loaded or synthesised.
class Scenario {
 public:
  /// The networks of one pool.
  struct Networks {
    /// On one of several kinds of accelerators.
    struct OnKind {
      TraceSet traces;
      Profiles profiles{traces};
    };

    TraceSet traces;
    Profiles profiles{traces};
    std::deque<OnKind> kinds{};  ///< as many as the pool has; `Pool` says what the others are then
  };

  /// A pool before its networks are told: `traces` and `profiles` are null, those of its kinds too.
  /// `networks` has an entry a pool.
  Scenario(std::string name, std::string what, std::optional<double> load, std::vector<Pool> pools,
           std::deque<Networks> networks, std::vector<Stream> streams);

  // A copy's pools would point into the original.
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;
  Scenario(Scenario&&) = default;
  Scenario& operator=(Scenario&&) = default;

  const std::string& name() const { return name_; }
  const std::string& what() const { return what_; }  ///< in a line
  std::span<const Pool> pools() const { return pools_; }
  std::span<const Stream> streams() const { return streams_; }

  /// The offered utilisation of the busiest pool that the rates are scaled to unless told
  /// otherwise; nothing: they are taken as they are.
  std::optional<double> load() const { return load_; }

 private:
  std::string name_;
  std::string what_;
  std::optional<double> load_;
  std::vector<Pool> pools_;
  std::deque<Networks> networks_;  ///< what `pools_` point into: elements keep their place
  std::vector<Stream> streams_;
};

/// How a run is drawn from a scenario. The rates of all streams are scaled by one factor: to a
/// load, or to a total rate, or as the scenario says.
struct ScenarioDraw {
  /// So many times the scenario's accelerators, at least 1, and rates as many times as high: a load
  /// stays what it is. Only `rate_hz` is taken as given.
  std::uint32_t scale = 1;
  std::optional<double> load{};            ///< offered utilisation of the busiest pool
  std::optional<double> rate_hz{};         ///< requests of all streams a second; not with `load`
  std::optional<double> slo_multiplier{};  ///< in place of the scenario's
  std::size_t count = 1000;                ///< requests of all streams together
  std::uint64_t seed = 1;
};

/// The scenario's pools with `scale` times their accelerators. Throws `SpecificationError` for 0,
/// and for more than `kMostAccelerators` in one.
std::vector<Pool> scaled_pools(const Scenario& scenario, std::uint32_t scale);

/// What the stated rates are multiplied by.
double rate_scale(const Scenario& scenario, const ScenarioDraw& options);

/// Requests of all streams a second.
double rate_hz(const Scenario& scenario, const ScenarioDraw& options);

/// Offered utilisation of the busiest pool.
double utilisation(const Scenario& scenario, const ScenarioDraw& options);

/// `options` for the streams. Throws `SpecificationError` for an SLO multiplier where a stream has
/// deadlines that do not depend on latencies, and for a scale where a stream has deadlines in
/// periods: at a higher rate they would be shorter.
StreamDraw stream_draw(const Scenario& scenario, const ScenarioDraw& options);

/// The requests of one run. Throws as the functions that it calls.
Run draw(const Scenario& scenario, const ScenarioDraw& options);

/// Where what a scenario file names comes from: from files, unless a caller says otherwise. Throws
/// as the functions that it calls.
class ScenarioParts {
 public:
  virtual ~ScenarioParts() = default;
  virtual std::unique_ptr<const Accelerator> accelerator(const std::string& name_or_file) const;
  virtual std::vector<std::string> trace_files(std::span<const std::string> paths) const;
  virtual Trace measured(const std::string& file) const;
  virtual NetworkModel model(const std::string& name_or_file) const;
  virtual Trace synthesised(const NetworkModel& model, const Accelerator& accelerator,
                            const SynthesisOptions& options) const;
  virtual ArrivalTable arrivals(const std::string& file) const;
};

/// Reads a scenario file and the files that it names, relative to its folder. Throws `FileError`
/// with line and column of what is wrong.
Scenario load_scenario(const std::string& path);

/// The same from the text of a file; `path` is what messages call it, and in its folder lies what
/// has relative paths.
Scenario parse_scenario(const std::string& path, const std::string& text,
                        const ScenarioParts& parts = {});

/// The file of a scenario: `name_or_path` itself where it ends in `.yaml` or `.yml`, relative paths
/// from the first of `folders`; else `suite/scenarios/NAME.yaml` in the first of `folders`, or of
/// the folders above them, that has it. Throws `SpecificationError` where none has.
std::string find_scenario(std::string_view name_or_path, std::span<const std::string> folders);

}  // namespace dysta
