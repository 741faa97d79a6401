// Timelines that https://ui.perfetto.dev opens.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dysta/metrics/outcome.hpp"
#include "dysta/metrics/timeline.hpp"

namespace dysta {

/// One run to draw.
struct TimelineRun {
  std::string label;  ///< the policy's
  const Timeline* timeline = nullptr;
  const RunOutcome* outcome = nullptr;
  std::span<const std::string> request_names;      ///< the variant of each request
  std::span<const std::string> accelerator_names;  ///< as many as there are
};

/// Writes runs as Chrome trace events (JSON): for each run a process with a track for each
/// accelerator (a slice a layer), a counter for the number of requests present, and a process with
/// the requests' spans, each on a track that it shares with no other request at the time; of those
/// that were refused an instant on track 0. `write` is called with consecutive pieces of the file.
void write_perfetto(std::span<const TimelineRun> runs,
                    const std::function<void(std::string_view)>& write);

}  // namespace dysta
