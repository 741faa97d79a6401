#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "dysta/accel/eyeriss_v2.hpp"
#include "dysta/accel/sanger.hpp"
#include "dysta/accel/systolic.hpp"
#include "dysta/core/error.hpp"
#include "support/message.hpp"
#include "support/temporary_folder.hpp"

namespace dysta {
namespace {

using test::message_of;

const std::string kHead = "schema: 1\nname: mine\nwhat: a test\n";
const std::string kEyeriss = kHead +
                             "kind: eyeriss_v2\nclock_hz: 1e6\nclusters: 2\ncluster_rows: 3\n"
                             "cluster_columns: 4\ncycles_per_mac: 5\ncycles_per_empty_column: 0\n"
                             "output_channels_per_element: 7\nweights_per_element: 8\n"
                             "perfect_balance: true\naddress_checks: true\n";
const std::string kMemory =
    "memory:\n  bytes_per_cycle: 9\n  bytes_per_nonzero: 10\n  bytes_per_output: 11\n"
    "  activation_buffer_bytes: 12\n";
const std::string kSanger = kHead +
                            "kind: sanger\nclock_hz: 1e6\narray: 64\ndense_macs_per_s: 1e9\n"
                            "sub_row_width: 16\nthreshold: 0.5\nprediction_bits: 4\n";
const std::string kSystolic = kHead + "kind: systolic\nclock_hz: 1e6\nrows: 2\ncolumns: 3\n";

class LoadAccelerator : public testing::Test {
 protected:
  std::unique_ptr<const Accelerator> load(const std::string& text) {
    return load_accelerator(folder_.write("a.yaml", text));
  }

  /// The message behind the file's name and a colon.
  std::string fault(const std::string& text) {
    const std::string path = folder_.write("a.yaml", text);
    const std::string message = message_of<FileError>([&] { load_accelerator(path); });
    EXPECT_TRUE(message.starts_with(path + ":")) << message;
    return message.substr(std::min(path.size() + 1, message.size()));
  }

  /// `text` with `line` (from 1) replaced.
  static std::string with_line(std::string text, int line, const std::string& instead) {
    std::size_t begin = 0;
    for (int i = 1; i < line; ++i) begin = text.find('\n', begin) + 1;
    return text.replace(begin, text.find('\n', begin) - begin, instead);
  }

