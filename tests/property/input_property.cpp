// Files say the same whatever the order of their rows, and what is written is read back.
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/sim/compare.hpp"
#include "dysta/trace/trace_reader.hpp"
#include "random_case.hpp"

namespace dysta {
namespace {

using test::RandomCase;

/// The rows of a trace file, a line each.
std::vector<std::string> rows_of(const Trace& trace) {
  std::vector<std::string> rows;
  for (std::size_t s = 0; s < trace.samples(); ++s) {
    for (std::size_t l = 0; l < trace.layers(); ++l) {
      const LayerSample& layer = trace.sample(s)[l];
      rows.push_back(shortest_text(layer.latency_s) + ',' + shortest_text(layer.sparsity) + ',' +
                     std::to_string(s) + ',' + std::to_string(l) + '\n');
    }
  }
  return rows;
}

Trace read_from(const std::string& path, const std::vector<std::string>& rows) {
  std::string text = "sim_lat,overall-sparsity,batch-indx,layer-indx\n";
  for (const std::string& row : rows) text += row;
  return parse_trace(path, text);
}

bool same_values(const Trace& a, const Trace& b) {
  if (a.samples() != b.samples() || a.layers() != b.layers()) return false;
  for (std::size_t s = 0; s < a.samples(); ++s) {
    const auto same = [](const LayerSample& x, const LayerSample& y) {
      return x.latency_s == y.latency_s && x.sparsity == y.sparsity;
    };
    if (!std::equal(a.sample(s).begin(), a.sample(s).end(), b.sample(s).begin(), same))
      return false;
  }
  return true;
}

/// Completion times of every request, to the last bit, under policies that look at everything.
std::string completions(const TraceSet& traces, const std::vector<Request>& requests) {
  const Profiles profiles(traces);
  const Workloads workloads = given_workload(requests, "r.csv", one_pool(traces, profiles));
  std::vector<RunOutcome> outcomes;
  const Comparison comparison =
      compare(traces, profiles, workloads,
              PolicyRegistry().parse("fcfs,sjf_sparse,prema,sdrm3_sparse,dysta,dysta_oracle,llf,"
                                     "hrrn"),
              {.outcomes = &outcomes});
  return completions_csv(comparison.policies, outcomes);
}

RC_GTEST_PROP(TraceFile, the_order_of_rows_and_of_files_changes_nothing,
              (const RandomCase& random)) {
  std::vector<Trace> shuffled;
  for (const Trace& trace : random.traces.all()) {
    std::vector<std::string> rows = rows_of(trace);
    // A random permutation: swaps at random places.
    for (std::size_t i = rows.size(); i > 1; --i) {
      std::swap(rows[i - 1], rows[*rc::gen::inRange<std::size_t>(0, i)]);
    }
    shuffled.push_back(read_from(trace.name() + ".csv", rows));
    RC_ASSERT(same_values(shuffled.back(), trace));
    RC_ASSERT(same_values(shuffled.back(), read_from(trace.name() + ".csv", rows_of(trace))));
  }
  std::reverse(shuffled.begin(), shuffled.end());
  RC_ASSERT(completions(TraceSet(std::move(shuffled)), random.requests) ==
            completions(random.traces, random.requests));
}

RC_GTEST_PROP(RequestFile, what_is_written_is_read_back_to_the_same_requests_and_results,
              (const RandomCase& random)) {
  const std::string text = requests_csv(random.requests, random.traces);
  const std::vector<Request> read = parse_requests("r.csv", text, random.traces);
  RC_ASSERT(read.size() == random.requests.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    RC_ASSERT(read[i].arrival == random.requests[i].arrival);
    RC_ASSERT(read[i].variant == random.requests[i].variant);
    RC_ASSERT(read[i].sample == random.requests[i].sample);
    RC_ASSERT(read[i].priority == random.requests[i].priority);
    RC_ASSERT(read[i].slo == random.requests[i].slo);
  }
  RC_ASSERT(requests_csv(read, random.traces) == text);
  RC_ASSERT(completions(random.traces, read) == completions(random.traces, random.requests));
}

RC_GTEST_PROP(NumberText, every_number_is_read_back_exactly, (double value)) {
  RC_ASSERT(parse_number(shortest_text(value)) == value);
  const double scaled = value * std::pow(10, *rc::gen::inRange(-300, 300));
  if (std::isfinite(scaled)) RC_ASSERT(parse_number(shortest_text(scaled)) == scaled);
}

RC_GTEST_PROP(Csv, every_field_without_a_line_break_is_read_back, ()) {
  const auto field = rc::gen::container<std::string>(
      rc::gen::element('a', ' ', ',', '"', '\t', ';', '\'', '=', '0'));
  const auto fields = *rc::gen::container<std::vector<std::string>>(3, field);
  std::string row;
  for (const std::string& each : fields) row += (row.empty() ? "" : ",") + csv_field(each);
  // The row begins with a field that is not empty, for `row.empty()` above and because a line of
  // nothing but blanks is skipped.
  row = "x," + row;
  CsvReader csv("t.csv", "first,a,b,c\n" + row);
  RC_PRE(!fields.front().empty());
  RC_ASSERT(csv.next_row());
  for (std::size_t i = 0; i < fields.size(); ++i) RC_ASSERT(csv.text(i + 1) == fields[i]);
}

}  // namespace
}  // namespace dysta
