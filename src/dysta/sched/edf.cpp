// EDF: earliest deadline first. C. L. Liu and J. W. Layland, "Scheduling Algorithms for
// Multiprogramming in a Hard-Real-Time Environment", JACM 20(1), 1973. Each layer with a deadline
// of its own, in proportion to the work: "equal flexibility" of B. Kao and H. Garcia-Molina,
// "Deadline Assignment in a Distributed Soft Real-Time System", IEEE TPDS 8(12), 1997, as of the
// arrival.
#include <memory>
#include <utility>
#include <vector>

#include "dysta/sched/estimator.hpp"
#include "dysta/sched/fixed_key.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

class Edf final : public FixedKeyPolicy {
 public:
  void on_arrival(const TaskArrival& arrival) override {
    admit(arrival.task, arrival.deadline().count());
  }
  void on_layer_done(TaskId task, const Observation&) override { make_ready(task); }
};

class LayerEdf final : public FixedKeyPolicy {
 public:
  explicit LayerEdf(std::unique_ptr<Predictor> predictor) : predictor_(std::move(predictor)) {}

  void on_arrival(const TaskArrival& arrival) override {
    if (index(arrival.task) >= asked_.size()) asked_.resize(index(arrival.task) + 1);
    asked_[index(arrival.task)] = {arrival.arrival.count(), arrival.slo.count()};
    admit(arrival.task, deadline_s(arrival.task, predictor_->on_arrival(arrival)));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    make_ready(task, deadline_s(task, predictor_->on_layer_done(task, observation)));
  }

 private:
  struct Asked {
    double arrival_s = 0;
    double slo_s = 0;
  };

  /// Of the next layer; that of the last is the request's.
  double deadline_s(TaskId task, const Estimate& estimate) const {
    const Asked& asked = asked_[index(task)];
    const Seconds done = estimate.isolated - estimate.remaining + estimate.next_layer;
    return asked.arrival_s + asked.slo_s * done.count() / estimate.isolated.count();
  }

  std::unique_ptr<Predictor> predictor_;
  std::vector<Asked> asked_;  ///< by task
};

}  // namespace

PolicyEntry edf_entry() {
  return {.name = "edf",
          .help = "the earliest deadline runs",
          .parameters = with_estimator(
              {choice("deadlines", "the request's, or for each layer its share of it by estimates",
                      "request", {"request", "layer"})},
              "pattern", "none"),
          .make = [](const Parameters& parameters,
                     const PolicyContext& context) -> std::unique_ptr<Policy> {
            if (parameters.is("deadlines", "request")) return std::make_unique<Edf>();
            return std::make_unique<LayerEdf>(make_predictor(parameters, context));
          }};
}

}  // namespace dysta
