#include "dysta/trace/provenance.hpp"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"

namespace dysta {
namespace {

using Json = nlohmann::json;

/// The line of a byte of `text`.
std::size_t line_of(const std::string& text, std::size_t byte) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

/// A member that must be text where it is there.
std::string text_of(const Json& json, const char* key, const std::string& name) {
  const auto found = json.find(key);
  if (found == json.end()) return {};
  if (!found->is_string()) {
    throw FileError(name, 0, in_quotes(key) + " is no text; allowed is text");
  }
  return found->get<std::string>();
}

}  // namespace

std::string_view name_of(TraceOrigin origin) {
  switch (origin) {
    case TraceOrigin::measured:
      return "measured";
    case TraceOrigin::synthesised:
      return "synthesised";
    case TraceOrigin::unknown:
      break;
  }
  return "unknown";
}

std::optional<Provenance> parse_provenance(const std::string& name, const std::string& text,
                                           std::string_view trace_file) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw FileError(name, line_of(text, error.byte == 0 ? 0 : error.byte - 1),
                    "is not JSON; allowed beside a trace is its provenance as JSON");
  }
  if (!json.is_object() || !json.contains("origin") || !json.contains("trace") ||
      json["trace"] != trace_file) {
    return std::nullopt;
  }
  Provenance provenance;
  const std::string origin = text_of(json, "origin", name);
  if (origin.starts_with("measured")) provenance.origin = TraceOrigin::measured;
  if (origin.starts_with("synthesised")) provenance.origin = TraceOrigin::synthesised;
  if (const auto accelerator = json.find("accelerator");
      accelerator != json.end() && accelerator->is_object()) {
    provenance.accelerator = text_of(*accelerator, "name", name);
  }
  const auto inputs = json.find("inputs");
  if (inputs == json.end()) return provenance;
  if (!inputs->is_array()) throw FileError(name, 0, "'inputs' is no list; allowed is a list");
  for (const Json& set : *inputs) {
    const auto count = set.is_object() ? set.find("inputs") : set.end();
    if (!set.is_object() || count == set.end() || !count->is_number_unsigned()) {
      throw FileError(name, 0,
                      "'inputs' has an entry without a number of inputs; allowed are entries with "
                      "'name' and 'inputs'");
    }
    provenance.inputs.push_back({text_of(set, "name", name), count->get<std::size_t>()});
  }
  return provenance;
}

Provenance read_provenance(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path beside = fs::path(path).replace_extension(".json");
  std::error_code ignored;
  if (beside == fs::path(path) || !fs::is_regular_file(beside, ignored)) return {};
  const std::string name = beside.string();
  return parse_provenance(name, read_file(name), fs::path(path).filename().string())
      .value_or(Provenance{});
}

}  // namespace dysta
