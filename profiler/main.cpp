// dysta-profile: runs a network on inputs and writes what its layers cost as a trace. It is a
// program of its own, started by `dysta profile`, so that nothing else waits for libtorch to load.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "command_line.hpp"
#include "dysta/accel/accelerator.hpp"
#include "dysta/core/error.hpp"
#include "dysta/io/number_text.hpp"
#include "inputs.hpp"
#include "output.hpp"
#include "preparation.hpp"
#include "profile.hpp"
#include "report.hpp"
#include "torch_network.hpp"

namespace dysta::profiler {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kInterrupted = 130;

std::atomic<bool> stop_asked = false;

struct Options {
  std::string network;
  std::vector<std::string> inputs;
  std::vector<std::string> accelerators{"eyeriss_v2"};
  std::string out;
  bool summary = false;
  std::optional<std::string> name;
  std::optional<std::string> steps;
  std::optional<std::vector<double>> mean;
  std::optional<std::vector<double>> deviation;
  std::string channels;
  std::vector<std::size_t> counts;
  std::size_t threads = 0;
  std::uint64_t seed = 0;
  bool strict = false;
  bool keep_partial = false;
};

constexpr const char* kVariantName =
    "one word that does not begin with '.' and holds no '/', ',', '=', ':' or quotes";

/// A variant's name is a file's, and part of lists that commas separate.
bool is_variant_name(const std::string& name) {
  return !name.empty() && name.front() != '.' &&
         name.find_first_of("/\\ \t\r\n,=:\"'") == std::string::npos;
}

/// What a network's description says, with what the command line says instead.
struct Settings {
  Preparation preparation;
  std::string variant;
};

Settings settings_for(const Network& network, const Options& options) {
  Settings settings;
  settings.variant = fs::path(network.path()).stem().string();
  Preparation& preparation = settings.preparation;
  if (!network.description().empty()) {
    try {
      const Json description = Json::parse(network.description());
      settings.variant = description.at("model").get<std::string>() + "_" +
                         description.at("pattern").get<std::string>();
      const Json& input = description.at("input");
      if (input.at("kind") == "image") {
        preparation.steps = input.at("prepare").get<std::string>();
        preparation.mean = input.at("mean").get<std::array<double, 3>>();
        preparation.deviation = input.at("std").get<std::array<double, 3>>();
        preparation.bgr = input.at("channels") == "BGR";
      }
    } catch (const Json::exception&) {
      throw FileError(network.path(), 0,
                      "describes itself in a way that is not known; allowed is what "
                      "profiler/zoo/description.py writes");
    }
  }
  if (options.steps) preparation.steps = *options.steps;
  const auto three = [](const std::vector<double>& values) {
    return values.size() == 1 ? std::array{values[0], values[0], values[0]}
                              : std::array{values.at(0), values.at(1), values.at(2)};
  };
  if (options.mean) preparation.mean = three(*options.mean);
  if (options.deviation) preparation.deviation = three(*options.deviation);
  if (!options.channels.empty()) preparation.bgr = options.channels == "BGR";
  if (options.name) {
    settings.variant = *options.name;
  } else if (!is_variant_name(settings.variant)) {
    throw FileError(network.path(), 0,
                    "names the variant " + in_quotes(settings.variant) + "; allowed is " +
                        kVariantName + ", also by --name");
  }
  check(preparation);
  return settings;
}

/// A trace and where it is from, put in place one after the other when both are whole.
struct Files {
  std::unique_ptr<cli::OutputFile> trace;
  std::unique_ptr<cli::OutputFile> provenance;
};

Files open_files(const Options& options, const Accelerator& accelerator,
                 const std::string& variant) {
  const fs::path folder = fs::path(options.out) / accelerator.name();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw FileError(folder.string(), 0, "cannot be made: " + error.message());
  return {std::make_unique<cli::OutputFile>((folder / (variant + ".csv")).string()),
          std::make_unique<cli::OutputFile>((folder / (variant + ".json")).string())};
}

extern "C" void ask_to_stop(int) { stop_asked = true; }

int run(const Options& options) {
  std::vector<std::unique_ptr<const Accelerator>> accelerators;
  for (const std::string& name : options.accelerators) {
    accelerators.push_back(load_accelerator(name));
    for (std::size_t i = 0; i + 1 < accelerators.size(); ++i) {
      if (accelerators[i]->name() == accelerators.back()->name()) {
        throw SpecificationError("accelerator " + in_quotes(accelerators[i]->name()) +
                                 " is asked for twice; allowed is once");
      }
    }
  }
  std::vector<InputSet> sets;
  for (std::size_t i = 0; i < options.inputs.size(); ++i) {
    std::optional<std::size_t> most;
    if (!options.counts.empty()) most = options.counts[options.counts.size() == 1 ? 0 : i];
    sets.push_back(InputSet::open(options.inputs[i], most));
  }
  const bool pictures =
      std::any_of(sets.begin(), sets.end(), [](const InputSet& set) { return set.pictures(); });
  if (!pictures &&
      (options.steps || options.mean || options.deviation || !options.channels.empty())) {
    throw SpecificationError(
        "--prepare, --mean, --std or --channels is given, but no input is a folder of pictures; "
        "allowed are they for pictures alone");
  }
  const auto owner = load_torch_script(options.network, options.seed);
  const Network& network = *owner;
  const Settings settings = settings_for(network, options);
  std::vector<Files> files;
  if (!options.out.empty()) {
    for (const auto& accelerator : accelerators) {
      files.push_back(open_files(options, *accelerator, settings.variant));
    }
  }

  if (options.keep_partial) {
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
  }
  cli::Progress progress(settings.variant);
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const Profile result =
      profile(network, sets, accelerators,
              {.preparation = settings.preparation,
               .threads = options.threads == 0 ? cores : options.threads,
               .strict = options.strict,
               .progress = [&](std::size_t done, std::size_t of) { progress.update(done, of); },
               .stop = &stop_asked});
  if (result.interrupted && result.inputs.empty()) {
    throw FileError(network.path(), 0, "was interrupted before the first input was done");
  }

  std::string text;
  for (std::size_t i = 0; i < accelerators.size(); ++i) {
    const Accelerator& accelerator = *accelerators[i];
    if (options.summary) {
      if (i > 0) text += '\n';
      text += summary_text(result, i, accelerator);
    }
    if (files.empty()) continue;
    files[i].trace->write(trace_csv(result, i, is_attention_trace(accelerator)));
    files[i].provenance->write(
        provenance_json(result, i,
                        {.network = network,
                         .sets = sets,
                         .accelerator = accelerator,
                         .accelerator_parameters = accelerator_parameters(options.accelerators[i]),
                         .preparation = settings.preparation,
                         .dysta_version = DYSTA_VERSION,
                         .libtorch_version = libtorch_version(),
                         .seed = options.seed,
                         .variant = settings.variant}));
    files[i].trace->close();
    files[i].provenance->close();
  }
  for (const Files& both : files) {
    both.provenance->commit();
    both.trace->commit();
  }
  cli::print(text);
  if (!result.skipped.empty()) {
    std::fprintf(stderr, "dysta: left out: %s that could not be read, first %s\n",
                 counted(result.skipped.size(), "input").c_str(),
                 result.skipped.front().why.c_str());
  }
  if (result.interrupted) {
    std::fprintf(stderr, "dysta: interrupted; kept are the %s that were done\n",
                 counted(result.inputs.size(), "input").c_str());
    return kInterrupted;
  }
  return 0;
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("NETWORK", options.network, "TorchScript file")->required()->type_name("");
  app.add_option("--inputs", options.inputs,
                 "What to run it on, [NAME=]PATH each: a folder of pictures (.jpg, .png), a .npy "
                 "array (an input for each index of its first dimension) or a .txt file of token "
                 "numbers (an input a line)")
      ->required()
      ->type_name("PATH");
  app.add_option("--accelerator", options.accelerators,
                 "Accelerators, by name or parameter file: dysta accel lists them")
      ->delimiter(',')
      ->type_name("NAME")
      ->default_str("eyeriss_v2");
  app.add_option("--out", options.out,
                 "Write DIR/ACCELERATOR/VARIANT.csv, and .json that says where it is from")
      ->type_name("DIR");
  app.add_flag("--summary", options.summary, "Print a line a layer");
  app.add_option("--name", options.name,
                 "The variant's name (from the network's description, else its file's name)")
      ->type_name("VARIANT");
  app.add_option("--prepare", options.steps,
                 "What is done to pictures, from left to right: crop=P% (middle square, P% of the "
                 "short side), crop=N, crop=HxW, resize=N (short side), resize=HxW, letterbox=HxW; "
                 "commas between (from the network's description)")
      ->type_name("STEPS");
  app.add_option("--mean", options.mean,
                 "Of pixels in [0, 1], by the network's channels: one number, or three")
      ->delimiter(',')
      ->expected(1, 3)
      ->type_name("NUMBERS");
  app.add_option("--std", options.deviation, "Standard deviation of pixels, likewise")
      ->delimiter(',')
      ->expected(1, 3)
      ->type_name("NUMBERS");
  app.add_option("--channels", options.channels, "RGB or BGR")
      ->check(CLI::IsMember({"RGB", "BGR"}).description(""))
      ->type_name("ORDER");
  app.add_option("--count", options.counts,
                 "At most so many inputs, evenly spread: one number for all sets, or one each")
      ->delimiter(',')
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}).description(""))
      ->type_name("N,...");
  app.add_option("--threads", options.threads, "Inputs run side by side (all cores)")
      ->check(CLI::Range(std::size_t{1}, std::size_t{4096}).description(""))
      ->type_name("N");
  app.add_option("--seed", options.seed, "For networks that draw random numbers")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto seed = parse_whole(text);
            if (seed && *seed <= std::uint64_t{1} << 53) return std::string();
            return "the seed is " + in_quotes(text) + "; allowed is a whole number from 0 to 2^53";
          },
          ""))
      ->type_name("SEED")
      ->default_str("0");
  app.add_flag("--strict", options.strict, "A picture that cannot be read is an error");
  app.add_flag("--keep-partial", options.keep_partial,
               "When interrupted, write the inputs that are done (status 130)");
}

