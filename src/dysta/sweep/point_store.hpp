// Finished points on disk: a point is there whole or not at all, whatever ended the program.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "dysta/metrics/summary.hpp"

namespace dysta {

/// One policy on one run, for people who look into the file; points are found by their digests
/// alone. A point has several where plans ask for the same in other words: `dysta` is
/// `dysta:beta=0.01`.
struct PointLabel {
  std::string scenario;
  double rate_hz = 0;                      ///< of all requests together
  double utilisation = 0;                  ///< of the busiest pool, as expected
  std::optional<double> slo_multiplier{};  ///< nothing where the scenario's own deadlines are kept
  std::uint64_t seed = 0;
  std::string policy;
};

struct FinishedPoint {
  std::string digest;  ///< of everything that decides the figures
  PointLabel label;
  Summary figures;
};

/// An SQLite file of finished points. One program at a time has it open. All functions throw
/// `FileError`: the file is another program's, damaged, in use, or the system refuses.
///
/// Points stay for good, also those that a changed plan has no use for: going back to an earlier
/// plan finds them again.
class PointStore {
 public:
  /// Opens the file at `path`, or begins it.
  explicit PointStore(const std::string& path);
  ~PointStore();
  PointStore(const PointStore&) = delete;
  PointStore& operator=(const PointStore&) = delete;

  /// The figures of the point with this digest, if it is finished.
  std::optional<Summary> find(const std::string& digest);

  /// Adds all of these or, should anything end the program meanwhile, none; on disk when it
  /// returns. One that is there already keeps its figures and gets the label too; one of which
  /// figures are missing is written anew.
  void add(std::span<const FinishedPoint> points);

 private:
  class Database;
  class Statement;

  std::unique_ptr<Database> database_;
  std::unique_ptr<Statement> figures_;  ///< of a digest
};

}  // namespace dysta
