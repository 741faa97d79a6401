// The registered policies as scans over all ready tasks: what the indexed ones are held against.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "dysta/predict/noisy.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/ready_list.hpp"
#include "dysta/sched/registry.hpp"
#include "dysta/sched/scoring_policy.hpp"

namespace dysta::test {

/// What `PublishedLargest` asks of an index, as the scan that was published.
template <class Task, class Score>
TaskId run_largest_as_published(ReadyList<Task>& ready, Score&& score) {
  return ready.run_best(
      score, [](double value, double best) { return value > best || (best < 0 && value != best); });
}

class ScanFcfs final : public ScoringPolicy<> {
 public:
  TaskId choose(Seconds, AcceleratorId) override { return ready_.run_first(); }
};

class ScanEdf final : public ScoringPolicy<> {
 public:
  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest([](const ReadyTask& task) { return task.deadline.count(); });
  }
};

class ScanLayerEdf final : public ScoringPolicy<> {
 public:
  explicit ScanLayerEdf(std::unique_ptr<Predictor> predictor)
      : ScoringPolicy(std::move(predictor)) {}

  void on_arrival(const TaskArrival& arrival) override {
    slo_s_[arrival.task] = arrival.slo.count();
    ScoringPolicy::on_arrival(arrival);
  }
  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest([this](const ReadyTask& task) {
      const Estimate& estimate = task.estimate;
      const Seconds done = estimate.isolated - estimate.remaining + estimate.next_layer;
      const double share_s = slo_s_.at(task.id) * done.count() / estimate.isolated.count();
      return task.arrival.count() + share_s;
    });
  }

 private:
  std::map<TaskId, double> slo_s_;
};

class ScanSjf final : public ScoringPolicy<> {
 public:
  ScanSjf(std::unique_ptr<Predictor> predictor, bool weighted)
      : ScoringPolicy(std::move(predictor)), weighted_(weighted) {}

  TaskId choose(Seconds, AcceleratorId) override {
    return ready_.run_smallest([this](const ReadyTask& task) {
      const double remaining_s = task.estimate.remaining.count();
      return weighted_ ? remaining_s * task.estimate.isolated.count() : remaining_s;
    });
  }

 private:
  bool weighted_;
};

class ScanLlf final : public ScoringPolicy<> {
 public:
  explicit ScanLlf(std::unique_ptr<Predictor> predictor) : ScoringPolicy(std::move(predictor)) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_smallest([now](const ReadyTask& task) {
      return (task.deadline - now - task.estimate.remaining).count();
    });
  }
};

class ScanHrrn final : public ScoringPolicy<> {
 public:
  explicit ScanHrrn(std::unique_ptr<Predictor> predictor) : ScoringPolicy(std::move(predictor)) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    return ready_.run_largest([now](const ReadyTask& task) {
      if (task.layers_done > 0) return kNever.count();
      return (now - task.arrival + task.estimate.isolated) / task.estimate.isolated;
    });
  }
};

class ScanPlanaria final : public ScoringPolicy<> {
 public:
  explicit ScanPlanaria(bool overdue_is_urgent) : overdue_is_urgent_(overdue_is_urgent) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    if (!overdue_is_urgent_) {
      return run_largest_as_published(ready_, [now](const ReadyTask& task) {
        return task.weight / (task.deadline - now).count();
      });
    }
    return ready_.run_largest([now](const ReadyTask& task) {
      return task.deadline <= now ? kNever.count() : task.weight / (task.deadline - now).count();
    });
  }

 private:
  bool overdue_is_urgent_;
};

class ScanSdrm3 final : public ScoringPolicy<> {
 public:
  ScanSdrm3(std::unique_ptr<Predictor> predictor, double alpha, bool overdue_is_urgent)
      : ScoringPolicy(std::move(predictor)), alpha_(alpha), overdue_is_urgent_(overdue_is_urgent) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    const auto score = [this, now](const ReadyTask& task) {
      const bool most_urgent = overdue_is_urgent_ && task.deadline <= now;
      const double urgency = most_urgent ? 1.0 : task.estimate.remaining / (task.deadline - now);
      return std::min(1.0, urgency) + alpha_ * (now - task.last_run) / task.estimate.next_layer;
    };
    return overdue_is_urgent_ ? ready_.run_largest(score) : run_largest_as_published(ready_, score);
  }

 private:
  double alpha_;
  bool overdue_is_urgent_;
};

