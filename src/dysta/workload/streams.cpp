#include "dysta/workload/streams.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>
#include <stdexcept>
#include <utility>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/workload/weighted_draw.hpp"

namespace dysta {
namespace {

constexpr std::size_t kProgressStep = 8192;  // requests: milliseconds of drawing

std::size_t samples_of(const StreamNetwork& network) {
  std::size_t count = 0;
  for (const SampleRange& range : network.samples) count += range.count;
  return count;
}

/// The input at a position among those of `network`.
std::uint32_t sample_at(const StreamNetwork& network, std::uint64_t position) {
  for (const SampleRange& range : network.samples) {
    if (position < range.count) return range.first + static_cast<std::uint32_t>(position);
    position -= range.count;
  }
  throw std::logic_error("a network has fewer inputs than were counted");
}

/// The inputs of a network by their length, to find those for a recorded number of tokens.
class InputsByLength {
 public:
  InputsByLength(const StreamNetwork& network, const Trace& trace) {
    for (const SampleRange& range : network.samples) {
      for (std::uint32_t s = range.first; s < range.first + range.count; ++s) {
        inputs_.push_back({trace.sequence_length(s), s});
      }
    }
    std::stable_sort(inputs_.begin(), inputs_.end(), shorter);
  }

  struct Input {
    std::uint32_t tokens;
    std::uint32_t sample;
  };

  /// The inputs whose length is nearest to `tokens`, the shorter of two equally near.
  std::span<const Input> nearest(std::uint32_t tokens) const {
    const auto above = std::lower_bound(inputs_.begin(), inputs_.end(), Input{tokens, 0}, shorter);
    auto nearest = above == inputs_.end() ? std::prev(above) : above;
    if (above != inputs_.begin() && above != inputs_.end() &&
        tokens - std::prev(above)->tokens <= above->tokens - tokens) {
      nearest = std::prev(above);
    }
    const auto [first, last] = std::equal_range(inputs_.begin(), inputs_.end(), *nearest, shorter);
    return {first, last};
  }

 private:
  static bool shorter(const Input& a, const Input& b) { return a.tokens < b.tokens; }

  std::vector<Input> inputs_;
};

/// When a stream's requests arrive, with the row of its table that each restates.
struct Arrivals {
  std::vector<Seconds> times;
  std::vector<std::size_t> rows;  ///< replay only
};

/// The recorded gaps from a random instant on, around the end, all scaled to the rate. Between the
/// last row and the first lies the mean gap.
Arrivals replay(const Stream& stream, double rate_hz, std::size_t count, RandomStream& random) {
  const std::vector<Seconds>& recorded = stream.arrivals.table.times;
  const std::size_t rows = recorded.size();
  const Seconds span = recorded.back() - recorded.front();
  const double mean_gap_s = rows > 1 ? span.count() / static_cast<double>(rows - 1) : 1;
  if (!(mean_gap_s > 0)) {
    throw SpecificationError("the times of " + stream.arrivals.source +
                             " are all the same, so they have no rate to scale");
  }
  const double scale = 1 / (mean_gap_s * rate_hz);
  // A random instant lies in a long gap more often than in a short one, as a random row does not:
  // from a random row on, bursts would come more often than they are recorded.
  const Seconds cycle{mean_gap_s * static_cast<double>(rows)};
  const Seconds start = recorded.front() + random.uniform() * cycle;
  const auto first = std::lower_bound(recorded.begin(), recorded.end(), start);
  const Seconds wait = (first == recorded.end() ? recorded.front() + cycle : *first) - start;
  auto row = static_cast<std::size_t>(first - recorded.begin()) % rows;
  Arrivals arrivals;
  Seconds time = wait * scale;
  for (std::size_t i = 0; i < count; ++i) {
    arrivals.times.push_back(time);
    arrivals.rows.push_back(row);
    const Seconds gap = row + 1 < rows ? recorded[row + 1] - recorded[row] : Seconds{mean_gap_s};
    time += gap * scale;
    row = (row + 1) % rows;
  }
  return arrivals;
}

/// The first `count`; those of a larger number begin with them.
Arrivals arrivals_of(const Stream& stream, double rate_hz, std::size_t count, std::uint64_t seed) {
  RandomStream phases(seed, StreamPurpose::phases);
  if (stream.arrivals.kind == ArrivalProcess::Kind::replay) {
    return replay(stream, rate_hz, count, phases);
  }
  Arrivals arrivals{arrival_times(stream.arrivals, rate_hz, count, seed), {}};
  if (stream.arrivals.kind == ArrivalProcess::Kind::periodic) {
    const Seconds phase{phases.uniform() / rate_hz};
    for (Seconds& time : arrivals.times) time += phase;
  }
  return arrivals;
}

Seconds slo_of(const Stream& stream, const StreamDraw& options, double rate_hz,
               const Profile& profile) {
  if (const auto* model = std::get_if<ModelLatencies>(&stream.deadline)) {
    return options.slo_multiplier.value_or(model->multiple) * profile.e2e_model;
  }
  if (const auto* periods = std::get_if<Periods>(&stream.deadline)) {
    return Seconds{periods->multiple / rate_hz};
  }
  return std::get<Seconds>(stream.deadline);
}

/// Which network and input each request of a stream is for: drawn by weight, or as a recorded row
/// says.
class Choice {
 public:
  Choice(const Stream& stream, const Pool& pool)
      : stream_(stream), pool_(pool), any_(stream.networks.size()) {
    std::iota(any_.networks.begin(), any_.networks.end(), 0u);
    const bool replayed = stream.arrivals.kind == ArrivalProcess::Kind::replay;
    by_row_ = replayed && !(table().models.empty() && table().tokens.empty());
    if (by_row_ && !table().tokens.empty()) {
      for (const StreamNetwork& network : stream.networks) {
        by_length_.emplace_back(network, (*pool.traces)[network.variant]);
      }
    }
    if (!by_row_ || table().models.empty()) return;
    for (std::size_t n = 0; n < stream.networks.size(); ++n) {
      by_name_[stream.networks[n].asked_as].networks.push_back(n);
    }
  }

