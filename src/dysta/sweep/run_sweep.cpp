#include "dysta/sweep/run_sweep.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/digest.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/metrics/summary.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sched/dispatch/dispatcher.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/sweep/point_store.hpp"
#include "dysta/workload/request_source.hpp"

namespace dysta {
namespace {

namespace fs = std::filesystem;

/// Bytes of which a digest is taken: values one after the other, texts with their lengths, so that
/// different values never make the same bytes.
class DigestedValues {
 public:
  DigestedValues& add(std::uint64_t value) { return add_bytes(&value, sizeof value); }
  DigestedValues& add(double value) { return add_bytes(&value, sizeof value); }
  DigestedValues& add(std::string_view text) {
    return add(std::uint64_t{text.size()}).add_bytes(text.data(), text.size());
  }

  /// Nothing can be added afterwards.
  std::string digest() {
    digest_.add(pending_);
    return digest_.hex();
  }

 private:
  static constexpr std::size_t kAtOnce = 1 << 16;  // SHA-256 takes little pieces slowly

  DigestedValues& add_bytes(const void* data, std::size_t size) {
    pending_.append(static_cast<const char*>(data), size);
    if (pending_.size() >= kAtOnce) {
      digest_.add(pending_);
      pending_.clear();
    }
    return *this;
  }

  Sha256 digest_;
  std::string pending_;  ///< not yet in `digest_`
};

void add(DigestedValues& values, const TraceSet& traces) {
  for (const Trace& trace : traces.all()) {
    values.add(trace.name()).add(trace.identity().model);
    values.add(std::uint64_t{trace.samples()}).add(std::uint64_t{trace.layers()});
    for (std::size_t s = 0; s < trace.samples(); ++s) {
      values.add(std::uint64_t{trace.sequence_length(s)});
      for (const LayerSample& layer : trace.sample(s)) {
        values.add(layer.latency_s).add(layer.sparsity);
      }
    }
  }
}

/// Of what a pool's simulations rest on besides their requests.
std::string digest_of(const Pool& pool) {
  DigestedValues values;
  values.add(std::uint64_t{pool.accelerators}).add(pool.dispatch);
  add(values, *pool.traces);
  for (const AcceleratorKind& kind : pool.kinds) {
    values.add(std::uint64_t{kind.accelerators});
    add(values, *kind.traces);
  }
  return values.digest();
}

std::string digest_of(const ConfiguredPolicy& policy) {
  DigestedValues values;
  values.add(policy.name());
  for (const auto& [name, value] : policy.parameters().all()) {
    values.add(name).add(to_text(value));
  }
  return values.digest();
}

/// A scenario with the digests of its pools.
struct LoadedScenario {
  explicit LoadedScenario(const std::string& file) : path(file), scenario(load_scenario(file)) {
    DigestedValues values;
    values.add(DYSTA_VERSION);
    for (const std::string_view metric : kMetricNames) values.add(metric);
    for (const Pool& pool : scenario.pools()) values.add(digest_of(pool));
    digest = values.digest();
  }

  std::string path;
  Scenario scenario;
  std::string digest;  ///< of the traces and accelerators, and of this library
};

/// Ends the work on a point or a workload of a sweep that is to stop.
struct Stopped {};

/// What all policies on one combination of the plan share.
struct Workload {
  const LoadedScenario* loaded = nullptr;
  ScenarioDraw draw{};
  PointLabel label{};  ///< without the policy

  std::span<const Pool> pools() const { return loaded->scenario.pools(); }

  /// Draws all requests. `tell` is called with how many more are drawn: after every few thousand,
  /// and at the end. What it throws ends the drawing.
  std::string digest(const std::function<void(std::size_t more)>& tell) const;

  /// All requests, kept.
  RunRequests requests() const;