void check_options(const Options& options) {
  if (options.out.empty() && !options.summary) {
    throw SpecificationError("nothing is asked for; allowed are --out DIR, --summary or both");
  }
  for (const auto* numbers : {&options.mean, &options.deviation}) {
    if (*numbers && (*numbers)->size() == 2) {
      throw SpecificationError("--mean or --std has two numbers; allowed are one and three");
    }
  }
  if (options.counts.size() > 1 && options.counts.size() != options.inputs.size()) {
    throw SpecificationError("--count has " + counted(options.counts.size(), "number") + " for " +
                             counted(options.inputs.size(), "set") +
                             " of inputs; allowed are one number and one for each set");
  }
  if (options.name && !is_variant_name(*options.name)) {
    throw SpecificationError("the variant's name is " + in_quotes(*options.name) + "; allowed is " +
                             kVariantName);
  }
}

int main(int argc, char** argv) {
  CLI::App app{
      "Runs a network on inputs and records, for every layer, its zeros and what it costs on an "
      "accelerator."};
  app.name("dysta profile");
  app.formatter(std::make_shared<cli::HelpFormatter>());
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error);
      cli::flush_output();
      return 0;
    }
    return cli::complain(cli::explain("dysta profile", app, error), cli::kWrongCommandLine);
  }
  check_options(options);
  const int status = run(options);
  cli::flush_output();
  return status;
}

