// Scenario files: what they say is what is simulated, and every fault is told with its place.
#include "dysta/scenario/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Two networks measured on Eyeriss-V2, day with two inputs and night with one, of 1, 2 and 3 s.
class ScenarioTest : public testing::Test {
 protected:
  ScenarioTest() {
    for (const std::string name : {"net_a", "net_b"}) {
      folder_.write(name + ".csv",
                    "batch-indx,layer-indx,overall-sparsity,sim_lat\n"
                    "0,0,0.5,1\n1,0,0.5,2\n2,0,0.5,3\n");
      folder_.write(name + ".json", R"({"trace": ")" + name + R"(.csv", "origin": "measured zeros",
                        "accelerator": {"name": "eyeriss_v2"}, "inputs":
                        [{"name": "day", "inputs": 2}, {"name": "night", "inputs": 1}]})");
    }
    folder_.write("recorded.csv", "arrival_s,model\n0,x\n1,y\n2,x\n4,z\n");
    folder_.write("times.csv", "arrival_s\n0\n1\n");
  }

  Scenario load(const std::string& text) const {
    return load_scenario(folder_.write("s.yaml", text));
  }
  /// A scenario of one accelerator whose stream has these lines.
  static std::string with_stream(const std::string& lines) {
    return kHead + "streams:\n  - name: s\n    rate_hz: 0.25\n" + lines;
  }
  /// What is wrong, without the folder.
  std::string fault(const std::string& text) const {
    const std::string message = message_of<FileError>([&] { load(text); });
    const std::string path = folder_.path("s.yaml") + ":";
    EXPECT_THAT(message, StartsWith(path));
    return message.starts_with(path) ? message.substr(path.size()) : message;
  }

  static inline const std::string kHead =
      "schema: 1\nname: tiny\nwhat: two networks\naccelerators: {name: one, model: eyeriss_v2}\n";
  static inline const std::string kDeadline = "    slo_multiplier: 4\n";
  static inline const std::string kNetworks = "    networks: {traces: net_a.csv}\n";
  const TemporaryFolder folder_;
};

TEST_F(ScenarioTest, says_what_is_simulated) {
  const Scenario scenario = load(
      "schema: 1\nname: tiny\nwhat: two networks\nload: 0.5\n"
      "accelerators:\n  - {name: one, model: eyeriss_v2, count: 3}\n"
      "streams:\n"
      "  - name: frames\n    arrivals: periodic:jitter=0.5\n    rate_hz: 2\n"
      "    deadline_periods: 1.5\n    priority: 9\n"
      "    networks: {traces: [net_a.csv, net_b.csv], inputs: night, weight: 6}\n"
      "  - name: users\n    rate_hz: 1\n    deadline_s: 20\n    priorities: {1: 2, 9: 1}\n"
      "    networks: [{traces: net_a.csv}]\n");
  EXPECT_EQ(scenario.name(), "tiny");
  EXPECT_EQ(scenario.what(), "two networks");
  EXPECT_EQ(scenario.load(), 0.5);
  ASSERT_EQ(scenario.pools().size(), 1U);
  EXPECT_EQ(scenario.pools()[0].name, "one");
  EXPECT_EQ(scenario.pools()[0].accelerator, "eyeriss_v2");
  EXPECT_EQ(scenario.pools()[0].accelerators, 3U);
  EXPECT_EQ(scenario.pools()[0].traces->size(), 2U);  // net_a is shared
  ASSERT_EQ(scenario.streams().size(), 2U);
  const Stream& frames = scenario.streams()[0];
  EXPECT_EQ(frames.arrivals.kind, ArrivalProcess::Kind::periodic);
  EXPECT_EQ(frames.arrivals.jitter, 0.5);
  EXPECT_EQ(std::get<Periods>(frames.deadline).multiple, 1.5);
  EXPECT_THAT(frames.priorities.weights, ElementsAre(0, 0, 1));
  ASSERT_EQ(frames.networks.size(), 2U);
  EXPECT_EQ(frames.networks[1].weight, 3);  // shared equally
  ASSERT_EQ(frames.networks[1].samples.size(), 1U);
  EXPECT_EQ(frames.networks[1].samples[0].first, 2U);
  EXPECT_EQ(frames.networks[1].samples[0].count, 1U);
  const Stream& users = scenario.streams()[1];
  EXPECT_EQ(users.arrivals.kind, ArrivalProcess::Kind::poisson);
  EXPECT_EQ(std::get<Seconds>(users.deadline), Seconds{20});
  EXPECT_THAT(users.priorities.weights, ElementsAre(2, 0, 1));
  EXPECT_EQ(users.networks[0].samples[0].count, 3U);
}

