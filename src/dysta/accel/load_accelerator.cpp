// From parameter files to accelerators.
#include <cstdint>
#include <string>

#include "dysta/accel/accelerator.hpp"
#include "dysta/accel/eyeriss_v2.hpp"
#include "dysta/accel/sanger.hpp"
#include "dysta/accel/systolic.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/io/yaml.hpp"

namespace dysta {
namespace {

constexpr double kFastestClock = 1e12;
constexpr double kMost = 1e15;
constexpr int kMostElements = 1'000'000;

bool is_file(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

EyerissV2Parameters eyeriss_v2_parameters(YamlMap& file) {
  EyerissV2Parameters p;
  p.clock_hz = file.positive("clock_hz", kFastestClock);
  p.clusters = file.whole("clusters", 1, 4096);
  p.cluster_rows = file.whole("cluster_rows", 1, 1024);
  p.cluster_columns = file.whole("cluster_columns", 1, 1024);
  if (static_cast<std::int64_t>(p.clusters) * p.cluster_rows * p.cluster_columns > kMostElements) {
    file.fail("clusters", "at most 1000000 elements, with cluster_rows and cluster_columns");
  }
  p.cycles_per_mac = file.positive("cycles_per_mac", 1e6);
  p.cycles_per_empty_column = file.number("cycles_per_empty_column", 0, 1e6);
  p.output_channels_per_element = file.whole("output_channels_per_element", 1, kMostElements);
  p.weights_per_element = file.whole("weights_per_element", 1, kMostElements);
  p.perfect_balance = file.flag("perfect_balance");
  p.address_checks = file.flag("address_checks");
  if (p.perfect_balance && p.cycles_per_empty_column > 0) {
    file.fail("cycles_per_empty_column", "0 where perfect_balance is true");
  }
  if (p.address_checks && !p.perfect_balance) {
    file.fail("address_checks", "true only where perfect_balance is");
  }
  if (file.has("memory")) {
    YamlMap memory = file.map("memory");
    p.memory = {.bytes_per_cycle = memory.positive("bytes_per_cycle", kMost),
                .bytes_per_nonzero = memory.number("bytes_per_nonzero", 0, kMost),
                .bytes_per_output = memory.number("bytes_per_output", 0, kMost),
                .activation_buffer_bytes = memory.positive("activation_buffer_bytes", kMost)};
    memory.done();
  }
  return p;
}

SangerParameters sanger_parameters(YamlMap& file) {
  SangerParameters p;
  p.latency.seconds_per_cycle = 1 / file.positive("clock_hz", kFastestClock);
  p.latency.array = file.whole("array", 1, kMostElements);
  if (p.latency.array != 64) file.fail("array", "64: masks are packed in chunks of 64 keys");
  p.latency.macs_per_s = file.positive("dense_macs_per_s", 1e18);
  p.sub_row_width = file.whole("sub_row_width", 1, 64);
  p.selection.threshold = file.number("threshold", 0, 1);
  p.selection.prediction_bits = file.whole("prediction_bits", 0, 16);
  if (p.selection.prediction_bits == 1) file.fail("prediction_bits", "0 (none) or 2 to 16");
  return p;
}

SystolicParameters systolic_parameters(YamlMap& file) {
  return {.clock_hz = file.positive("clock_hz", kFastestClock),
          .rows = file.whole("rows", 1, kMostElements),
          .columns = file.whole("columns", 1, kMostElements)};
}

}  // namespace

std::string accelerator_parameters(const std::string& name_or_file) {
  if (is_file(name_or_file)) return read_file(name_or_file);
  std::string names;
  for (const ShippedAccelerator& shipped : shipped_accelerators()) {
    if (shipped.name == name_or_file) return std::string(shipped.parameters);
    names += std::string(shipped.name) + ", ";
  }
  throw SpecificationError("accelerator " + in_quotes(name_or_file) +
                           " is not known; allowed are " + names + "and parameter files (.yaml)");
}

std::unique_ptr<const Accelerator> load_accelerator(const std::string& name_or_file) {
  return parse_accelerator(name_or_file, accelerator_parameters(name_or_file));
}

std::unique_ptr<const Accelerator> parse_accelerator(const std::string& file_name,
                                                     const std::string& parameters) {
  YamlMap file = YamlMap::parse(file_name, parameters);
  file.whole("schema", 1, 1);
  std::string name = file.text("name");
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
      name.npos) {
    file.fail("name", "one word of letters, digits, '_' and '-'");
  }
  file.text("what");
  const std::string kind = file.text("kind");
  std::unique_ptr<const Accelerator> accelerator;
  if (kind == "eyeriss_v2") {
    accelerator = std::make_unique<EyerissV2>(name, eyeriss_v2_parameters(file));
  } else if (kind == "sanger") {
    accelerator = std::make_unique<Sanger>(name, sanger_parameters(file));
  } else if (kind == "systolic") {
    accelerator = std::make_unique<SystolicArray>(name, systolic_parameters(file));
  } else {
    file.fail("kind", "eyeriss_v2, sanger or systolic");
  }
  file.done();
  return accelerator;
}

}  // namespace dysta
