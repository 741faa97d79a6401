#include "dysta/predict/oracle.hpp"

namespace dysta {

Estimate OraclePredictor::on_arrival(const TaskArrival& arrival) {
  return truth_.truth(arrival.task, 0);
}

Estimate OraclePredictor::on_layer_done(TaskId task, const Observation& observation) {
  return truth_.truth(task, observation.layer + 1);
}

}  // namespace dysta
