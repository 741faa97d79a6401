#include "dysta/trace/trace_reader.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <tuple>

#include "dysta/core/error.hpp"
#include "dysta/io/csv.hpp"
#include "dysta/trace/sanger_latency.hpp"

namespace dysta {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestIndex = std::numeric_limits<std::uint32_t>::max() - 1;

struct Row {
  std::uint32_t sample;
  std::uint32_t layer;
  LayerSample values;
  std::uint32_t sequence_length;
  std::size_t line;
};

/// Reads the rows of either kind of file; all that one row can show wrong is checked here.
class RowReader {
 public:
  RowReader(CsvReader& csv, const TraceReadOptions& options)
      : csv_(csv),
        options_(options),
        load_balance_(csv.find_column("50%-skip")),
        latency_(csv.find_column("sim_lat")),
        sparsity_(csv.column("overall-sparsity")),
        sample_(csv.column("batch-indx")),
        layer_(csv.column("layer-indx")),
        length_(load_balance_ ? csv.find_column("seq-len") : std::nullopt) {
    if (!load_balance_ && !latency_) {
      csv.fail_header("neither 'sim_lat' (CNN traces) nor '50%-skip' (attention traces) is there");
    }
  }

  TraceKind kind() const { return load_balance_ ? TraceKind::attention : TraceKind::cnn; }
  bool has_lengths() const { return length_.has_value(); }

  Row read() const {
    Row row{};
    row.line = csv_.line();
    row.sample = static_cast<std::uint32_t>(csv_.whole(sample_, kLargestIndex));
    row.layer = static_cast<std::uint32_t>(csv_.whole(layer_, kLargestIndex));
    row.sequence_length = options_.sequence_length;
    if (length_) {
      row.sequence_length = static_cast<std::uint32_t>(csv_.whole(*length_, kLongestSequence));
      if (row.sequence_length == 0) csv_.fail_field(*length_, "a number of tokens from 1");
    }
    if (kind() == TraceKind::cnn) {
      row.values.sparsity = csv_.number(sparsity_);
      if (row.values.sparsity < 0 || row.values.sparsity >= 1) {
        csv_.fail_field(sparsity_, "a sparsity of at least 0 and less than 1");
      }
      row.values.latency_s = latency();
      return row;
    }
    const double density = share(sparsity_, "a density (attention traces hold the share kept) ");
    const double balance = share(*load_balance_, "a load balance ");
    // Below 1 however small the density is: predictors divide by what is left.
    row.values.sparsity = std::min(1 - density, std::nextafter(1.0, 0.0));
    if (latency_) {
      row.values.latency_s = latency();
    } else {
      const Seconds computed = sanger_layer_latency(density, balance, row.sequence_length);
      if (computed > kLongestTime)
        csv_.fail_field(*load_balance_,
                        "a load balance that gives a latency of at most 1e15 seconds");
      row.values.latency_s = computed.count();
    }
    return row;
  }

 private:
  double latency() const {
    const double value = csv_.number(*latency_);
    if (value > 0 && value < kShortestLatency.count()) {
      csv_.fail_field(*latency_, "a latency of at least 1e-15 seconds");
    }
    if (value <= 0 || value > kLongestTime.count()) {
      csv_.fail_field(*latency_, "a latency in seconds greater than 0 and at most 1e15");
    }
    return value;
  }

  double share(CsvReader::Column column, std::string_view what) const {
    const double value = csv_.number(column);
    if (value <= 0 || value > 1) {
      csv_.fail_field(column, std::string(what) + "greater than 0 and at most 1");
    }
    return value;
  }

