#include "dysta/trace/profile.hpp"

namespace dysta {
namespace {

/// Sums over samples, from which means of any grouping follow.
struct Sums {
  std::vector<long double>
      latency_s;  // long, so that equal means of different inputs come out equal
  std::vector<long double> sparsity;
  long double e2e_s = 0;
  long double samples = 0;

  explicit Sums(std::size_t layers) : latency_s(layers), sparsity(layers) {}

  void add(const Trace& trace) {
    for (std::size_t s = 0; s < trace.samples(); ++s) {
      const auto layers = trace.sample(s);
      for (std::size_t l = 0; l < layers.size(); ++l) {
        latency_s[l] += layers[l].latency_s;
        sparsity[l] += layers[l].sparsity;
      }
      e2e_s += trace.isolated(s).count();
    }
    samples += static_cast<long double>(trace.samples());
  }

  Seconds mean_e2e() const { return Seconds{static_cast<double>(e2e_s / samples)}; }

  LatencyTable latency_table() const {
    LatencyTable table;
    for (const long double sum : latency_s) {
      table.layer_s.push_back(static_cast<double>(sum / samples));
    }
    table.remaining_s.assign(latency_s.size() + 1, 0.0);
    long double remaining = 0;
    for (std::size_t l = latency_s.size(); l-- > 0;) {
      remaining += table.layer_s[l];
      table.remaining_s[l] = static_cast<double>(remaining);
    }
    return table;
  }
};

}  // namespace

Profiles::Profiles(const TraceSet& traces) {
  std::vector<Sums> models(traces.models().size(), Sums(0));
  for (std::size_t v = 0; v < traces.size(); ++v) {
    const auto id = static_cast<VariantId>(v);
    const Trace& trace = traces[id];
    Sums& model = models[index(traces.model_of(id))];
    if (model.samples == 0) model = Sums(trace.layers());
    model.add(trace);

    Sums own(trace.layers());
    own.add(trace);
    Profile& profile = profiles_.emplace_back(Profile{.conditional = ConditionalTable(trace)});
    profile.by_pattern = own.latency_table();
    for (const long double sum : own.sparsity) {
      profile.average_density.push_back(static_cast<double>(1 - sum / own.samples));
    }
    profile.e2e_pattern = own.mean_e2e();
    mean_e2e_ += profile.e2e_pattern / static_cast<double>(traces.size());
  }
  for (std::size_t v = 0; v < traces.size(); ++v) {
    const Sums& model = models[index(traces.model_of(static_cast<VariantId>(v)))];
    profiles_[v].by_model = model.latency_table();
    profiles_[v].e2e_model = model.mean_e2e();
  }
}

}  // namespace dysta
