// Interrupts that ask a long computation to come to a tidy end.
#pragma once

#include <atomic>

namespace dysta::cli {

/// While it lives, the first signal that a user or the system ends programs with (SIGINT, SIGTERM,
/// SIGHUP) is only noted; a second one ends the program as ever. One at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// True once a signal has come.
  const std::atomic<bool>& requested() const;

  /// Ends the program as the signal that came would have.
  [[noreturn]] void end_program() const;
};

}  // namespace dysta::cli
