#include "dysta/experiment/experiment.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/experiment/record.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

constexpr const char* kHead =
    "schema: 1\n"
    "order: 5\n"
    "title: A title\n"
    "about: What it is.\n";

constexpr const char* kTraces =
    "figures: correlation\n"
    "traces:\n"
    "  - {name: some, title: Some, files: [data/a.csv, data/b.csv]}\n";

/// Parses an experiment of the source's own scenarios.
Experiment parsed(const std::string& text) {
  return parse_experiment("experiments/made_up.yaml", text, DYSTA_SOURCE);
}

std::string complaint(const std::string& text) {
  return test::message_of<FileError>([&] { parsed(text); });
}

TEST(Experiment, reads_traces) {
  const Experiment experiment =
      parsed(std::string(kHead) +
             "figures: [correlation, predictors]\n"
             "traces:\n"
             "  - {name: some, title: Some, files: [data/a.csv, data/b.csv]}\n"
             "  - name: drawn\n"
             "    title: Drawn\n"
             "    synthesised:\n"
             "      - {model: bert, accelerator: sanger, inputs: {tokens_varied: 30}, seed: 7}\n"
             "predictions: {folds: 4, last_n: 2}\n"
             "claims:\n"
             "  - says: It is so\n"
             "    kind: predictor\n"
             "    traces: [some, drawn]\n"
             "    predictor: average_all\n"
             "    against: none\n");
  EXPECT_EQ(experiment.name, "made_up");
  EXPECT_EQ(experiment.order, 5);
  EXPECT_EQ(experiment.figures, (std::vector<std::string>{"correlation", "predictors"}));
  ASSERT_EQ(experiment.traces.size(), 2U);
  EXPECT_EQ(experiment.traces[0].files, (std::vector<std::string>{"data/a.csv", "data/b.csv"}));
  ASSERT_EQ(experiment.traces[1].synthesised.size(), 1U);
  const SynthesisRequest& request = experiment.traces[1].synthesised[0];
  EXPECT_EQ(request.model, "bert");
  EXPECT_EQ(request.seed, 7U);
  EXPECT_EQ(request.inputs,
            (std::vector<std::pair<std::string, std::size_t>>{{"tokens_varied", 30}}));
  EXPECT_EQ(experiment.predictions->folds, 4U);
  ASSERT_EQ(experiment.claims.size(), 1U);
  EXPECT_EQ(experiment.claims[0].kind, ClaimKind::predictor);
  EXPECT_EQ(experiment.claims[0].against, std::vector<std::string>{"none"});
  EXPECT_FALSE(experiment.claims[0].headline);
}

TEST(Experiment, every_shipped_one_is_right) {
  std::size_t read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(DYSTA_SOURCE) + "/experiments")) {
    if (entry.path().extension() != ".yaml") continue;
    const Experiment experiment = load_experiment(entry.path().string(), DYSTA_SOURCE);
    for (const ExperimentTraces& traces : experiment.traces) {
      for (const std::string& file : traces.files) {
        EXPECT_TRUE(std::filesystem::exists(std::string(DYSTA_SOURCE) + '/' + file)) << file;
      }
    }
    ++read;
  }
  EXPECT_GT(read, 10U);
}

