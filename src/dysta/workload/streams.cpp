#include "dysta/workload/streams.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "dysta/core/error.hpp"
#include "dysta/core/random.hpp"
#include "dysta/io/number_text.hpp"
#include "dysta/workload/request_source.hpp"
#include "dysta/workload/weighted_draw.hpp"

namespace dysta {
namespace {

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

/// When a stream's requests arrive, one after the other and without end, with the row of its table
/// that each restates.
class StreamArrivals {
 public:
  StreamArrivals(const Stream& stream, double rate_hz, std::uint64_t seed)
      : process_(stream.arrivals) {
    RandomStream phases(seed, StreamPurpose::phases);
    if (process_.kind == ArrivalProcess::Kind::replay) {
      start_replay(rate_hz, phases);
      return;
    }
    clock_.emplace(process_, rate_hz, 0, seed);
    if (process_.kind == ArrivalProcess::Kind::periodic)
      phase_ = Seconds{phases.uniform() / rate_hz};
    time_ = clock_->next() + phase_;
  }

  Seconds time() const { return time_; }
  std::size_t row() const { return row_; }  ///< 0 where nothing is replayed

  void advance() {
    if (clock_) {
      time_ = clock_->next() + phase_;
      return;
    }
    const std::vector<Seconds>& recorded = process_.table.times;
    const Seconds gap =
        row_ + 1 < recorded.size() ? recorded[row_ + 1] - recorded[row_] : mean_gap_;
    time_ += gap * scale_;
    row_ = (row_ + 1) % recorded.size();
  }

 private:
  /// The recorded gaps from a random instant on, around the end, all scaled to the rate. Between
  /// the last row and the first lies the mean gap.
  void start_replay(double rate_hz, RandomStream& random) {
    const std::vector<Seconds>& recorded = process_.table.times;
    const std::size_t rows = recorded.size();
    const Seconds span = recorded.back() - recorded.front();
    mean_gap_ = rows > 1 ? Seconds{span.count() / static_cast<double>(rows - 1)} : Seconds{1};
    if (!(mean_gap_ > Seconds{0})) {
      throw SpecificationError("the times of " + process_.source +
                               " are all the same, so they have no rate to scale");
    }
    scale_ = 1 / (mean_gap_.count() * rate_hz);
    // A random instant lies in a long gap more often than in a short one, as a random row does not:
    // from a random row on, bursts would come more often than they are recorded.
    const Seconds cycle = mean_gap_ * static_cast<double>(rows);
    const Seconds start = recorded.front() + random.uniform() * cycle;
    const auto first = std::lower_bound(recorded.begin(), recorded.end(), start);
    const Seconds wait = (first == recorded.end() ? recorded.front() + cycle : *first) - start;
    row_ = static_cast<std::size_t>(first - recorded.begin()) % rows;
    time_ = wait * scale_;
  }

  const ArrivalProcess& process_;
  std::optional<ArrivalClock> clock_;  ///< of all but replays
  Seconds phase_{0};
  Seconds mean_gap_{};  ///< of the recorded times
  double scale_ = 1;    ///< of recorded gaps
  Seconds time_{};
  std::size_t row_ = 0;
};

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
    any_.draw = WeightedDraw(weights(any_));
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
    for (auto& [name, group] : by_name_) group.draw = WeightedDraw(weights(group));
  }

