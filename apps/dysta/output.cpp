#include "output.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dysta/core/error.hpp"

namespace dysta::cli {
namespace {

/// Temporary files that an interrupt has to remove, in a form that a signal handler may read.
struct Pending {
  volatile std::sig_atomic_t used = 0;
  std::array<char, PATH_MAX> path{};
};
std::array<Pending, 8> pending_files;

extern "C" void remove_pending_and_die(int signal) {
  for (const Pending& pending : pending_files) {
    if (pending.used != 0) unlink(pending.path.data());
  }
  // The handler was reset on entry: this ends the program as the signal would have.
  raise(signal);
}

std::size_t remember_pending(const std::string& path) {
  for (std::size_t slot = 0; slot < pending_files.size(); ++slot) {
    Pending& pending = pending_files[slot];
    if (pending.used != 0) continue;
    if (path.size() >= pending.path.size()) break;
    std::memcpy(pending.path.data(), path.c_str(), path.size() + 1);
    pending.used = 1;
    return slot;
  }
  throw FileError(path, 0, "cannot be written: too many outputs, or too long a name");
}

bool is_file_of(int descriptor, const struct stat& file) {
  struct stat own {};
  return fstat(descriptor, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino;
}

mode_t current_umask() {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  struct stat existing {};
  const bool exists = stat(path_.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) {
    throw FileError(path_, 0, "is a folder; give the name of a file");
  }
  if (exists && (is_file_of(STDOUT_FILENO, existing) || is_file_of(STDERR_FILENO, existing))) {
    // Standard output by another name: replacing the file behind it would lose what it holds.
    const int out = is_file_of(STDOUT_FILENO, existing) ? STDOUT_FILENO : STDERR_FILENO;
    const int copy = dup(out);
    file_ = copy < 0 ? nullptr : fdopen(copy, "w");
    if (file_ == nullptr) fail("cannot be opened for writing");
    return;
  }
  if (exists && !S_ISREG(existing.st_mode)) {
    file_ = std::fopen(path_.c_str(), "w");
    if (file_ == nullptr) fail("cannot be opened for writing");
    return;
  }
  if (exists && access(path_.c_str(), W_OK) != 0) fail("cannot be opened for writing");
  std::error_code error;
  const auto resolved = std::filesystem::weakly_canonical(path_, error);
  target_ = error ? path_ : resolved.string();
  const std::filesystem::path target(target_);
  temporary_ = (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
  const int descriptor = mkstemp(temporary_.data());
  if (descriptor < 0) {
    temporary_.clear();
    fail("cannot be opened for writing");
  }
  slot_ = remember_pending(temporary_);
  const mode_t mode = exists ? (existing.st_mode & 0777) : (0666 & ~current_umask());
  file_ = fchmod(descriptor, mode) == 0 ? fdopen(descriptor, "w") : nullptr;
  if (file_ == nullptr) fail("cannot be opened for writing");
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
  if (slot_ == kDirect) return;
  unlink(temporary_.c_str());
  pending_files[slot_].used = 0;
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail("cannot be written");
}

void OutputFile::commit() {
  const bool flushed = std::fflush(file_) == 0 && (slot_ == kDirect || fsync(fileno(file_)) == 0);
  if (!flushed) fail("cannot be written");
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
  if (slot_ == kDirect) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
  pending_files[slot_].used = 0;
  slot_ = kDirect;
}

void OutputFile::fail(std::string_view what) const {
  throw FileError(path_, 0, std::string(what) + ": " + std::strerror(errno));
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = remove_pending_and_die;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current {};
    // A signal that our parent had ignored (nohup, a background job) stays ignored.
    if (sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    throw FileError("standard output", 0, std::string("cannot be written: ") + strerror(errno));
  }
}

void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw FileError("standard output", 0, std::string("cannot be written: ") + strerror(errno));
  }
}

double Progress::now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Progress::~Progress() {
  if (shown_ && isatty(STDERR_FILENO) != 0) std::fputs("\r\x1b[K", stderr);
}

void Progress::update(std::size_t done, std::size_t of) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const double now = now_s();
  const double elapsed = now - start_s_;
  if (elapsed < 2 || done == 0 || now - last_shown_s_ < (terminal ? 0.2 : 5)) return;
  const double left = elapsed / static_cast<double>(done) * static_cast<double>(of - done);
  std::fprintf(stderr,
               terminal ? "\r\x1b[K%s: %zu of %zu, %.0f s left" : "%s: %zu of %zu, %.0f s left\n",
               what_.c_str(), done, of, left);
  std::fflush(stderr);
  last_shown_s_ = now;
  shown_ = true;
}

}  // namespace dysta::cli