  /// The network and input for a request that restates `row` (any number where nothing does).
  std::pair<const StreamNetwork*, std::uint32_t> operator()(std::size_t row, RandomStream& variants,
                                                            RandomStream& samples) const {
    const Group& group = group_of(row);
    const std::size_t n = group.networks[WeightedDraw(weights(group))(variants)];
    const StreamNetwork& network = stream_.networks[n];
    if (by_length_.empty())
      return {&network, sample_at(network, samples.below(samples_of(network)))};
    const auto inputs = by_length_[n].nearest(table().tokens[row]);
    return {&network, inputs[samples.below(inputs.size())].sample};
  }

  Seconds mean_service() const {
    if (!by_row_) return mean_service(any_, 0);
    Seconds sum{0};
    const std::size_t rows = table().times.size();
    for (std::size_t row = 0; row < rows; ++row) sum += mean_service(group_of(row), row);
    return sum / static_cast<double>(rows);
  }

 private:
  struct Group {
    explicit Group(std::size_t size = 0) : networks(size) {}
    std::vector<std::size_t> networks;
  };

  const ArrivalTable& table() const { return stream_.arrivals.table; }

  const Group& group_of(std::size_t row) const {
    return by_name_.empty() ? any_ : by_name_.at(table().models[row]);
  }

  std::vector<double> weights(const Group& group) const {
    std::vector<double> weights;
    for (const std::size_t n : group.networks) weights.push_back(stream_.networks[n].weight);
    return weights;
  }

  Seconds mean_service(const Group& group, std::size_t row) const {
    Seconds sum{0};
    double total = 0;
    for (const std::size_t n : group.networks) {
      const StreamNetwork& network = stream_.networks[n];
      const Trace& trace = (*pool_.traces)[network.variant];
      Seconds own{0};
      std::size_t inputs = samples_of(network);
      if (by_length_.empty()) {
        for (const SampleRange& range : network.samples) {
          for (std::uint32_t s = range.first; s < range.first + range.count; ++s) {
            own += trace.isolated(s);
          }
        }
      } else {
        const auto nearest = by_length_[n].nearest(table().tokens[row]);
        for (const auto& input : nearest) own += trace.isolated(input.sample);
        inputs = nearest.size();
      }
      sum += network.weight * (own / static_cast<double>(inputs));
      total += network.weight;
    }
    return sum / total;
  }