  test::TemporaryFolder folder_;
};

TEST_F(LoadAccelerator, every_shipped_one_loads) {
  std::set<std::string> names;
  for (const ShippedAccelerator& shipped : shipped_accelerators()) {
    const std::string name(shipped.name);
    const auto accelerator = load_accelerator(name);
    EXPECT_EQ(accelerator->name(), name);
    EXPECT_TRUE(accelerator->runs_convolutions() || accelerator->runs_attention());
    EXPECT_EQ(accelerator_parameters(name), shipped.parameters);
    EXPECT_EQ(load(accelerator_parameters(name))->name(), name);  // as a file too
    names.insert(name);
  }
  for (const char* needed : {"dense", "eyeriss_v2", "eyeriss_v2_artifact", "sanger"}) {
    EXPECT_TRUE(names.contains(needed)) << needed;
  }
}

TEST_F(LoadAccelerator, eyeriss_v2_of_a_file) {
  const auto accelerator = load(kEyeriss + kMemory);
  const auto& p = dynamic_cast<const EyerissV2&>(*accelerator).parameters();
  EXPECT_EQ(accelerator->name(), "mine");
  EXPECT_EQ(p.clock_hz, 1e6);
  EXPECT_EQ(p.clusters, 2);
  EXPECT_EQ(p.cluster_rows, 3);
  EXPECT_EQ(p.cluster_columns, 4);
  EXPECT_EQ(p.elements(), 24);
  EXPECT_EQ(p.cycles_per_mac, 5);
  EXPECT_EQ(p.cycles_per_empty_column, 0);
  EXPECT_EQ(p.output_channels_per_element, 7);
  EXPECT_EQ(p.weights_per_element, 8);
  EXPECT_TRUE(p.perfect_balance);
  EXPECT_TRUE(p.address_checks);
  ASSERT_TRUE(p.memory);
  EXPECT_EQ(p.memory->bytes_per_cycle, 9);
  EXPECT_EQ(p.memory->bytes_per_nonzero, 10);
  EXPECT_EQ(p.memory->bytes_per_output, 11);
  EXPECT_EQ(p.memory->activation_buffer_bytes, 12);
  EXPECT_FALSE(dynamic_cast<const EyerissV2&>(*load(kEyeriss)).parameters().memory);
}

TEST_F(LoadAccelerator, sanger_of_a_file) {
  const auto accelerator = load(kSanger);
  const auto& p = dynamic_cast<const Sanger&>(*accelerator).parameters();
  EXPECT_EQ(p.latency.seconds_per_cycle, 1e-6);
  EXPECT_EQ(p.latency.array, 64);
  EXPECT_EQ(p.latency.macs_per_s, 1e9);
  EXPECT_EQ(p.sub_row_width, 16);
  EXPECT_EQ(accelerator->attention_selection().threshold, 0.5);
  EXPECT_EQ(accelerator->attention_selection().prediction_bits, 4);
}

// P = 1, K = 1, N = 1: 2 · 2 + 3 + 1 - 2 = 6 cycles.
TEST_F(LoadAccelerator, systolic_of_a_file) {
  EXPECT_EQ(load(kSystolic)->cost(ConvolutionShape{}, ConvolutionDensity{}).cycles, 6);
}

TEST_F(LoadAccelerator, unknown_name) {
  const std::string message = message_of<SpecificationError>([] { load_accelerator("eyeriss"); });
  EXPECT_TRUE(message.starts_with("accelerator 'eyeriss' is not known; allowed are dense, "))
      << message;
  EXPECT_TRUE(message.ends_with(" and parameter files (.yaml)")) << message;
}

TEST_F(LoadAccelerator, missing_file) {
  EXPECT_EQ(message_of<FileError>([] { load_accelerator("no/such.yml"); }),
            "no/such.yml: cannot be opened: No such file or directory");
}

TEST_F(LoadAccelerator, unknown_key) {
  EXPECT_EQ(fault(kSystolic + "colums: 3\n"),
            "8:1: 'colums' is not known here; allowed are clock_hz, columns, kind, name, rows, "
            "schema, what");
  EXPECT_EQ(fault(kEyeriss + kMemory + "  bytes: 1\n"),
            "20:3: 'bytes' is not known here; allowed are activation_buffer_bytes, "
            "bytes_per_cycle, bytes_per_nonzero, bytes_per_output");
}

TEST_F(LoadAccelerator, missing_keys) {
  // Each line but the first of the memory is a key that is needed.
  const std::map<std::string, int> files{{kEyeriss, 14}, {kSanger, 10}, {kSystolic, 7}};
  for (const auto& [text, lines] : files) {
    for (int line = 1; line <= lines; ++line) {
      std::size_t begin = 0;
      for (int i = 1; i < line; ++i) begin = text.find('\n', begin) + 1;
      const std::string key = text.substr(begin, text.find(':', begin) - begin);
      const std::string message = fault(with_line(text, line, "# gone"));
      EXPECT_TRUE(message.ends_with(": lacks '" + key + "'; it is needed here")) << message;
    }
  }
}

TEST_F(LoadAccelerator, wrong_kind) {
  EXPECT_EQ(fault(kHead + "kind: tpu\n"),
            "4:7: kind is 'tpu'; allowed is eyeriss_v2, sanger or systolic");
}

TEST_F(LoadAccelerator, wrong_schema_and_name) {
  EXPECT_EQ(fault(with_line(kSystolic, 1, "schema: 2")),
            "1:9: schema is '2'; allowed is a whole number from 1 to 1");
  for (const char* name : {"a b", "../x", "a/b", "\xc3\xa9"}) {
    EXPECT_EQ(fault(with_line(kSystolic, 2, std::string("name: ") + name)),
              "2:7: name is '" + std::string(name) +
                  "'; allowed is one word of letters, digits, '_' and '-'");
  }
}

TEST_F(LoadAccelerator, wrong_numbers) {
  const auto wrong = [&](const std::string& text, int line, const std::string& key,
                         const std::string& value, const std::string& allowed) {
    EXPECT_EQ(fault(with_line(text, line, key + ": " + value)),
              std::to_string(line) + ":" + std::to_string(key.size() + 3) + ": " + key + " is '" +
                  value + "'; allowed is " + allowed);
  };
  wrong(kSystolic, 5, "clock_hz", "0", "a number greater than 0 and at most 1e12");
  wrong(kSystolic, 5, "clock_hz", "fast", "a number greater than 0 and at most 1e12");
  wrong(kSystolic, 6, "rows", "0", "a whole number from 1 to 1e6");
  wrong(kSystolic, 7, "columns", "1.5", "a whole number from 1 to 1e6");
  wrong(kSanger, 8, "sub_row_width", "65", "a whole number from 1 to 64");
  wrong(kSanger, 9, "threshold", "-0.1", "a number from 0 to 1");
  wrong(kSanger, 10, "prediction_bits", "17", "a whole number from 0 to 16");
  wrong(kSanger, 10, "prediction_bits", "1", "0 (none) or 2 to 16");
  wrong(kEyeriss, 6, "clusters", "4097", "a whole number from 1 to 4096");
  wrong(kEyeriss, 9, "cycles_per_mac", "0", "a number greater than 0 and at most 1e6");
  wrong(kEyeriss, 10, "cycles_per_empty_column", "-1", "a number from 0 to 1e6");
  wrong(kEyeriss, 13, "perfect_balance", "yes", "true or false");
  wrong(kEyeriss, 10, "cycles_per_empty_column", "6", "0 where perfect_balance is true");
  wrong(kSanger, 6, "array", "32", "64: masks are packed in chunks of 64 keys");
  EXPECT_EQ(fault(with_line(kEyeriss, 13, "perfect_balance: false")),
            "14:17: address_checks is 'true'; allowed is true only where perfect_balance is");
}

// Each is allowed on its own; all together they are more elements than are counted.
TEST_F(LoadAccelerator, too_many_elements) {
  std::string text = with_line(kEyeriss, 6, "clusters: 4096");
  text = with_line(text, 7, "cluster_rows: 1024");
  text = with_line(text, 8, "cluster_columns: 1024");
  EXPECT_EQ(fault(text),
            "6:11: clusters is '4096'; allowed is at most 1000000 elements, with cluster_rows and "
            "cluster_columns");
  EXPECT_EQ(dynamic_cast<const EyerissV2&>(
                *load(with_line(
                    with_line(with_line(kEyeriss, 6, "clusters: 1000"), 7, "cluster_rows: 1000"), 8,
                    "cluster_columns: 1")))
                .parameters()
                .elements(),
            1'000'000);
}

TEST_F(LoadAccelerator, twice) {
  EXPECT_EQ(fault(kSystolic + "rows: 2\n"), "8:1: 'rows' stands twice; allowed is once");
}

TEST_F(LoadAccelerator, not_yaml) {
  const std::string message = fault("schema: [1\n");
  EXPECT_TRUE(message.ends_with("; allowed is well-formed YAML")) << message;
  EXPECT_TRUE(fault("just words").ends_with("needed is a YAML map"));
}

}  // namespace
}  // namespace dysta
