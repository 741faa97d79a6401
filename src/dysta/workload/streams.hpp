// Several sources of requests for several kinds of accelerators.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/trace/profile.hpp"
#include "dysta/trace/trace.hpp"
#include "dysta/workload/arrivals.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta {

/// Accelerators of one kind in a pool of several.
struct AcceleratorKind {
  std::uint32_t accelerators = 1;  ///< how many, at least 1
  const TraceSet* traces = nullptr;
  const Profiles* profiles = nullptr;
};

/// Accelerators with the networks they run. Refers to its traces and their profiles, which must
/// outlive it.
struct Pool {
  std::string name;
  std::string accelerator;         ///< the kind: all traces are of it; empty where unknown
  std::uint32_t accelerators = 1;  ///< how many of all kinds, at least 1
  /// Empty where all are alike. Else `traces` last as on the kind that is fastest at each layer
  /// (`fastest_of`), which is what isolated times mean, and `profiles` are means over the kinds.
  std::vector<AcceleratorKind> kinds{};
  /// How requests come to them: `global`, one queue and policy for all, or the dispatcher in front
  /// of queues of their own, as `Dispatch` reads it.
  std::string dispatch = "global";
  const TraceSet* traces = nullptr;
  const Profiles* profiles = nullptr;
};

/// One pool of `accelerators` behind one queue that runs all of `traces`; both arguments must
/// outlive it.
Pool one_pool(const TraceSet& traces, const Profiles& profiles, std::uint32_t accelerators = 1);

/// Inputs of a trace that follow each other: `count` from `first`.
struct SampleRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// A network that a stream asks for.
struct StreamNetwork {
  VariantId variant{};
  double weight = 1;                   ///< how often, relative to the stream's others; positive
  std::vector<SampleRange> samples{};  ///< its inputs, all equally often; at least one
  std::string asked_as{};  ///< what a replayed table with models calls it; every row names one
};

/// When a stream's requests are due.
struct ModelLatencies {
  double multiple = 10;  ///< of the model's mean latency, from arrival
};
struct Periods {
  double multiple = 1;  ///< of the stream's mean time between requests, from arrival
};
using Deadline = std::variant<ModelLatencies, Periods, Seconds>;

/// One source of requests, such as a camera or the users of a service.
struct Stream {
  std::string name;
  std::size_t pool = 0;  ///< index of the pool that runs its networks
  ArrivalProcess arrivals{};
  double rate_hz = 0;  ///< requests a second as the scenario states it; positive
  std::vector<StreamNetwork> networks{};
  PriorityMix priorities{};
  Deadline deadline = ModelLatencies{};

  /// Mean isolated latency of a request; of a replayed table's rows, each counting once.
  Seconds mean_service(const Pool& of) const;
};

/// The requests of one run, in the order of arrival.
struct Run {
  std::vector<Request> requests{};
  std::vector<std::uint32_t> pools{};    ///< of each request; empty: all are for the first pool
  std::vector<std::uint32_t> streams{};  ///< of each request; empty where there are no streams
};

/// How a run is drawn from streams.
struct StreamDraw {
  double rate_scale = 1;                   ///< all rates are multiplied by it
  std::optional<double> slo_multiplier{};  ///< in place of that of streams with `ModelLatencies`
  std::size_t count = 1000;                ///< requests of all streams together
  std::uint64_t seed = 1;
};

/// Offered utilisation of each pool: Σ rate × mean latency of its streams / accelerators. Of
/// several kinds, the harmonic sum: each accelerator runs its share of every stream, the larger the
/// faster it is.
std::vector<double> utilisations(std::span<const Pool> pools, std::span<const Stream> streams,
                                 double rate_scale = 1);

/// Draws the first `count` requests of all streams together, those of one instant ordered by
/// stream, so that all streams go on until the last request. Each stream has random numbers of its
/// own: at two rate scales the requests are the same, and their times differ by a factor.
/// A periodic stream starts at a random phase; a replayed one at a random instant, and goes on at
/// the table's start after its end. Throws `SpecificationError` where times or deadlines leave
/// their limits, or a table to replay holds one time alone, over and over.
Run draw(std::span<const Pool> pools, std::span<const Stream> streams, const StreamDraw& options);

}  // namespace dysta
