// Conditional expectations: lines by length, elasticities, the recursion, and their estimates.
#include "dysta/predict/conditional.hpp"

#include <cmath>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/metrics/summary.hpp"
#include "dysta/predict/evaluation.hpp"
#include "dysta/predict/gaussian.hpp"
#include "dysta/predict/noisy.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sim/simulation.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "dysta/workload/workload.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::tiny_trace;

/// A first layer of 1 s with each of these densities and a second one of these seconds.
Trace two_layers(const std::vector<std::pair<double, double>>& density_and_second) {
  std::vector<test::TinySample> inputs;
  for (const auto& [density, second] : density_and_second) {
    inputs.push_back({{1, 1 - density}, {second, 0.5}});
  }
  return tiny_trace("m_a", inputs);
}

TEST(ConditionalTable, has_a_line_in_each_bucket_of_lengths) {
  // A step after 6 tokens, as hardware that works in tiles has it.
  std::vector<test::TinySample> inputs;
  std::vector<std::uint32_t> lengths;
  for (std::uint32_t length = 1; length <= 12; ++length) {
    const double second = length <= 6 ? 2.0 * length : 100.0 + length;
    inputs.push_back({{3, 0.5}, {second, length <= 6 ? 0.5 : 1 - length / 24.0}});
    lengths.push_back(length);
  }
  const ConditionalTable table(tiny_trace("m", inputs, lengths));
  ASSERT_EQ(table.buckets(), 2u);
  EXPECT_EQ(table.bucket(1), 0u);
  EXPECT_EQ(table.bucket(6), 0u);
  EXPECT_EQ(table.bucket(7), 1u);
  EXPECT_EQ(table.bucket(1000), 1u);
  EXPECT_NEAR(table.remaining_s(0, 1, 5), 10, 1e-12);
  EXPECT_NEAR(table.remaining_s(0, 0, 5), 13, 1e-12);
  EXPECT_NEAR(table.remaining_s(1, 1, 30), 130, 1e-12);
  EXPECT_NEAR(table.remaining_s(1, 1, 60), 160, 1e-12);  // longer than any seen
  EXPECT_EQ(table.remaining_s(1, 2, 30), 0);
  EXPECT_NEAR(table.density(0, 1, 5), 0.5, 1e-12);
  EXPECT_NEAR(table.density(1, 1, 12), 0.5, 1e-12);
}

TEST(ConditionalTable, never_falls_below_half_of_the_least_seen) {
  std::vector<test::TinySample> inputs;
  std::vector<std::uint32_t> lengths;
  for (std::uint32_t length = 10; length <= 12; ++length) {
    inputs.push_back({{2.0 * (length - 9), 0.5}});
    lengths.push_back(length);
  }
  const ConditionalTable table(tiny_trace("m", inputs, lengths));
  EXPECT_NEAR(table.remaining_s(0, 0, 11), 4, 1e-12);
  EXPECT_NEAR(table.remaining_s(0, 0, 9), 1, 1e-12);  // the line says 0
}

TEST(ConditionalTable, finds_a_law_without_noise) {
  // The second layer takes 2 + 4 · (density - 1/2) s, so per surplus of density (density / 0.5 - 1)
  // and mean latency 2 s: one for one.
  const ConditionalTable table(two_layers({{0.2, 0.8}, {0.4, 1.6}, {0.6, 2.4}, {0.8, 3.2}}));
  EXPECT_NEAR(table.elasticity(1), 1, 1e-12);
  EXPECT_NEAR(table.gain(0), 1, 1e-12);
  EXPECT_EQ(table.keep(0), 0);
  EXPECT_NEAR(table.deviation(1), 0, 1e-12);
}

