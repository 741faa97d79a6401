#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/yaml.hpp"
#include "dysta/scenario/scenario.hpp"
#include "dysta/sched/dispatch/dispatcher.hpp"
#include "dysta/trace/kinds.hpp"
#include "dysta/trace/trace_reader.hpp"

namespace dysta {
namespace {

namespace fs = std::filesystem;

constexpr int kMostInputs = 100'000;
constexpr double kLargestRate = 1e12;

/// A pool while its networks are gathered.
struct Gathered {
  Pool pool;
  std::vector<std::unique_ptr<const Accelerator>> kinds;  ///< at least one
  std::vector<std::vector<Trace>> traces;                 ///< by kind
  std::map<std::string, std::string> sources;  ///< by the trace's name: what it was made from
};

/// A network of a stream before its trace has a place in a set.
struct Asked {
  std::string trace;
  double weight;
  std::string asked_as;
  std::vector<SampleRange> samples;
};

class Loader {
 public:
  Loader(const std::string& path, const std::string& text, const ScenarioParts& parts)
      : folder_(fs::path(path).parent_path()), file_(YamlMap::parse(path, text)), parts_(parts) {}

  Scenario load() {
    file_.whole("schema", 1, 1);
    const std::string name = name_in(file_);
    const std::string what = file_.text("what");
    std::optional<double> load;
    if (file_.has("load")) load = file_.positive("load", 1000);
    if (file_.has("trace_seed")) {
      trace_seed_ = static_cast<std::uint64_t>(file_.whole("trace_seed", 0, 1 << 30));
    }
    for (YamlMap& map : file_.maps("accelerators")) read_accelerator(map);
    for (YamlMap& map : file_.maps("streams")) read_stream(map);
    file_.done();

    std::vector<Pool> pools;
    std::deque<Scenario::Networks> networks;
    for (Gathered& gathered : gathered_) {
      if (gathered.traces.front().empty()) {
        file_.complain("accelerators", "accelerator " + in_quotes(gathered.pool.name) +
                                           " has no stream; allowed are those that have one");
      }
      pools.push_back(gathered.pool);
      std::vector<TraceSet> kinds;
      for (auto& traces : gathered.traces) kinds.emplace_back(std::move(traces));
      if (kinds.size() == 1) {
        networks.push_back({.traces = std::move(kinds.front())});
        continue;
      }
      networks.push_back({.traces = fastest_of(kinds), .profiles = Profiles(all_of(kinds))});
      for (TraceSet& kind : kinds) networks.back().kinds.push_back({.traces = std::move(kind)});
    }
    for (std::size_t s = 0; s < streams_.size(); ++s) {
      for (Asked& asked : asked_[s]) {
        streams_[s].networks.push_back(
            {.variant = networks[streams_[s].pool].traces.find(asked.trace).value(),
             .weight = asked.weight,
             .samples = std::move(asked.samples),
             .asked_as = std::move(asked.asked_as)});
      }
    }
    return {name, what, load, std::move(pools), std::move(networks), std::move(streams_)};
  }

 private:
  /// A name that reports can show: on one line, without control characters.
  static std::string name_in(YamlMap& map) {
    std::string name = map.text("name");
    const auto odd = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
    if (std::any_of(name.begin(), name.end(), odd)) map.fail("name", "text on one line");
    return name;
  }

  std::string beside(const std::string& path) const {
    return fs::path(path).is_absolute() ? path : (folder_ / path).lexically_normal().string();
  }

  void read_accelerator(YamlMap& map) {
    Gathered gathered;
    gathered.pool.name = name_in(map);
    for (const Gathered& other : gathered_) {
      if (other.pool.name == gathered.pool.name) map.fail("name", "a name that no other has");
    }
    if (map.has("kinds")) {
      if (map.has("model") || map.has("count")) {
        map.complain("kinds",
                     "an accelerator has 'kinds', and 'model' or 'count' too; allowed is "
                     "one of them");
      }
      gathered.pool.accelerators = 0;
      for (YamlMap& kind : map.maps("kinds")) {
        gathered.pool.kinds.push_back({.accelerators = read_kind(kind, gathered)});
        gathered.pool.accelerators += gathered.pool.kinds.back().accelerators;
        kind.done();
      }
      if (gathered.kinds.size() < 2) map.fail("kinds", "two kinds or more");
      if (gathered.pool.accelerators > kMostAccelerators) {
        map.fail("kinds", "at most " + std::to_string(kMostAccelerators) + " accelerators");
      }
    } else {
      gathered.pool.accelerators = read_kind(map, gathered);
    }
    gathered.traces.resize(gathered.kinds.size());
    if (map.has("dispatch")) {
      gathered.pool.dispatch = map.text("dispatch");
      try {
        Dispatch::parse_one(gathered.pool.dispatch);
      } catch (const SpecificationError& error) {
        map.complain("dispatch", error.what());
      }
    }
    map.done();
    gathered_.push_back(std::move(gathered));
  }

