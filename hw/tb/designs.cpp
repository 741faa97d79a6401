#include "designs.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "Vfault_1.h"
#include "Vfault_2.h"
#include "Vfault_3.h"
#include "Vfault_4.h"
#include "Vfault_5.h"
#include "Vfixed_shared.h"
#include "Vfp16_shared.h"
#include "Vfp32_separate.h"
#include "simulated.hpp"

namespace dysta::hw {
namespace {

template <class Top>
std::unique_ptr<Design> make() {
  return std::make_unique<Simulated<Top>>();
}

using Maker = std::unique_ptr<Design> (*)();
constexpr std::array<std::pair<std::string_view, Maker>, 8> kDesigns{{
    {"fp32_separate", make<Vfp32_separate>},
    {"fp16_shared", make<Vfp16_shared>},
    {"fixed_shared", make<Vfixed_shared>},
    {"fault_1", make<Vfault_1>},
    {"fault_2", make<Vfault_2>},
    {"fault_3", make<Vfault_3>},
    {"fault_4", make<Vfault_4>},
    {"fault_5", make<Vfault_5>},
}};

}  // namespace

std::unique_ptr<Design> make_design(std::string_view name) {
  std::string allowed;
  for (const auto& [known, maker] : kDesigns) {
    if (known == name) return maker();
    allowed += (allowed.empty() ? "" : ", ") + std::string(known);
  }
  throw std::invalid_argument("there is no design '" + std::string(name) + "'; allowed are " +
                              allowed);
}

}  // namespace dysta::hw
