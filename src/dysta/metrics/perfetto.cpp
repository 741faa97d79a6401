#include "dysta/metrics/perfetto.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace dysta {
namespace {

/// Text as a JSON string, quotes included.
std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Times that 64 bits of nanoseconds cannot hold, some 290 years, stay at the last they can.
std::int64_t nanoseconds(Seconds time) {
  return std::llround(std::min(time.count() * 1e9, 9.2e18));
}

/// Whole nanoseconds as the microseconds that trace events count in. Viewers multiply by 1000 and
/// cut the fraction off; the fourth digit keeps 12.345 from becoming 12344 ns, so that a slice ends
/// exactly where the next one starts.
std::string microseconds(std::int64_t ns) { return fmt::format("{}.{:03}4", ns / 1000, ns % 1000); }

class Writer {
 public:
  explicit Writer(const std::function<void(std::string_view)>& write) : write_(write) {
    write_("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
  }

  /// Writes one event; `body` is its members after the common ones.
  void event(char phase, std::size_t process, std::size_t track, std::string_view body) {
    write_(fmt::format("{}\n{{\"ph\":\"{}\",\"pid\":{},\"tid\":{},{}}}", first_ ? "" : ",", phase,
                       process, track, body));
    first_ = false;
  }

  void name_process(std::size_t process, std::string_view name) {
    event('M', process, 0,
          fmt::format("\"name\":\"process_name\",\"args\":{{\"name\":{}}}", json_string(name)));
    event('M', process, 0,
          fmt::format("\"name\":\"process_sort_index\",\"args\":{{\"sort_index\":{}}}", process));
  }

  void name_track(std::size_t process, std::size_t track, std::string_view name) {
    event('M', process, track,
          fmt::format("\"name\":\"thread_name\",\"args\":{{\"name\":{}}}", json_string(name)));
  }

  void slice(std::size_t process, std::size_t track, std::string_view name, Seconds start,
             Seconds end, std::string_view args) {
    event('X', process, track,
          fmt::format("\"name\":{},\"ts\":{},\"dur\":{},\"args\":{{{}}}", json_string(name),
                      microseconds(nanoseconds(start)),
                      microseconds(nanoseconds(end) - nanoseconds(start)), args));
  }

  void instant(std::size_t process, std::size_t track, std::string_view name, Seconds time) {
    event('i', process, track,
          fmt::format("\"name\":{},\"ts\":{},\"s\":\"t\"", json_string(name),
                      microseconds(nanoseconds(time))));
  }

  void finish() { write_("\n]}\n"); }

 private:
  const std::function<void(std::string_view)>& write_;
  bool first_ = true;
};

void write_layers(Writer& writer, std::size_t process, const TimelineRun& run) {
  for (std::size_t a = 0; a < run.accelerator_names.size(); ++a) {
    writer.name_track(process, a + 1, run.accelerator_names[a]);
  }
  for (const LayerSlice& layer : *run.timeline) {
    const std::size_t track = layer.accelerator + 1;
    if (layer.overhead > Seconds{0}) {
      writer.slice(process, track, "scheduling", layer.start - layer.overhead, layer.start, "");
    }
    writer.slice(process, track,
                 fmt::format("{} layer {}", run.request_names[layer.request], layer.layer),
                 layer.start, layer.end,
                 fmt::format("\"request\":{},\"layer\":{},\"sparsity\":{}", layer.request,
                             layer.layer, layer.sparsity));
  }
}

void write_queue(Writer& writer, std::size_t process, const TimelineRun& run) {
  struct Step {
    Seconds time;
    int change;
  };
  std::vector<Step> steps;
  for (const RequestOutcome& request : run.outcome->requests) {
    if (request.refused()) continue;
    steps.push_back({request.request.arrival, +1});
    steps.push_back({request.completion, -1});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.time < b.time; });
  int present = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    present += steps[i].change;
    if (i + 1 < steps.size() && steps[i + 1].time == steps[i].time) continue;
    writer.event('C', process, 1,
                 fmt::format("\"name\":\"requests present\",\"ts\":{},\"args\":{{\"requests\":{}}}",
                             microseconds(nanoseconds(steps[i].time)), present));
  }
}

void write_requests(Writer& writer, std::size_t process, const TimelineRun& run) {
  using Tracks = std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>>;
  using Ends = std::priority_queue<std::pair<Seconds, std::size_t>,
                                   std::vector<std::pair<Seconds, std::size_t>>, std::greater<>>;
  constexpr std::size_t kRefused = 0;
  bool any_refused = false;
  Tracks free;
  Ends busy;
  std::size_t tracks = 0;
  for (std::size_t r = 0; r < run.outcome->requests.size(); ++r) {
    const RequestOutcome& request = run.outcome->requests[r];
    if (request.refused()) {
      if (!std::exchange(any_refused, true)) writer.name_track(process, kRefused, "refused");
      writer.instant(process, kRefused, fmt::format("#{} {} (refused)", r, run.request_names[r]),
                     request.request.arrival);
      continue;
    }
    while (!busy.empty() && busy.top().first <= request.request.arrival) {
      free.push(busy.top().second);
      busy.pop();
    }
    if (free.empty()) {
      free.push(++tracks);
      writer.name_track(process, tracks, fmt::format("requests {}", tracks));
    }
    const std::size_t track = free.top();
    free.pop();
    busy.emplace(request.completion, track);
    writer.slice(
        process, track,
        fmt::format("#{} {}{}", r, run.request_names[r], request.violated() ? " (late)" : ""),
        request.request.arrival, request.completion,
        fmt::format("\"sample\":{},\"priority\":{},\"isolated_ms\":{},\"slo_ms\":{},"
                    "\"normalised_turnaround\":{},\"violated\":{}",
                    request.request.sample, static_cast<int>(request.request.priority),
                    request.isolated.count() * 1e3, request.request.slo.count() * 1e3,
                    request.normalised_turnaround(), request.violated()));
  }
}

}  // namespace

void write_perfetto(std::span<const TimelineRun> runs,
                    const std::function<void(std::string_view)>& write) {
  Writer writer(write);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::size_t accelerator = 2 * i + 1;
    const std::size_t requests = accelerator + 1;
    writer.name_process(accelerator, runs[i].label + ": accelerator");
    writer.name_process(requests, runs[i].label + ": requests");
    write_layers(writer, accelerator, runs[i]);
    write_queue(writer, accelerator, runs[i]);
    write_requests(writer, requests, runs[i]);
  }
  writer.finish();
}

}  // namespace dysta