TEST_F(ScenarioTest, accelerators_may_be_of_several_kinds_and_dispatched_to) {
  const Scenario scenario = load(
      "schema: 1\nname: mixed\nwhat: two kinds\nload: 0.5\n"
      "accelerators:\n"
      "  - name: vision\n    dispatch: affinity:factor=4\n"
      "    kinds: [{model: eyeriss_v2, count: 3}, {model: dense}]\n"
      "streams:\n"
      "  - {name: s, rate_hz: 1, slo_multiplier: 4,\n"
      "     networks: {model: mobilenetv1, inputs: {imagenet: 3}}}\n");
  const Pool& pool = scenario.pools()[0];
  EXPECT_EQ(pool.accelerator, "eyeriss_v2 and dense");
  EXPECT_EQ(pool.accelerators, 4U);
  EXPECT_EQ(pool.dispatch, "affinity:factor=4");
  ASSERT_EQ(pool.kinds.size(), 2U);
  EXPECT_EQ(pool.kinds[0].accelerators, 3U);
  EXPECT_EQ(pool.kinds[1].accelerators, 1U);
  // The same zeros on both, and other latencies.
  const Trace& on_first = pool.kinds[0].traces->all()[0];
  const Trace& on_second = pool.kinds[1].traces->all()[0];
  EXPECT_EQ(on_first.sample(2)[1].sparsity, on_second.sample(2)[1].sparsity);
  EXPECT_NE(on_first.isolated(2), on_second.isolated(2));
  EXPECT_LE(pool.traces->all()[0].isolated(2),
            std::min(on_first.isolated(2), on_second.isolated(2)));
  // A second's requests are done by each kind at its own rate.
  const auto mean = [](const Trace& trace) {
    return (trace.isolated(0) + trace.isolated(1) + trace.isolated(2)).count() / 3;
  };
  EXPECT_DOUBLE_EQ(utilisations(scenario.pools(), scenario.streams())[0],
                   1 / (3 / mean(on_first) + 1 / mean(on_second)));

  const std::vector<Pool> scaled = scaled_pools(scenario, 8);
  EXPECT_EQ(scaled[0].accelerators, 32U);
  EXPECT_EQ(scaled[0].kinds[0].accelerators, 24U);
  EXPECT_DOUBLE_EQ(rate_scale(scenario, {.scale = 8}), 8 * rate_scale(scenario, {}));
  EXPECT_THROW(scaled_pools(scenario, 4096), SpecificationError);
  EXPECT_THROW(scaled_pools(scenario, 0), SpecificationError);

  const auto with_accelerator = [&](const std::string& keys) {
    return fault("schema: 1\nname: n\nwhat: w\naccelerators:\n  - {name: a, " + keys +
                 "}\nstreams:\n  - {name: s, rate_hz: 1, slo_multiplier: 4,\n"
                 "     networks: {traces: net_a.csv}}\n");
  };
  EXPECT_THAT(with_accelerator("kinds: [{model: dense}]"), HasSubstr("kinds"));
  EXPECT_THAT(with_accelerator("model: dense, kinds: [{model: dense}, {model: dense}]"),
              HasSubstr("an accelerator has 'kinds', and"));
  EXPECT_THAT(with_accelerator("kinds: [{model: dense}, {model: eyeriss_v2}]"),
              HasSubstr("allowed is 'model'"));
  EXPECT_THAT(with_accelerator("model: eyeriss_v2, dispatch: shortest"),
              HasSubstr("unknown dispatcher 'shortest'"));
  EXPECT_THAT(with_accelerator("model: eyeriss_v2, dispatch: 'jsq,p2c'"),
              HasSubstr("several dispatchers"));
}