  /// Reads the model of a kind, and how many there are.
  std::uint32_t read_kind(YamlMap& map, Gathered& into) const {
    std::string model = map.text("model");
    if (model.ends_with(".yaml") || model.ends_with(".yml")) model = beside(model);
    try {
      into.kinds.push_back(parts_.accelerator(model));
    } catch (const SpecificationError& error) {
      map.complain("model", error.what());
    }
    if (!into.pool.accelerator.empty()) into.pool.accelerator += " and ";
    into.pool.accelerator += into.kinds.back()->name();
    if (!map.has("count")) return 1;
    return static_cast<std::uint32_t>(map.whole("count", 1, int{kMostAccelerators}));
  }

  void read_stream(YamlMap& map) {
    Stream stream;
    stream.name = name_in(map);
    for (const Stream& other : streams_) {
      if (other.name == stream.name) map.fail("name", "a name that no other has");
    }
    stream.pool = pool_of(map);
    read_arrivals(map, stream);
    stream.rate_hz = map.positive("rate_hz", kLargestRate);
    stream.deadline = deadline_of(map);
    stream.priorities = priorities_of(map);
    std::vector<Asked> networks;
    for (YamlMap& network : map.maps("networks")) {
      read_network(network, gathered_[stream.pool], networks);
    }
    keep_own_rows(map, stream, networks);
    map.done();
    streams_.push_back(std::move(stream));
    asked_.push_back(std::move(networks));
  }

  std::size_t pool_of(YamlMap& map) {
    if (gathered_.size() == 1 && !map.has("accelerator")) return 0;
    const std::string name = map.text("accelerator");
    std::string names;
    for (std::size_t p = 0; p < gathered_.size(); ++p) {
      if (gathered_[p].pool.name == name) return p;
      names += (p == 0 ? "" : ", ") + gathered_[p].pool.name;
    }
    map.fail("accelerator", "one of the accelerators above: " + names);
  }

  void read_arrivals(YamlMap& map, Stream& stream) const {
    constexpr std::string_view kReplay = "replay:";
    const std::string text = map.has("arrivals") ? map.text("arrivals") : "poisson";
    if (text.starts_with(kReplay) && text.size() > kReplay.size()) {
      const std::string file = beside(text.substr(kReplay.size()));
      stream.arrivals.kind = ArrivalProcess::Kind::replay;
      stream.arrivals.source = file;
      stream.arrivals.table = parts_.arrivals(file);
      return;
    }
    try {
      stream.arrivals = parse_arrival_process(text);
    } catch (const SpecificationError& error) {
      map.complain("arrivals", error.what());
    }
  }

  static Deadline deadline_of(YamlMap& map) {
    constexpr double kMost = 1e9;
    std::vector<Deadline> given;
    if (map.has("slo_multiplier")) {
      given.push_back(ModelLatencies{map.positive("slo_multiplier", kMost)});
    }
    if (map.has("deadline_periods")) {
      given.push_back(Periods{map.positive("deadline_periods", kMost)});
    }
    if (map.has("deadline_s")) given.push_back(Seconds{map.positive("deadline_s", kMost)});
    if (given.size() != 1) {
      map.complain("name", (given.empty() ? "has no deadline" : "has several deadlines") +
                               std::string("; allowed is one of slo_multiplier, deadline_periods "
                                           "and deadline_s"));
    }
    return given.front();
  }

  static PriorityMix priorities_of(YamlMap& map) {
    if (map.has("priority") && map.has("priorities")) {
      map.complain("priorities", "is given, and so is 'priority'; allowed is one of them");
    }
    if (map.has("priority")) {
      const std::string one = map.text("priority");
      if (one != "1" && one != "3" && one != "9") map.fail("priority", "1, 3 or 9");
      return PriorityMix::parse(one + "=1");
    }
    if (!map.has("priorities")) return {};
    YamlMap weights = map.map("priorities");
    std::string text;
    for (const std::string& key : weights.keys()) {
      text += (text.empty() ? "" : ",") + key + '=' + weights.text(key);
    }
    try {
      return PriorityMix::parse(text);
    } catch (const SpecificationError& error) {
      map.complain("priorities", error.what());
    }
  }

