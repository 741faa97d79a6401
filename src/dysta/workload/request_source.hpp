// The requests of a run one after the other, so that a run need not be held as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "dysta/core/task.hpp"
#include "dysta/workload/streams.hpp"
#include "dysta/workload/workload.hpp"

namespace dysta {

/// A request with its place in its run.
struct PlacedRequest {
  Request request{};
  std::uint32_t number = 0;  ///< position in the run, from 0
  std::uint32_t pool = 0;    ///< whose accelerators it is for
  std::uint32_t stream = 0;  ///< which source of requests it is of; 0 where there are none
};

/// Requests in the order of arrival.
class RequestSource {
 public:
  virtual ~RequestSource() = default;

  /// The next request; nothing after the last. Allocates nothing.
  virtual std::optional<PlacedRequest> next() = 0;
};

/// Requests that are at hand.
class RequestsAtHand final : public RequestSource {
 public:
  /// What the arguments refer to must outlive the source. `pools` and `streams` have an entry a
  /// request, or none.
  explicit RequestsAtHand(std::span<const Request> requests,
                          std::span<const std::uint32_t> pools = {},
                          std::span<const std::uint32_t> streams = {})
      : requests_(requests), pools_(pools), streams_(streams) {}
  explicit RequestsAtHand(const Run& run) : RequestsAtHand(run.requests, run.pools, run.streams) {}

  std::optional<PlacedRequest> next() override {
    if (next_ == requests_.size()) return std::nullopt;
    const std::size_t r = next_++;
    return PlacedRequest{.request = requests_[r],
                         .number = static_cast<std::uint32_t>(r),
                         .pool = pools_.empty() ? 0 : pools_[r],
                         .stream = streams_.empty() ? 0 : streams_[r]};
  }

 private:
  std::span<const Request> requests_;
  std::span<const std::uint32_t> pools_;
  std::span<const std::uint32_t> streams_;
  std::size_t next_ = 0;
};

/// The requests of one run, as often as they are asked for: at hand, or drawn anew each time.
class RunRequests {
 public:
  using Open = std::function<std::unique_ptr<RequestSource>()>;

  /// Those at hand. Not explicit: a run is its requests.
  RunRequests(Run run);  // NOLINT(google-explicit-constructor)

  /// `count` requests; every source that `open` returns yields the same.
  RunRequests(std::size_t count, Open open);

  std::size_t count() const { return count_; }

  /// All of them from the first on. Must not outlive this object.
  std::unique_ptr<RequestSource> open() const { return open_(); }

  /// All of them at once: the run at hand, or null where they are drawn.
  const Run* at_hand() const { return run_.get(); }

 private:
  std::shared_ptr<const Run> run_;
  std::size_t count_;
  Open open_;
};

/// The requests that `generate` draws, without holding them. `spec`, `traces` and `profiles` must
/// outlive the source. Throws as `generate`, as far as the requests come.
std::unique_ptr<RequestSource> drawn_requests(const WorkloadSpec& spec, const TraceSet& traces,
                                              const Profiles& profiles);

/// The requests that `draw` draws, without holding them. All arguments must outlive the source but
/// `options`. Throws as `draw`, as far as the requests come.
std::unique_ptr<RequestSource> drawn_requests(std::span<const Pool> pools,
                                              std::span<const Stream> streams,
                                              const StreamDraw& options);

/// Those of `all` that are for one pool.
class RequestsOfPool final : public RequestSource {
 public:
  /// `all` must outlive this source.
  RequestsOfPool(RequestSource& all, std::size_t pool) : all_(all), pool_(pool) {}

  std::optional<PlacedRequest> next() override {
    auto request = all_.next();
    while (request && request->pool != pool_) request = all_.next();
    return request;
  }

 private:
  RequestSource& all_;
  std::size_t pool_;
};

}  // namespace dysta
