#include "npy.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dysta/core/error.hpp"
#include "support/message.hpp"

namespace dysta::profiler {
namespace {

using testing::ElementsAre;

const std::string kWholeFiles = "; allowed are whole files";

template <class Value>
std::string bytes_of(const std::vector<Value>& values) {
  std::string bytes(values.size() * sizeof(Value), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A file of that version with this header, as it stands, and data.
std::string file_of(int version, const std::string& header, const std::string& data) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  }
  return bytes + header + data;
}

std::string header_of(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }        \n";
}

Array parse(const std::string& bytes) { return parse_npy("a.npy", bytes); }

std::string fault(const std::string& bytes) {
  const std::string message = test::message_of<FileError>([&] { parse(bytes); });
  EXPECT_TRUE(message.starts_with("a.npy: ")) << message;
  EXPECT_EQ(message.find('\n'), message.npos);
  return message.substr(std::min<std::size_t>(7, message.size()));
}

const std::vector<float>& reals(const Array& array) {
  return std::get<std::vector<float>>(array.values);
}

const std::vector<std::int64_t>& wholes(const Array& array) {
  return std::get<std::vector<std::int64_t>>(array.values);
}

TEST(Npy, every_version) {
  const std::string data = bytes_of<float>({1, 2, 3, 4, 5, 6});
  for (const int version : {1, 2, 3}) {
    const Array array = parse(file_of(version, header_of("<f4", "(2, 3)"), data));
    EXPECT_THAT(array.shape, ElementsAre(2, 3));
    EXPECT_EQ(array.size(), 6);
    EXPECT_THAT(reals(array), ElementsAre(1, 2, 3, 4, 5, 6));
  }
}

TEST(Npy, every_type) {
  const auto of = [](const std::string& type, const std::string& data) {
    return parse(file_of(1, header_of(type, "(2,)"), data));
  };
  EXPECT_THAT(reals(of("<f4", bytes_of<float>({-0.5F, 1e30F}))), ElementsAre(-0.5F, 1e30F));
  EXPECT_THAT(reals(of("<f8", bytes_of<double>({0.1, -2}))), ElementsAre(0.1F, -2));
  EXPECT_THAT(wholes(of("<i4", bytes_of<std::int32_t>({-2147483647 - 1, 7}))),
              ElementsAre(-2147483648LL, 7));
  EXPECT_THAT(wholes(of("<i8", bytes_of<std::int64_t>({-(std::int64_t{1} << 40), 3}))),
              ElementsAre(-(std::int64_t{1} << 40), 3));
  EXPECT_THAT(wholes(of("|u1", bytes_of<std::uint8_t>({0, 255}))), ElementsAre(0, 255));
}

TEST(Npy, shapes_as_they_are_written) {
  const std::string data = bytes_of<std::uint8_t>({1, 2, 3, 4});
  for (const char* shape : {"(4,)", "(4, )", "(4)"}) {
    EXPECT_THAT(parse(file_of(1, header_of("|u1", shape), data)).shape, ElementsAre(4)) << shape;
  }
  EXPECT_THAT(parse(file_of(1, header_of("|u1", "(1, 4, 1)"), data)).shape, ElementsAre(1, 4, 1));
  // Keys in another order, blanks or none.
  const Array array =
      parse(file_of(1, "{'shape':(2,2),'fortran_order':False,'descr':'|u1'}", data));
  EXPECT_THAT(array.shape, ElementsAre(2, 2));
}

TEST(Npy, not_an_array) {
  const std::string message = "is no NumPy array; allowed are .npy files";
  const std::string whole = file_of(1, header_of("|u1", "(1,)"), "x");
  for (std::size_t size = 0; size < 12; ++size) EXPECT_EQ(fault(whole.substr(0, size)), message);
  EXPECT_EQ(fault(std::string(100, 'x')), message);
  EXPECT_EQ(fault("\x93NUMPX" + whole.substr(6)), message);
}

TEST(Npy, versions_that_are_not_known) {
  for (const int version : {0, 4, 255}) {
    EXPECT_EQ(fault(file_of(version, header_of("|u1", "(1,)"), "x")),
              "is of a version that is not known; allowed are 1 to 3");
  }
}

// Wherever it is cut it is refused, and nothing beyond its end is read.
TEST(Npy, truncated_anywhere) {
  for (const int version : {1, 2}) {
    const std::string whole = file_of(version, header_of("<f4", "(2,)"), bytes_of<float>({1, 2}));
    const std::size_t header = whole.size() - 8;
    for (std::size_t size = 12; size < whole.size(); ++size) {
      const std::string cut(whole.data(), size);
      EXPECT_EQ(fault(cut), size < header ? "ends within its header" + kWholeFiles
                                          : "holds " + std::to_string(size - header) +
                                                " bytes of data; its shape needs 8");
    }
    EXPECT_EQ(fault(whole + "x"), "holds 9 bytes of data; its shape needs 8");
  }
}

TEST(Npy, a_header_longer_than_the_file) {
  std::string bytes = file_of(2, header_of("|u1", "(1,)"), "x");
  for (std::size_t i = 8; i < 12; ++i) bytes[i] = '\xff';
  EXPECT_EQ(fault(bytes), "ends within its header" + kWholeFiles);
}

TEST(Npy, headers_that_cannot_be_read) {
  const std::string message = "has no readable header; allowed is what NumPy writes";
  for (const char* header :
       {"", "{}", "{'descr': '|u1', 'fortran_order': False}", "{'descr': '|u1', 'shape': (1,)}",
        "{'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (x,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,,1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr':", "{'shape':", "{'fortran_order': False, 'shape': (1,), 'descr':        "}) {
    EXPECT_EQ(fault(file_of(1, std::string(header) + "    ", "x")), message) << header;
  }
}

TEST(Npy, fortran_order) {
  EXPECT_EQ(fault(file_of(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }", "x")),
            "is in Fortran order; allowed is C order");
}

TEST(Npy, no_dimension_and_no_elements) {
  EXPECT_EQ(fault(file_of(1, header_of("|u1", "()"), "x")),
            "is a single number; needed is at least one dimension");
  const std::string message = "has no elements, or more than 2^31; allowed is something between";
  for (const char* shape : {"(0,)", "(3, 0)", "(2147483648, 2)", "(65536, 65536)",
                            "(2147483647, 2147483647, 2147483647, 2147483647)"}) {
    EXPECT_EQ(fault(file_of(1, header_of("|u1", shape), "")), message) << shape;
  }
  EXPECT_EQ(fault(file_of(1, header_of("<f8", "(2147483648,)"), "")),
            "holds 0 bytes of data; its shape needs 17179869184");
}

TEST(Npy, types_that_are_not_known) {
  for (const char* type : {">f4", "<f2", "<c8", "|b1", "|S3", "<u2", "|O"}) {
    EXPECT_EQ(fault(file_of(1, header_of(type, "(1,)"), "12345678")),
              "holds elements of type '" + std::string(type) +
                  "'; allowed are little-endian float32, float64, int32, int64 and uint8");
  }
}

// What is in a file does not reach the terminal as it is.
TEST(Npy, types_with_unprintable_bytes) {
  EXPECT_EQ(fault(file_of(1, header_of("\n\x1b[2J", "(1,)"), "x")),
            "holds elements of type '\\x0a\\x1b[2J'; allowed are little-endian float32, float64, "
            "int32, int64 and uint8");
}

TEST(Npy, numbers_that_are_not_finite) {
  const auto of = [](const std::string& type, const std::string& data) {
    return fault(file_of(1, header_of(type, "(2,)"), data));
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(of("<f4", bytes_of<float>({1, std::numeric_limits<float>::quiet_NaN()})),
            "holds nan; allowed are finite numbers");
  EXPECT_EQ(of("<f4", bytes_of<float>({kInfinity, 1})), "holds inf; allowed are finite numbers");
  EXPECT_EQ(of("<f8", bytes_of<double>({-std::numeric_limits<double>::infinity(), 1})),
            "holds -inf; allowed are finite numbers");
}

}  // namespace
}  // namespace dysta::profiler
