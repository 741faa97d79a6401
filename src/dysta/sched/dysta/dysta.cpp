// Dysta: the shortest remaining latency, corrected by what is seen, with slack and waiting.
// H. Fan et al., "Sparse-DySta: Sparsity-Aware Dynamic and Static Scheduling for Sparse Multi-DNN
// Workloads", MICRO 2023.
#include "dysta/predict/density_ratio.hpp"
#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

/// The two levels behind the interface of every policy.
class Dysta final : public Policy {
 public:
  Dysta(StaticLevel software, DynamicLevel hardware)
      : software_(software), hardware_(std::move(hardware)) {}

  void on_arrival(const TaskArrival& arrival) override {
    hardware_.write(software_.on_arrival(arrival));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    hardware_.layer_done(task, observation);
  }
  void on_finish(TaskId task) override { hardware_.retire(task); }
  TaskId choose(Seconds now, AcceleratorId) override { return hardware_.select(now); }

 private:
  StaticLevel software_;
  DynamicLevel hardware_;
};

std::unique_ptr<Policy> make_dysta(const Parameters& parameters, const PolicyContext& context) {
  const bool oracle = parameters.is("predictor", "oracle");
  const bool keeps_first_score = parameters.is("refresh", "static");
  auto predictor = make_predictor(parameters, context);
  if (keeps_first_score && !oracle) {
    // Software alone sees no densities: work done is counted by the tables.
    predictor =
        std::make_unique<DensityRatioPredictor>(context.profiles, tables_from(parameters), 0);
  }
  const double beta = parameters.number("beta");
  const DynamicLevel::Settings settings{
      .beta = beta,
      .wait_unit_s = parameters.is("wait_unit_s", "auto") ? context.profiles.mean_e2e().count()
                                                          : parameters.number("wait_unit_s"),
      .refresh =
          keeps_first_score ? DynamicLevel::Refresh::first_score : DynamicLevel::Refresh::boundary};
  return std::make_unique<Dysta>(StaticLevel(context.profiles, tables_from(parameters),
                                             oracle ? context.truth : nullptr, beta),
                                 DynamicLevel(std::move(predictor), settings));
}

}  // namespace

PolicyEntry dysta_entry() {
  return {
      .name = "dysta",
      .help = "the smallest remaining + beta (slack + waiting) runs",
      .parameters = with_estimator(
          {{.name = "beta",
            .help = "weight of slack and waiting against remaining latency",
            .default_value = 0.01},
           {.name = "wait_unit_s",
            .help = "seconds the waiting term stands for; auto: the mean network latency",
            .default_value = 1.0,
            .words = {"auto"}},
           choice("refresh", "scores anew at boundaries, or the static level's (without predictor)",
                  "boundary", {"boundary", "static"})},
          "pattern", "average_all"),
      .make = make_dysta};
}

}  // namespace dysta