  /// A fault found while drawing, as one of the scenario's file.
  FileError in_file(const SpecificationError& fault) const {
    return {loaded->path, 0, fault.what()};
  }
};

std::string Workload::digest(const std::function<void(std::size_t more)>& tell) const {
  constexpr std::size_t kStep = 8192;  // milliseconds of drawing
  DigestedValues values;
  values.add(loaded->digest);
  for (const Pool& pool : pools()) {
    if (!Dispatch::parse_one(pool.dispatch).global()) values.add(draw.seed);  // they draw too
  }
  try {
    const auto requests =
        drawn_requests(pools(), loaded->scenario.streams(), stream_draw(loaded->scenario, draw));
    std::size_t untold = 0;
    while (const auto placed = requests->next()) {
      const Request& request = placed->request;
      values.add(std::uint64_t{placed->pool})
          .add(request.arrival.count())
          .add(std::uint64_t{index(request.variant)})
          .add(std::uint64_t{request.sample})
          .add(weight(request.priority))
          .add(request.slo.count());
      if (++untold == kStep) tell(std::exchange(untold, 0));
    }
    tell(untold);
  } catch (const SpecificationError& fault) {
    throw in_file(fault);
  }
  return values.digest();
}

RunRequests Workload::requests() const {
  try {
    return draw_requests(pools(), loaded->scenario.streams(), stream_draw(loaded->scenario, draw));
  } catch (const SpecificationError& fault) {
    throw in_file(fault);
  }
}

/// The requests of a workload, with what policies share of them.
struct SharedRun {
  explicit SharedRun(const Workload& workload)
      : requests(workload.requests()), census(take_census(workload.pools(), requests)) {}

  RunRequests requests;
  Census census;
};

/// The requests of workloads while policies run on them: those of the last few workloads asked for.
class RecentRuns {
 public:
  /// Keeps `most` workloads' requests.
  RecentRuns(std::span<const Workload> workloads, std::size_t most)
      : workloads_(workloads), most_(most) {}

  /// The requests of a workload, drawn unless another thread has just had them.
  std::shared_ptr<const SharedRun> of(std::size_t workload) {
    const std::shared_ptr<Entry> entry = entry_of(workload);
    const std::lock_guard lock(entry->mutex);
    if (!entry->run) entry->run = std::make_shared<const SharedRun>(workloads_[workload]);
    return entry->run;
  }

 private:
  struct Entry {
    explicit Entry(std::size_t of) : workload(of) {}

    std::size_t workload;
    std::mutex mutex{};
    std::shared_ptr<const SharedRun> run{};
  };

  /// The entry of a workload, which becomes the first; the last gives way to a new one.
  std::shared_ptr<Entry> entry_of(std::size_t workload) {
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const auto& entry) { return entry->workload == workload; });
    if (known != entries_.end()) {
      std::rotate(entries_.begin(), known, std::next(known));
    } else {
      if (entries_.size() == most_) entries_.pop_back();
      entries_.push_front(std::make_shared<Entry>(workload));
    }
    return entries_.front();
  }

  std::span<const Workload> workloads_;
  std::size_t most_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Entry>> entries_;  ///< the last asked for first
};

/// Counts the requests that are drawn, by several threads and elsewhere.
class DrawnRequests {
 public:
  using Tell = std::function<void(std::size_t drawn, std::size_t of)>;

  /// Without `tell`, nobody is told.
  DrawnRequests(std::size_t of, Tell tell) : of_(of), tell_(std::move(tell)) {}

  void add(std::size_t more) {
    const std::lock_guard lock(mutex_);
    drawn_ += more;
    if (tell_) tell_(drawn_, of_);
  }

 private:
  std::size_t drawn_ = 0;
  std::size_t of_;
  Tell tell_;
  std::mutex mutex_;
};

std::deque<LoadedScenario> load_scenarios(const SweepPlan& plan) {
  std::deque<LoadedScenario> scenarios;
  for (const std::string& path : plan.scenarios) {
    scenarios.emplace_back(path);
    for (const LoadedScenario& other : scenarios) {
      if (&other == &scenarios.back() ||
          other.scenario.name() != scenarios.back().scenario.name()) {
        continue;
      }
      throw FileError(path, 0,
                      "has the name " + in_quotes(other.scenario.name()) + ", as " + other.path +
                          " has; allowed is a name of its own");
    }
  }
  return scenarios;
}

/// Refuses SLO multipliers for a scenario whose deadlines take none.
void check_deadlines(const SweepPlan& plan, const std::deque<LoadedScenario>& scenarios) {
  if (plan.slo_multipliers.empty()) return;
  for (const LoadedScenario& loaded : scenarios) {
    try {
      stream_draw(loaded.scenario, {.slo_multiplier = plan.slo_multipliers.front()});
    } catch (const SpecificationError& error) {
      if (plan.slo_multipliers_at) plan.slo_multipliers_at->complain(error.what());
      throw FileError(loaded.path, 0, error.what());
    }
  }
}

