// Where a trace is from: what the JSON file beside it says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dysta {

/// Whether a trace's zeros were counted or drawn. Its latencies are modelled in either case.
enum class TraceOrigin : std::uint8_t {
  unknown,     ///< no file says so
  measured,    ///< counted in a network that ran on inputs
  synthesised  ///< drawn from a statistical model
};

std::string_view name_of(TraceOrigin origin);

/// Inputs of one kind, such as a data set or its dark pictures: a run of samples of a trace.
struct InputSet {
  std::string name;
  std::size_t inputs = 0;
};

/// What decides a trace, as far as those who simulate it want to know.
struct Provenance {
  TraceOrigin origin = TraceOrigin::unknown;
  std::string accelerator;       ///< the model that gave the latencies; empty where unknown
  std::vector<InputSet> inputs;  ///< in the order of the samples; empty where unknown
};

/// Reads the provenance of the trace `trace_file` (a file's name, without folders) from the text of
/// the JSON file beside it; `name` is what messages call that file. Nothing if the text is JSON but
/// not the provenance of this trace. Throws `FileError` for text that is not JSON and for a
/// provenance whose parts are not of their kind.
std::optional<Provenance> parse_provenance(const std::string& name, const std::string& text,
                                           std::string_view trace_file);

/// The provenance of the trace at `path`, from the file of the same stem that ends in `.json`; that
/// of an unknown origin where there is none.
Provenance read_provenance(const std::string& path);

}  // namespace dysta
