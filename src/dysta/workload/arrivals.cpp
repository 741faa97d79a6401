#include "dysta/workload/arrivals.hpp"

#include "dysta/core/error.hpp"
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

/// What the first `count` recorded times are multiplied by to come at a rate.
double scale_of_replay(const ArrivalProcess& process, std::optional<double> rate_hz,
                       std::size_t count) {
  const std::vector<Seconds>& recorded = process.table.times;
  if (recorded.size() < count) {
    throw SpecificationError("arrivals: " + process.source + " holds " +
                             std::to_string(recorded.size()) + " times and " +
                             std::to_string(count) + " are asked for; allowed is at most as many");
  }
  if (!rate_hz || count == 0) return 1;
  const double span_s = (recorded[count - 1] - recorded.front()).count();
  if (span_s <= 0) {
    throw SpecificationError("arrivals: the first " + std::to_string(count) + " times of " +
                             process.source + " are all the same, so they have no rate to scale");
  }
  return static_cast<double>(count - 1) / span_s / *rate_hz;
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

ArrivalClock::ArrivalClock(const ArrivalProcess& process, std::optional<double> rate_hz,
                           std::size_t count, std::uint64_t seed)
    : process_(process),
      shape_(1 / (process.cv * process.cv)),
      random_(seed, StreamPurpose::arrivals) {
  if (process.kind == ArrivalProcess::Kind::replay) {
    replay_scale_ = scale_of_replay(process, rate_hz, count);
  } else if (rate_hz) {
    period_ = Seconds{1 / *rate_hz};
  } else {
    throw SpecificationError("arrivals: a rate is needed");
  }
}

Seconds ArrivalClock::next() {
  const std::size_t i = taken_++;
  switch (process_.kind) {
    case ArrivalProcess::Kind::replay:
      return process_.table.times[i] * replay_scale_;
    case ArrivalProcess::Kind::periodic:
      periods_ = static_cast<double>(i) + process_.jitter * random_.uniform();
      break;
    case ArrivalProcess::Kind::gamma:
      periods_ += random_.gamma(shape_) / shape_;
      break;
    case ArrivalProcess::Kind::poisson:
      periods_ += random_.exponential();
      break;
  }
  return periods_ * period_;
}

std::vector<Seconds> arrival_times(const ArrivalProcess& process, std::optional<double> rate_hz,
                                   std::size_t count, std::uint64_t seed) {
  ArrivalClock clock(process, rate_hz, count, seed);
  std::vector<Seconds> times(count);
  for (Seconds& time : times) time = clock.next();
  return times;
}

}  // namespace dysta
