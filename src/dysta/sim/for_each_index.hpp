// Independent pieces of work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace dysta {

/// Calls `work(i)` for every i below `count` on up to `threads` threads; the first exception ends
/// it and is thrown again here.
template <class Work>
void for_each_index(std::size_t count, std::size_t threads, Work&& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      for (std::size_t t = 1; t < std::min(threads, count); ++t) helpers.emplace_back(loop);
    } catch (const std::system_error&) {
      // The system gives no more threads: those there are do the work.
    }
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace dysta
