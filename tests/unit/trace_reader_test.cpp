#include "dysta/trace/trace_reader.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/trace/sanger_latency.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::TemporaryFolder;
using testing::ElementsAre;

const std::string kCnnHeader = "sim_lat,overall-sparsity,batch-indx,layer-indx\n";
const std::string kAttentionHeader = "overall-sparsity,50%-skip,batch-indx,layer-indx\n";
const std::string kTwoByTwo = kCnnHeader +
                              "1,0.125,0,0\n"
                              "2,0.25,0,1\n"
                              "3,0.375,1,0\n"
                              "4,0.5,1,1\n";

std::string fault_in(const std::string& text) {
  return message_of<FileError>([&] { parse_trace("m_p.csv", text); });
}

std::string cnn_fault(const std::string& rows) { return fault_in(kCnnHeader + rows); }
std::string attention_fault(const std::string& rows) { return fault_in(kAttentionHeader + rows); }

/// Latencies and sparsities, input by input and layer by layer.
std::vector<std::pair<double, double>> values_of(const Trace& trace) {
  std::vector<std::pair<double, double>> values;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    for (const LayerSample& layer : trace.sample(s)) {
      values.emplace_back(layer.latency_s, layer.sparsity);
    }
  }
  return values;
}

void expect_two_by_two(const std::string& text) {
  const Trace trace = parse_trace("m_p.csv", text);
  EXPECT_EQ(trace.layers(), 2U);
  EXPECT_THAT(values_of(trace), ElementsAre(std::pair(1, 0.125), std::pair(2, 0.25),
                                            std::pair(3, 0.375), std::pair(4, 0.5)));
}

// ---- what is read ---------------------------------------------------------------------------

TEST(TraceReader, cnn_rows_are_latency_and_sparsity) { expect_two_by_two(kTwoByTwo); }

TEST(TraceReader, cnn_variant_is_the_stem_and_model_the_stem_up_to_the_first_underscore) {
  const Trace trace = parse_trace("some/folder/resnet50_block_4x4.csv", kTwoByTwo);
  EXPECT_EQ(trace.identity().name, "resnet50_block_4x4");
  EXPECT_EQ(trace.identity().model, "resnet50");
  EXPECT_EQ(trace.identity().pattern, "block_4x4");
  EXPECT_EQ(trace.identity().file, "some/folder/resnet50_block_4x4.csv");
  EXPECT_EQ(trace.identity().kind, TraceKind::cnn);
  EXPECT_EQ(parse_trace("dense.csv", kTwoByTwo).identity().pattern, "");
}

TEST(TraceReader, every_attention_file_is_its_own_model) {
  const Trace trace = parse_trace("bert_base.csv", kAttentionHeader + "0.25,0.5,0,0\n");
  EXPECT_EQ(trace.identity().name, "bert_base");
  EXPECT_EQ(trace.identity().model, "bert_base");
  EXPECT_EQ(trace.identity().pattern, "");
  EXPECT_EQ(trace.identity().kind, TraceKind::attention);
}

TEST(TraceReader, attention_rows_are_density_and_load_balance) {
  const std::string text = kAttentionHeader + "0.25,0.5,0,0\n1,1,0,1\n";
  const Trace at_512 = parse_trace("bert.csv", text);
  EXPECT_THAT(values_of(at_512),
              ElementsAre(std::pair(sanger_layer_latency(0.25, 0.5, 512).count(), 0.75),
                          std::pair(sanger_layer_latency(1, 1, 512).count(), 0.0)));
  EXPECT_EQ(at_512.sequence_length(0), 0U);

  const Trace at_128 = parse_trace("bert.csv", text, {.sequence_length = 128});
  EXPECT_EQ(at_128.sample(0)[0].latency_s, sanger_layer_latency(0.25, 0.5, 128).count());
}

TEST(TraceReader, attention_rows_may_carry_a_latency_and_a_length) {
  const Trace timed = parse_trace(
      "bert.csv", "overall-sparsity,50%-skip,sim_lat,batch-indx,layer-indx\n0.25,0.5,3,0,0\n");
  EXPECT_THAT(values_of(timed), ElementsAre(std::pair(3, 0.75)));

  const Trace long_and_short = parse_trace("bert.csv",
                                           "overall-sparsity,50%-skip,seq-len,batch-indx,layer-"
                                           "indx\n0.25,0.5,384,0,0\n0.25,0.5,64,1,0\n");
  EXPECT_EQ(long_and_short.sequence_length(0), 384U);
  EXPECT_EQ(long_and_short.sequence_length(1), 64U);
  EXPECT_EQ(long_and_short.sample(0)[0].latency_s, sanger_layer_latency(0.25, 0.5, 384).count());
  EXPECT_EQ(long_and_short.sample(1)[0].latency_s, sanger_layer_latency(0.25, 0.5, 64).count());
}