/// The combinations of everything but policies, in the plan's order.
std::vector<Workload> workloads_of(const SweepPlan& plan,
                                   const std::deque<LoadedScenario>& scenarios) {
  std::vector<ScenarioDraw> rates;
  for (const double load : plan.loads) rates.push_back({.load = load});
  for (const double rate : plan.rates_hz) rates.push_back({.rate_hz = rate});
  if (rates.empty()) rates.emplace_back();
  std::vector<std::optional<double>> slo_multipliers(plan.slo_multipliers.begin(),
                                                     plan.slo_multipliers.end());
  if (slo_multipliers.empty()) slo_multipliers.emplace_back();

  std::vector<Workload> workloads;
  for (const LoadedScenario& loaded : scenarios) {
    for (ScenarioDraw draw : rates) {
      draw.count = plan.requests;
      for (const std::optional<double> slo_multiplier : slo_multipliers) {
        draw.slo_multiplier = slo_multiplier;
        for (const std::uint64_t seed : plan.seeds) {
          draw.seed = seed;
          workloads.push_back({.loaded = &loaded,
                               .draw = draw,
                               .label = {.scenario = loaded.scenario.name(),
                                         .rate_hz = rate_hz(loaded.scenario, draw),
                                         .utilisation = utilisation(loaded.scenario, draw),
                                         .slo_multiplier = slo_multiplier,
                                         .seed = seed,
                                         .policy = {}}});
        }
      }
    }
  }
  return workloads;
}

/// A summary as the bytes that go from process to process.
std::string to_bytes(const Summary& summary) {
  return {reinterpret_cast<const char*>(summary.values.data()), sizeof summary.values};
}

Summary summary_from(const std::string& bytes) {
  Summary summary;
  if (bytes.size() != sizeof summary.values) throw std::logic_error("not the bytes of a summary");
  std::memcpy(summary.values.data(), bytes.data(), bytes.size());
  return summary;
}

/// A text file that is written beside its target and takes its place when it is whole. The name
/// beside it is always the same: the folder is locked by its store, and a file that a killed
/// program left is written over.
class ReplacedFile {
 public:
  explicit ReplacedFile(std::string path)
      : path_(std::move(path)), file_(std::fopen(part().c_str(), "wb"), &std::fclose) {
    if (!file_) fail();
  }
  ~ReplacedFile() {
    std::error_code ignored;
    if (file_) fs::remove(part(), ignored);
  }
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) fail();
  }

  void commit() {
    if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0) fail();
    if (std::rename(part().c_str(), path_.c_str()) != 0) fail();
    file_.reset();
  }

 private:
  std::string part() const { return path_ + ".part"; }

  [[noreturn]] void fail() const {
    throw FileError(path_, 0,
                    std::string("cannot be written: ") + std::strerror(errno) +
                        "; allowed is a folder that can be written, with space left");
  }

  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// `figures` holds a summary a point, the policies of one workload after those of the other. A
/// metric without a value has no row.
void export_csv(const std::string& path, const SweepPlan& plan, std::span<const Workload> workloads,
                std::span<const std::optional<Summary>> figures) {
  ReplacedFile file(path);
  file.write("scenario,rate_hz,utilisation,slo_multiplier,seed,policy,metric,value\n");
  for (std::size_t point = 0; point < figures.size(); ++point) {
    const PointLabel& label = workloads[point / plan.policies.size()].label;
    const ConfiguredPolicy& policy = plan.policies[point % plan.policies.size()];
    std::string head = csv_field(label.scenario);
    head.append(",").append(shortest_text(label.rate_hz));
    head.append(",").append(shortest_text(label.utilisation)).append(",");
    if (label.slo_multiplier) head += shortest_text(*label.slo_multiplier);
    head.append(",").append(std::to_string(label.seed));
    head.append(",").append(csv_field(policy.label())).append(",");
    std::string rows;
    for (std::size_t m = 0; m < kMetricNames.size(); ++m) {
      if (std::isnan(figures[point]->values[m])) continue;
      rows.append(head).append(kMetricNames[m]).append(",");
      rows.append(shortest_text(figures[point]->values[m])).append("\n");
    }
    file.write(rows);
  }
  file.commit();
}

}  // namespace