  CsvReader& csv_;
  const TraceReadOptions& options_;
  std::optional<CsvReader::Column> load_balance_;
  std::optional<CsvReader::Column> latency_;
  CsvReader::Column sparsity_;
  CsvReader::Column sample_;
  CsvReader::Column layer_;
  std::optional<CsvReader::Column> length_;
};

/// Throws unless every layer of every sample stands in `rows` exactly once; `rows` are ordered by
/// sample, layer and line. Returns the number of layers.
std::size_t check_complete(const std::vector<Row>& rows, const std::string& file) {
  std::size_t layers = 0;
  for (std::size_t begin = 0, sample = 0; begin < rows.size(); ++sample) {
    if (rows[begin].sample != sample) {
      throw FileError(file, rows[begin].line,
                      "sample " + std::to_string(sample) +
                          " is missing; samples are numbered from "
                          "0 without a gap");
    }
    std::size_t end = begin;
    for (; end < rows.size() && rows[end].sample == sample; ++end) {
      const std::size_t expected = end - begin;
      if (end > begin && rows[end].layer == rows[end - 1].layer) {
        throw FileError(file, rows[end].line,
                        "sample " + std::to_string(sample) + ", layer " +
                            std::to_string(rows[end].layer) + " stands already in line " +
                            std::to_string(rows[end - 1].line) + "; allowed is once");
      }
      if (rows[end].layer != expected) {
        throw FileError(file, rows[end].line,
                        "sample " + std::to_string(sample) + " lacks layer " +
                            std::to_string(expected) +
                            "; layers are numbered from 0 without a gap");
      }
      if (rows[end].sequence_length != rows[begin].sequence_length) {
        throw FileError(file, rows[end].line,
                        "sample " + std::to_string(sample) + " has two sequence lengths, " +
                            std::to_string(rows[begin].sequence_length) + " and " +
                            std::to_string(rows[end].sequence_length) +
                            "; all layers of a sample have the same");
      }
    }
    if (sample == 0) layers = end - begin;
    if (end - begin != layers) {
      throw FileError(file, rows[end - 1].line,
                      "sample " + std::to_string(sample) + " has " + std::to_string(end - begin) +
                          " layers and sample 0 has " + std::to_string(layers) +
                          "; every sample has the same layers");
    }
    begin = end;
  }
  return layers;
}

Trace::Identity identity_from(const std::string& path, TraceKind kind) {
  Trace::Identity identity;
  identity.file = path;
  identity.name = fs::path(path).stem().string();
  identity.model = identity.name;
  identity.kind = kind;
  if (kind == TraceKind::cnn) {
    if (const auto cut = identity.name.find('_'); cut != std::string::npos) {
      identity.model = identity.name.substr(0, cut);
      identity.pattern = identity.name.substr(cut + 1);
    }
  }
  return identity;
}

Trace trace_from(CsvReader& csv, const TraceReadOptions& options, Provenance provenance) {
  const RowReader reader(csv, options);
  std::vector<Row> rows;
  while (csv.next_row()) rows.push_back(reader.read());
  if (rows.empty()) {
    throw FileError(csv.name(), 0, "has a header but no rows; at least one layer is needed");
  }
  const auto order = [](const Row& a, const Row& b) {
    return std::tie(a.sample, a.layer, a.line) < std::tie(b.sample, b.layer, b.line);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), order)) std::sort(rows.begin(), rows.end(), order);
  const std::size_t layers = check_complete(rows, csv.name());

  std::vector<LayerSample> table;
  table.reserve(rows.size());
  for (const Row& row : rows) table.push_back(row.values);
  std::vector<std::uint32_t> lengths;
  if (reader.has_lengths()) {
    for (std::size_t i = 0; i < rows.size(); i += layers) {
      lengths.push_back(rows[i].sequence_length);
    }
  }
  std::size_t inputs = 0;
  for (const InputSet& set : provenance.inputs) inputs += set.inputs;
  if (!provenance.inputs.empty() && inputs != rows.size() / layers) {
    throw FileError(csv.name(), 0,
                    "has " + counted(rows.size() / layers, "sample") +
                        ", and the JSON file beside it tells of " + std::to_string(inputs) +
                        "; allowed are as many");
  }
  Trace::Identity identity = identity_from(csv.name(), reader.kind());
  identity.provenance = std::move(provenance);
  return {std::move(identity), layers, std::move(table), std::move(lengths)};
}

}  // namespace

std::vector<std::string> expand_trace_paths(std::span<const std::string> paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->path().extension() == ".csv" && !entry->is_directory(ignored)) {
        found.push_back(entry->path().string());
      }
    }
    if (error) throw FileError(path, 0, "cannot be listed: " + error.message());
    if (found.empty()) {
      throw FileError(path, 0,
                      "has no .csv files in it (its own folders are not searched); give "
                      "trace files or a folder of them");
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

Trace read_trace(const std::string& path, const TraceReadOptions& options) {
  auto csv = CsvReader::open(path);
  return trace_from(csv, options, read_provenance(path));
}

Trace parse_trace(const std::string& path, std::string text, const TraceReadOptions& options,
                  Provenance provenance) {
  CsvReader csv(path, std::move(text));
  return trace_from(csv, options, std::move(provenance));
}

TraceSet read_traces(std::span<const std::string> paths, const TraceReadOptions& options) {
  std::vector<Trace> traces;
  for (const std::string& file : expand_trace_paths(paths)) {
    traces.push_back(read_trace(file, options));
  }
  return TraceSet(std::move(traces));
}

}  // namespace dysta
