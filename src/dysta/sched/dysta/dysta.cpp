// Dysta: the shortest remaining latency, corrected by what is seen, with slack and waiting.
// H. Fan et al., "Sparse-DySta: Sparsity-Aware Dynamic and Static Scheduling for Sparse Multi-DNN
// Workloads", MICRO 2023.
#include "dysta/sched/dysta/dysta.hpp"

#include <memory>
#include <string>
#include <utility>

#include "dysta/core/error.hpp"
#include "dysta/predict/density_ratio.hpp"
#include "dysta/sched/dysta/exact_level.hpp"
#include "dysta/sched/dysta/first_score_level.hpp"
#include "dysta/sched/dysta/narrow_level.hpp"
#include "dysta/sched/dysta/static_level.hpp"
#include "dysta/sched/estimator.hpp"
#include "dysta/sched/registry.hpp"

namespace dysta {
namespace {

/// The two levels behind the interface of every policy.
class Dysta final : public Policy {
 public:
  Dysta(StaticLevel software, std::unique_ptr<DynamicLevel> hardware)
      : software_(software), hardware_(std::move(hardware)) {}

  void on_arrival(const TaskArrival& arrival) override {
    hardware_->write(software_.on_arrival(arrival));
  }
  void on_layer_done(TaskId task, const Observation& observation) override {
    hardware_->layer_done(task, observation);
  }
  void on_finish(TaskId task) override { hardware_->retire(task); }
  TaskId choose(Seconds now, AcceleratorId) override { return hardware_->select(now); }

 private:
  StaticLevel software_;
  std::unique_ptr<DynamicLevel> hardware_;
};

double wait_unit_s(const Parameters& parameters, const PolicyContext& context) {
  return parameters.is("wait_unit_s", "auto") ? context.profiles.mean_e2e().count()
                                              : parameters.number("wait_unit_s");
}

std::unique_ptr<DynamicLevel> make_exact(const Parameters& parameters,
                                         const PolicyContext& context) {
  auto predictor = make_predictor(parameters, context);
  if (parameters.is("refresh", "static")) {
    if (!parameters.is("predictor", "oracle")) {
      // Software alone sees no densities: work done is counted by the tables.
      predictor =
          std::make_unique<DensityRatioPredictor>(context.profiles, tables_from(parameters), 0);
    }
    return std::make_unique<FirstScoreLevel>(std::move(predictor));
  }
  return std::make_unique<ExactLevel>(
      std::move(predictor), ExactLevel::Settings{.beta = parameters.number("beta"),
                                                 .wait_unit_s = wait_unit_s(parameters, context)});
}

}  // namespace

HardwareSettings hardware_settings(const Parameters& parameters, const PolicyContext& context) {
  if (!parameters.is("predictor", "average_all") || !parameters.is("refresh", "boundary")) {
    throw SpecificationError("policy 'dysta': parameter 'arithmetic' is '" +
                             parameters.word("arithmetic") +
                             "', what the hardware computes; allowed with it is "
                             "predictor=average_all and refresh=boundary");
  }
  const Tables tables = tables_from(parameters);
  return {.beta = parameters.number("beta"),
          .wait_unit_s = wait_unit_s(parameters, context),
          .tables = tables,
          .tick = parameters.is("tick_s", "auto") ? automatic_tick(context.profiles, tables)
                                                  : Seconds{parameters.number("tick_s")}};
}

namespace {

template <class Arithmetic>
std::unique_ptr<DynamicLevel> make_narrow(const Parameters& parameters,
                                          const PolicyContext& context) {
  return std::make_unique<NarrowLevel<Arithmetic>>(
      HardwareImage<Arithmetic>(context.profiles, hardware_settings(parameters, context)));
}

std::unique_ptr<DynamicLevel> make_dynamic_level(const Parameters& parameters,
                                                 const PolicyContext& context) {
  const std::string& arithmetic = parameters.word("arithmetic");
  if (arithmetic == "fp32") return make_narrow<Fp32>(parameters, context);
  if (arithmetic == "fp16") return make_narrow<Fp16>(parameters, context);
  if (arithmetic == "fixed") return make_narrow<Fixed>(parameters, context);
  return make_exact(parameters, context);
}

std::unique_ptr<Policy> make_dysta(const Parameters& parameters, const PolicyContext& context) {
  const Truth* truth = parameters.is("predictor", "oracle") ? context.truth : nullptr;
  auto hardware = make_dynamic_level(parameters, context);
  return std::make_unique<Dysta>(
      StaticLevel(context.profiles, tables_from(parameters), truth, parameters.number("beta")),
      std::move(hardware));
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
                  "boundary", {"boundary", "static"}),
           choice("arithmetic", "numbers of the dynamic level: double, or the hardware's", "double",
                  {"double", "fp32", "fp16", "fixed"}),
           {.name = "tick_s",
            .help = "seconds of the hardware's tick; auto: the longest mean latency is < 2^12",
            .default_value = "auto",
            .least = 1e-12,
            .words = {"auto"}}},
          "pattern", "average_all"),
      .make = make_dysta};
}

}  // namespace dysta
