#include "models.hpp"

#include "Vcosim_fault_1.h"
#include "Vcosim_fault_2.h"
#include "Vcosim_fault_3.h"
#include "Vcosim_fault_4.h"
#include "Vcosim_fault_5.h"
#include "Vcosim_fixed_512.h"
#include "Vcosim_fixed_64.h"
#include "Vcosim_fp16_512.h"
#include "Vcosim_fp16_64.h"
#include "Vcosim_fp32_512.h"
#include "Vcosim_fp32_64.h"
#include "dysta/core/error.hpp"
#include "simulated.hpp"

namespace dysta::hw {
namespace {

template <class Top>
std::unique_ptr<Design> make() {
  return std::make_unique<Simulated<Top>>();
}

struct Model {
  const char* format;
  std::uint32_t capacity;
  Fault fault;
  std::unique_ptr<Design> (*make)();
};

constexpr Model kModels[] = {
    {"fp32", 64, Fault::none, make<Vcosim_fp32_64>},
    {"fp32", 512, Fault::none, make<Vcosim_fp32_512>},
    {"fp16", 64, Fault::none, make<Vcosim_fp16_64>},
    {"fp16", 512, Fault::none, make<Vcosim_fp16_512>},
    {"fixed", 64, Fault::none, make<Vcosim_fixed_64>},
    {"fixed", 512, Fault::none, make<Vcosim_fixed_512>},
    {"fp16", 64, Fault::tie_break, make<Vcosim_fault_1>},
    {"fp16", 64, Fault::stale_score, make<Vcosim_fault_2>},
    {"fp16", 64, Fault::dropped_request, make<Vcosim_fault_3>},
    {"fp16", 64, Fault::layer_off_by_one, make<Vcosim_fault_4>},
    {"fp16", 64, Fault::missed_nonzero, make<Vcosim_fault_5>},
};

}  // namespace

std::unique_ptr<Design> make_model(const std::string& format, std::uint32_t capacity, Fault fault) {
  for (const Model& model : kModels) {
    if (model.format == format && model.capacity == capacity && model.fault == fault) {
      return model.make();
    }
  }
  throw SpecificationError(
      "there is no such hardware; allowed are 64 and 512 requests in fp32, "
      "fp16 and fixed, and faults with 64 in fp16");
}

}  // namespace dysta::hw
