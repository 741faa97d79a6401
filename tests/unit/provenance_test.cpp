#include "dysta/trace/provenance.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::TemporaryFolder;
using testing::HasSubstr;

constexpr const char* kTrace =
    "batch-indx,layer-indx,overall-sparsity,sim_lat\n0,0,0.5,1\n1,0,0.5,1\n2,0,0.5,1\n";

std::optional<Provenance> parsed(const std::string& text) {
  return parse_provenance("t.json", text, "t.csv");
}

TEST(Provenance, tells_origin_accelerator_and_inputs) {
  const auto read = parsed(
      R"({"trace": "t.csv", "origin": "measured zeros of a network",
          "accelerator": {"name": "eyeriss_v2"},
          "inputs": [{"name": "day", "inputs": 2}, {"name": "night", "inputs": 1}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->origin, TraceOrigin::measured);
  EXPECT_EQ(read->accelerator, "eyeriss_v2");
  ASSERT_EQ(read->inputs.size(), 2U);
  EXPECT_EQ(read->inputs[1].name, "night");
  EXPECT_EQ(read->inputs[1].inputs, 1U);
}

TEST(Provenance, of_a_synthesised_trace_says_so) {
  const auto read = parsed(R"({"trace": "t.csv", "origin": "synthesised zeros"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->origin, TraceOrigin::synthesised);
  EXPECT_EQ(read->accelerator, "");
  EXPECT_TRUE(read->inputs.empty());
}

TEST(Provenance, of_another_origin_is_unknown) {
  const auto read = parsed(R"({"trace": "t.csv", "origin": "guessed"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->origin, TraceOrigin::unknown);
}

TEST(Provenance, json_of_something_else_is_none) {
  EXPECT_FALSE(parsed("{}"));
  EXPECT_FALSE(parsed("[1, 2]"));
  EXPECT_FALSE(parsed("null"));
  EXPECT_FALSE(parsed(R"({"trace": "other.csv", "origin": "measured"})"));
  EXPECT_FALSE(parsed(R"({"trace": 3, "origin": "measured"})"));
  EXPECT_FALSE(parsed(R"({"origin": "measured"})"));
}

TEST(Provenance, faults_have_a_line) {
  const auto message = [](const std::string& text) {
    return message_of<FileError>([&] { parsed(text); });
  };
  EXPECT_THAT(message("{\n\"trace\":\n"), HasSubstr("t.json:"));
  EXPECT_THAT(message("{\n\"a\": 1,\n\"b\" 2}"),
              HasSubstr("t.json:3: is not JSON; allowed beside a trace is its provenance as JSON"));
  EXPECT_THAT(message(""), HasSubstr("is not JSON"));
  EXPECT_THAT(message(R"({"trace": "t.csv", "origin": 1})"), HasSubstr("'origin' is no text"));
  EXPECT_THAT(message(R"({"trace": "t.csv", "origin": "measured", "accelerator": {"name": 1}})"),
              HasSubstr("'name' is no text"));
  EXPECT_THAT(message(R"({"trace": "t.csv", "origin": "measured", "inputs": 1})"),
              HasSubstr("'inputs' is no list"));
  for (const char* set :
       {"1", "{}", R"({"inputs": -1})", R"({"inputs": "2"})", R"({"inputs": 1.5})"}) {
    EXPECT_THAT(message(std::string(R"({"trace": "t.csv", "origin": "measured", "inputs": [)") +
                        set + "]}"),
                HasSubstr("'inputs' has an entry without a number of inputs"))
        << set;
  }
}

TEST(Provenance, is_read_from_beside_the_trace) {
  const TemporaryFolder folder;
  const std::string trace = folder.write("t.csv", kTrace);
  EXPECT_EQ(read_trace(trace).identity().provenance.origin, TraceOrigin::unknown);
  folder.write("t.json", R"({"trace": "t.csv", "origin": "measured"})");
  EXPECT_EQ(read_trace(trace).identity().provenance.origin, TraceOrigin::measured);
  folder.write("t.json", R"({"schema": 1, "policies": []})");
  EXPECT_EQ(read_trace(trace).identity().provenance.origin, TraceOrigin::unknown);
  folder.write("t.json", "{");
  EXPECT_THAT(message_of<FileError>([&] { read_trace(trace); }),
              HasSubstr("t.json:1: is not JSON"));
}

TEST(Provenance, tells_of_as_many_inputs_as_the_trace_has) {
  const TemporaryFolder folder;
  const std::string trace = folder.write("t.csv", kTrace);
  const auto of = [&](const std::string& count) {
    folder.write("t.json", R"({"trace": "t.csv", "origin": "measured",
                               "inputs": [{"name": "a", "inputs": )" +
                               count + "}]}");
    return message_of<FileError>([&] { read_trace(trace); });
  };
  EXPECT_THAT(of("2"), HasSubstr("t.csv: has 3 samples, and the JSON file beside it tells of 2"));
  EXPECT_THAT(of("18446744073709551615"), HasSubstr("tells of 18446744073709551615"));
  folder.write("t.json", R"({"trace": "t.csv", "origin": "measured", "inputs": []})");
  EXPECT_EQ(read_trace(trace).samples(), 3U);
}

}  // namespace
}  // namespace dysta