  void read_network(YamlMap& map, Gathered& into, std::vector<Asked>& networks) {
    const double weight = map.has("weight") ? map.positive("weight", 1e9) : 1;
    const std::string asked_as = map.has("asked_as") ? map.text("asked_as") : "";
    if (map.has("traces") == map.has("model")) {
      map.complain(map.has("model") ? "model" : "traces",
                   "a network has 'traces' (measured) or 'model' (synthesised); allowed is one of "
                   "them");
    }
    std::vector<std::string> names =
        map.has("traces") ? read_measured(map, into) : synthesise(map, into);
    for (std::string& name : names) {
      for (const Asked& other : networks) {
        if (other.trace != name || other.asked_as != asked_as) continue;
        map.complain(map.has("model") ? "model" : "traces",
                     "names " + in_quotes(name) + ", as an entry above does; allowed is once");
      }
      const Trace& trace = trace_named(into, name);
      networks.push_back({.trace = std::move(name),
                          .weight = weight / static_cast<double>(names.size()),
                          .asked_as = asked_as,
                          .samples = samples_of(map, trace)});
    }
    map.done();
  }

  static const Trace& trace_named(const Gathered& pool, const std::string& name) {
    const auto trace = std::find_if(pool.traces.front().begin(), pool.traces.front().end(),
                                    [&](const Trace& t) { return t.name() == name; });
    if (trace == pool.traces.front().end()) {
      throw std::logic_error("a part of the scenario is not named as its source says: " + name);
    }
    return *trace;
  }

  /// Whether `source` is to be loaded as the trace `name`; not if that is done already.
  static bool is_new(YamlMap& map, std::string_view key, Gathered& pool, const std::string& name,
                     const std::string& source) {
    const auto [place, added] = pool.sources.emplace(name, source);
    if (!added && place->second != source) {
      map.complain(key, "there would be two networks named " + in_quotes(name) +
                            ", made from different things; allowed is one, which several streams "
                            "may share");
    }
    return added;
  }

  std::vector<std::string> read_measured(YamlMap& map, Gathered& pool) const {
    if (pool.kinds.size() > 1) {
      map.complain("traces",
                   "measured traces are of one accelerator, and this one has several kinds; "
                   "allowed is 'model'");
    }
    std::vector<std::string> paths;
    for (const std::string& path : map.texts("traces")) paths.push_back(beside(path));
    std::vector<std::string> names;
    for (const std::string& file : parts_.trace_files(paths)) {
      names.push_back(fs::path(file).stem().string());
      if (!is_new(map, "traces", pool, names.back(), file)) continue;
      pool.traces.front().push_back(parts_.measured(file));
      const Trace& trace = pool.traces.front().back();
      const std::string& of = trace.identity().provenance.accelerator;
      if (!of.empty() && of != pool.pool.accelerator) {
        map.complain("traces", in_quotes(names.back()) + " has latencies of " + in_quotes(of) +
                                   ", and runs here on " + in_quotes(pool.pool.accelerator) +
                                   "; allowed are traces of the accelerator that runs them");
      }
    }
    return names;
  }

  /// All that decides a synthesised trace but its pattern, in one way only.
  static std::string described(const NetworkModel& model, const std::string& name,
                               const SynthesisOptions& options) {
    std::string text = name;
    const auto inputs = inputs_of(model, options);
    for (const auto& [set, count] : inputs) text += ' ' + set + '=' + std::to_string(count);
    if (options.sequence_length) text += " of " + std::to_string(*options.sequence_length);
    return text;
  }

  std::vector<std::string> synthesise(YamlMap& map, Gathered& pool) const {
    std::string name = map.text("model");
    if (name.ends_with(".yaml") || name.ends_with(".yml")) name = beside(name);
    SynthesisOptions options;
    options.seed = trace_seed_;
    if (map.has("inputs")) {
      YamlMap inputs = map.map("inputs");
      for (const std::string& set : inputs.keys()) {
        options.inputs.emplace_back(set,
                                    static_cast<std::size_t>(inputs.whole(set, 1, kMostInputs)));
      }
      if (options.inputs.empty()) map.fail("inputs", "data sets with numbers of inputs");
    }
    if (map.has("sequence_length")) {
      options.sequence_length = static_cast<std::uint32_t>(
          map.whole("sequence_length", 1, static_cast<int>(kLongestSequence)));
    }
    const std::vector<std::string> patterns =
        map.has("patterns") ? map.texts("patterns") : std::vector<std::string>{""};
    std::vector<std::string> names;
    try {
      const NetworkModel model = parts_.model(name);
      const std::string source = described(model, name, options);
      for (const std::string& pattern : patterns) {
        options.pattern = pattern;
        names.push_back(variant_name(model, pattern));
        if (!is_new(map, "model", pool, names.back(), source)) continue;
        for (std::size_t k = 0; k < pool.kinds.size(); ++k) {
          pool.traces[k].push_back(parts_.synthesised(model, *pool.kinds[k], options));
        }
      }
    } catch (const SpecificationError& error) {
      map.complain("model", error.what());
    }
    return names;
  }