// 2/s of 3 s and 1/s of 2 s on three accelerators: 8/3 as stated.
TEST_F(ScenarioTest, is_drawn_at_a_load_or_a_rate) {
  const std::string text =
      "schema: 1\nname: tiny\nwhat: w\n"
      "accelerators:\n  - {name: one, model: eyeriss_v2, count: 3}\n"
      "streams:\n"
      "  - {name: f, rate_hz: 2, slo_multiplier: 1, networks: {traces: net_a.csv, inputs: night}}\n"
      "  - {name: u, rate_hz: 1, slo_multiplier: 2, networks: {traces: net_b.csv}}\n";
  const Scenario stated = load(text);
  EXPECT_DOUBLE_EQ(utilisation(stated, {}), 8.0 / 3);
  EXPECT_EQ(rate_hz(stated, {}), 3);
  EXPECT_DOUBLE_EQ(rate_scale(stated, {.load = 0.8}), 0.3);
  EXPECT_DOUBLE_EQ(rate_hz(stated, {.load = 0.8}), 0.9);
  EXPECT_DOUBLE_EQ(utilisation(stated, {.load = 0.8}), 0.8);
  EXPECT_DOUBLE_EQ(rate_scale(stated, {.rate_hz = 6}), 2);
  EXPECT_EQ(rate_hz(stated, {.rate_hz = 6}), 6);
  const Scenario loaded = load(text + "load: 0.4\n");
  EXPECT_DOUBLE_EQ(utilisation(loaded, {}), 0.4);
  EXPECT_DOUBLE_EQ(utilisation(loaded, {.load = 0.8}), 0.8);
  EXPECT_DOUBLE_EQ(rate_scale(loaded, {.rate_hz = 6}), 2);
  // The models' mean latencies are 2 s each.
  const dysta::Run run = draw(stated, {.count = 50});
  for (std::size_t r = 0; r < 50; ++r) {
    EXPECT_EQ(run.requests[r].slo, Seconds{run.streams[r] == 0 ? 2.0 : 4.0});
  }
  for (const Request& request : draw(stated, {.slo_multiplier = 7, .count = 50}).requests) {
    EXPECT_EQ(request.slo, Seconds{14});
  }
}

TEST_F(ScenarioTest, an_slo_multiplier_needs_deadlines_that_are_multiples) {
  const Scenario scenario = load(with_stream("    deadline_s: 3\n" + kNetworks));
  EXPECT_EQ(message_of<SpecificationError>([&] { draw(scenario, {.slo_multiplier = 2}); }),
            "an SLO multiplier is given, and stream 's' of scenario 'tiny' has deadlines of "
            "another kind; allowed are scenarios whose streams all have slo_multiplier");
}

TEST_F(ScenarioTest, may_be_moved) {
  Scenario first = load(with_stream(kDeadline + kNetworks));
  const Scenario second = std::move(first);
  EXPECT_EQ(second.pools()[0].traces->all()[0].name(), "net_a");
  EXPECT_EQ(draw(second, {.count = 5}).requests.size(), 5U);
}

TEST_F(ScenarioTest, rows_of_other_networks_are_left_out) {
  const Scenario scenario = load(with_stream(
      kDeadline + "    arrivals: replay:recorded.csv\n" +
      "    networks: [{traces: net_a.csv, asked_as: x}, {traces: net_b.csv, asked_as: y}]\n"));
  EXPECT_THAT(scenario.streams()[0].arrivals.table.models, ElementsAre("x", "y", "x"));
  EXPECT_EQ(scenario.streams()[0].arrivals.source, folder_.path("recorded.csv"));
}

