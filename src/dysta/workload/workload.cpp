#include "dysta/workload/workload.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/workload/request_source.hpp"
#include "dysta/workload/weighted_draw.hpp"

namespace dysta {
namespace {

struct WeightedName {
  std::string_view name;
  double weight;
};

std::vector<WeightedName> parse_weights(std::string_view text, std::string_view what) {
  std::vector<WeightedName> entries;
  while (true) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    const auto equals = part.find('=');
    const auto weight = equals == part.npos ? std::nullopt : parse_number(part.substr(equals + 1));
    if (!weight || *weight <= 0 || *weight > 1e9) {
      throw SpecificationError(std::string(what) + ": " + in_quotes(part) +
                               " is malformed; allowed is NAME=WEIGHT with a weight greater than 0 "
                               "and at most 1e9");
    }
    for (const WeightedName& other : entries) {
      if (other.name == part.substr(0, equals)) {
        throw SpecificationError(std::string(what) + ": " + in_quotes(other.name) +
                                 " is given twice; allowed is once");
      }
    }
    entries.push_back({part.substr(0, equals), *weight});
    if (comma == text.npos) return entries;
    text.remove_prefix(comma + 1);
  }
}

class DrawnRequests final : public RequestSource {
 public:
  DrawnRequests(const WorkloadSpec& spec, const TraceSet& traces, const Profiles& profiles)
      : spec_(spec),
        traces_(traces),
        profiles_(profiles),
        arrivals_(spec.arrivals, spec.rate_hz, spec.count, spec.seed),
        draw_variant_(spec.mix.weights_for(traces.size())),
        draw_priority_(spec.priorities.weights),
        variants_(spec.seed, StreamPurpose::variants),
        samples_(spec.seed, StreamPurpose::samples),
        priorities_(spec.seed, StreamPurpose::priorities) {}

  std::optional<PlacedRequest> next() override {
    if (drawn_ == spec_.count) return std::nullopt;
    const Seconds arrival = arrivals_.next();
    if (!(arrival <= kLongestTime)) {
      throw SpecificationError("a request would arrive after " + readable_text(arrival.count()) +
                               " s; allowed are rates and counts that end within 1e15 s");
    }
    const auto variant = static_cast<VariantId>(draw_variant_(variants_));
    const Seconds slo = spec_.slo_multiplier * profiles_[variant].e2e_model;
    if (!(slo <= kLongestTime)) {
      throw SpecificationError("a deadline would be " + readable_text(slo.count()) +
                               " s after its request; allowed are multipliers that give at most "
                               "1e15 s");
    }
    const auto sample = static_cast<std::uint32_t>(samples_.below(traces_[variant].samples()));
    return PlacedRequest{.request = {.arrival = arrival,
                                     .variant = variant,
                                     .sample = sample,
                                     .priority = kPriorities[draw_priority_(priorities_)],
                                     .slo = slo},
                         .number = static_cast<std::uint32_t>(drawn_++)};
  }

 private:
  const WorkloadSpec& spec_;
  const TraceSet& traces_;
  const Profiles& profiles_;
  ArrivalClock arrivals_;
  WeightedDraw draw_variant_;
  WeightedDraw draw_priority_;
  RandomStream variants_;
  RandomStream samples_;
  RandomStream priorities_;
  std::size_t drawn_ = 0;
};

}  // namespace

Mix Mix::parse(std::string_view text, const TraceSet& traces) {
  Mix mix{std::vector<double>(traces.size(), 0.0)};
  for (const auto& [name, weight] : parse_weights(text, "mix")) {
    if (const auto variant = traces.find(name)) {
      mix.weights[index(*variant)] += weight;
      continue;
    }
    std::vector<std::size_t> variants;
    for (std::size_t v = 0; v < traces.size(); ++v) {
      if (traces.all()[v].identity().model == name) variants.push_back(v);
    }
    if (variants.empty()) {
      throw SpecificationError("mix: " + in_quotes(name) +
                               " is unknown; allowed are the variants and models of the traces "
                               "(dysta traces describe lists them)");
    }
    for (const std::size_t v : variants) {
      mix.weights[v] += weight / static_cast<double>(variants.size());
    }
  }
  return mix;
}

std::vector<double> Mix::weights_for(std::size_t variants) const {
  if (weights.empty()) return std::vector<double>(variants, 1.0);
  if (weights.size() != variants) throw std::invalid_argument("a mix has one weight a variant");
  return weights;
}

Seconds Mix::mean_service(const Profiles& profiles) const {
  const auto own = weights_for(profiles.size());
  Seconds sum{};
  double total = 0;
  for (std::size_t v = 0; v < own.size(); ++v) {
    sum += own[v] * profiles[static_cast<VariantId>(v)].e2e_pattern;
    total += own[v];
  }
  return sum / total;
}

PriorityMix PriorityMix::parse(std::string_view text) {
  PriorityMix mix{{0, 0, 0}};
  for (const auto& [name, weight] : parse_weights(text, "priorities")) {
    const auto value = parse_whole(name);
    const auto priority = value ? priority_from_weight(*value) : std::nullopt;
    if (!priority) {
      throw SpecificationError("priorities: " + in_quotes(name) +
                               " is unknown; allowed is 1, 3 or 9");
    }
    const auto place = std::find(kPriorities.begin(), kPriorities.end(), *priority);
    double& own = mix.weights[static_cast<std::size_t>(place - kPriorities.begin())];
    if (own > 0) {
      throw SpecificationError("priorities: " + in_quotes(name) +
                               " is given twice; allowed is once");
    }
    own = weight;
  }
  return mix;
}

std::vector<Request> generate(const WorkloadSpec& spec, const TraceSet& traces,
                              const Profiles& profiles) {
  DrawnRequests drawn(spec, traces, profiles);
  std::vector<Request> requests;
  requests.reserve(spec.count);
  while (const auto placed = drawn.next()) requests.push_back(placed->request);
  return requests;
}

std::unique_ptr<RequestSource> drawn_requests(const WorkloadSpec& spec, const TraceSet& traces,
                                              const Profiles& profiles) {
  return std::make_unique<DrawnRequests>(spec, traces, profiles);
}

double rate_for_load(double load, const Mix& mix, const Profiles& profiles) {
  return load / mix.mean_service(profiles).count();
}

}  // namespace dysta