  /// The network and input for a request that restates `row` (any number where nothing does).
  std::pair<const StreamNetwork*, std::uint32_t> operator()(std::size_t row, RandomStream& variants,
                                                            RandomStream& samples) const {
    const Group& group = group_of(row);
    const std::size_t n = group.networks[group.draw(variants)];
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
    WeightedDraw draw{{}};  ///< a position in `networks`, by weight
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
class RequestsOfStream {
 public:
  RequestsOfStream(const Stream& stream, const Pool& pool, const StreamDraw& options,
                   std::uint64_t seed)
      : stream_(stream),
        arrivals_(stream, stream.rate_hz * options.rate_scale, seed),
        choose_(stream, pool),
        draw_priority_(stream.priorities.weights),
        variants_(seed, StreamPurpose::variants),
        samples_(seed, StreamPurpose::samples),
        priorities_(seed, StreamPurpose::priorities) {
    for (const Profile& profile : pool.profiles->all()) {
      slos_.push_back(slo_of(stream, options, stream.rate_hz * options.rate_scale, profile));
    }
  }

  Seconds next_arrival() const { return arrivals_.time(); }

  Request take() {
    const Seconds arrival = next_arrival();
    if (!(arrival <= kLongestTime)) {
      throw SpecificationError("a request of " + in_quotes(stream_.name) + " would arrive after " +
                               readable_text(arrival.count()) +
                               " s; allowed are rates and counts that end within 1e15 s");
    }
    const auto [network, sample] = choose_(arrivals_.row(), variants_, samples_);
    const Seconds slo = slos_[index(network->variant)];
    if (!(slo > Seconds{0} && slo <= kLongestTime)) {
      throw SpecificationError("a deadline of " + in_quotes(stream_.name) + " would be " +
                               readable_text(slo.count()) +
                               " s after its request; allowed is more than 0 and at most 1e15 s");
    }
    arrivals_.advance();
    return {.arrival = arrival,
            .variant = network->variant,
            .sample = sample,
            .priority = kPriorities[draw_priority_(priorities_)],
            .slo = slo};
  }

 private:
  const Stream& stream_;
  StreamArrivals arrivals_;
  Choice choose_;
  std::vector<Seconds> slos_;  ///< by variant
  WeightedDraw draw_priority_;
  RandomStream variants_;
  RandomStream samples_;
  RandomStream priorities_;
};

/// The requests of all streams together.
class RequestsOfStreams final : public RequestSource {
 public:
  RequestsOfStreams(std::span<const Pool> pools, std::span<const Stream> streams,
                    const StreamDraw& options)
      : streams_(streams), count_(options.count) {
    RandomStream seeds(options.seed, StreamPurpose::streams);
    requests_.reserve(streams.size());
    for (const Stream& stream : streams) {
      requests_.emplace_back(stream, pools[stream.pool], options, seeds.bits());
      next_.emplace_back(requests_.back().next_arrival(), static_cast<std::uint32_t>(next_.size()));
    }
    std::make_heap(next_.begin(), next_.end(), std::greater<>());
  }

  std::optional<PlacedRequest> next() override {
    if (drawn_ == count_) return std::nullopt;
    std::pop_heap(next_.begin(), next_.end(), std::greater<>());
    const std::uint32_t stream = next_.back().second;
    const Request request = requests_[stream].take();
    next_.back().first = requests_[stream].next_arrival();
    std::push_heap(next_.begin(), next_.end(), std::greater<>());
    return PlacedRequest{.request = request,
                         .number = static_cast<std::uint32_t>(drawn_++),
                         .pool = static_cast<std::uint32_t>(streams_[stream].pool),
                         .stream = stream};
  }

 private:
  std::span<const Stream> streams_;
  std::size_t count_;
  std::vector<RequestsOfStream> requests_;               ///< by stream
  std::vector<std::pair<Seconds, std::uint32_t>> next_;  ///< arrival and stream: a heap
  std::size_t drawn_ = 0;
};

/// The share of time for which so many accelerators are needed by the streams of a pool.
double share_of(const Pool& pool, std::size_t number, std::uint32_t accelerators,
                std::span<const Stream> streams, double rate_scale) {
  double share = 0;
  for (const Stream& stream : streams) {
    if (stream.pool != number) continue;
    share += rate_scale * stream.rate_hz * stream.mean_service(pool).count() /
             static_cast<double>(accelerators);
  }
  return share;
}

}  // namespace

Pool one_pool(const TraceSet& traces, const Profiles& profiles, std::uint32_t accelerators) {
  return {.name = {},
          .accelerator = {},
          .accelerators = accelerators,
          .kinds = {},
          .dispatch = "global",
          .traces = &traces,
          .profiles = &profiles};
}

Seconds Stream::mean_service(const Pool& of) const { return Choice(*this, of).mean_service(); }

std::vector<double> utilisations(std::span<const Pool> pools, std::span<const Stream> streams,
                                 double rate_scale) {
  std::vector<double> shares(pools.size(), 0.0);
  for (std::size_t p = 0; p < pools.size(); ++p) {
    if (pools[p].kinds.empty()) {
      shares[p] = share_of(pools[p], p, pools[p].accelerators, streams, rate_scale);
      continue;
    }
    double capacity = 0;  // how many times what is asked for all kinds together can do
    for (const AcceleratorKind& kind : pools[p].kinds) {
      Pool alike = pools[p];
      alike.traces = kind.traces;
      capacity += 1 / share_of(alike, p, kind.accelerators, streams, rate_scale);
    }
    shares[p] = 1 / capacity;
  }
  return shares;
}

Run draw(std::span<const Pool> pools, std::span<const Stream> streams, const StreamDraw& options) {
  RequestsOfStreams requests(pools, streams, options);
  Run run;
  while (const auto placed = requests.next()) {
    run.requests.push_back(placed->request);
    run.pools.push_back(placed->pool);
    run.streams.push_back(placed->stream);
  }
  return run;
}

std::unique_ptr<RequestSource> drawn_requests(std::span<const Pool> pools,
                                              std::span<const Stream> streams,
                                              const StreamDraw& options) {
  return std::make_unique<RequestsOfStreams>(pools, streams, options);
}

}  // namespace dysta