TEST(ConditionalTable, shrinks_what_may_be_chance) {
  // Twelve inputs with surpluses of ±1/2 and relative latencies c · surplus ± r, with c² = 6.4 r²:
  // a variance of 12 r² / (12 - 1 - 1) / 3 = 0.4 r² and t² = 16. Of that 4 + 40/10 may be chance.
  // To the recursion what e explains counts as fitted before: 12 r² / 9 / 3 = 4/9 r² and t² = 14.4.
  const double r = 0.05;
  const double c = std::sqrt(6.4) * r;
  std::vector<std::pair<double, double>> inputs;
  for (int i = 0; i < 3; ++i) {
    for (const double sign : {-1.0, 1.0}) {
      inputs.emplace_back(0.25, 1 - c / 2 + sign * r);
      inputs.emplace_back(0.75, 1 + c / 2 + sign * r);
    }
  }
  const ConditionalTable table(two_layers(inputs));
  EXPECT_NEAR(table.elasticity(1), c / 2, 1e-12);
  const double lost = c * (4 + 40.0 / 9) / 14.4;
  EXPECT_NEAR(table.gain(0), c - lost, 1e-12);
  // What is left is lost · surplus ± r; a mean and three coefficients were fitted.
  EXPECT_NEAR(table.deviation(1), std::sqrt((3 * lost * lost + 12 * r * r) / 8 * 16 / 12), 1e-12);
  // Before the first layer: of a mean of 2 s, one mean fitted.
  EXPECT_NEAR(table.deviation(0), std::sqrt((3 * c * c + 12 * r * r) / 4 / 11 * 13 / 12), 1e-12);
}

TEST(ConditionalTable, does_not_listen_to_what_tells_nothing) {
  const ConditionalTable table(two_layers({{0.25, 0.8}, {0.75, 0.8}, {0.25, 1.2}, {0.75, 1.2}}));
  EXPECT_EQ(table.elasticity(1), 0);
  EXPECT_EQ(table.gain(0), 0);
  const ConditionalTable constant(two_layers({{0.5, 0.8}, {0.5, 1.2}, {0.5, 1}}));
  EXPECT_EQ(constant.gain(0), 0);
}

TEST(ConditionalTable, learns_nothing_about_densities_from_two_inputs) {
  const ConditionalTable table(two_layers({{0.25, 0.8}, {0.75, 1.2}}));
  EXPECT_EQ(table.elasticity(1), 0);
  EXPECT_EQ(table.gain(0), 0);
}

/// Twelve inputs, three of each kind: relative surpluses of a first layer's density of ±1/2 and of
/// its latency of ±1/4, and a second layer of 2 · (1 + density's + 0.9 · latency's) s.
Trace density_and_latency() {
  std::vector<test::TinySample> inputs;
  for (int i = 0; i < 3; ++i) {
    for (const double density : {-0.5, 0.5}) {
      for (const double latency : {-0.25, 0.25}) {
        inputs.push_back(
            {{1 + latency, 0.5 - density / 2}, {2 * (1 + density + 0.9 * latency), 0}});
      }
    }
  }
  return tiny_trace("m_a", inputs);
}

TEST(ConditionalTable, learns_from_latency_what_density_does_not_tell) {
  const ConditionalTable table(density_and_latency());
  EXPECT_EQ(table.keep(0), 0);
  EXPECT_NEAR(table.latency_s(0, 0, 0), 1, 1e-12);
  // Of the density's 1, with 0.9 · 1/4 left over each time: 12 · 0.81/16 / (12 - 3) / 3 = 0.0225 is
  // the variance, and 4 + 40/9 times that may be chance.
  EXPECT_NEAR(table.gain(0), 0.81, 1e-12);
  // Then of the latency's 0.9, with 0.19 · 1/2 left over: 12 · 0.0361/4 / (12 - 4) / 0.75 = 0.01805
  // and 4 + 40/8.
  EXPECT_NEAR(table.time_gain(0), 0.9 - 9 * 0.01805 / 0.9, 1e-12);
}

TEST(ConditionalTable, counts_once_what_density_and_latency_both_tell) {
  // The latency of each layer follows from its density, and the second layer's from the first's.
  std::vector<test::TinySample> inputs;
  for (const double factor : {0.5, 0.7, 0.9, 1.1, 1.3, 1.5}) {
    inputs.push_back({{0.3 * factor, 1 - factor / 2}, {0.7 * factor, 0.5}});
  }
  const ConditionalTable table(tiny_trace("m_a", inputs));
  EXPECT_NEAR(table.gain(0), 1, 1e-12);
  EXPECT_EQ(table.time_gain(0), 0);
}

