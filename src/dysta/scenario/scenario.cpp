#include "dysta/scenario/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "dysta/core/error.hpp"

namespace dysta {

Scenario::Scenario(std::string name, std::string what, std::optional<double> load,
                   std::vector<Pool> pools, std::deque<Networks> networks,
                   std::vector<Stream> streams)
    : name_(std::move(name)),
      what_(std::move(what)),
      load_(load),
      pools_(std::move(pools)),
      networks_(std::move(networks)),
      streams_(std::move(streams)) {
  for (std::size_t p = 0; p < pools_.size(); ++p) {
    pools_[p].traces = &networks_[p].traces;
    pools_[p].profiles = &networks_[p].profiles;
    for (std::size_t k = 0; k < pools_[p].kinds.size(); ++k) {
      pools_[p].kinds[k].traces = &networks_[p].kinds[k].traces;
      pools_[p].kinds[k].profiles = &networks_[p].kinds[k].profiles;
    }
  }
}

std::vector<Pool> scaled_pools(const Scenario& scenario, std::uint32_t scale) {
  if (scale == 0) {
    throw SpecificationError("a scale is 0; allowed is a whole number from 1");
  }
  std::vector<Pool> pools(scenario.pools().begin(), scenario.pools().end());
  for (Pool& pool : pools) {
    if (pool.accelerators > kMostAccelerators / scale) {
      throw SpecificationError("accelerator " + in_quotes(pool.name) + " of scenario " +
                               in_quotes(scenario.name()) + " would stand " +
                               std::to_string(std::uint64_t{pool.accelerators} * scale) +
                               " times; allowed are at most " + std::to_string(kMostAccelerators));
    }
    pool.accelerators *= scale;
    for (AcceleratorKind& kind : pool.kinds) kind.accelerators *= scale;
  }
  return pools;
}

double rate_scale(const Scenario& scenario, const ScenarioDraw& options) {
  if (options.rate_hz) {
    double stated = 0;
    for (const Stream& stream : scenario.streams()) stated += stream.rate_hz;
    return *options.rate_hz / stated;
  }
  const auto load = options.load ? options.load : scenario.load();
  if (!load) return options.scale;
  const auto shares = utilisations(scaled_pools(scenario, options.scale), scenario.streams());
  return *load / *std::max_element(shares.begin(), shares.end());
}

double rate_hz(const Scenario& scenario, const ScenarioDraw& options) {
  double stated = 0;
  for (const Stream& stream : scenario.streams()) stated += stream.rate_hz;
  return options.rate_hz.value_or(stated * rate_scale(scenario, options));
}

double utilisation(const Scenario& scenario, const ScenarioDraw& options) {
  // As asked for, without the rounding of a rate in between.
  const auto load = options.load || options.rate_hz ? options.load : scenario.load();
  if (load) return *load;
  const auto shares = utilisations(scaled_pools(scenario, options.scale), scenario.streams(),
                                   rate_scale(scenario, options));
  return *std::max_element(shares.begin(), shares.end());
}

StreamDraw stream_draw(const Scenario& scenario, const ScenarioDraw& options) {
  if (options.slo_multiplier) {
    for (const Stream& stream : scenario.streams()) {
      if (std::holds_alternative<ModelLatencies>(stream.deadline)) continue;
      throw SpecificationError("an SLO multiplier is given, and stream " + in_quotes(stream.name) +
                               " of scenario " + in_quotes(scenario.name()) +
                               " has deadlines of another kind; allowed are scenarios whose "
                               "streams all have slo_multiplier");
    }
  }
  if (options.scale != 1) {
    for (const Stream& stream : scenario.streams()) {
      if (!std::holds_alternative<Periods>(stream.deadline)) continue;
      throw SpecificationError("a scale is given, and stream " + in_quotes(stream.name) +
                               " of scenario " + in_quotes(scenario.name()) +
                               " has deadlines in periods, which a higher rate makes shorter; "
                               "allowed are scenarios without");
    }
  }
  return {.rate_scale = rate_scale(scenario, options),
          .slo_multiplier = options.slo_multiplier,
          .count = options.count,
          .seed = options.seed};
}

Run draw(const Scenario& scenario, const ScenarioDraw& options) {
  return draw(scaled_pools(scenario, options.scale), scenario.streams(),
              stream_draw(scenario, options));
}

std::string find_scenario(std::string_view name_or_path, std::span<const std::string> folders) {
  namespace fs = std::filesystem;
  const fs::path given(name_or_path);
  if (given.extension() == ".yaml" || given.extension() == ".yml") {
    if (given.is_absolute() || folders.empty()) return given.string();
    return (fs::path(folders.front()) / given).lexically_normal().string();
  }
  std::error_code ignored;
  for (const std::string& folder : folders) {
    for (fs::path above = fs::absolute(folder.empty() ? "." : folder).lexically_normal();;
         above = above.parent_path()) {
      const fs::path file = above / "suite" / "scenarios" / (given.string() + ".yaml");
      if (fs::is_regular_file(file, ignored)) return file.string();
      if (!above.has_relative_path()) break;
    }
  }
  throw SpecificationError("scenario " + in_quotes(name_or_path) +
                           " is unknown; allowed is a file that ends in .yaml, or the name of one "
                           "in suite/scenarios");
}

}  // namespace dysta