TEST(Experiment, faults_have_line_and_column) {
  const std::string head = kHead;
  const std::string traces = head + kTraces;
  EXPECT_EQ(
      complaint(traces + "colour: red\n"),
      "experiments/made_up.yaml:8:1: 'colour' is not known here; allowed are about, "
      "baseline, calibration, claims, figures, hardware, notes, order, predictions, restates, "
      "schema, sweeps, title, traces");
  EXPECT_EQ(complaint(head + "figures: pie\n"),
            "experiments/made_up.yaml:5:10: figures has 'pie'; allowed are tradeoff, lines, bars, "
            "bound, differences, layer_latency, sparsity, patterns, correlation, predictors, "
            "calibration, hardware");
  EXPECT_EQ(complaint(head + "figures: lines\n"),
            "experiments/made_up.yaml:5:10: figures has 'lines', which is drawn from sweeps; the "
            "experiment has none");
  EXPECT_EQ(complaint(head + "figures: correlation\n"
                             "traces:\n"
                             "  - {name: a, title: A, files: ../../etc/passwd}\n"),
            "experiments/made_up.yaml:7:32: files has '../../etc/passwd'; allowed are paths from "
            "the folder that holds experiments/ on");
  EXPECT_EQ(complaint(head + "figures: correlation\n"
                             "traces:\n"
                             "  - {name: ../a, title: A, files: a.csv}\n"),
            "experiments/made_up.yaml:7:12: name is '../a'; allowed is a name of a-z, 0-9 and _");
  EXPECT_EQ(complaint(head + "figures: correlation\n"
                             "traces:\n"
                             "  - {name: a, title: A}\n"),
            "experiments/made_up.yaml:7:12: traces have either files or synthesised");
  EXPECT_EQ(
      complaint(traces + "claims:\n"
                         "  - {says: So, kind: statistic, traces: other, statistic: latency_range, "
                         "at_least: 1}\n"),
      "experiments/made_up.yaml:9:41: traces has 'other'; allowed are the experiment's");
  EXPECT_EQ(complaint(traces + "claims:\n"
                               "  - {says: So, kind: predictor, traces: some, predictor: none, "
                               "against: last_n}\n"),
            "experiments/made_up.yaml:9:22: a claim about predictors needs predictions in the "
            "experiment");
  EXPECT_EQ(complaint(traces + "claims:\n"
                               "  - {says: So, kind: lowest, sweep: none}\n"),
            "experiments/made_up.yaml:9:37: sweep is 'none'; allowed is the name of one of the "
            "sweeps");
}

TEST(Experiment, claims_about_predictors_name_any_that_is_evaluated) {
  const std::string text = std::string(kHead) + kTraces +
                           "predictions: {folds: 4, last_n: 2}\n"
                           "claims:\n"
                           "  - {says: So, kind: predictor, traces: some, ";
  EXPECT_EQ(
      parsed(text + "predictor: recursive, against: [gaussian, parabola]}\n").claims[0].predictor,
      "recursive");
  EXPECT_EQ(complaint(text + "predictor: oracle, against: none}\n"),
            "experiments/made_up.yaml:10:58: predictor is 'oracle'; allowed is one of none, "
            "last_one, last_n, average_all, elasticity, recursive, length, regression, gaussian, "
            "parabola");
}

/// An experiment with one sweep and the beginning of a claim about it.
std::string sweep_and_claim(const std::string& policies, const std::string& loads,
                            const std::string& claim_kind) {
  return std::string(kHead) +
         "figures: lines\n"
         "sweeps:\n"
         "  - name: one\n"
         "    title: One\n"
         "    schema: 1\n"
         "    scenarios: paper_cnn\n"
         "    policies: " +
         policies + "\n    loads: " + loads +
         "\n"
         "    seeds: 1-2\n"
         "    requests: 10\n"
         "claims:\n"
         "  - says: So\n"
         "    kind: " +
         claim_kind +
         "\n"
         "    sweep: one\n"
         "    metric: antt\n"
         "    policy: fcfs\n";
}

TEST(Experiment, claims_name_policies_of_their_sweep) {
  const std::string text =
      sweep_and_claim("[fcfs, \"dysta:beta=0.5\"]", "0.5", "factor") + "    at_least: 2\n";
  EXPECT_EQ(parsed(text + "    against: \"dysta:beta=0.5\"\n").claims[0].limit, 2);
  EXPECT_EQ(complaint(text + "    against: dysta\n"),
            "experiments/made_up.yaml:22:14: against has 'dysta'; allowed are policies of the "
            "sweep, as written there");
}