  /// All inputs of a synthesised trace; of a measured one those of the sets named, or all.
  static std::vector<SampleRange> samples_of(YamlMap& map, const Trace& trace) {
    if (map.has("model") || !map.has("inputs")) {
      return {{.first = 0, .count = static_cast<std::uint32_t>(trace.samples())}};
    }
    const std::vector<InputSet>& sets = trace.identity().provenance.inputs;
    std::vector<SampleRange> ranges;
    std::set<std::string> seen;
    for (const std::string& name : map.texts("inputs")) {
      if (!seen.insert(name).second) {
        map.complain("inputs", in_quotes(name) + " stands twice; allowed is once");
      }
      std::uint32_t first = 0;
      bool found = false;
      for (const InputSet& set : sets) {
        const auto count = static_cast<std::uint32_t>(set.inputs);
        if (set.name == name && count > 0) ranges.push_back({.first = first, .count = count});
        found = found || (set.name == name && count > 0);
        first += count;
      }
      if (found) continue;
      std::string known;
      for (const InputSet& set : sets) known += (known.empty() ? "" : ", ") + set.name;
      map.complain("inputs", in_quotes(name) + " is no input set of " + in_quotes(trace.name()) +
                                 "; allowed are " +
                                 (known.empty() ? "none: its provenance names no sets" : known));
    }
    return ranges;
  }

  /// Leaves of a table that names networks the rows that the stream's networks are asked for in.
  static void keep_own_rows(YamlMap& map, Stream& stream, const std::vector<Asked>& networks) {
    ArrivalTable& table = stream.arrivals.table;
    std::set<std::string> own;
    for (const Asked& asked : networks) {
      if (!asked.asked_as.empty()) own.insert(asked.asked_as);
      const bool named = !asked.asked_as.empty();
      if (named == !table.models.empty()) continue;
      map.complain("networks", named
                                   ? "a network has 'asked_as', but the arrivals name no networks; "
                                     "allowed with a replayed table that has a column 'model'"
                                   : "a network lacks 'asked_as', but the arrivals name networks; "
                                     "needed is what the column 'model' calls it");
    }
    for (const std::string& name : own) {
      if (std::find(table.models.begin(), table.models.end(), name) != table.models.end()) continue;
      map.complain("networks", "the arrivals never ask for " + in_quotes(name) +
                                   "; allowed is what stands in their column 'model'");
    }
    if (table.models.empty()) return;
    ArrivalTable kept;
    for (std::size_t row = 0; row < table.times.size(); ++row) {
      if (!own.contains(table.models[row])) continue;
      kept.times.push_back(table.times[row]);
      kept.models.push_back(table.models[row]);
      if (!table.tokens.empty()) kept.tokens.push_back(table.tokens[row]);
    }
    table = std::move(kept);
  }

  fs::path folder_;
  YamlMap file_;
  const ScenarioParts& parts_;
  std::uint64_t trace_seed_ = 1;
  std::vector<Gathered> gathered_;
  std::vector<Stream> streams_;
  std::vector<std::vector<Asked>> asked_;  ///< by stream
};

}  // namespace

std::unique_ptr<const Accelerator> ScenarioParts::accelerator(
    const std::string& name_or_file) const {
  return load_accelerator(name_or_file);
}

std::vector<std::string> ScenarioParts::trace_files(std::span<const std::string> paths) const {
  return expand_trace_paths(paths);
}

Trace ScenarioParts::measured(const std::string& file) const { return read_trace(file); }

NetworkModel ScenarioParts::model(const std::string& name_or_file) const {
  return load_model(name_or_file);
}

Trace ScenarioParts::synthesised(const NetworkModel& model, const Accelerator& accelerator,
                                 const SynthesisOptions& options) const {
  return synthesize(model, accelerator, options).trace;
}

ArrivalTable ScenarioParts::arrivals(const std::string& file) const {
  return read_arrival_table(file);
}

Scenario load_scenario(const std::string& path) { return parse_scenario(path, read_file(path)); }

Scenario parse_scenario(const std::string& path, const std::string& text,
                        const ScenarioParts& parts) {
  return Loader(path, text, parts).load();
}

}  // namespace dysta