struct ScanPremaTask : ReadyTask {
  double token = 0;
};

class ScanPrema final : public ScoringPolicy<ScanPremaTask> {
 public:
  ScanPrema(std::unique_ptr<Predictor> predictor, bool once)
      : ScoringPolicy(std::move(predictor)), once_(once) {}

  TaskId choose(Seconds now, AcceleratorId) override {
    double largest = 0;
    ready_.for_each([&](ScanPremaTask& task) {
      const double earned = task.weight * (now - task.last_run) / task.estimate.isolated;
      if (once_) {
        task.token = task.weight + earned;
      } else if (task.token == 0) {
        task.token = task.weight;
        return;
      } else {
        task.token += earned;
      }
      largest = std::max(largest, task.token);
    });
    const double threshold = largest >= 9 ? 9 : largest >= 3 ? 3 : 1;
    return ready_.run_smallest([threshold](const ScanPremaTask& task) {
      return task.token >= threshold ? task.estimate.remaining.count() : kNever.count();
    });
  }

 private:
  bool once_;
};

struct ScanDystaTask {
  TaskId id{};
  RequestRecord record;
  double remaining_s = 0;
  double last_run_s = 0;
};

class ScanDysta final : public Policy {
 public:
  ScanDysta(const Parameters& parameters, const PolicyContext& context)
      : software_(context.profiles, tables_from(parameters),
                  parameters.is("predictor", "oracle") ? context.truth : nullptr,
                  parameters.number("beta")),
        predictor_(make_predictor(parameters, context)),
        keeps_first_score_(parameters.is("refresh", "static")),
        beta_(parameters.number("beta")),
        wait_unit_s_(parameters.is("wait_unit_s", "auto") ? context.profiles.mean_e2e().count()
                                                          : parameters.number("wait_unit_s")) {
    if (keeps_first_score_ && !parameters.is("predictor", "oracle")) {
      predictor_ =
          std::make_unique<DensityRatioPredictor>(context.profiles, tables_from(parameters), 0);
    }
  }

  void on_arrival(const TaskArrival& arrival) override {
    ready_.admit({.id = arrival.task,
                  .record = software_.on_arrival(arrival),
                  .remaining_s = predictor_->on_arrival(arrival).remaining.count(),
                  .last_run_s = arrival.arrival.count()});
  }
  void on_layer_done(TaskId id, const Observation& observation) override {
    ScanDystaTask& task = ready_.make_ready(id);
    task.remaining_s = predictor_->on_layer_done(id, observation).remaining.count();
    task.last_run_s = observation.end.count();
  }
  void on_finish(TaskId id) override { ready_.remove(id); }

  TaskId choose(Seconds now, AcceleratorId) override {
    if (keeps_first_score_) {
      return ready_.run_smallest([](const ScanDystaTask& task) {
        return task.record.first_score - (task.record.isolated.count() - task.remaining_s);
      });
    }
    const double now_s = now.count();
    const double wait_scale = wait_unit_s_ / static_cast<double>(ready_.ready());
    return ready_.run_smallest([&](const ScanDystaTask& task) {
      const double slack = std::max(0.0, task.record.deadline.count() - now_s - task.remaining_s);
      const double waiting =
          (now_s - task.last_run_s) * task.record.inverse_isolated_hz * wait_scale;
      return task.remaining_s + beta_ * (slack + waiting);
    });
  }

 private:
  StaticLevel software_;
  std::unique_ptr<Predictor> predictor_;
  bool keeps_first_score_;
  double beta_;
  double wait_unit_s_;
  ReadyList<ScanDystaTask> ready_;
};

