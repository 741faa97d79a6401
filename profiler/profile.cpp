#include "profile.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "dysta/accel/sanger.hpp"
#include "dysta/core/error.hpp"

namespace dysta::profiler {
namespace {

using Accelerators = std::vector<std::unique_ptr<const Accelerator>>;

/// Convolutions with weights that were met before, shared by all threads.
class PreparedLayers {
 public:
  struct Layer {
    double weight_density = 0;
    std::vector<std::unique_ptr<const PreparedConvolution>> on;  ///< [accelerator], or null
  };

  explicit PreparedLayers(const Accelerators& accelerators) : accelerators_(accelerators) {}

  std::shared_ptr<const Layer> get(const ConvolutionSeen& seen) {
    const Key key{seen.weights_key, seen.shape};
    if (!seen.weights_key.empty()) {
      const std::lock_guard lock(mutex_);
      if (const auto found = layers_.find(key); found != layers_.end()) return found->second;
    }
    const WeightMask weights = seen.weights();
    auto layer = std::make_shared<Layer>();
    layer->weight_density = weights.density();
    for (const auto& accelerator : accelerators_) {
      layer->on.push_back(
          accelerator->runs_convolutions() ? accelerator->prepare(seen.shape, weights) : nullptr);
    }
    if (!seen.weights_key.empty()) {
      const std::lock_guard lock(mutex_);
      layers_.emplace(key, layer);
    }
    return layer;
  }

 private:
  using Key = std::pair<std::string, ConvolutionShape>;

  const Accelerators& accelerators_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const Layer>> layers_;
};

/// Collects what one input costs.
class Collector final : public LayerObserver {
 public:
  ProfiledInput result;
  std::vector<std::vector<ProfiledLayer>> layers;  ///< [accelerator][layer], as for `Profile`

  Collector(const Accelerators& accelerators, PreparedLayers& prepared)
      : layers(accelerators.size()), accelerators_(accelerators), prepared_(prepared) {
    result.layers.resize(accelerators.size());
  }

  void on_convolution(const ConvolutionSeen& seen) override {
    const auto prepared = prepared_.get(seen);
    const double sparsity = seen.activations.sparsity();
    for (std::size_t i = 0; i < accelerators_.size(); ++i) {
      if (!prepared->on[i]) continue;
      result.layers[i].push_back({.cost = prepared->on[i]->cost(seen.activations),
                                  .dense_macs = static_cast<double>(seen.shape.dense_macs()),
                                  .sparsity = sparsity});
      layers[i].push_back(
          {.name = seen.name, .shape = seen.shape, .weight_density = prepared->weight_density});
    }
  }

  void on_attention(const AttentionSeen& seen) override {
    for (std::size_t i = 0; i < accelerators_.size(); ++i) {
      const Accelerator& accelerator = *accelerators_[i];
      if (!accelerator.runs_attention()) {
        throw NetworkError("holds attention, which accelerator " + in_quotes(accelerator.name()) +
                           " does not run; allowed is one that does, like sanger or dense");
      }
      const AttentionMask mask = mask_of(seen, accelerator.attention_selection());
      if (result.tokens == 0) result.tokens = std::max(1, mask.visible_query_count());
      AttentionShape shape = seen.shape;
      if (!accelerator.runs_convolutions()) {  // else padding is computed like everything
        shape.queries = std::max(1, mask.visible_query_count());
        shape.keys = std::max(1, mask.visible_key_count());
      }
      result.layers[i].push_back(
          {.cost = accelerator.cost(shape, mask),
           .dense_macs = static_cast<double>(shape.dense_macs()),
           .sparsity = 1 - mask.density(),
           .balance_of_half = pack_and_split(mask, 32, EmptyChunks::skip).load_balance(),
           .balance_of_quarter = pack_and_split(mask, 16, EmptyChunks::skip).load_balance()});
      layers[i].push_back({.name = {}, .shape = shape, .weight_density = 1});
    }
  }

 private:
  static AttentionMask mask_of(const AttentionSeen& seen, const AttentionSelection& selection) {
    const auto& [heads, queries, keys, width] = seen.shape;
    AttentionMask mask(heads, queries, keys);
    for (int key = 0; key < keys; ++key) {
      if (!seen.key_hidden[static_cast<std::size_t>(key)]) continue;
      mask.hide_key(key);
      if (queries == keys) mask.hide_query(key);  // self-attention: padding asks nothing either
    }
    std::vector<float> predicted;
    auto probabilities = seen.probabilities;
    if (selection.prediction_bits > 0) {
      predicted = seen.predicted(selection.prediction_bits);
      probabilities = predicted;
    }
    const auto row_size = static_cast<std::size_t>(keys);
    std::size_t row = 0;
    for (int head = 0; head < heads; ++head) {
      for (int query = 0; query < queries; ++query, ++row) {
        mask.keep_above(head, query, probabilities.subspan(row * row_size, row_size),
                        static_cast<float>(selection.threshold));
      }
    }
    return mask;
  }

