#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <unistd.h>

#include "commands.hpp"
#include "dysta/core/error.hpp"

namespace dysta::cli {
namespace {

/// Becomes the profiler, a program of its own beside this one.
int run(std::vector<std::string> arguments) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program =
      fs::read_symlink("/proc/self/exe", error).parent_path() / "dysta-profile";
  if (!fs::exists(program, error)) {
    throw FileError(program.string(), 0,
                    "does not exist: this build has no profiler; it is built where libtorch, "
                    "libturbojpeg, libpng, stb and OpenSSL are installed");
  }
  std::string name = program.string();
  std::vector<char*> argv{name.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(name.c_str(), argv.data());
  throw FileError(name, 0, std::string("cannot be started: ") + std::strerror(errno));
}

}  // namespace

void add_profile_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("profile", "Run a network on inputs and write a trace of it");
  command->prefix_command();
  command->set_help_flag();  // the profiler has its own
  command->callback([command, &action] {
    action = [arguments = command->remaining()] { return run(arguments); };
  });
}

}  // namespace dysta::cli
