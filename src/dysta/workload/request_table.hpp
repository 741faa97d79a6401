// Workloads as files: a row a request.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dysta/core/task.hpp"
#include "dysta/trace/trace.hpp"

namespace dysta {

/// Reads `arrival_s,model,sample,priority,slo_s` (found by header; `model` is a variant's name, the
/// trace file's stem). Throws `FileError` for an arrival before the row above, a model or sample
/// that `traces` does not have, a priority other than 1, 3 or 9, an SLO that is not greater than 0,
/// and a table without rows.
std::vector<Request> read_requests(const std::string& path, const TraceSet& traces);

/// The same from text; `name` is what messages call it.
std::vector<Request> parse_requests(const std::string& name, std::string text,
                                    const TraceSet& traces);

/// The table that `read_requests` reads back to the same requests, bit for bit.
std::string requests_csv(std::span<const Request> requests, const TraceSet& traces);

}  // namespace dysta
