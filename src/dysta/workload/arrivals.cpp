#include "dysta/workload/arrivals.hpp"

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/number_text.hpp"

namespace dysta {
namespace {

constexpr std::string_view kAllowed =
    "allowed is poisson, periodic[:jitter=0..1], gamma[:cv=0.05..20] or replay:FILE";

/// The value of `key=NUMBER` in `text`, in `least` … `largest`.
double parse_setting(std::string_view text, std::string_view key, double least, double largest) {
  const auto equals = text.find('=');
  if (equals != text.npos && text.substr(0, equals) == key) {
    const auto value = parse_number(text.substr(equals + 1));
    if (value && *value >= least && *value <= largest) return *value;
  }
  throw SpecificationError("arrivals: parameter " + in_quotes(text) + " is not allowed; " +
                           std::string(kAllowed));
}

std::vector<Seconds> replayed(const ArrivalProcess& process, std::optional<double> rate_hz,
                              std::size_t count) {
  const std::vector<Seconds>& recorded = process.table.times;
  if (recorded.size() < count) {
    throw SpecificationError("arrivals: " + process.source + " holds " +
                             std::to_string(recorded.size()) + " times and " +
                             std::to_string(count) + " are asked for; allowed is at most as many");
  }
  std::vector<Seconds> times(recorded.begin(),
                             recorded.begin() + static_cast<std::ptrdiff_t>(count));
  if (!rate_hz || times.empty()) return times;
  const double span_s = (times.back() - times.front()).count();
  if (span_s <= 0) {
    throw SpecificationError("arrivals: the first " + std::to_string(count) + " times of " +
                             process.source + " are all the same, so they have no rate to scale");
  }
  const double scale = static_cast<double>(count - 1) / span_s / *rate_hz;
  for (Seconds& time : times) time *= scale;
  return times;
}

}  // namespace

ArrivalProcess parse_arrival_process(std::string_view text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const bool has_setting = colon != text.npos;
  const auto setting = has_setting ? text.substr(colon + 1) : std::string_view{};
  ArrivalProcess process;
  if (name == "poisson" && !has_setting) return process;
  if (name == "periodic") {
    process.kind = ArrivalProcess::Kind::periodic;
    if (has_setting) process.jitter = parse_setting(setting, "jitter", 0, 1);
    return process;
  }
  if (name == "gamma") {
    process.kind = ArrivalProcess::Kind::gamma;
    if (has_setting) process.cv = parse_setting(setting, "cv", 0.05, 20);
    return process;
  }
  if (name == "replay" && !setting.empty()) {
    process.kind = ArrivalProcess::Kind::replay;
    process.source = setting;
    process.table = read_arrival_table(process.source);
    return process;
  }
  throw SpecificationError("arrivals: " + in_quotes(text) + " is unknown; " +
                           std::string(kAllowed));
}

std::string to_text(const ArrivalProcess& process) {
  switch (process.kind) {
    case ArrivalProcess::Kind::poisson:
      return "poisson";
    case ArrivalProcess::Kind::periodic:
      return "periodic:jitter=" + shortest_text(process.jitter);
    case ArrivalProcess::Kind::gamma:
      return "gamma:cv=" + shortest_text(process.cv);
    case ArrivalProcess::Kind::replay:
      return "replay:" + process.source;
  }
  return {};
}

ArrivalTable read_arrival_table(const std::string& path) {
  constexpr std::uint64_t kMostTokens = 1u << 30;
  auto csv = CsvReader::open(path);
  const auto arrival = csv.column("arrival_s");
  const auto model = csv.find_column("model");
  const auto tokens = csv.find_column("context_tokens");
  ArrivalTable table;
  while (csv.next_row()) {
    const Seconds time{csv.number(arrival)};
    if (time < Seconds{0} || time > kLongestTime ||
        (!table.times.empty() && time < table.times.back())) {
      csv.fail_field(arrival, "seconds from 0 to 1e15, not before the row above");
    }
    table.times.push_back(time);
    if (model) table.models.emplace_back(csv.text(*model));
    if (tokens) {
      const std::uint64_t count = csv.whole(*tokens, kMostTokens);
      if (count == 0) csv.fail_field(*tokens, "a number of tokens from 1");
      table.tokens.push_back(static_cast<std::uint32_t>(count));
    }
  }
  if (table.times.empty()) throw FileError(path, 0, "has no rows; at least one arrival is needed");
  return table;
}

std::vector<Seconds> arrival_times(const ArrivalProcess& process, std::optional<double> rate_hz,
                                   std::size_t count, std::uint64_t seed) {
  if (process.kind == ArrivalProcess::Kind::replay) return replayed(process, rate_hz, count);
  if (!rate_hz) throw SpecificationError("arrivals: a rate is needed");
  const Seconds period{1 / *rate_hz};
  RandomStream random(seed, StreamPurpose::arrivals);
  std::vector<Seconds> times;
  times.reserve(count);
  double periods = 0;  // from the start to the last arrival
  const double shape = 1 / (process.cv * process.cv);
  for (std::size_t i = 0; i < count; ++i) {
    switch (process.kind) {
      case ArrivalProcess::Kind::periodic:
        periods = static_cast<double>(i) + process.jitter * random.uniform();
        break;
      case ArrivalProcess::Kind::gamma:
        periods += random.gamma(shape) / shape;
        break;
      default:
        periods += random.exponential();
    }
    times.push_back(periods * period);
  }
  return times;
}

}  // namespace dysta