  const Stream& stream_;
  const Pool& pool_;
  Group any_;                              ///< all networks
  std::map<std::string, Group> by_name_;   ///< where rows name networks
  std::vector<InputsByLength> by_length_;  ///< by network, where rows tell tokens
  bool by_row_ = false;
};

/// The requests of a stream, one after the other and without end.
class Source {
 public:
  /// `expected` is how many are likely to be taken.
  Source(const Stream& stream, const Pool& pool, const StreamDraw& options, std::size_t expected,
         std::uint64_t seed)
      : stream_(stream),
        pool_(pool),
        options_(options),
        rate_hz_(stream.rate_hz * options.rate_scale),
        seed_(seed),
        arrivals_(arrivals_of(stream, rate_hz_, expected, seed)),
        choose_(stream, pool),
        draw_priority_(stream.priorities.weights),
        variants_(seed, StreamPurpose::variants),
        samples_(seed, StreamPurpose::samples),
        priorities_(seed, StreamPurpose::priorities) {}

  Seconds next_arrival() const { return arrivals_.times[next_]; }

  Request take() {
    const Seconds arrival = next_arrival();
    if (!(arrival <= kLongestTime)) {
      throw SpecificationError("a request of " + in_quotes(stream_.name) + " would arrive after " +
                               readable_text(arrival.count()) +
                               " s; allowed are rates and counts that end within 1e15 s");
    }
    const auto [network, sample] =
        choose_(arrivals_.rows.empty() ? 0 : arrivals_.rows[next_], variants_, samples_);
    const Seconds slo = slo_of(stream_, options_, rate_hz_, (*pool_.profiles)[network->variant]);
    if (!(slo > Seconds{0} && slo <= kLongestTime)) {
      throw SpecificationError("a deadline of " + in_quotes(stream_.name) + " would be " +
                               readable_text(slo.count()) +
                               " s after its request; allowed is more than 0 and at most 1e15 s");
    }
    if (++next_ == arrivals_.times.size()) {
      arrivals_ = arrivals_of(stream_, rate_hz_, 2 * next_, seed_);
    }
    return {.arrival = arrival,
            .variant = network->variant,
            .sample = sample,
            .priority = kPriorities[draw_priority_(priorities_)],
            .slo = slo};
  }

 private:
  const Stream& stream_;
  const Pool& pool_;
  const StreamDraw& options_;
  double rate_hz_;
  std::uint64_t seed_;
  Arrivals arrivals_;
  std::size_t next_ = 0;  ///< below the number of `arrivals_`
  Choice choose_;
  WeightedDraw draw_priority_;
  RandomStream variants_;
  RandomStream samples_;
  RandomStream priorities_;
};

}  // namespace

Pool one_pool(const TraceSet& traces, const Profiles& profiles, std::uint32_t accelerators) {
  return {.name = {},
          .accelerator = {},
          .accelerators = accelerators,
          .traces = &traces,
          .profiles = &profiles};
}

Seconds Stream::mean_service(const Pool& of) const { return Choice(*this, of).mean_service(); }

std::vector<double> utilisations(std::span<const Pool> pools, std::span<const Stream> streams,
                                 double rate_scale) {
  std::vector<double> shares(pools.size(), 0.0);
  for (const Stream& stream : streams) {
    const Pool& pool = pools[stream.pool];
    shares[stream.pool] += rate_scale * stream.rate_hz * stream.mean_service(pool).count() /
                           static_cast<double>(pool.accelerators);
  }
  return shares;
}

Run draw(std::span<const Pool> pools, std::span<const Stream> streams, const StreamDraw& options) {
  double rates = 0;
  for (const Stream& stream : streams) rates += stream.rate_hz;

  RandomStream seeds(options.seed, StreamPurpose::streams);
  std::vector<Source> sources;
  sources.reserve(streams.size());
  using Next = std::pair<Seconds, std::uint32_t>;  // arrival, stream
  std::priority_queue<Next, std::vector<Next>, std::greater<>> next;
  for (const Stream& stream : streams) {
    const double share = static_cast<double>(options.count) * (stream.rate_hz / rates);
    sources.emplace_back(stream, pools[stream.pool], options, 1 + static_cast<std::size_t>(share),
                         seeds.bits());
    next.emplace(sources.back().next_arrival(), static_cast<std::uint32_t>(sources.size() - 1));
  }

  Run run;
  while (run.requests.size() < options.count) {
    const std::uint32_t stream = next.top().second;
    next.pop();
    run.requests.push_back(sources[stream].take());
    run.pools.push_back(static_cast<std::uint32_t>(streams[stream].pool));
    run.streams.push_back(stream);
    next.emplace(sources[stream].next_arrival(), stream);
    const std::size_t drawn = run.requests.size();
    if (options.progress && (drawn % kProgressStep == 0 || drawn == options.count)) {
      options.progress(drawn);
    }
  }
  return run;
}

}  // namespace dysta
