#include "dysta/workload/workload.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/io/number_text.hpp"
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
  RandomStream variants(spec.seed, StreamPurpose::variants);
  RandomStream samples(spec.seed, StreamPurpose::samples);
  RandomStream priorities(spec.seed, StreamPurpose::priorities);
  const auto weights = spec.mix.weights_for(traces.size());
  const WeightedDraw draw_variant(weights);
  const WeightedDraw draw_priority(spec.priorities.weights);

  const auto arrivals = arrival_times(spec.arrivals, spec.rate_hz, spec.count, spec.seed);
  if (!arrivals.empty() && !(arrivals.back() <= kLongestTime)) {
    throw SpecificationError("the last request would arrive after " +
                             readable_text(arrivals.back().count()) +
                             " s; allowed are rates and counts that end within 1e15 s");
  }
  std::vector<Request> requests;
  requests.reserve(arrivals.size());
  for (const Seconds arrival : arrivals) {
    const auto variant = static_cast<VariantId>(draw_variant(variants));
    requests.push_back(
        {.arrival = arrival,
         .variant = variant,
         .sample = static_cast<std::uint32_t>(samples.below(traces[variant].samples())),
         .priority = kPriorities[draw_priority(priorities)],
         .slo = spec.slo_multiplier * profiles[variant].e2e_model});
    if (!(requests.back().slo <= kLongestTime)) {
      throw SpecificationError("a deadline would be " + readable_text(requests.back().slo.count()) +
                               " s after its request; allowed are multipliers that give at most "
                               "1e15 s");
    }
  }
  return requests;
}

double rate_for_load(double load, const Mix& mix, const Profiles& profiles) {
  return load / mix.mean_service(profiles).count();
}

}  // namespace dysta