/// Libraries read their environment when they are loaded: starts this program again where it says
/// something else than one thread an operator, and kernels that every recent processor has, so
/// that rounding (and with it, here and there, a zero) depends on neither. What libtorch warns of
/// concerns who wrote a network, not who runs it, and is not to be seen.
void use_reproducible_libraries(char** argv) {
  constexpr std::pair<const char*, const char*> kWanted[] = {
      {"OMP_NUM_THREADS", "1"},     {"OPENBLAS_NUM_THREADS", "1"},
      {"MKL_NUM_THREADS", "1"},     {"ATEN_CPU_CAPABILITY", "default"},
      {"DNNL_MAX_CPU_ISA", "AVX2"}, {"TORCH_CPP_LOG_LEVEL", "ERROR"},
      {"GLOG_minloglevel", "2"},
  };
  bool as_wanted = true;
  for (const auto& [name, value] : kWanted) {
    const char* now = std::getenv(name);
    as_wanted = as_wanted && now != nullptr && std::string_view(now) == value;
    setenv(name, value, 1);
  }
  if (!as_wanted) execv("/proc/self/exe", argv);  // where that fails, go on as we are
}

}  // namespace
}  // namespace dysta::profiler

int main(int argc, char** argv) {
  dysta::profiler::use_reproducible_libraries(argv);
  return dysta::cli::guarded_main([&] { return dysta::profiler::main(argc, argv); });
}
