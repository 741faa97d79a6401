#include "interruption.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>

#include <unistd.h>

namespace dysta::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> signal_came{false};
volatile std::sig_atomic_t which_signal = 0;
std::array<struct sigaction, kSignals.size()> earlier{};

void restore() {
  for (std::size_t s = 0; s < kSignals.size(); ++s) sigaction(kSignals[s], &earlier[s], nullptr);
}

extern "C" void note_signal(int signal) {
  which_signal = signal;
  signal_came.store(true, std::memory_order_relaxed);
  restore();  // sigaction may be called in a handler
}

}  // namespace

Interruption::Interruption() {
  signal_came = false;
  struct sigaction action {};
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : kSignals) sigaddset(&action.sa_mask, signal);
  action.sa_flags = SA_RESTART;
  for (std::size_t s = 0; s < kSignals.size(); ++s) {
    sigaction(kSignals[s], nullptr, &earlier[s]);
    // A signal that our parent had ignored (nohup, a background job) stays ignored.
    if (earlier[s].sa_handler != SIG_IGN) sigaction(kSignals[s], &action, nullptr);
  }
}

Interruption::~Interruption() { restore(); }

const std::atomic<bool>& Interruption::requested() const { return signal_came; }

void Interruption::end_program() const {
  std::signal(which_signal, SIG_DFL);
  raise(which_signal);
  std::abort();  // not reached: the signal is not blocked
}

}  // namespace dysta::cli
