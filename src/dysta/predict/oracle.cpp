#include "dysta/predict/oracle.hpp"

namespace dysta {
namespace {

Estimate estimate_from(const double* remaining_s, std::uint32_t next) {
  return {.remaining = Seconds{remaining_s[next]},
          .next_layer = Seconds{remaining_s[next] - remaining_s[next + 1]},
          .isolated = Seconds{remaining_s[0]}};
}

}  // namespace

Estimate OraclePredictor::on_arrival(const TaskArrival& arrival) {
  return estimate_from(truth_.remaining_s(arrival.task), 0);
}

Estimate OraclePredictor::on_layer_done(TaskId task, const Observation& observation) {
  return estimate_from(truth_.remaining_s(task), observation.layer + 1);
}

}  // namespace dysta
