#include "dysta/workload/request_table.hpp"

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

std::vector<Request> requests_from(CsvReader& csv, const TraceSet& traces) {
  const auto arrival = csv.column("arrival_s");
  const auto model = csv.column("model");
  const auto sample = csv.column("sample");
  const auto priority = csv.column("priority");
  const auto slo = csv.column("slo_s");
  std::vector<Request> requests;
  while (csv.next_row()) {
    Request request;
    request.arrival = Seconds{csv.number(arrival)};
    if (request.arrival < Seconds{0} || request.arrival > kLongestTime ||
        (!requests.empty() && request.arrival < requests.back().arrival)) {
      csv.fail_field(arrival, "seconds from 0 to 1e15, not before the row above");
    }
    const auto variant = traces.find(csv.text(model));
    if (!variant) csv.fail_field(model, "the stem of a trace file that is loaded");
    request.variant = *variant;
    request.sample = static_cast<std::uint32_t>(csv.whole(sample, traces[*variant].samples() - 1));
    const auto weight = parse_whole(csv.text(priority));
    const auto level = weight ? priority_from_weight(*weight) : std::nullopt;
    if (!level) csv.fail_field(priority, "1, 3 or 9");
    request.priority = *level;
    request.slo = Seconds{csv.number(slo)};
    if (request.slo <= Seconds{0} || request.slo > kLongestTime) {
      csv.fail_field(slo, "seconds greater than 0 and at most 1e15");
    }
    requests.push_back(request);
  }
  if (requests.empty()) throw FileError(csv.name(), 0, "has no rows; at least one is needed");
  return requests;
}

}  // namespace

std::vector<Request> read_requests(const std::string& path, const TraceSet& traces) {
  auto csv = CsvReader::open(path);
  return requests_from(csv, traces);
}

std::vector<Request> parse_requests(const std::string& name, std::string text,
                                    const TraceSet& traces) {
  CsvReader csv(name, std::move(text));
  return requests_from(csv, traces);
}

std::string requests_csv(std::span<const Request> requests, const TraceSet& traces) {
  std::string text = "arrival_s,model,sample,priority,slo_s\n";
  for (const Request& request : requests) {
    text += shortest_text(request.arrival.count()) + ',' +
            csv_field(traces[request.variant].name()) + ',' + std::to_string(request.sample) + ',' +
            std::to_string(static_cast<int>(request.priority)) + ',' +
            shortest_text(request.slo.count()) + '\n';
  }
  return text;
}

}  // namespace dysta