TEST(ConditionalTable, a_latency_that_the_length_tells_teaches_nothing) {
  // Where all layers but the last take as long whatever the input, or as its length says, gains are
  // those of a trace without rounding in its latencies, and no noise is taken for news.
  const auto trace = [](double layer_s, double token_s) {
    std::vector<test::TinySample> inputs;
    std::vector<std::uint32_t> lengths;
    for (std::uint32_t s = 0; s < 40; ++s) {
      const std::uint32_t length = 10 + s % 7;
      const double surplus = (s % 5 - 2.0) / 10;
      const LayerSample layer{.latency_s = layer_s + token_s * length,
                              .sparsity = 0.5 - surplus / 2};
      const double last_s = (2 + surplus + (s % 3 - 1.0) / 50) * length;
      inputs.push_back({layer, layer, layer, {last_s, 0.5}});
      lengths.push_back(length);
    }
    return tiny_trace("m", inputs, lengths);
  };
  const ConditionalTable still(trace(0.25, 0));
  const ConditionalTable rounded(trace(0.1, 0));
  const ConditionalTable by_length(trace(0.1, 0.3));
  EXPECT_GT(still.gain(0), 0.1);
  for (std::size_t l = 0; l < 3; ++l) {
    EXPECT_EQ(still.time_gain(l), 0);
    EXPECT_EQ(rounded.time_gain(l), 0);
    EXPECT_EQ(by_length.time_gain(l), 0);
  }
}

class Conditional : public testing::Test {
 protected:
  static constexpr TaskId kTask{0};

  /// Three layers of 1 s, 2 s and 4 s times the input's own factor, which every density shows.
  static Trace proportional() {
    std::vector<test::TinySample> inputs;
    for (const double factor : {0.5, 0.75, 1.0, 1.25, 1.5}) {
      inputs.push_back({{factor, 1 - factor / 2}, {2 * factor, 1 - factor / 2}, {4 * factor, 0.5}});
    }
    return tiny_trace("m_a", inputs);
  }

  /// The end of a layer of an input with the factor 1.4.
  static Observation seen(std::uint32_t layer) {
    return {.layer = layer, .sparsity = 0.3, .latency = Seconds{1.4 * (layer + 1)}};
  }

  const TraceSet traces_{[] {
    std::vector<Trace> all;
    all.push_back(proportional());
    return all;
  }()};
  const Profiles profiles_{traces_};
};

TEST_F(Conditional, estimates_what_the_table_expects) {
  for (const Evidence evidence : {Evidence::mean_density, Evidence::recursion}) {
    ConditionalPredictor predictor(profiles_, evidence);
    const Estimate first = predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
    EXPECT_NEAR(first.remaining.count(), 7, 1e-12);
    EXPECT_NEAR(first.next_layer.count(), 1, 1e-12);
    EXPECT_NEAR(first.isolated.count(), 7, 1e-12);
    const Estimate second = predictor.on_layer_done(kTask, seen(0));  // factor 1.4
    EXPECT_NEAR(second.remaining.count(), 6 * 1.4, 1e-9);
    EXPECT_NEAR(second.next_layer.count(), 2 * 1.4, 1e-9);
    EXPECT_NEAR(second.isolated.count(), 1 + 6 * 1.4, 1e-9);
    const Estimate third = predictor.on_layer_done(kTask, seen(1));
    EXPECT_NEAR(third.remaining.count(), 4 * 1.4, 1e-9);
  }
}

TEST_F(Conditional, to_the_recursion_a_layer_without_a_latency_teaches_nothing) {
  ConditionalPredictor predictor(profiles_, Evidence::recursion);
  predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  EXPECT_NEAR(predictor.on_layer_done(kTask, seen(0)).remaining.count(), 6 * 1.4, 1e-9);
  const Estimate third = predictor.on_layer_done(kTask, {.layer = 1, .sparsity = 0.9});
  EXPECT_NEAR(third.remaining.count(), 4 * 1.4, 1e-9);
}

TEST(ConditionalOfLatency, adds_what_density_and_latency_tell) {
  const TraceSet traces({density_and_latency()});
  const Profiles profiles(traces);
  ConditionalPredictor recursive(profiles, Evidence::recursion);
  ConditionalPredictor elasticity(profiles, Evidence::mean_density);
  GaussianPredictor gaussian(traces.all().front());
  const TaskArrival arrival{.task = TaskId{0}, .variant = VariantId{0}};
  for (Predictor* predictor :
       std::initializer_list<Predictor*>{&recursive, &elasticity, &gaussian}) {
    predictor->on_arrival(arrival);
  }
  // A density of 1.2 and a latency of 1.1 times what is usual.
  const Observation seen{.layer = 0, .sparsity = 0.4, .latency = Seconds{1.1}};
  EXPECT_NEAR(recursive.on_layer_done(TaskId{0}, seen).remaining.count(),
              2 * (1 + 0.81 * 0.2 + (0.9 - 0.1805) * 0.1), 1e-9);
  // Ten degrees of freedom: 4 + 40/10 times 12 · 0.81/16 / 10 / 3.
  EXPECT_NEAR(elasticity.on_layer_done(TaskId{0}, seen).remaining.count(),
              2 * (1 + (1 - 8 * 0.02025) * 0.2), 1e-9);
  const double all = gaussian.on_layer_done(TaskId{0}, seen).remaining.count();
  EXPECT_GT(all, 2 * (1 + 0.2));
  EXPECT_LT(all, 2 * (1 + 0.2 + 0.09));
}