TEST_F(ScenarioTest, faults_have_a_line_and_a_column) {
  const auto in_stream = [&](const std::string& lines) { return fault(with_stream(lines)); };
  const auto expect = [](const std::string& message, const std::string& start) {
    EXPECT_THAT(message, StartsWith(start));
  };
  // Of the file.
  expect(fault("[]"), "1:1: ");
  expect(fault("schema: 2\n"), "1:9: schema is '2'; allowed is");
  expect(fault("schema: 1\nwhat: w\n"), "1:1: lacks 'name'");
  expect(fault(with_stream(kDeadline + kNetworks) + "loud: 1\n"),
         "10:1: 'loud' is not known here; allowed are accelerators, load, name, schema, streams, "
         "trace_seed, what");
  expect(fault("load: 0\n" + with_stream(kDeadline + kNetworks)),
         "1:7: load is '0'; allowed is a number greater than 0 and at most 1000");
  expect(fault("trace_seed: -1\n" + with_stream(kDeadline + kNetworks)),
         "1:13: trace_seed is '-1'");
  expect(fault("schema: 1\nname: n\nwhat: w\naccelerators: []\n"), "4:15: accelerators is");
  expect(fault(kHead + "streams: []\n"), "5:10: streams is");

  // Of accelerators.
  const auto accelerators = [&](const std::string& list) {
    return fault("schema: 1\nname: n\nwhat: w\naccelerators: " + list +
                 "\nstreams:\n  - {name: s, accelerator: a, rate_hz: 1, deadline_s: 1, networks: "
                 "{traces: net_a.csv}}\n");
  };
  expect(accelerators("{name: a, model: none}"), "4:32: ");
  EXPECT_THAT(accelerators("{name: a, model: none}"), HasSubstr("accelerator 'none' is not known"));
  expect(accelerators("{name: a, model: eyeriss_v2, count: 0}"), "4:51: count is '0'");
  expect(accelerators("{name: a, model: eyeriss_v2, count: 1.5}"), "4:51: count is '1.5'");
  expect(accelerators("{name: a, model: eyeriss_v2, cores: 1}"), "4:44: 'cores' is not known");
  expect(accelerators("[{name: a, model: eyeriss_v2}, {name: a, model: sanger}]"),
         "4:53: name is 'a'; allowed is a name that no other has");
  expect(accelerators("[{name: a, model: eyeriss_v2}, {name: b, model: sanger}]"),
         "4:15: accelerator 'b' has no stream");
  expect(accelerators("[{name: a, model: sanger}]"),
         "6:77: 'net_a' has latencies of 'eyeriss_v2', and runs here on 'sanger'");
  expect(accelerators("[{name: b, model: sanger}, {name: c, model: eyeriss_v2}]"),
         "6:28: accelerator is 'a'; allowed is one of the accelerators above: b, c");

  // Of streams.
  expect(in_stream(kNetworks), "6:11: has no deadline; allowed is one of");
  expect(in_stream(kDeadline + "    deadline_s: 1\n" + kNetworks), "6:11: has several deadlines");
  expect(in_stream("    deadline_s: .nan\n" + kNetworks), "8:17: deadline_s is '.nan'");
  expect(in_stream("    deadline_periods: -1\n" + kNetworks), "8:23: deadline_periods is '-1'");
  expect(in_stream("    slo_multiplier: 1e99\n" + kNetworks), "8:21: slo_multiplier is '1e99'");
  expect(in_stream(kDeadline + "    rate: 1\n" + kNetworks), "9:5: 'rate' is not known here");
  expect(in_stream(kDeadline + "    accelerator: two\n" + kNetworks),
         "9:18: accelerator is 'two'; allowed is one of the accelerators above: one");
  expect(in_stream(kDeadline + "    arrivals: seldom\n" + kNetworks),
         "9:15: arrivals: 'seldom' is unknown");
  expect(in_stream(kDeadline + "    arrivals: gamma:cv=1e9\n" + kNetworks), "9:15: arrivals: ");
  expect(in_stream(kDeadline + "    arrivals: 'replay:'\n" + kNetworks), "9:15: arrivals: ");
  expect(in_stream(kDeadline + "    priority: 2\n" + kNetworks),
         "9:15: priority is '2'; allowed is 1, 3 or 9");
  expect(in_stream(kDeadline + "    priority: 1\n    priorities: {1: 1}\n" + kNetworks),
         "10:17: is given, and so is 'priority'");
  expect(in_stream(kDeadline + "    priorities: {2: 1}\n" + kNetworks), "9:17: priorities: '2'");
  expect(in_stream(kDeadline + "    priorities: {1: 0}\n" + kNetworks), "9:17: priorities: ");
  expect(fault(kHead + "streams:\n  - {name: s, rate_hz: 0, deadline_s: 1, networks: {}}\n"),
         "6:24: rate_hz is '0'");
  const std::string one =
      "  - {name: s, rate_hz: 1, deadline_s: 1, networks: {traces: net_a.csv}}\n";
  expect(fault(kHead + "streams:\n" + one + one), "7:12: name is 's'; allowed is a name that no");

  // Of networks.
  const auto network = [&](const std::string& map) {
    return in_stream(kDeadline + "    networks: " + map + "\n");
  };
  expect(network("{}"), "9:15: a network has 'traces' (measured) or 'model' (synthesised)");
  expect(network("{traces: net_a.csv, model: bert}"), "9:42: a network has 'traces'");
  expect(network("{traces: net_a.csv, weight: 0}"), "9:43: weight is '0'");
  expect(network("{traces: net_a.csv, inputs: dusk}"),
         "9:43: 'dusk' is no input set of 'net_a'; allowed are day, night");
  expect(network("{traces: net_a.csv, inputs: [day, day]}"), "9:43: 'day' stands twice");
  expect(network("[{traces: net_a.csv}, {traces: net_a.csv}]"), "9:46: names 'net_a', as an entry");
  expect(network("{traces: net_a.csv, patterns: dense}"), "9:35: 'patterns' is not known here");
  expect(network("{traces: net_a.csv, asked_as: x}"), "9:15: a network has 'asked_as', but");
  expect(network("{model: none}"), "9:23: ");
  expect(network("{model: mobilenetv1, patterns: [stripes], inputs: {imagenet: 2}}"), "9:23: ");
  expect(network("{model: mobilenetv1, inputs: {nights: 2}}"), "9:23: ");
  expect(network("{model: mobilenetv1, inputs: {imagenet: 0}}"), "9:55: imagenet is '0'");
  expect(network("{model: mobilenetv1, sequence_length: 9, inputs: {imagenet: 2}}"), "9:23: ");
  expect(network("{model: bert, inputs: {tokens_fixed: 2}}"), "9:23: ");  // not on Eyeriss-V2

  // Of recorded arrivals.
  const auto replayed = [&](const std::string& file, const std::string& networks) {
    return in_stream(kDeadline + "    arrivals: replay:" + file + "\n    networks: " + networks +
                     "\n");
  };
  expect(replayed("recorded.csv", "{traces: net_a.csv}"), "10:15: a network lacks 'asked_as', but");
  expect(replayed("recorded.csv", "{traces: net_a.csv, asked_as: w}"),
         "10:15: the arrivals never ask for 'w'");
  expect(replayed("times.csv", "{traces: net_a.csv, asked_as: x}"),
         "10:15: a network has 'asked_as', but");
}

