// Trace files: docs/trace-format.md is their description.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dysta/trace/trace.hpp"

namespace dysta {

struct TraceReadOptions {
  /// Tokens of an input where an attention trace has no `seq-len` column.
  std::uint32_t sequence_length = 512;
};

/// Tokens of an input, at most: what attention layers of accelerator models may have.
inline constexpr std::uint32_t kLongestSequence = 1'000'000;

/// The trace files that `paths` name: files as they are, folders by the `.csv` files directly in
/// them. Throws `FileError` for a path that does not exist or a folder without such files.
std::vector<std::string> expand_trace_paths(std::span<const std::string> paths);

/// Reads one trace file, and its provenance where a JSON file beside it tells. Throws `FileError`
/// with the line of the first fault.
Trace read_trace(const std::string& path, const TraceReadOptions& options = {});

/// Reads a trace from text; `path` gives the variant its name and messages
/// their file.
Trace parse_trace(const std::string& path, std::string text, const TraceReadOptions& options = {},
                  Provenance provenance = {});

/// Reads all that `paths` name.
TraceSet read_traces(std::span<const std::string> paths, const TraceReadOptions& options = {});

}  // namespace dysta
