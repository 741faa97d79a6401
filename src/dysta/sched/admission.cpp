#include "dysta/sched/admission.hpp"

#include <array>
#include <utility>

#include "dysta/predict/conditional.hpp"
#include "dysta/sched/configured.hpp"

namespace dysta {

AdmissionControl::AdmissionControl(std::unique_ptr<Policy> policy,
                                   std::unique_ptr<Predictor> predictor, std::uint32_t accelerators)
    : policy_(std::move(policy)), predictor_(std::move(predictor)), accelerators_(accelerators) {}

bool AdmissionControl::admits(const TaskArrival& arrival, Seconds now) {
  const Seconds own = predictor_->on_arrival(arrival).remaining;
  Seconds ahead{0};
  for (const Present& task : tasks_) {
    if (task.deadline <= arrival.deadline() && task.remaining <= own) ahead += task.remaining;
  }
  return now + ahead / accelerators_ + own <= arrival.deadline() && policy_->admits(arrival, now);
}

void AdmissionControl::on_arrival(const TaskArrival& arrival) {
  if (index(arrival.task) >= tasks_.size()) tasks_.resize(index(arrival.task) + 1);
  tasks_[index(arrival.task)] = {.deadline = arrival.deadline(),
                                 .remaining = predictor_->on_arrival(arrival).remaining};
  policy_->on_arrival(arrival);
}

void AdmissionControl::on_layer_done(TaskId task, const Observation& observation) {
  tasks_[index(task)].remaining = predictor_->on_layer_done(task, observation).remaining;
  policy_->on_layer_done(task, observation);
}

void AdmissionControl::on_finish(TaskId task) {
  tasks_[index(task)].remaining = Seconds{0};
  policy_->on_finish(task);
}

namespace {

ConfiguredPolicy refusing_late(const ConfiguredPolicy& policy) {
  const auto make = [policy](const Parameters&, const PolicyContext& context) {
    return std::make_unique<AdmissionControl>(
        policy.make(context),
        std::make_unique<ConditionalPredictor>(context.profiles, Evidence::recursion),
        context.accelerators);
  };
  auto parameters = policy.parameters().all();
  parameters.emplace_back("admission", "deadline");
  return {{.name = policy.name(), .help = {}, .parameters = {}, .make = make},
          policy.label() + " refusing late",
          Parameters(std::move(parameters))};
}

}  // namespace

std::vector<ConfiguredPolicy> with_admission(const std::vector<ConfiguredPolicy>& policies,
                                             std::string_view list) {
  constexpr std::array<Configurable, 2> kKnown{{{"all", {}}, {"deadline", {}}}};
  const std::vector<Configured> admissions = parse_configured(list, kKnown, "admission");
  std::vector<ConfiguredPolicy> all;
  for (const ConfiguredPolicy& policy : policies) {
    for (const Configured& admission : admissions) {
      all.push_back(admission.entry == 0 ? policy : refusing_late(policy));
    }
  }
  return all;
}

}  // namespace dysta
