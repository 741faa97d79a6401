// SJF: the task with the least estimated work left, preempting at layer boundaries. With true
// latencies it is SRPT (L. Schrage, "A Proof of the Optimality of the Shortest Remaining Processing
// Time Discipline", Operations Research 16(3), 1968). With weights it is Smith's rule on what is
// left (W. E. Smith, "Various Optimizers for Single-Stage Production", Naval Research Logistics
// Quarterly 3, 1956): normalised turnaround weights a task by 1 / isolated latency.
#include <memory>
#include <utility>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/fixed_key.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

class Sjf final : public FixedKeyPolicy {
 public:
  Sjf(std::unique_ptr<Predictor> predictor, bool weighted)
      : predictor_(std::move(predictor)), weighted_(weighted) {}

  void on_arrival(const TaskArrival& arrival) override {
    admit(arrival.task, key(predictor_->on_arrival(arrival)));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    make_ready(task, key(predictor_->on_layer_done(task, observation)));
  }

 private:
  double key(const Estimate& estimate) const {
    const double remaining_s = estimate.remaining.count();
    return weighted_ ? remaining_s * estimate.isolated.count() : remaining_s;
  }

  std::unique_ptr<Predictor> predictor_;
  bool weighted_;
};

}  // namespace

PolicyEntry sjf_entry() {
  return {.name = "sjf",
          .help = "the shortest estimated remaining latency runs",
          .parameters = with_estimator(
              {choice("weight", "remaining latency as it is, or times the isolated one", "none",
                      {"none", "isolated"})},
              "model", "none"),
          .make = [](const Parameters& parameters, const PolicyContext& context) {
            return std::make_unique<Sjf>(make_predictor(parameters, context),
                                         parameters.is("weight", "isolated"));
          }};
}

}  // namespace dysta