class ScanPunctual final : public ScoringPolicy<> {
 public:
  ScanPunctual(const Parameters& parameters, std::unique_ptr<Predictor> predictor,
               const PolicyContext& context)
      : ScoringPolicy(std::move(predictor)),
        budget_(parameters.number("budget")),
        most_(parameters.number("bonus")),
        horizon_(parameters.number("horizon")),
        stretch_(parameters.number("stretch")),
        risk_(parameters.number("risk")),
        lost_is_urgent_(parameters.is("lost", "urgent")),
        plain_(parameters.is("value", "plain")),
        by_priority_(parameters.is("value", "priority")),
        share_(1.0 / context.accelerators),
        mean_s_(context.profiles.mean_e2e().count()),
        preemption_s_(parameters.is("preemption_s", "auto") ? context.preemption.count()
                                                            : parameters.number("preemption_s")),
        bonus_(most_) {}

  void on_arrival(const TaskArrival& arrival) override {
    ScoringPolicy::on_arrival(arrival);
    ready_.for_each([&](const ReadyTask& task) {
      if (task.id != arrival.task) return;
      const Present present{.unit_s = unit_s(task),
                            .queue_hz = share_ / task.estimate.isolated.count(),
                            .cost_hz = share_ / unit_s(task)};
      queue_hz_ += present.queue_hz;
      cost_hz_ += present.cost_hz;
      present_[task.id] = present;
    });
  }
  void on_finish(TaskId id) override {
    ScoringPolicy::on_finish(id);
    queue_hz_ -= present_.at(id).queue_hz;
    cost_hz_ -= present_.at(id).cost_hz;
    present_.erase(id);
    if (present_.empty()) queue_hz_ = cost_hz_ = 0;
  }
  void on_layer_done(TaskId id, const Observation& observation) override {
    ScoringPolicy::on_layer_done(id, observation);
    if (preemption_s_ > 0) back_.emplace_back(id, ran_on_.at(id));
  }
  TaskId choose(Seconds now, AcceleratorId accelerator) override {
    const auto stays = std::find_if(back_.begin(), back_.end(),
                                    [&](const auto& back) { return back.second == accelerator; });
    const double now_s = now.count();
    TaskId chosen{};
    if (ready_.ready() > back_.size()) {
      chosen = ready_.run_smallest([&](const ReadyTask& task) {
        const bool elsewhere = std::any_of(back_.begin(), back_.end(),
                                           [&](const auto& back) { return back.first == task.id; });
        return elsewhere ? kNever.count() : score(task, base(task), now_s);
      });
      if (stays != back_.end()) {
        const ReadyTask first = ready_.make_ready(chosen);
        const ReadyTask own = ready_.make_ready(stays->first);
        const bool exchange =
            score(first, base(first) + charge_of(own, first), now_s) < score(own, base(own), now_s);
        chosen = exchange ? first.id : own.id;
      }
    } else {
      chosen = stays != back_.end() ? stays->first : back_.front().first;
    }
    const ReadyTask& task = ready_.make_ready(chosen);
    const bool goes_on = stays != back_.end() && stays->first == chosen;
    if (budget_ < 1) charge(task, goes_on ? charge_of(task, task) : 0);
    ready_.start(chosen);
    ran_on_[chosen] = accelerator;
    std::erase_if(back_, [&](const auto& back) {
      return back.first == chosen || back.second == accelerator;
    });
    return chosen;
  }

 private:
  /// What a task adds while it is there, an accelerator.
  struct Present {
    double unit_s = 0;    ///< what its turnaround is counted in
    double queue_hz = 0;  ///< 1 / isolated
    double cost_hz = 0;   ///< what a second of its turnaround costs
  };

  double unit_s(const ReadyTask& task) const {
    if (plain_) return mean_s_;
    const double isolated_s = task.estimate.isolated.count();
    return by_priority_ ? isolated_s / task.weight : isolated_s;
  }

  double base(const ReadyTask& task) const {
    return task.estimate.remaining.count() * unit_s(task);
  }

  double score(const ReadyTask& task, double base, double now_s) const {
    return base * (1 - bonus_ * urgency(task, now_s));
  }

  double urgency(const ReadyTask& task, double now_s) const {
    const Estimate& estimate = task.estimate;
    const double late_s = risk_ * estimate.deviation.count();
    const double start_s = task.deadline.count() - estimate.remaining.count() - late_s;
    if (start_s < now_s) return lost_is_urgent_ ? 1 : 0;
    const double isolated_s = estimate.isolated.count();
    const double horizon_s = isolated_s * (horizon_ + stretch_ * isolated_s * queue_hz_);
    return std::max(0.0, 1 - (start_s - now_s) / horizon_s);
  }