TEST_F(ScenarioTest, files_that_are_not_there_are_named) {
  const auto message = [&](const std::string& lines) {
    return message_of<FileError>([&] { load(with_stream(kDeadline + lines)); });
  };
  EXPECT_THAT(message("    networks: {traces: other.csv}\n"),
              StartsWith(folder_.path("other.csv")));
  EXPECT_THAT(message("    arrivals: replay:other.csv\n" + kNetworks),
              StartsWith(folder_.path("other.csv")));
  EXPECT_THAT(message("    networks: {model: other.yaml}\n"),
              StartsWith(folder_.path("other.yaml")));
  EXPECT_THAT(message_of<FileError>([&] { load_scenario(folder_.path("none.yaml")); }),
              StartsWith(folder_.path("none.yaml")));
}

TEST_F(ScenarioTest, two_networks_of_one_name_are_told) {
  folder_.write("deeper/net_a.csv", "batch-indx,layer-indx,overall-sparsity,sim_lat\n0,0,0.5,1\n");
  EXPECT_THAT(fault(with_stream(kDeadline + "    networks: {traces: [net_a.csv, deeper]}\n")),
              StartsWith("9:24: there would be two networks named 'net_a', made from different"));
}

TEST_F(ScenarioTest, is_found_by_name_and_by_path) {
  const std::string file = folder_.write("suite/scenarios/mine.yaml", "schema: 1\n");
  folder_.write("deep/er/x", "");
  const auto find = [&](const std::string& name, std::vector<std::string> folders) {
    return find_scenario(name, folders);
  };
  const std::string deep = folder_.path("deep/er");
  EXPECT_EQ(find("mine", {folder_.path()}), file);
  EXPECT_EQ(find("mine", {deep}), file);  // above
  EXPECT_EQ(find("mine", {"/", deep}), file);
  EXPECT_EQ(find("../mine.yaml", {deep}), folder_.path("deep/mine.yaml"));
  EXPECT_EQ(find("mine.yml", {"."}), "mine.yml");
  EXPECT_EQ(find("/mine.yaml", {deep}), "/mine.yaml");
  EXPECT_THAT(message_of<SpecificationError>([&] { find("other", {deep}); }),
              HasSubstr("scenario 'other' is unknown"));
}

