#include "output.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cmath>
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

/// Temporary files that a signal has to remove, in a form that its handler may read.
struct Pending {
  std::atomic<bool> used{false};
  std::array<char, PATH_MAX> path{};
};
static_assert(std::atomic<bool>::is_always_lock_free);
std::array<Pending, 32> pending_files;

extern "C" void remove_pending_and_die(int signal) {
  for (const Pending& pending : pending_files) {
    if (pending.used.load(std::memory_order_acquire)) unlink(pending.path.data());
  }
  // Ends the program as the signal would have, once the handler returns and no longer holds it
  // back.
  std::signal(signal, SIG_DFL);
  raise(signal);
}

/// Signals that end a program unless it says otherwise, and can be caught.
constexpr std::array kDeadlySignals{SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
                                    SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2};

/// Holds those signals back while it lives.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : kDeadlySignals) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_{};
};

bool is_file_of(int descriptor, const struct stat& file) {
  struct stat own {};
  return fstat(descriptor, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino;
}

/// The file that `path` stands for, through links also where it does not exist yet.
std::string resolved(std::filesystem::path path) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  for (int links = 0; links < kMostLinks && std::filesystem::is_symlink(path, error); ++links) {
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  }
  const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
  return error ? path.string() : whole.string();
}

mode_t current_umask() {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}

/// A duration as precise as its length makes sense: `95 s`, `12 min`, `3 h 20 min`.
std::string duration_text(double duration_s) {
  if (duration_s < 120) return std::to_string(std::lround(duration_s)) + " s";
  const long minutes = std::lround(duration_s / 60);
  if (minutes < 120) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  struct stat existing {};
  const bool exists = stat(path_.c_str(), &existing) == 0;
  if (!exists && errno != ENOENT) fail("cannot be written");
  if (exists && S_ISDIR(existing.st_mode)) {
    throw FileError(path_, 0, "is a folder; allowed is the name of a file");
  }
  if (exists && is_file_of(STDOUT_FILENO, existing)) {
    // Standard output by another name: replacing the file behind it would lose what it holds.
    open_directly(dup(STDOUT_FILENO));
  } else if (exists && is_file_of(STDERR_FILENO, existing)) {
    open_directly(dup(STDERR_FILENO));
  } else if (exists && !S_ISREG(existing.st_mode)) {
    open_directly(open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  } else {
    if (exists && access(path_.c_str(), W_OK) != 0) fail("cannot be written");
    open_beside(resolved(path_), exists ? (existing.st_mode & 0777) : (0666 & ~current_umask()));
  }
}

void OutputFile::open_directly(int descriptor) {
  if (descriptor >= 0) file_ = fdopen(descriptor, "w");
  if (file_ == nullptr) fail("cannot be written");
}

void OutputFile::open_beside(const std::string& target, unsigned mode) {
  const SignalsHeld held;
  auto name = (std::filesystem::path(target).parent_path() / ".dysta-XXXXXX").string();
  slot_ = 0;
  while (slot_ < pending_files.size() && pending_files[slot_].used) ++slot_;
  if (slot_ == pending_files.size() || name.size() >= PATH_MAX) {
    slot_ = kDirect;
    throw FileError(path_, 0, "is one output too many, or has too long a name");
  }
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) {
    slot_ = kDirect;
    fail("cannot be written");
  }
  target_ = target;
  temporary_ = name;
  Pending& pending = pending_files[slot_];
  std::memcpy(pending.path.data(), name.c_str(), name.size() + 1);
  pending.used.store(true, std::memory_order_release);
  if (fchmod(descriptor, mode) == 0) file_ = fdopen(descriptor, "w");
  if (file_ == nullptr) {
    const int cause = errno;
    ::close(descriptor);
    discard();
    errno = cause;
    fail("cannot be written");
  }
}

void OutputFile::discard() {
  if (slot_ == kDirect) return;
  unlink(temporary_.c_str());
  pending_files[slot_].used.store(false, std::memory_order_release);
  slot_ = kDirect;
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
  discard();
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail("cannot be written");
}

void OutputFile::close() {
  const bool flushed = std::fflush(file_) == 0 && (slot_ == kDirect || fsync(fileno(file_)) == 0);
  if (!flushed) fail("cannot be written");
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("cannot be written");
}

void OutputFile::commit() {
  if (slot_ == kDirect) return;
  const SignalsHeld held;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
  pending_files[slot_].used.store(false, std::memory_order_release);
  slot_ = kDirect;
}

void OutputFile::fail(std::string_view what) const {
  throw FileError(path_, 0,
                  std::string(what) + ": " + std::strerror(errno) +
                      "; allowed is a file in a folder that can be written, with space left");
}

void keep_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The wrong way round, so that using it fails as using a closed one would.
    const int flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) < 0) return;
  }
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = remove_pending_and_die;
  // An impatient second signal waits until the files are gone.
  sigemptyset(&action.sa_mask);
  for (const int signal : kDeadlySignals) sigaddset(&action.sa_mask, signal);
  for (const int signal : kDeadlySignals) {
    struct sigaction current {};
    // A signal that our parent had ignored (nohup, a background job) stays ignored.
    if (sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
  // A file larger than allowed is an error of writing, told like the others.
  std::signal(SIGXFSZ, SIG_IGN);
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

void Progress::continue_from(std::size_t done) {
  done_before_ = done;
  start_s_ = now_s();
}

void Progress::update(std::size_t done, std::size_t of) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const double now = now_s();
  const double elapsed = now - start_s_;
  const std::size_t own = done - done_before_;
  if (elapsed < 2 || own == 0 || now - last_shown_s_ < (terminal ? 0.2 : 5)) return;
  const double left = elapsed / static_cast<double>(own) * static_cast<double>(of - done);
  std::fprintf(stderr, terminal ? "\r\x1b[K%s: %zu of %zu, %s left" : "%s: %zu of %zu, %s left\n",
               what_.c_str(), done, of, duration_text(left).c_str());
  std::fflush(stderr);
  last_shown_s_ = now;
  shown_ = true;
}

}  // namespace dysta::cli
