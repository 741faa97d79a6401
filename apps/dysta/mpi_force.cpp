#include "mpi_force.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <mpi.h>
#include <unistd.h>

namespace dysta::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a process sleeps where neither its threads nor others have anything for it.
constexpr auto kNap = std::chrono::microseconds(200);
/// How long nothing is heard of a process before its items are done again, when nothing else is
/// left to do.
constexpr auto kPatience = std::chrono::seconds(2);
/// How long the leader waits for helpers to leave.
constexpr auto kFarewell = std::chrono::seconds(10);

/// What processes tell each other, as the tag of a message of 64-bit words; a result follows its
/// two words as bytes.
enum Message : int {
  kAsk = 1,  ///< to the leader: phase, how many items are wanted
  kItems,    ///< to a helper: phase, items
  kResult,   ///< to the leader: phase, item, bytes
  kFailed,   ///< to the leader: phase, item
  kAllDone,  ///< to a helper: phase
  kHome,     ///< to a helper: no more work of any kind
  kLeave     ///< to the leader: this process ends
};

using Words = std::vector<std::uint64_t>;

void send(int to, Message what, const Words& words, const std::string& bytes = {}) {
  std::string text(reinterpret_cast<const char*>(words.data()),
                   words.size() * sizeof(Words::value_type));
  text += bytes;
  MPI_Send(text.data(), static_cast<int>(text.size()), MPI_BYTE, to, what, MPI_COMM_WORLD);
}

struct Received {
  int from = 0;
  Message what{};
  std::string text{};

  std::uint64_t word(std::size_t i) const {
    std::uint64_t value = 0;
    std::memcpy(&value, text.data() + i * sizeof value, sizeof value);
    return value;
  }
  std::size_t words() const { return text.size() / sizeof(std::uint64_t); }
};

/// The next message, if one has come.
std::optional<Received> receive() {
  int there = 0;
  MPI_Status status{};
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
  if (there == 0) return std::nullopt;
  int size = 0;
  MPI_Get_count(&status, MPI_BYTE, &size);
  Received message{.from = status.MPI_SOURCE, .what = static_cast<Message>(status.MPI_TAG)};
  message.text.resize(static_cast<std::size_t>(size));
  MPI_Recv(message.text.data(), size, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return message;
}

}  // namespace

class MpiForce::Crew {
 public:
  struct Done {
    std::size_t item = 0;
    std::string result{};
    std::exception_ptr failure{};
  };

  Crew(std::size_t threads, const Work& work) : work_(work) {
    for (std::size_t t = 0; t < threads; ++t) threads_.emplace_back([this] { loop(); });
  }

  /// As `end`.
  ~Crew() { end(); }

  /// Lets items under way come to their end; those that wait are given up.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    threads_.clear();
  }

  void push(std::size_t item) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(item);
    }
    wake_.notify_one();
  }

  /// How many items nobody has begun.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

  /// Whether no item is left, begun or not, done or not.
  bool idle() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() && under_way_ == 0 && done_.empty();
  }

  std::vector<Done> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(done_, {});
  }

  /// Sleeps a little, less when a thread has done an item.
  void nap() {
    std::unique_lock lock(mutex_);
    finished_.wait_for(lock, kNap, [this] { return !done_.empty(); });
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (closing_) return;
      Done done{.item = waiting_.front()};
      waiting_.pop_front();
      ++under_way_;
      lock.unlock();
      try {
        done.result = work_(done.item);
      } catch (...) {
        done.failure = std::current_exception();
      }
      lock.lock();
      --under_way_;
      done_.push_back(std::move(done));
      finished_.notify_one();
    }
  }

  const Work& work_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable finished_;
  std::deque<std::size_t> waiting_;
  std::size_t under_way_ = 0;
  std::vector<Done> done_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;
};

bool MpiForce::is_one_of_several() {
  // What Open MPI, MPICH and PMIx (srun) tell the processes that they start.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const char* size = std::getenv(name);
    if (size != nullptr && std::atoi(size) > 1) return true;
  }
  return std::getenv("PMIX_RANK") != nullptr && std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr;
}

MpiForce::MpiForce(std::size_t threads) {
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);  // a lost process is not the end
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  for (int rank = 1; rank < size_; ++rank) present_.insert(rank);
  threads_ = threads;
  if (threads_ == 0) {
    MPI_Comm machine{};
    int here = 1;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &here);
    MPI_Comm_free(&machine);
    // Fewer where the launcher has bound this process to some cores.
    const unsigned cores = std::thread::hardware_concurrency();
    const auto online = static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN));
    threads_ = std::max(1u, std::min(cores, online / static_cast<unsigned>(here)));
  }
}