TEST(TraceReader, limits_themselves_are_allowed) {
  EXPECT_EQ(parse_trace("m.csv", kCnnHeader + "1e-15,0,0,0\n").sample(0)[0].latency_s, 1e-15);
  EXPECT_EQ(parse_trace("m.csv", kCnnHeader + "1,0.9999999999999999,0,0\n").layers(), 1U);
  EXPECT_EQ(parse_trace("m.csv", kAttentionHeader + "1,1,0,0\n").sample(0)[0].sparsity, 0);
}

// ---- what is tolerated ----------------------------------------------------------------------

TEST(TraceReader, tolerates_columns_in_any_order_and_further_ones) {
  expect_two_by_two(
      "host,layer-indx,25%-skip,batch-indx,overall-sparsity,note,sim_lat\n"
      "a,0,x,0,0.125,,1\n"
      "a,1,x,0,0.25,,2\n"
      "a,0,x,1,0.375,,3\n"
      "a,1,x,1,0.5,,4\n");
}

TEST(TraceReader, tolerates_rows_in_any_order) {
  expect_two_by_two(kCnnHeader + "4,0.5,1,1\n1,0.125,0,0\n3,0.375,1,0\n2,0.25,0,1\n");
}

TEST(TraceReader, tolerates_crlf_byte_order_mark_blank_lines_and_quotes) {
  expect_two_by_two(
      "\xef\xbb\xbf\"sim_lat\", \"overall-sparsity\" ,batch-indx,layer-indx\r\n"
      "\r\n"
      "1,0.125,0,0\r\n"
      "\"2\",\"0.25\",\"0\",\"1\"\r\n"
      "   \r\n"
      " 3 ,0.375,1,0\r\n"
      "4,0.5,1,1");
}

TEST(TraceReader, tolerates_indices_written_as_floating_point) {
  expect_two_by_two(kCnnHeader + "1,0.125,0.0,0.0\n2,0.25,0.0,1.0\n3,0.375,1.0,0\n4,0.5,1e0,1\n");
}

// ---- what is not ----------------------------------------------------------------------------

TEST(TraceReader, refuses_a_file_without_header_or_without_rows) {
  EXPECT_EQ(fault_in(""), "m_p.csv: is empty; a header line with column names is needed");
  EXPECT_EQ(fault_in(kCnnHeader),
            "m_p.csv: has a header but no rows; at least one layer is needed");
}

TEST(TraceReader, refuses_a_file_without_a_needed_column) {
  EXPECT_EQ(fault_in("overall-sparsity,batch-indx,layer-indx\n0.5,0,0\n"),
            "m_p.csv:1: neither 'sim_lat' (CNN traces) nor '50%-skip' (attention traces) is there; "
            "the header has 'overall-sparsity', "
            "'batch-indx', 'layer-indx'");
  EXPECT_EQ(fault_in("sim_lat,batch-indx,layer-indx\n1,0,0\n"),
            "m_p.csv:1: column 'overall-sparsity' is missing; the header has 'sim_lat', "
            "'batch-indx', 'layer-indx'");
  EXPECT_EQ(fault_in("overall-sparsity,50%-skip,layer-indx\n0.5,1,0\n"),
            "m_p.csv:1: column 'batch-indx' is missing; the header has 'overall-sparsity', "
            "'50%-skip', 'layer-indx'");
  EXPECT_EQ(fault_in("sim_lat,overall-sparsity,batch-indx\n1,0,0\n"),
            "m_p.csv:1: column 'layer-indx' is missing; the header has 'sim_lat', "
            "'overall-sparsity', 'batch-indx'");
}

TEST(TraceReader, refuses_what_is_no_number_in_every_number_field) {
  for (const std::string text : {"abc", "", "nan", "inf", "-inf", "1e999"}) {
    const std::string quoted = "'" + text + "'";
    const std::string whole = "; allowed is a whole number from 0 to 4294967294";
    EXPECT_EQ(cnn_fault("1,0,0,0\n" + text + ",0,0,1\n"),
              "m_p.csv:3: sim_lat is " + quoted + "; allowed is a finite number");
    EXPECT_EQ(cnn_fault("1," + text + ",0,0\n"),
              "m_p.csv:2: overall-sparsity is " + quoted + "; allowed is a finite number");
    EXPECT_EQ(cnn_fault("1,0," + text + ",0\n"), "m_p.csv:2: batch-indx is " + quoted + whole);
    EXPECT_EQ(cnn_fault("1,0,0," + text + "\n"), "m_p.csv:2: layer-indx is " + quoted + whole);
    EXPECT_EQ(attention_fault("1," + text + ",0,0\n"),
              "m_p.csv:2: 50%-skip is " + quoted + "; allowed is a finite number");
  }
}