TEST_F(Conditional, of_length_alone_ignores_densities) {
  ConditionalPredictor predictor(profiles_, Evidence::length);
  predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  const Estimate second = predictor.on_layer_done(kTask, seen(0));
  EXPECT_NEAR(second.remaining.count(), 6, 1e-12);
  EXPECT_EQ(second.deviation, Seconds{0});
}

TEST_F(Conditional, starts_anew_with_every_task) {
  ConditionalPredictor predictor(profiles_, Evidence::recursion);
  predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  predictor.on_layer_done(kTask, seen(0));
  EXPECT_NEAR(predictor.on_arrival({.task = kTask, .variant = VariantId{0}}).remaining.count(), 7,
              1e-12);
}

TEST_F(Conditional, tells_a_deviation_by_recursion) {
  ConditionalPredictor predictor(profiles_, Evidence::recursion);
  // Relative latencies are -0.5, -0.25, 0, 0.25 and 0.5, about one mean.
  const Estimate first = predictor.on_arrival({.task = kTask, .variant = VariantId{0}});
  EXPECT_NEAR(first.deviation.count(), 7 * std::sqrt(0.625 / 4 * 6 / 5), 1e-12);
}

TEST_F(Conditional, gaussian_agrees_where_one_number_tells_all) {
  GaussianPredictor gaussian(traces_.all().front());
  EXPECT_NEAR(gaussian.on_arrival({.task = kTask}).remaining.count(), 7, 1e-12);
  // One density, no correlations to shrink... but of the second and third layers' there are.
  const Estimate second = gaussian.on_layer_done(kTask, seen(0));
  EXPECT_GT(second.remaining.count(), 6 * 1.2);
  EXPECT_LE(second.remaining.count(), 6 * 1.4 + 1e-9);
}

TEST(ConditionalOfLatency, gaussian_takes_nothing_for_further_off_than_it_saw) {
  // The first layer takes 1 s, or for 4 of 16 inputs, whose second takes 2 s, a little longer: √3
  // deviations more than the mean. At √16 it ends.
  std::vector<test::TinySample> inputs(16, {{1, 0.5}, {1, 0.5}});
  for (std::size_t s = 0; s < 16; s += 4) inputs[s] = {{1.0001, 0.5}, {2, 0.5}};
  GaussianPredictor gaussian(tiny_trace("m_a", inputs));
  const auto after = [&](double first_s) {
    gaussian.on_arrival({.task = TaskId{0}});
    return gaussian
        .on_layer_done(TaskId{0}, {.layer = 0, .sparsity = 0.5, .latency = Seconds{first_s}})
        .remaining.count();
  };
  EXPECT_GT(after(1.0001), 1.6);
  EXPECT_LE(after(1.0001), 2);
  EXPECT_NEAR((after(1.01) - 1.25) / (after(1.0001) - 1.25), 4 / std::sqrt(3), 1e-6);
}

TEST_F(Conditional, noise_is_one_factor_a_task_and_the_same_in_every_run) {
  const auto estimates = [&](double noise) {
    NoisyPredictor predictor(std::make_unique<ConditionalPredictor>(profiles_, Evidence::recursion),
                             noise);
    std::vector<double> remaining;
    for (const std::uint32_t task : {0u, 1u}) {
      const auto id = static_cast<TaskId>(task);
      remaining.push_back(predictor.on_arrival({.task = id, .variant = VariantId{0}}).remaining /
                          Seconds{7});
      remaining.push_back(predictor.on_layer_done(id, {.layer = 0, .sparsity = 0.5}).remaining /
                          Seconds{6});
    }
    return remaining;
  };
  const auto noisy = estimates(0.5);
  EXPECT_NEAR(noisy[0], noisy[1], 1e-12);
  EXPECT_NEAR(noisy[2], noisy[3], 1e-12);
  EXPECT_NE(noisy[0], noisy[2]);
  EXPECT_NE(noisy[0], 1);
  EXPECT_EQ(noisy, estimates(0.5));
  EXPECT_NEAR(std::log(estimates(1)[0]), 2 * std::log(noisy[0]), 1e-12);
}