MpiForce::~MpiForce() {
  if (leads()) {
    if (send_home() > 0) return;  // finalising waits for everybody
  } else {
    send(0, kLeave, {});
  }
  MPI_Finalize();
}

void MpiForce::lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) {
  ++phase_;
  struct Helper {
    std::set<std::size_t> items{};  ///< handed out and not back
    Clock::time_point heard = Clock::now();
  };
  std::vector<Helper> helpers(static_cast<std::size_t>(size_));
  std::set<std::size_t> open(items.begin(), items.end());  // not kept
  std::size_t next = 0;
  std::exception_ptr failure;
  Crew crew(threads_, work);

  const auto hand_out = [&](int to, std::size_t wanted) {
    // Ever smaller lots, so that all come to their end together.
    const std::size_t left = items.size() - next;
    const std::size_t lot = std::clamp<std::size_t>(left / (4 * processes()), 1, wanted);
    Words words{phase_};
    Helper& helper = helpers[static_cast<std::size_t>(to)];
    for (; next < items.size() && words.size() <= lot; ++next) {
      words.push_back(items[next]);
      helper.items.insert(items[next]);
    }
    if (words.size() > 1) send(to, kItems, words);
  };
  const auto redo_here = [&](Helper& helper) {
    for (const std::size_t item : helper.items) {
      if (open.contains(item)) crew.push(item);
    }
    helper.items.clear();
  };

  while (!open.empty() && !failure) {
    bool quiet = true;
    while (next < items.size() && crew.waiting() < threads_) crew.push(items[next++]);

    std::vector<DoneItem> kept;
    const auto came_in = [&](std::size_t item, std::string result, bool elsewhere) {
      if (open.erase(item) == 0) return;  // done twice
      kept.push_back({.item = item, .result = std::move(result), .elsewhere = elsewhere});
    };
    for (Crew::Done& done : crew.take()) {
      quiet = false;
      if (done.failure) {
        failure = done.failure;
      } else {
        came_in(done.item, std::move(done.result), false);
      }
    }
    while (const auto message = receive()) {
      quiet = false;
      Helper& helper = helpers[static_cast<std::size_t>(message->from)];
      helper.heard = Clock::now();
      if (message->what == kLeave) {
        present_.erase(message->from);
        redo_here(helper);
      } else if (message->word(0) == phase_) {
        if (message->what == kAsk) {
          hand_out(message->from, message->word(1));
          continue;
        }
        const std::size_t item = message->word(1);
        helper.items.erase(item);
        if (message->what == kFailed) {
          if (open.contains(item)) crew.push(item);  // to see why, or to do better
        } else {
          came_in(item, message->text.substr(2 * sizeof(std::uint64_t)), true);
        }
      }
    }
    if (!kept.empty()) keep(kept);

    if (quiet && next == items.size() && crew.idle()) {
      for (Helper& helper : helpers) {
        if (Clock::now() - helper.heard > kPatience) redo_here(helper);
      }
    }
    if (quiet) crew.nap();
  }
  if (failure) {
    crew.end();
    std::vector<DoneItem> kept;
    for (Crew::Done& done : crew.take()) {
      if (!done.failure && open.erase(done.item) > 0) {
        kept.push_back({.item = done.item, .result = std::move(done.result)});
      }
    }
    if (!kept.empty()) keep(kept);
    std::rethrow_exception(failure);
  }
  for (const int rank : present_) send(rank, kAllDone, {phase_});
}

bool MpiForce::help(const Work& work) {
  ++phase_;
  Crew crew(threads_, work);
  bool asked = false;
  for (;;) {
    for (Crew::Done& done : crew.take()) {
      send(0, done.failure ? kFailed : kResult, {phase_, done.item}, done.result);
    }
    if (!asked && crew.waiting() < threads_) {
      send(0, kAsk, {phase_, 2 * threads_ + 6});
      asked = true;
    }
    while (const auto message = receive()) {
      if (message->what == kHome) {
        dismissed_ = true;
        return false;
      }
      if (message->word(0) != phase_) continue;
      if (message->what == kAllDone) return true;
      for (std::size_t i = 1; i < message->words(); ++i) crew.push(message->word(i));
      asked = false;
    }
    crew.nap();
  }
}

std::size_t MpiForce::send_home() {
  if (dismissed_) return present_.size();
  dismissed_ = true;
  for (const int rank : present_) send(rank, kHome, {});
  const auto until = Clock::now() + kFarewell;
  while (!present_.empty() && Clock::now() < until) {
    const auto message = receive();
    if (message && message->what == kLeave) present_.erase(message->from);
    if (!message) std::this_thread::sleep_for(kNap);
  }
  return present_.size();
}

}  // namespace dysta::cli
