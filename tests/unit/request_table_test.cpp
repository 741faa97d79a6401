#include "dysta/workload/request_table.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny.hpp"

namespace dysta {
namespace {

using test::message_of;
using test::tiny_trace;

const std::string kHeader = "arrival_s,model,sample,priority,slo_s\n";

class RequestTable : public testing::Test {
 protected:
  std::vector<Request> parse(const std::string& text) const {
    return parse_requests("r.csv", text, traces_);
  }
  std::string fault_in(const std::string& text) const {
    return message_of<FileError>([&] { parse(text); });
  }
  std::string fault_in_rows(const std::string& rows) const { return fault_in(kHeader + rows); }

  const TraceSet traces_{{tiny_trace("m_a", {{{1, 0}}, {{2, 0}}}), tiny_trace("m_b", {{{1, 0}}}),
                          tiny_trace("odd,name", {{{1, 0}}})}};
};

TEST_F(RequestTable, rows_are_requests) {
  const auto requests = parse(kHeader + "0,m_b,0,1,2.5\n0.5,m_a,1,9,0.125\n");
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].variant, traces_.find("m_b"));
  EXPECT_EQ(requests[0].priority, Priority::low);
  EXPECT_EQ(requests[1].arrival, Seconds{0.5});
  EXPECT_EQ(requests[1].variant, traces_.find("m_a"));
  EXPECT_EQ(requests[1].sample, 1U);
  EXPECT_EQ(requests[1].priority, Priority::high);
  EXPECT_EQ(requests[1].slo, Seconds{0.125});
  EXPECT_EQ(requests[1].deadline(), Seconds{0.625});
}

TEST_F(RequestTable, tolerates_column_order_further_columns_crlf_and_quotes) {
  const auto requests = parse(
      "\xef\xbb\xbfslo_s,note,priority,sample,model,arrival_s\r\n"
      "2,\"a, b\",3,0.0,\"odd,name\",1\r\n\r\n");
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].variant, traces_.find("odd,name"));
  EXPECT_EQ(requests[0].priority, Priority::medium);
  EXPECT_EQ(requests[0].arrival, Seconds{1});
}

TEST_F(RequestTable, simultaneous_arrivals_stay_in_the_order_of_rows) {
  const auto requests = parse(kHeader + "1,m_b,0,1,1\n1,m_a,0,1,1\n");
  EXPECT_EQ(requests[0].variant, traces_.find("m_b"));
  EXPECT_EQ(requests[1].variant, traces_.find("m_a"));
}

TEST_F(RequestTable, refuses_an_empty_table) {
  EXPECT_EQ(fault_in(""), "r.csv: is empty; a header line with column names is needed");
  EXPECT_EQ(fault_in(kHeader), "r.csv: has no rows; at least one is needed");
}

TEST_F(RequestTable, refuses_a_missing_column) {
  EXPECT_EQ(fault_in("arrival_s,model,sample,priority\n0,m_a,0,1\n"),
            "r.csv:1: column 'slo_s' is missing; the header has 'arrival_s', 'model', 'sample', "
            "'priority'");
}

TEST_F(RequestTable, refuses_arrivals_that_are_negative_too_late_or_out_of_order) {
  const std::string allowed = "'; allowed is seconds from 0 to 1e15, not before the row above";
  EXPECT_EQ(fault_in_rows("-1,m_a,0,1,1\n"), "r.csv:2: arrival_s is '-1" + allowed);
  EXPECT_EQ(fault_in_rows("2e15,m_a,0,1,1\n"), "r.csv:2: arrival_s is '2e15" + allowed);
  EXPECT_EQ(fault_in_rows("1,m_a,0,1,1\n0.999,m_a,0,1,1\n"),
            "r.csv:3: arrival_s is '0.999" + allowed);
}

TEST_F(RequestTable, refuses_what_is_no_number) {
  for (const std::string text : {"x", "", "nan", "inf", "1e999"}) {
    EXPECT_EQ(fault_in_rows(text + ",m_a,0,1,1\n"),
              "r.csv:2: arrival_s is '" + text + "'; allowed is a finite number");
    EXPECT_EQ(fault_in_rows("0,m_a,0,1," + text + "\n"),
              "r.csv:2: slo_s is '" + text + "'; allowed is a finite number");
  }
}

TEST_F(RequestTable, refuses_an_unknown_model) {
  for (const std::string name : {"m", "m_c", "m_a.csv", ""}) {
    EXPECT_EQ(
        fault_in_rows("0," + name + ",0,1,1\n"),
        "r.csv:2: model is '" + name + "'; allowed is the stem of a trace file that is loaded");
  }
}

TEST_F(RequestTable, refuses_a_sample_that_the_trace_does_not_have) {
  for (const std::string sample : {"2", "-1", "0.5", "x", ""}) {
    EXPECT_EQ(fault_in_rows("0,m_a," + sample + ",1,1\n"),
              "r.csv:2: sample is '" + sample + "'; allowed is a whole number from 0 to 1");
  }
}

TEST_F(RequestTable, refuses_priorities_other_than_1_3_and_9) {
  for (const std::string priority : {"0", "2", "4", "8", "10", "-1", "1.5", "x", ""}) {
    EXPECT_EQ(fault_in_rows("0,m_a,0," + priority + ",1\n"),
              "r.csv:2: priority is '" + priority + "'; allowed is 1, 3 or 9");
  }
}

TEST_F(RequestTable, refuses_an_slo_outside_0_to_1e15) {
  for (const std::string slo : {"0", "-1", "-0", "2e15"}) {
    EXPECT_EQ(
        fault_in_rows("0,m_a,0,1," + slo + "\n"),
        "r.csv:2: slo_s is '" + slo + "'; allowed is seconds greater than 0 and at most 1e15");
  }
}

TEST_F(RequestTable, is_read_from_a_file) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("r.csv", kHeader + "0,m_a,0,2,1\n");
  EXPECT_EQ(message_of<FileError>([&] { read_requests(path, traces_); }),
            path + ":2: priority is '2'; allowed is 1, 3 or 9");
}

TEST_F(RequestTable, is_written_with_all_digits) {
  const auto requests = parse(kHeader + "0.1,m_a,1,9,0.30000000000000004\n1,\"odd,name\",0,3,2\n");
  EXPECT_EQ(requests_csv(requests, traces_),
            kHeader + "0.1,m_a,1,9,0.30000000000000004\n1,\"odd,name\",0,3,2\n");
}

}  // namespace
}  // namespace dysta