/// What is in suite/scenarios, by name; synthesised once.
const Scenario& shipped(const std::string& name) {
  static std::map<std::string, Scenario> loaded;
  const auto found = loaded.find(name);
  if (found != loaded.end()) return found->second;
  const std::vector<std::string> folders{DYSTA_SOURCE};
  return loaded.emplace(name, load_scenario(find_scenario(name, folders))).first->second;
}

TEST(ShippedScenarios, all_load_under_their_names) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(DYSTA_SOURCE) /
                                                               "suite" / "scenarios")) {
    const Scenario& scenario = shipped(entry.path().stem().string());
    EXPECT_EQ(scenario.name(), entry.path().stem().string());
    EXPECT_EQ(draw(scenario, {.count = 100}).requests.size(), 100U);
    ++count;
  }
  EXPECT_GE(count, 5);
}

TEST(ShippedScenarios, are_offered_what_they_state) {
  const Scenario& data_centre = shipped("data_centre");
  EXPECT_EQ(data_centre.load(), 0.9);
  EXPECT_DOUBLE_EQ(utilisation(data_centre, {}), 0.9);
  for (const auto& [name, rate] :
       {std::pair{"paper_attention", 30.0}, std::pair{"paper_cnn", 3.0}}) {
    EXPECT_EQ(shipped(name).load(), std::nullopt) << name;
    EXPECT_EQ(rate_hz(shipped(name), {}), rate) << name;
  }
  const Scenario& wearable = shipped("wearable");
  EXPECT_EQ(rate_hz(wearable, {}), 190);
  EXPECT_NEAR(utilisation(wearable, {}), 0.70, 0.005);  // as docs/scenarios.md says
  const Scenario& phone = shipped("phone");
  EXPECT_EQ(rate_hz(phone, {}), 295);
  EXPECT_NEAR(utilisation(phone, {}), 0.68, 0.005);
}

TEST(ShippedScenarios, of_wearables_are_measured_and_of_the_paper_synthesised) {
  const auto all_are = [](const std::string& name, TraceOrigin origin) {
    const Scenario& scenario = shipped(name);
    for (const Pool& pool : scenario.pools()) {
      for (const Trace& trace : pool.traces->all()) {
        EXPECT_EQ(trace.identity().provenance.origin, origin) << name << ' ' << trace.name();
      }
    }
  };
  all_are("wearable", TraceOrigin::measured);
  all_are("paper_attention", TraceOrigin::synthesised);
  all_are("paper_cnn", TraceOrigin::synthesised);
}

}  // namespace
}  // namespace dysta