/// Every second input of the traces, from the first or the second on.
TraceSet half_of(const TraceSet& traces, std::size_t first) {
  std::vector<Trace> halves;
  for (const Trace& trace : traces.all()) {
    std::vector<LayerSample> table;
    std::vector<std::uint32_t> lengths;
    for (std::size_t s = first; s < trace.samples(); s += 2) {
      const auto layers = trace.sample(s);
      table.insert(table.end(), layers.begin(), layers.end());
      lengths.push_back(trace.sequence_length(s));
    }
    Trace::Identity identity = trace.identity();
    identity.provenance.inputs.clear();
    halves.emplace_back(std::move(identity), trace.layers(), std::move(table), std::move(lengths));
  }
  return TraceSet(std::move(halves));
}

/// Means over runs.
struct Reached {
  double antt = 0;
  double violation_rate = 0;
};

/// What the policy does with these profiles of the networks that are asked for.
Reached reached_by_punctual(const TraceSet& asked, const Profiles& profiles,
                            const std::vector<std::vector<Request>>& runs) {
  Reached means;
  for (const auto& requests : runs) {
    Simulation simulation(asked, requests);
    const auto policy = PolicyRegistry().parse("punctual").front().make({.profiles = profiles});
    const Summary summary = summarise(simulation.run(*policy));
    means.antt += summary[Metric::antt] / static_cast<double>(runs.size());
    means.violation_rate += summary[Metric::violation_rate] / static_cast<double>(runs.size());
  }
  return means;
}

// Attention's latencies tell what its densities do not. On gpttoy-sparse next to nothing is left to
// tell: docs/better-than-dysta.md.
TEST(HeldOut, attention_is_predicted_better_than_from_its_length) {
  for (const char* folder : {DYSTA_TRACES "/sanger", DYSTA_TRACES "/sanger/controls"}) {
    const TraceSet traces = read_traces(std::vector<std::string>{folder});
    for (const Trace& trace : traces.all()) {
      std::map<std::string, double> rmse;
      for (const PredictorError& error : evaluate_predictors(trace, {}).errors) {
        rmse[error.predictor] = error.rmse_normalised;
      }
      if (rmse["length"] < 1e-12) continue;  // no input differs from another of its length
      const double most = trace.name() == "gpttoy-sparse" ? 1.0 : 0.85;
      EXPECT_LE(rmse["recursive"], most * rmse["length"]) << trace.name();
      EXPECT_LE(rmse["recursive"], rmse["none"]) << trace.name();
      EXPECT_LE(rmse["recursive"], 0.5 * rmse["average_all"]) << trace.name();
    }
  }
}

// What a schedule gains is not that its profile was made from the very inputs that are asked for.
TEST(HeldOut, a_profile_of_other_inputs_serves_as_well) {
  for (const char* folder : {DYSTA_TRACES "/sanger", DYSTA_TRACES "/eyeriss_v2"}) {
    const TraceSet all = read_traces(std::vector<std::string>{folder});
    const TraceSet asked = half_of(all, 0);
    const TraceSet others = half_of(all, 1);
    const Profiles own(asked);
    const Profiles held_out(others);
    for (const double load : {0.7, 0.9}) {
      WorkloadSpec spec;
      spec.rate_hz = rate_for_load(load, spec.mix, own);
      std::vector<std::vector<Request>> runs;
      for (spec.seed = 1; spec.seed <= 10; ++spec.seed) {
        runs.push_back(generate(spec, asked, own));
      }
      const Reached with_own = reached_by_punctual(asked, own, runs);
      const Reached with_others = reached_by_punctual(asked, held_out, runs);
      EXPECT_NEAR(with_others.antt / with_own.antt, 1, 0.005);
      EXPECT_LE(with_others.violation_rate, with_own.violation_rate + 0.0005);
      EXPECT_GE(with_others.violation_rate, with_own.violation_rate - 0.002);  // by chance
    }
  }
}

}  // namespace
}  // namespace dysta