  /// Its octave, and which 64th of it.
  static std::pair<int, int> place(double ratio) {
    int exponent = 0;
    const double mantissa = std::frexp(ratio, &exponent);
    return {exponent, static_cast<int>(mantissa * 128)};
  }

  /// What putting one aside for the other costs.
  double charge_of(const ReadyTask& one, const ReadyTask& other) const {
    return preemption_s_ * cost_hz_ * present_.at(one.id).unit_s * present_.at(other.id).unit_s;
  }

  void charge(const ReadyTask& chosen, double saved) {
    double ahead_hz = 0;
    double ahead = 0;
    ready_.for_each([&](const ReadyTask& task) {
      if (base(chosen) <= saved || !(place(base(task)) < place(base(chosen) - saved))) return;
      ahead_hz += present_.at(task.id).cost_hz;
      ahead += 1;
    });
    const double charged_hz = (1 + 10 * std::max(0.0, ahead * share_ - 1)) * ahead_hz;
    bonus_ += 0.005 * chosen.estimate.next_layer.count() * (budget_ * cost_hz_ - charged_hz);
    bonus_ = std::clamp(bonus_, 0.0, most_);
  }

  double budget_;
  double most_;
  double horizon_;
  double stretch_;
  double risk_;
  bool lost_is_urgent_;
  bool plain_;
  bool by_priority_;
  double share_;   ///< 1 / accelerators
  double mean_s_;  ///< of all networks
  double preemption_s_;
  double bonus_;
  std::map<TaskId, Present> present_;
  double queue_hz_ = 0;  ///< of all tasks there
  double cost_hz_ = 0;   ///< the same
  std::map<TaskId, AcceleratorId> ran_on_;
  std::vector<std::pair<TaskId, AcceleratorId>> back_;  ///< in the order of their layers' ends
};

/// The policy as a scan; null for one that is none of these, or one in other arithmetic.
inline std::unique_ptr<Policy> make_scan(const ConfiguredPolicy& policy,
                                         const PolicyContext& context) {
  const Parameters& parameters = policy.parameters();
  const std::string_view family =
      std::string_view(policy.name()).substr(0, policy.name().find('_'));
  if (family == "fcfs") return std::make_unique<ScanFcfs>();
  if (family == "edf") {
    if (parameters.is("deadlines", "request")) return std::make_unique<ScanEdf>();
    return std::make_unique<ScanLayerEdf>(make_predictor(parameters, context));
  }
  if (family == "planaria") {
    return std::make_unique<ScanPlanaria>(parameters.is("overdue", "urgent"));
  }
  if (family == "dysta") {
    const bool doubles = policy.name() != "dysta" || parameters.is("arithmetic", "double");
    return doubles ? std::make_unique<ScanDysta>(parameters, context) : nullptr;
  }
  if (family == "sjf" || family == "srpt") {
    return std::make_unique<ScanSjf>(make_predictor(parameters, context),
                                     parameters.is("weight", "isolated"));
  }
  if (family == "llf") return std::make_unique<ScanLlf>(make_predictor(parameters, context));
  if (family == "hrrn") return std::make_unique<ScanHrrn>(make_predictor(parameters, context));
  if (family == "sdrm3") {
    return std::make_unique<ScanSdrm3>(make_predictor(parameters, context),
                                       parameters.number("alpha"),
                                       parameters.is("overdue", "urgent"));
  }
  if (family == "prema") {
    return std::make_unique<ScanPrema>(make_predictor(parameters, context),
                                       parameters.is("tokens", "once"));
  }
  if (family == "punctual" || family == "feasible") {
    auto predictor = make_predictor(parameters, context);
    const double noise = parameters.number("noise");
    if (noise > 0) predictor = std::make_unique<NoisyPredictor>(std::move(predictor), noise);
    return std::make_unique<ScanPunctual>(parameters, std::move(predictor), context);
  }
  return nullptr;
}

}  // namespace dysta::test
