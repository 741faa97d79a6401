// A run's figures without its requests: what is kept does not grow with their number.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/quantile_sketch.hpp"
#include "dysta/metrics/summary.hpp"

namespace dysta {

/// Runs of more requests are reduced as they go, and their quantiles are those of a
/// `QuantileSketch`; shorter ones are held, and their quantiles exact.
inline constexpr std::size_t kMostExactRequests = std::size_t{1} << 17;

/// Where isolated times divide a run's requests into thirds. Requests of one isolated time stay
/// together: the thirds are as equal as that lets them be.
struct Thirds {
  Seconds longest_short{};
  Seconds longest_middle{};
};

/// Adds requests up as they complete or are refused: every figure of `summarise` and `break_down`,
/// the quantiles within `QuantileSketch::kRelativeError`. Sums are in the order of completion.
class RunReduction final : public OutcomeSink {
 public:
  /// `models` and `streams` are how many the outcomes count.
  RunReduction(Thirds thirds, std::size_t models, std::size_t streams);

  void complete(std::uint32_t number, const RequestOutcome& outcome) override;

  /// Of at least one request.
  Summary summary(const RunCounts& counts, double antt_lower_bound) const;

  /// The names are as many as there are models and streams.
  Breakdown breakdown(std::span<const std::string> model_names,
                      std::span<const std::string> stream_names) const;

 private:
  /// What is added up of some of the requests.
  struct Sums {
    std::uint64_t violated = 0;
    std::uint64_t refused = 0;
    double normalised_turnaround = 0;
    double turnaround_s = 0;
    QuantileSketch turnarounds_s;

    std::uint64_t completed() const { return turnarounds_s.count(); }
    std::uint64_t requests() const { return completed() + refused; }
    void merge(const Sums& other);
    Group group(std::string label) const;
  };

  Thirds thirds_;
  std::array<Sums, 3> by_size_;
  std::array<Sums, 3> by_priority_;  ///< every request is in one of these
  std::vector<Sums> by_model_;
  std::vector<Sums> by_stream_;
  double progress_ = 0;          ///< Σ isolated time / turnaround
  double squared_progress_ = 0;  ///< Σ of its squares
  Seconds first_arrival_{kNever};
  Seconds last_completion_{0};
};

}  // namespace dysta
