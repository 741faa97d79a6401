#include "drawing.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dysta/core/error.hpp"
#include "output.hpp"

namespace dysta::cli {
namespace {

/// Runs a Python to its end, without its output if `quiet`; its exit status, and 128 and the
/// signal where one ended it. Throws `FileError` where it cannot be started.
int run_python(std::vector<std::string> arguments, bool quiet) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (quiet) {
    for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0);
    }
  }
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw FileError(arguments.front(), 0,
                    std::string("cannot be started: ") + std::strerror(failed) +
                        "; allowed is a Python 3 with matplotlib and numpy");
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      throw FileError(arguments.front(), 0,
                      std::string("cannot be waited for: ") + std::strerror(errno) +
                          "; the process that starts dysta has to let it wait for its children");
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string drawing_python(const std::string& asked) {
  const auto can_draw = [](const std::string& candidate) {
    return run_python({candidate, "-c", "import matplotlib, numpy"}, true) == 0;
  };
  if (!asked.empty() && can_draw(asked)) return asked;
  if (asked.empty()) {
    for (const char* candidate : {"python3", "/usr/bin/python3"}) {
      try {
        if (can_draw(candidate)) return candidate;
      } catch (const FileError&) {
        // Not installed: the next one may be.
      }
    }
  }
  throw FileError(asked.empty() ? "python3" : asked, 0,
                  "has no matplotlib and numpy, which draw the figures: install "
                  "python3-matplotlib, or name another with --python");
}

void run_drawing(const std::string& python, const std::string& shared, const std::string& action,
                 const std::vector<std::string>& folders) {
  flush_output();  // what we said stands before what it says
  std::vector<std::string> command{python, "-B", shared + "/python/dysta_report", action};
  command.insert(command.end(), folders.begin(), folders.end());
  const int status = run_python(command, false);
  if (status == 0) return;
  throw FileError(folders.front(), 0,
                  "could not be drawn: " + python + " ended with status " + std::to_string(status));
}

}  // namespace dysta::cli
