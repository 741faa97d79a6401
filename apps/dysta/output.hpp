// Where results go: whole or not at all.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace dysta::cli {

/// A file that is written beside its target and takes its place when `commit` is called; a target
/// that exists and is not a regular file (a device, a pipe) is opened and written directly. Without
/// a commit nothing of it stays, also when a signal that can be caught ends the program. All
/// functions throw `dysta::FileError` when the system refuses.
class OutputFile {
 public:
  explicit OutputFile(std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view text);

  /// Ends writing: nothing that can fail for want of space comes after it.
  void close();

  /// Puts the closed file in its target's place.
  void commit();

  /// Whether both would take the place of the same file.
  bool same_target(const OutputFile& other) const {
    return !temporary_.empty() && target_ == other.target_;
  }

 private:
  static constexpr std::size_t kDirect = static_cast<std::size_t>(-1);

  void open_directly(int descriptor);
  void open_beside(const std::string& target, unsigned mode);
  void discard();
  [[noreturn]] void fail(std::string_view what) const;

  std::string path_;            ///< as the user gave it
  std::string target_;          ///< links resolved; empty when written directly
  std::string temporary_;       ///< empty when written directly
  std::size_t slot_ = kDirect;  ///< where the signal handler finds `temporary_`
  std::FILE* file_ = nullptr;
};

/// Takes the numbers of standard streams that are closed, so that no output file gets them.
void keep_standard_descriptors();

/// Makes interrupts remove what is half-written before they end the program.
void install_signal_handlers();

/// Writes to standard output; throws `dysta::FileError` when that fails.
void print(std::string_view text);

/// Flushes standard output; throws `dysta::FileError` when that fails.
void flush_output();

/// Shows on standard error how far a computation is and how long it will still take, once it takes
/// more than two seconds.
class Progress {
 public:
  explicit Progress(std::string what) : what_(std::move(what)) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Begins now, with so much done before: the time left does not count it as work.
  void continue_from(std::size_t done);

  void update(std::size_t done, std::size_t of);

 private:
  static double now_s();

  std::string what_;
  double start_s_ = now_s();
  double last_shown_s_ = start_s_;
  std::size_t done_before_ = 0;
  bool shown_ = false;
};

}  // namespace dysta::cli
