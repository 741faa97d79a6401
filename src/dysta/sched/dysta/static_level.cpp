#include "dysta/sched/dysta/static_level.hpp"

#include <algorithm>

namespace dysta {

RequestRecord StaticLevel::on_arrival(const TaskArrival& arrival) const {
  const Profile& profile = profiles_[arrival.variant];
  const LatencyTable& table = tables_ == Tables::pattern ? profile.by_pattern : profile.by_model;
  const double isolated =
      truth_ ? truth_->truth(arrival.task, 0).isolated.count() : table.isolated_s();
  return {.task = arrival.task,
          .variant = arrival.variant,
          .sequence_length = arrival.sequence_length,
          .arrival = arrival.arrival,
          .deadline = arrival.deadline(),
          .isolated = Seconds{isolated},
          .inverse_isolated_hz = 1 / isolated,
          .first_score = isolated + beta_ * std::max(0.0, arrival.slo.count() - isolated)};
}

}  // namespace dysta
