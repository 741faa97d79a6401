// The dynamic level in the numbers of the hardware: the reference of the RTL, bit by bit.
#pragma once

#include <memory>
#include <utility>

#include "dysta/sched/dysta/dynamic_level.hpp"
#include "dysta/sched/dysta/hardware_image.hpp"
#include "dysta/sched/ready_list.hpp"

namespace dysta {

/// Computes as hw/README.md says, with average-all for γ. Each operation rounds, in the order in
/// which the RTL does them.
template <class Arithmetic>
class NarrowLevel final : public DynamicLevel {
 public:
  explicit NarrowLevel(HardwareImage<Arithmetic> image)
      : image_(std::make_shared<const HardwareImage<Arithmetic>>(std::move(image))) {}

  void write(const RequestRecord& record) override;
  void layer_done(TaskId task, const Observation& observation) override;
  void retire(TaskId task) override { table_.remove(task); }
  TaskId select(Seconds now) override;

  /// Another level chose this task, which was ready and runs now.
  void start(TaskId task) { table_.start(task); }

 private:
  using Number = typename Arithmetic::Number;
  using Coefficient = typename Arithmetic::Coefficient;

  struct Row {
    TaskId id{};
    VariantId variant{};
    Ticks deadline = 0;
    Ticks last_run = 0;
    Coefficient wait_rate{};
    Number remaining{};
    Number ratio_sum{};
  };

  std::shared_ptr<const HardwareImage<Arithmetic>> image_;  ///< shared by copies of the level
  ReadyList<Row> table_;
};

extern template class NarrowLevel<Fp32>;
extern template class NarrowLevel<Fp16>;
extern template class NarrowLevel<Fixed>;

}  // namespace dysta