TEST(TraceReader, refuses_latencies_outside_0_to_1e15) {
  const auto fault = [](const std::string& text) {
    return "m_p.csv:2: sim_lat is '" + text +
           "'; allowed is a latency in seconds greater than 0 and at most 1e15";
  };
  for (const std::string text : {"0", "-1", "-0.0", "1e16"}) {
    EXPECT_EQ(cnn_fault(text + ",0,0,0\n"), fault(text));
  }
  EXPECT_EQ(fault_in("overall-sparsity,50%-skip,sim_lat,batch-indx,layer-indx\n0.5,1,0,0,0\n"),
            fault("0"));
  EXPECT_EQ(cnn_fault("1e-16,0,0,0\n"),
            "m_p.csv:2: sim_lat is '1e-16'; allowed is a latency of at least 1e-15 seconds");
}

TEST(TraceReader, refuses_sparsities_outside_0_to_below_1) {
  for (const std::string text : {"1", "1.5", "-0.25"}) {
    EXPECT_EQ(cnn_fault("1," + text + ",0,0\n"),
              "m_p.csv:2: overall-sparsity is '" + text +
                  "'; allowed is a sparsity of at least 0 and less than 1");
  }
}

TEST(TraceReader, refuses_densities_and_load_balances_outside_0_to_1) {
  for (const std::string text : {"0", "1.5", "-0.25"}) {
    EXPECT_EQ(attention_fault(text + ",1,0,0\n"),
              "m_p.csv:2: overall-sparsity is '" + text +
                  "'; allowed is a density (attention traces hold the share kept) greater than 0 "
                  "and at most 1");
    EXPECT_EQ(attention_fault("1," + text + ",0,0\n"),
              "m_p.csv:2: 50%-skip is '" + text +
                  "'; allowed is a load balance greater than 0 and at most 1");
  }
}

// Small densities are legal, and the monitor's sparsity is less than 1 for every legal trace: a
// density ratio divides by 1 - sparsity.
TEST(TraceReader, sparsity_stays_below_1_for_the_smallest_densities) {
  const Trace trace = parse_trace("m.csv", kAttentionHeader + "1e-20,1,0,0\n");
  EXPECT_LT(trace.sample(0)[0].sparsity, 1);
}

TEST(TraceReader, refuses_attention_rows_whose_computed_latency_is_too_long) {
  EXPECT_EQ(attention_fault("1,1e-200,0,0\n"),
            "m_p.csv:2: 50%-skip is '1e-200'; allowed is a load balance that gives a latency of at "
            "most 1e15 seconds");
}

TEST(TraceReader, refuses_indices_that_are_not_whole_numbers_from_0) {
  for (const std::string text : {"-1", "0.5", "4294967295"}) {
    EXPECT_EQ(
        cnn_fault("1,0," + text + ",0\n"),
        "m_p.csv:2: batch-indx is '" + text + "'; allowed is a whole number from 0 to 4294967294");
  }
}

TEST(TraceReader, refuses_a_sequence_length_of_0) {
  EXPECT_EQ(fault_in("overall-sparsity,50%-skip,seq-len,batch-indx,layer-indx\n0.5,1,0,0,0\n"),
            "m_p.csv:2: seq-len is '0'; allowed is a number of tokens from 1");
}

TEST(TraceReader, refuses_two_sequence_lengths_in_one_sample) {
  EXPECT_EQ(fault_in("overall-sparsity,50%-skip,seq-len,batch-indx,layer-indx\n"
                     "0.5,1,128,0,0\n"
                     "0.5,1,256,1,0\n"
                     "0.5,1,384,0,1\n"
                     "0.5,1,256,1,1\n"),
            "m_p.csv:4: sample 0 has two sequence lengths, 128 and 384; all layers of a sample "
            "have the same");
}

TEST(TraceReader, refuses_a_missing_sample) {
  EXPECT_EQ(cnn_fault("1,0,0,0\n1,0,2,0\n"),
            "m_p.csv:3: sample 1 is missing; samples are numbered from 0 without a gap");
  EXPECT_EQ(cnn_fault("1,0,1,0\n"),
            "m_p.csv:2: sample 0 is missing; samples are numbered from 0 without a gap");
}