  const Accelerators& accelerators_;
  PreparedLayers& prepared_;
};

/// What became of one input.
struct Outcome {
  std::optional<ProfiledInput> result;
  std::vector<std::vector<ProfiledLayer>> layers;
  std::exception_ptr error;
  std::optional<std::string> skipped;
};

class Run {
 public:
  Run(const Network& network, const std::vector<InputSet>& sets, const Accelerators& accelerators,
      const ProfileOptions& options)
      : network_(network),
        sets_(sets),
        accelerators_(accelerators),
        options_(options),
        prepared_(accelerators) {
    for (std::size_t set = 0; set < sets.size(); ++set) {
      for (std::size_t i = 0; i < sets[set].size(); ++i) places_.emplace_back(set, i);
    }
    outcomes_.resize(places_.size());
  }

  Profile operator()() {
    std::vector<std::thread> workers;
    const std::size_t threads = std::clamp<std::size_t>(options_.threads, 1, places_.size());
    for (std::size_t i = 1; i < threads; ++i) workers.emplace_back([this] { work(); });
    work();
    for (auto& worker : workers) worker.join();
    return gather();
  }

 private:
  void work() {
    while (!failed_ && (options_.stop == nullptr || !*options_.stop)) {
      const std::size_t next = next_++;
      if (next >= places_.size()) return;
      const auto [set, i] = places_[next];
      Outcome& outcome = outcomes_[next];
      try {
        run_one(set, i, outcome);
      } catch (...) {
        outcome.error = std::current_exception();
        failed_ = true;
      }
      const std::lock_guard lock(progress_mutex_);
      ++done_;
      if (options_.progress) options_.progress(done_, places_.size());
    }
  }

  void run_one(std::size_t set, std::size_t i, Outcome& outcome) {
    Collector collector(accelerators_, prepared_);
    Array input;
    std::string digest;
    try {
      input = sets_[set].load(i, options_.preparation, digest);
    } catch (const FileError& error) {
      if (options_.strict || !sets_[set].pictures()) throw;
      outcome.skipped = error.what();
      return;
    }
    try {
      network_.run(input, collector);
    } catch (const NetworkError& error) {
      throw FileError(network_.path(), 0,
                      std::string(error.what()) + " (at " + sets_[set].label(i) + ")");
    } catch (const SpecificationError& error) {
      throw FileError(
          network_.path(), 0,
          "has a layer that no accelerator can be asked about: " + std::string(error.what()));
    }
    collector.result.set = set;
    collector.result.digest = digest;
    outcome.result = std::move(collector.result);
    outcome.layers = std::move(collector.layers);
  }

  Profile gather() {
    Profile profile;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      Outcome& outcome = outcomes_[i];
      if (outcome.error) std::rethrow_exception(outcome.error);
      if (outcome.skipped) {
        profile.skipped.push_back({places_[i].first, *outcome.skipped});
        continue;
      }
      if (!outcome.result) {
        profile.interrupted = true;
        continue;
      }
      if (profile.inputs.empty()) profile.layers = outcome.layers;
      check_layers(profile, outcome, i);
      profile.inputs.push_back(std::move(*outcome.result));
    }
    if (profile.inputs.empty() && !profile.interrupted) {
      throw FileError(network_.path(), 0,
                      "was run on no input: all " + std::to_string(profile.skipped.size()) +
                          " could not be read, first " + profile.skipped.front().why);
    }
    return profile;
  }

  void check_layers(const Profile& profile, const Outcome& outcome, std::size_t i) const {
    for (std::size_t a = 0; a < accelerators_.size(); ++a) {
      if (outcome.layers[a].empty()) {
        throw FileError(network_.path(), 0,
                        "has no layers that accelerator " + in_quotes(accelerators_[a]->name()) +
                            " runs; allowed is one that does");
      }
      if (outcome.layers[a].size() != profile.layers[a].size()) {
        throw FileError(network_.path(), 0,
                        "ran " + counted(outcome.layers[a].size(), "layer") + " for " +
                            sets_[places_[i].first].label(places_[i].second) + " and " +
                            std::to_string(profile.layers[a].size()) +
                            " for the first input; allowed is the same number for all");
      }
    }
  }

  const Network& network_;
  const std::vector<InputSet>& sets_;
  const Accelerators& accelerators_;
  const ProfileOptions& options_;
  PreparedLayers prepared_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;  ///< set and index of each input
  std::vector<Outcome> outcomes_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex progress_mutex_;
  std::size_t done_ = 0;
};

}  // namespace

std::int64_t ProfiledLayer::dense_macs() const {
  return std::visit([](const auto& s) { return s.dense_macs(); }, shape);
}

Profile profile(const Network& network, const std::vector<InputSet>& sets,
                const Accelerators& accelerators, const ProfileOptions& options) {
  return Run(network, sets, accelerators, options)();
}

}  // namespace dysta::profiler
