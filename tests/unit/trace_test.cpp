#include "dysta/trace/trace.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::tiny_trace;
using testing::ElementsAre;

std::string fault_in(std::vector<Trace> traces) {
  return message_of<FileError>([&] { TraceSet{std::move(traces)}; });
}

Trace trace_of_kind(const std::string& name, const std::string& model, TraceKind kind) {
  return {{.name = name, .model = model, .pattern = "", .kind = kind, .file = name + ".csv"},
          1,
          {{.latency_s = 1, .sparsity = 0}}};
}

TEST(Trace, holds_layers_by_input) {
  const Trace trace = tiny_trace("a_x", {{{1, 0.1}, {2, 0.2}}, {{3, 0.3}, {4, 0.4}}});
  EXPECT_EQ(trace.samples(), 2U);
  EXPECT_EQ(trace.layers(), 2U);
  EXPECT_EQ(trace.sample(1)[0].latency_s, 3);
  EXPECT_EQ(trace.sample(1)[1].sparsity, 0.4);
}

TEST(Trace, knows_what_remains_from_every_layer_on) {
  const Trace trace = tiny_trace("a", {{{1, 0}, {2, 0}, {4, 0}}, {{8, 0}, {16, 0}, {32, 0}}});
  EXPECT_THAT(trace.remaining_s(0), ElementsAre(7, 6, 4, 0));
  EXPECT_THAT(trace.remaining_s(1), ElementsAre(56, 48, 32, 0));
  EXPECT_EQ(trace.isolated(1), Seconds{56});
}

TEST(Trace, inputs_have_a_length_of_their_own_or_none) {
  const std::vector<test::TinySample> samples{{{1, 0}}, {{1, 0}}};
  EXPECT_EQ(tiny_trace("a", samples).sequence_length(1), 0U);
  EXPECT_EQ(tiny_trace("a", samples, {128, 384}).sequence_length(1), 384U);
}

TEST(Trace, refuses_tables_that_are_not_inputs_by_layers) {
  const std::vector<LayerSample> three(3, {.latency_s = 1, .sparsity = 0});
  EXPECT_THROW(Trace({}, 2, three), std::invalid_argument);
  EXPECT_THROW(Trace({}, 0, three), std::invalid_argument);
  EXPECT_THROW(Trace({}, 1, {}), std::invalid_argument);
  EXPECT_THROW(Trace({}, 1, three, {128, 128}), std::invalid_argument);
}

TEST(Trace, refuses_latencies_and_sparsities_that_none_can_have) {
  const auto refuses = [](double latency_s, double sparsity) {
    EXPECT_THROW(Trace({}, 1, {{.latency_s = latency_s, .sparsity = sparsity}}),
                 std::invalid_argument);
  };
  refuses(0, 0.5);
  refuses(-1, 0.5);
  refuses(std::numeric_limits<double>::infinity(), 0.5);
  refuses(std::numeric_limits<double>::quiet_NaN(), 0.5);
  refuses(1, -0.5);
  refuses(1, 1);
  refuses(1, std::numeric_limits<double>::quiet_NaN());
}

TEST(Trace, kinds_have_names) {
  EXPECT_EQ(name_of(TraceKind::cnn), "cnn");
  EXPECT_EQ(name_of(TraceKind::attention), "attention");
}

TEST(TraceSet, is_ordered_by_name_whatever_the_order_given) {
  const TraceSet traces({tiny_trace("b_x", {{{1, 0}}}), tiny_trace("c", {{{1, 0}}}),
                         tiny_trace("a_y", {{{1, 0}}}), tiny_trace("b_a", {{{1, 0}}})});
  std::vector<std::string> names;
  for (const Trace& trace : traces.all()) names.push_back(trace.name());
  EXPECT_THAT(names, ElementsAre("a_y", "b_a", "b_x", "c"));
  EXPECT_THAT(traces.models(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(traces.find("b_x"), VariantId{2});
  EXPECT_EQ(traces.find("b"), std::nullopt);
  EXPECT_EQ(traces.model_of(VariantId{2}), ModelId{1});
}

TEST(TraceSet, refuses_to_be_empty) {
  EXPECT_EQ(fault_in({}), "traces: there are none; at least one is needed");
}

TEST(TraceSet, refuses_two_files_with_one_stem) {
  Trace::Identity elsewhere = tiny_trace("a_x", {{{1, 0}}}).identity();
  elsewhere.file = "other/a_x.csv";
  EXPECT_EQ(fault_in({tiny_trace("a_x", {{{1, 0}}}), Trace(elsewhere, 1, {{1, 0}})}),
            "other/a_x.csv: has the same stem as a_x.csv; a variant is named by its file's stem, "
            "so stems must differ");
}

TEST(TraceSet, refuses_variants_of_one_model_with_different_layers) {
  EXPECT_EQ(fault_in({tiny_trace("a_x", {{{1, 0}}}), tiny_trace("b", {{{1, 0}, {1, 0}, {1, 0}}}),
                      tiny_trace("a_y", {{{1, 0}, {1, 0}}})}),
            "a_y.csv: has 2 layers and a_x.csv has 1; variants of one model ('a') have the same "
            "number");
}

TEST(TraceSet, refuses_variants_of_one_model_of_different_kinds) {
  EXPECT_EQ(fault_in({trace_of_kind("a", "a", TraceKind::attention),
                      trace_of_kind("a_x", "a", TraceKind::cnn)}),
            "a_x.csv: is a trace of another kind than a.csv; variants of one model ('a') are of "
            "one kind");
}

}  // namespace
}  // namespace dysta