bool run_sweep(const SweepPlan& plan, const std::string& folder, const SweepOptions& options) {
  const auto stopped = [&] { return options.stop != nullptr && *options.stop; };
  const std::deque<LoadedScenario> scenarios = load_scenarios(plan);
  check_deadlines(plan, scenarios);
  const std::vector<Workload> workloads = workloads_of(plan, scenarios);
  const std::size_t policies = plan.policies.size();

  ThreadForce threads(options.jobs);
  WorkForce& force = options.force != nullptr ? *options.force : threads;
  DrawnRequests drawn(workloads.size() * plan.requests,
                      force.leads() ? options.drawing : DrawnRequests::Tell());
  const WorkForce::Work digest_workload = [&](std::size_t w) {
    return workloads[w].digest([&](std::size_t more) {
      if (stopped()) throw Stopped();
      drawn.add(more);
    });
  };
  RecentRuns runs(workloads, options.jobs + 1);
  const WorkForce::Work simulate_point = [&](std::size_t point) {
    if (stopped()) throw Stopped();
    const Workload& workload = workloads[point / policies];
    const std::shared_ptr<const SharedRun> run = runs.of(point / policies);
    return to_bytes(simulated_summary(workload.pools(), run->requests, run->census,
                                      plan.policies[point % policies], workload.draw.seed));
  };

  if (!force.leads()) {
    try {
      return force.help(digest_workload) && force.help(simulate_point);
    } catch (const Stopped&) {
      return false;
    }
  }

  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw FileError(folder, 0,
                    "cannot be made a folder: " + error.message() +
                        "; allowed is a folder, or the name of one to be made");
  }
  PointStore store((fs::path(folder) / "points.sqlite").string());
  const std::string csv = (fs::path(folder) / "points.csv").string();
  // What an earlier plan exported is not to be taken for this one's.
  fs::remove(csv, error);
  if (error) {
    throw FileError(csv, 0,
                    "cannot be taken away: " + error.message() +
                        "; allowed is a file that can be replaced, or none");
  }

  std::vector<std::size_t> all_workloads(workloads.size());
  std::iota(all_workloads.begin(), all_workloads.end(), std::size_t{0});
  std::vector<std::string> workload_digests(workloads.size());
  try {
    force.lead(all_workloads, digest_workload, [&](std::span<const DoneItem> digested) {
      for (const DoneItem& done : digested) {
        workload_digests[done.item] = done.result;
        if (done.elsewhere) drawn.add(plan.requests);
      }
    });
  } catch (const Stopped&) {
    return false;
  }
  std::vector<std::string> policy_digests;
  for (const ConfiguredPolicy& policy : plan.policies) policy_digests.push_back(digest_of(policy));
  const auto digest = [&](std::size_t point) {
    return DigestedValues()
        .add(workload_digests[point / policies])
        .add(policy_digests[point % policies])
        .digest();
  };

  const auto finished_point = [&](std::size_t point, const Summary& summary) {
    PointLabel label = workloads[point / policies].label;
    label.policy = plan.policies[point % policies].label();
    return FinishedPoint{.digest = digest(point), .label = std::move(label), .figures = summary};
  };

  std::vector<std::optional<Summary>> figures(workloads.size() * policies);
  std::vector<std::size_t> missing;
  for (std::size_t w = 0; w < workloads.size(); ++w) {
    if (stopped()) return false;
    std::vector<FinishedPoint> found;
    for (std::size_t point = w * policies; point < (w + 1) * policies; ++point) {
      figures[point] = store.find(digest(point));
      if (figures[point]) {
        found.push_back(finished_point(point, *figures[point]));
      } else {
        missing.push_back(point);
      }
    }
    store.add(found);  // an earlier plan may have had them under other labels
  }
  std::size_t finished = figures.size() - missing.size();
  if (options.progress) options.progress(finished, figures.size());

  try {
    force.lead(missing, simulate_point, [&](std::span<const DoneItem> simulated) {
      std::vector<FinishedPoint> points;
      for (const DoneItem& done : simulated) {
        figures[done.item] = summary_from(done.result);
        points.push_back(finished_point(done.item, *figures[done.item]));
      }
      store.add(points);
      finished += points.size();
      if (options.progress) options.progress(finished, figures.size());
    });
  } catch (const Stopped&) {
    return false;
  }
  export_csv(csv, plan, workloads, figures);
  return true;
}

}  // namespace dysta
