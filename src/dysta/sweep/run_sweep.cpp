#include "dysta/sweep/run_sweep.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
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
#include "dysta/sim/compare.hpp"
#include "dysta/sim/for_each_index.hpp"
#include "dysta/sweep/point_store.hpp"

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

  std::string digest() const { return sha256(bytes_); }

 private:
  DigestedValues& add_bytes(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    return *this;
  }

  std::string bytes_;
};

/// Of what a pool's simulations rest on besides their requests.
std::string digest_of(const Pool& pool) {
  DigestedValues values;
  values.add(std::uint64_t{pool.accelerators});
  for (const Trace& trace : pool.traces->all()) {
    values.add(trace.name()).add(trace.identity().model);
    values.add(std::uint64_t{trace.samples()}).add(std::uint64_t{trace.layers()});
    for (std::size_t s = 0; s < trace.samples(); ++s) {
      values.add(std::uint64_t{trace.sequence_length(s)});
      for (const LayerSample& layer : trace.sample(s)) {
        values.add(layer.latency_s).add(layer.sparsity);
      }
    }
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

/// What all policies of one combination of the plan share.
struct Workload {
  const LoadedScenario* loaded = nullptr;
  ScenarioDraw draw{};
  PointLabel label{};  ///< without the policy

  Run run() const {
    try {
      return dysta::draw(loaded->scenario, draw);
    } catch (const SpecificationError& error) {
      throw FileError(loaded->path, 0, error.what());
    }
  }

  std::string digest() const {
    const Run requests = run();
    DigestedValues values;
    values.add(loaded->digest);
    for (std::size_t r = 0; r < requests.requests.size(); ++r) {
      const Request& request = requests.requests[r];
      values.add(std::uint64_t{requests.pools.empty() ? 0 : requests.pools[r]})
          .add(request.arrival.count())
          .add(std::uint64_t{index(request.variant)})
          .add(std::uint64_t{request.sample})
          .add(weight(request.priority))
          .add(request.slo.count());
    }
    return values.digest();
  }
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

/// Takes finished points from all threads and stores them. Whoever finds nobody storing does it for
/// all, so that no other waits for the disk and one commit holds what came together.
class Collector {
 public:
  Collector(PointStore& store, std::size_t done, std::size_t of, const SweepOptions& options)
      : store_(store), done_(done), of_(of), options_(options) {}

  void take(FinishedPoint point) {
    {
      const std::lock_guard lock(pending_mutex_);
      pending_.push_back(std::move(point));
    }
    const std::unique_lock storing(storing_mutex_, std::try_to_lock);
    if (storing) store_pending();
  }

  /// Stores what came while somebody else was about to end storing.
  void flush() {
    const std::lock_guard storing(storing_mutex_);
    store_pending();
  }

 private:
  void store_pending() {
    for (;;) {
      std::vector<FinishedPoint> batch;
      {
        const std::lock_guard lock(pending_mutex_);
        batch.swap(pending_);
      }
      if (batch.empty()) return;
      store_.add(batch);
      done_ += batch.size();
      if (options_.progress) options_.progress(done_, of_);
    }
  }

  PointStore& store_;
  std::size_t done_;
  std::size_t of_;
  const SweepOptions& options_;
  std::mutex pending_mutex_;
  std::vector<FinishedPoint> pending_;
  std::mutex storing_mutex_;
};

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

/// `figures` holds a summary a point, the policies of one workload after those of the other.
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
  const std::vector<Workload> workloads = workloads_of(plan, scenarios);
  const std::size_t policies = plan.policies.size();

  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw FileError(folder, 0,
                    "cannot be made a folder: " + error.message() +
                        "; allowed is a folder, or the name of one to be made");
  }
  PointStore store((fs::path(folder) / "points.sqlite").string());
  const std::string csv = (fs::path(folder) / "points.csv").string();

  std::vector<std::string> workload_digests(workloads.size());
  for_each_index(workloads.size(), options.jobs, [&](std::size_t w) {
    if (!stopped()) workload_digests[w] = workloads[w].digest();
  });
  if (stopped()) return false;
  std::vector<std::string> policy_digests;
  for (const ConfiguredPolicy& policy : plan.policies) policy_digests.push_back(digest_of(policy));
  const auto digest = [&](std::size_t point) {
    return DigestedValues()
        .add(workload_digests[point / policies])
        .add(policy_digests[point % policies])
        .digest();
  };

  std::vector<std::optional<Summary>> figures(workloads.size() * policies);
  std::vector<std::size_t> missing;
  for (std::size_t point = 0; point < figures.size(); ++point) {
    figures[point] = store.find(digest(point));
    if (!figures[point]) missing.push_back(point);
  }
  const std::size_t found = figures.size() - missing.size();
  if (options.progress) options.progress(found, figures.size());
  // What an earlier plan exported is not to be taken for this one's.
  if (!missing.empty()) fs::remove(csv, error);

  Collector collector(store, found, figures.size(), options);
  const auto simulate_point = [&](std::size_t m) {
    if (stopped()) return;
    const std::size_t point = missing[m];
    const Workload& workload = workloads[point / policies];
    const ConfiguredPolicy& policy = plan.policies[point % policies];
    const Summary summary =
        summarise(simulate(workload.loaded->scenario.pools(), workload.run(), policy));
    figures[point] = summary;
    PointLabel label = workload.label;
    label.policy = policy.label();
    collector.take({.digest = digest(point), .label = std::move(label), .figures = summary});
  };
  try {
    for_each_index(missing.size(), options.jobs, simulate_point);
  } catch (...) {
    collector.flush();
    throw;
  }
  collector.flush();
  for (const std::optional<Summary>& summary : figures) {
    if (!summary) return false;
  }
  export_csv(csv, plan, workloads, figures);
  return true;
}

}  // namespace dysta
