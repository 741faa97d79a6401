// Any bytes as a table: every field is read as text, number and whole number. What is accepted is
// held against a second rule: a field that reads as a number is finite.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    dysta::CsvReader csv("fuzz.csv", {reinterpret_cast<const char*>(data), size});
    const auto column = csv.find_column("a");
    while (csv.next_row()) {
      if (!column) continue;
      if (!csv.text(*column).empty() && csv.text(*column).data() == nullptr) std::abort();
      if (!std::isfinite(csv.number(*column))) std::abort();
      if (csv.whole(*column, 1000) > 1000) std::abort();
    }
  } catch (const dysta::FileError& error) {
    if (std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