TEST(TraceReader, refuses_a_missing_layer) {
  EXPECT_EQ(cnn_fault("1,0,0,0\n1,0,0,2\n"),
            "m_p.csv:3: sample 0 lacks layer 1; layers are numbered from 0 without a gap");
  EXPECT_EQ(cnn_fault("1,0,0,1\n"),
            "m_p.csv:2: sample 0 lacks layer 0; layers are numbered from 0 without a gap");
}

TEST(TraceReader, refuses_samples_with_different_numbers_of_layers) {
  EXPECT_EQ(cnn_fault("1,0,0,0\n1,0,0,1\n1,0,1,0\n"),
            "m_p.csv:4: sample 1 has 1 layers and sample 0 has 2; every sample has the same "
            "layers");
  EXPECT_EQ(cnn_fault("1,0,0,0\n1,0,1,0\n1,0,1,1\n"),
            "m_p.csv:4: sample 1 has 2 layers and sample 0 has 1; every sample has the same "
            "layers");
}

TEST(TraceReader, refuses_a_layer_that_stands_twice) {
  EXPECT_EQ(cnn_fault("1,0,0,0\n1,0,0,1\n\n1,0,0,0\n"),
            "m_p.csv:5: sample 0, layer 0 stands already in line 2; allowed is once");
}

TEST(TraceReader, refuses_a_row_with_another_number_of_fields) {
  EXPECT_EQ(cnn_fault("1,0,0,0\n1,0,1\n"), "m_p.csv:3: the row has 3 fields; the header has 4");
}

// ---- files and folders ----------------------------------------------------------------------

TEST(TraceReader, folders_stand_for_the_csv_files_directly_in_them) {
  const TemporaryFolder folder;
  const std::string b = folder.write("traces/b.csv", kTwoByTwo);
  const std::string a = folder.write("traces/a.csv", kTwoByTwo);
  folder.write("traces/README.md", "no trace");
  folder.write("traces/deeper/c.csv", kTwoByTwo);
  const std::string single = folder.write("single.txt", kTwoByTwo);
  EXPECT_THAT(expand_trace_paths(std::vector{single, folder.path("traces")}),
              ElementsAre(single, a, b));
}

TEST(TraceReader, refuses_a_folder_without_csv_files) {
  const TemporaryFolder folder;
  folder.write("deeper/c.csv", kTwoByTwo);
  EXPECT_EQ(message_of<FileError>([&] { expand_trace_paths(std::vector{folder.path()}); }),
            folder.path() +
                ": has no .csv files in it (its own folders are not searched); give trace files "
                "or a folder of them");
}

TEST(TraceReader, reads_files_in_any_order_into_the_same_set) {
  const TemporaryFolder folder;
  const std::string a = folder.write("a_x.csv", kTwoByTwo);
  const std::string b = folder.write("b.csv", kAttentionHeader + "0.25,0.5,0,0\n");
  const TraceSet traces = read_traces(std::vector{b, a});
  EXPECT_EQ(traces.find("a_x"), VariantId{0});
  EXPECT_EQ(traces.find("b"), VariantId{1});
  EXPECT_THAT(traces.models(), ElementsAre("a", "b"));
}

TEST(TraceReader, refuses_two_files_with_one_stem) {
  const TemporaryFolder folder;
  const std::string one = folder.write("one/a.csv", kTwoByTwo);
  const std::string two = folder.write("two/a.csv", kTwoByTwo);
  EXPECT_EQ(message_of<FileError>([&] {
              read_traces(std::vector{one, two});
            }),
            two + ": has the same stem as " + one +
                "; a variant is named by its file's stem, so stems must differ");
}

TEST(TraceReader, refuses_variants_of_one_model_with_different_layers) {
  const TemporaryFolder folder;
  const std::string x = folder.write("m_x.csv", kTwoByTwo);
  const std::string y = folder.write("m_y.csv", kCnnHeader + "1,0,0,0\n");
  EXPECT_EQ(
      message_of<FileError>([&] {
        read_traces(std::vector{x, y});
      }),
      y + ": has 1 layer and " + x + " has 2; variants of one model ('m') have the same number");
}

TEST(TraceReader, a_missing_file_is_named) {
  EXPECT_EQ(message_of<FileError>([] { read_traces(std::vector<std::string>{"nowhere/a.csv"}); }),
            "nowhere/a.csv: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace dysta