TEST(Experiment, is_recorded_with_what_was_run) {
  const Experiment experiment =
      parsed(std::string(kHead) + kTraces +
             "claims:\n"
             "  - {says: So, headline: true, kind: statistic, traces: some, "
             "statistic: latency_range, at_least: 0.5}\n");
  ExperimentRecord record;
  record.dysta = "1.2.3";
  record.command = "dysta reproduce made_up";
  record.machine = {.cpu = "CPU", .cores = 2, .system = "Linux"};
  record.traces = {{.files = {"traces/a.csv"}, .origin = "measured"}};
  const auto json = nlohmann::json::parse(experiment_json(experiment, record));
  EXPECT_EQ(json["name"], "made_up");
  EXPECT_EQ(json["dysta"], "1.2.3");
  EXPECT_EQ(json["machine"]["cores"], 2);
  EXPECT_EQ(json["traces"][0]["origin"], "measured");
  EXPECT_EQ(json["claims"][0]["kind"], "statistic");
  EXPECT_EQ(json["claims"][0]["headline"], true);
  EXPECT_EQ(json["claims"][0]["at_least"], 0.5);
  EXPECT_FALSE(json["claims"][0].contains("policy"));
  EXPECT_FALSE(json.contains("predictions"));
}

TEST(Experiment, claims_are_about_points_of_their_sweep) {
  const std::string text =
      sweep_and_claim("[fcfs, sjf]", "[0.5, 0.9]", "lowest") + "    against: sjf\n";
  EXPECT_EQ(parsed(text + "    utilisations: 0.9\n").claims[0].utilisations,
            (std::vector<double>{0.9}));
  EXPECT_EQ(
      complaint(text + "    utilisations: [0.5, 0.55]\n"),
      "experiments/made_up.yaml:22:19: utilisations has 0.55; allowed are those of the sweep: "
      "0.5, 0.9");
  EXPECT_EQ(complaint(text + "    rates_hz: 3\n"),
            "experiments/made_up.yaml:22:15: rates_hz has 3; allowed are those of the sweep, which "
            "has none");
}

TEST(Experiment, synthesis_is_tried_where_it_is_asked_for) {
  const auto complaint_of = [](const std::string& entry) {
    return complaint(std::string(kHead) +
                     "figures: correlation\n"
                     "traces:\n"
                     "  - name: a\n"
                     "    title: A\n"
                     "    synthesised:\n"
                     "      - {" +
                     entry + "}\n");
  };
  const auto begins = [](const std::string& text, const std::string& with) {
    EXPECT_EQ(text.substr(0, with.size()), with);
  };
  begins(complaint_of("model: none, accelerator: sanger, inputs: {a: 1}"),
         "experiments/made_up.yaml:10:17: ");
  begins(complaint_of("model: bert, accelerator: none, inputs: {tokens_varied: 1}"),
         "experiments/made_up.yaml:10:36: ");
  begins(complaint_of("model: bert, accelerator: eyeriss_v2, inputs: {tokens_varied: 1}"),
         "experiments/made_up.yaml:10:36: ");
  begins(complaint_of("model: bert, accelerator: sanger, inputs: {a: 1}"),
         "experiments/made_up.yaml:10:52: ");
  begins(complaint_of("model: resnet50, accelerator: eyeriss_v2, inputs: {imagenet: 1}, "
                      "patterns: [dense, odd]"),
         "experiments/made_up.yaml:10:85: ");
  begins(complaint_of("model: resnet50, accelerator: eyeriss_v2, inputs: {imagenet: 1}, "
                      "sequence_length: 5"),
         "experiments/made_up.yaml:10:92: ");
  begins(complaint_of("model: m.yaml, accelerator: sanger, inputs: {a: 1}"), "experiments/m.yaml");
}

TEST(Experiment, figures_are_drawn_once) {
  EXPECT_EQ(complaint(std::string(kHead) + "figures: [lines, lines]\n"),
            "experiments/made_up.yaml:5:10: figures has 'lines' twice; allowed is once");
}

}  // namespace
}  // namespace dysta
