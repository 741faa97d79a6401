#include "dysta/trace/kinds.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace dysta {
namespace {

void check(std::span<const TraceSet> kinds) {
  if (kinds.empty()) throw std::invalid_argument("at least one kind of accelerator is needed");
  for (const TraceSet& kind : kinds) {
    bool same = kind.size() == kinds.front().size();
    for (std::size_t v = 0; same && v < kind.size(); ++v) {
      const Trace& a = kind.all()[v];
      const Trace& b = kinds.front().all()[v];
      same = a.name() == b.name() && a.samples() == b.samples() && a.layers() == b.layers();
    }
    if (!same) throw std::invalid_argument("kinds of accelerators have different networks");
  }
}

std::vector<std::uint32_t> lengths_of(const Trace& trace) {
  std::vector<std::uint32_t> lengths;
  for (std::size_t s = 0; s < trace.samples(); ++s) lengths.push_back(trace.sequence_length(s));
  return lengths;
}

}  // namespace

TraceSet fastest_of(std::span<const TraceSet> kinds) {
  check(kinds);
  std::vector<Trace> traces;
  for (std::size_t v = 0; v < kinds.front().size(); ++v) {
    const Trace& first = kinds.front().all()[v];
    std::vector<LayerSample> table;
    for (std::size_t s = 0; s < first.samples(); ++s) {
      for (std::size_t layer = 0; layer < first.layers(); ++layer) {
        LayerSample fastest = first.sample(s)[layer];
        for (const TraceSet& kind : kinds) {
          fastest.latency_s = std::min(fastest.latency_s, kind.all()[v].sample(s)[layer].latency_s);
        }
        table.push_back(fastest);
      }
    }
    traces.emplace_back(first.identity(), first.layers(), std::move(table), lengths_of(first));
  }
  return TraceSet(std::move(traces));
}

TraceSet all_of(std::span<const TraceSet> kinds) {
  check(kinds);
  std::vector<Trace> traces;
  for (std::size_t v = 0; v < kinds.front().size(); ++v) {
    const Trace& first = kinds.front().all()[v];
    Trace::Identity identity = first.identity();
    identity.provenance = {};  // of one kind's inputs alone
    std::vector<LayerSample> table;
    std::vector<std::uint32_t> lengths;
    for (const TraceSet& kind : kinds) {
      const Trace& trace = kind.all()[v];
      for (std::size_t s = 0; s < trace.samples(); ++s) {
        table.insert(table.end(), trace.sample(s).begin(), trace.sample(s).end());
      }
      const auto own = lengths_of(trace);
      lengths.insert(lengths.end(), own.begin(), own.end());
    }
    traces.emplace_back(std::move(identity), first.layers(), std::move(table), std::move(lengths));
  }
  return TraceSet(std::move(traces));
}

}  // namespace dysta
