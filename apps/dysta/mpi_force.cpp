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

/// How long a process sleeps where neither its threads nor others have anything for it. A worker
/// has to give way to whoever wakes.
constexpr auto kNap = std::chrono::milliseconds(1);
/// How long a process that helps may have nothing to tell before it tells that it is there.
constexpr auto kBeat = std::chrono::milliseconds(500);
/// How long nothing is heard of a process before nothing more is expected of it.
constexpr auto kPatience = std::chrono::seconds(5);

/// What processes tell each other, as the tag of a message of 64-bit words; a result follows its
/// two words as bytes.
enum Message : int {
  kAsk = 1,  ///< to the leader: phase, how many items are wanted
  kItems,    ///< to a helper: phase, items
  kResult,   ///< to the leader: phase, item, bytes
  kThere,    ///< to the leader: phase; nothing but that this process is there
  kAllDone,  ///< to a helper: phase
  kHome,     ///< to a helper: no more work of any kind
  kLeave,    ///< to the leader: this process does nothing more
  kEnd       ///< to a helper: 1 where all have left, 0 where some are silent
};

using Words = std::vector<std::uint64_t>;

void send(int to, Message what, const Words& words, const std::string& bytes = {}) {
  std::string text(reinterpret_cast<const char*>(words.data()),
                   words.size() * sizeof(Words::value_type));
  text += bytes;
  MPI_Send(text.data(), static_cast<int>(text.size()), MPI_BYTE, to, what, MPI_COMM_WORLD);
}

}  // namespace

struct MpiForce::Received {
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

  /// Lets items under way come to their end; those that wait are given up.
  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    threads_.clear();
  }

  /// Gives up those that wait.
  void drop_waiting() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
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
  if (leads()) helpers_.resize(static_cast<std::size_t>(size_) - 1, {.heard = Clock::now()});
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
  bool all_here = true;  // finalising waits for everybody, the lost ones too
  if (!leads()) {
    send(0, kLeave, {});
    all_here = told_that_all_are_here();
  } else if (!dismissed_) {
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);  // it failed, and the others work for nobody
  } else {
    all_here = send_home() == 0;
    for (int rank = 1; rank < size_; ++rank) send(rank, kEnd, {all_here ? 1U : 0U});
  }
  if (all_here) MPI_Finalize();
}

bool MpiForce::told_that_all_are_here() {
  for (;;) {
    const auto message = receive();
    if (message && message->what == kEnd) return message->word(0) == 1;
    if (!message) std::this_thread::sleep_for(kNap);
  }
}

std::optional<MpiForce::Received> MpiForce::receive() {
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
  if (leads()) {
    Helper& helper = helper_at(message.from);
    helper.heard = Clock::now();
    if (message.what == kLeave) helper.present = false;
  }
  return message;
}

void MpiForce::send_to_all(int what) {
  for (int rank = 1; rank < size_; ++rank) {
    if (helper_at(rank).present) send(rank, static_cast<Message>(what), {phase_});
  }
}

void MpiForce::dismiss() {
  if (std::exchange(dismissed_, true)) return;
  send_to_all(kHome);
  for (Helper& helper : helpers_) helper.heard = Clock::now();  // so long they have to answer
}

bool MpiForce::expects_somebody() const {
  return std::any_of(helpers_.begin(), helpers_.end(), [](const Helper& helper) {
    return helper.present && Clock::now() - helper.heard < kPatience;
  });
}

void MpiForce::lead(std::span<const std::size_t> items, const Work& work, const Keep& keep) {
  ++phase_;
  for (Helper& helper : helpers_) helper.items.clear();
  std::set<std::size_t> open(items.begin(), items.end());  // not kept
  // What nobody has yet. This process takes from the front and the others from the back, so that
  // neighbours stay together: they often share a preparation.
  std::span<const std::size_t> rest = items;
  std::exception_ptr failure;
  Crew crew(threads_, work);

  const auto hand_out = [&](int to, std::size_t wanted) {
    // Ever smaller lots, so that all come to their end together.
    const std::size_t fair = std::clamp<std::size_t>(rest.size() / (4 * processes()), 1, wanted);
    const auto lot = rest.last(std::min(fair, rest.size()));
    if (lot.empty()) return;
    rest = rest.first(rest.size() - lot.size());
    Words words{phase_};
    words.insert(words.end(), lot.begin(), lot.end());
    helper_at(to).items.insert(lot.begin(), lot.end());
    send(to, kItems, words);
  };
  const auto redo_here = [&](Helper& helper) {
    for (const std::size_t item : std::exchange(helper.items, {})) {
      if (!open.contains(item)) continue;
      crew.push(item);
      ++redone_;
    }
  };

  // After a failure it goes on until what is under way has come in from everywhere.
  while (failure ? !crew.idle() || expects_somebody() : !open.empty()) {
    bool quiet = true;
    while (!failure && !rest.empty() && crew.waiting() < threads_) {
      crew.push(rest.front());
      rest = rest.subspan(1);
    }

    std::vector<DoneItem> kept;
    const auto came_in = [&](std::size_t item, std::string result, bool elsewhere) {
      if (open.erase(item) == 0) return;  // done twice
      kept.push_back({.item = item, .result = std::move(result), .elsewhere = elsewhere});
    };
    for (Crew::Done& done : crew.take()) {
      quiet = false;
      if (!done.failure) {
        came_in(done.item, std::move(done.result), false);
      } else if (!failure) {
        failure = done.failure;
        crew.drop_waiting();
        dismiss();
      }
    }
    while (const auto message = receive()) {
      quiet = false;
      Helper& helper = helper_at(message->from);
      if (message->what == kLeave) {
        if (!failure) redo_here(helper);
      } else if (message->word(0) == phase_ && message->what == kAsk) {
        if (!failure) hand_out(message->from, message->word(1));
      } else if (message->word(0) == phase_ && message->what == kResult) {
        const std::size_t item = message->word(1);
        helper.items.erase(item);
        came_in(item, message->text.substr(2 * sizeof(std::uint64_t)), true);
      }
    }
    if (!kept.empty()) keep(kept);

    if (!quiet) continue;
    if (!failure && rest.empty() && crew.idle()) {
      for (Helper& helper : helpers_) {
        if (Clock::now() - helper.heard > kPatience) redo_here(helper);
      }
    }
    crew.nap();
  }
  if (failure) std::rethrow_exception(failure);
  send_to_all(kAllDone);
}

bool MpiForce::help(const Work& work) {
  ++phase_;
  Crew crew(threads_, work);
  std::exception_ptr failure;
  bool asked = false;
  Clock::time_point told = Clock::now();
  const auto tell = [&](Message what, const Words& words, const std::string& bytes = {}) {
    send(0, what, words, bytes);
    told = Clock::now();
  };
  for (;;) {
    for (Crew::Done& done : crew.take()) {
      if (!done.failure) {
        tell(kResult, {phase_, done.item}, done.result);
      } else if (!failure) {
        failure = done.failure;
        crew.drop_waiting();
      }
    }
    const bool ends = failure || dismissed_;
    if (ends && crew.idle()) break;
    if (!ends && !asked && crew.waiting() < threads_) {
      tell(kAsk, {phase_, 2 * threads_ + 6});
      asked = true;
    }
    if (Clock::now() - told > kBeat) tell(kThere, {phase_});
    while (const auto message = receive()) {
      if (message->what == kHome) {
        dismissed_ = true;
        crew.drop_waiting();
      } else if (message->word(0) == phase_ && message->what == kAllDone) {
        return true;
      } else if (message->word(0) == phase_ && message->what == kItems && !ends) {
        for (std::size_t i = 1; i < message->words(); ++i) crew.push(message->word(i));
        asked = false;
      }
    }
    crew.nap();
  }
  if (failure) std::rethrow_exception(failure);
  return false;
}

std::size_t MpiForce::send_home() {
  dismiss();
  while (expects_somebody()) {
    if (!receive()) std::this_thread::sleep_for(kNap);
  }
  return static_cast<std::size_t>(std::count_if(
      helpers_.begin(), helpers_.end(), [](const Helper& helper) { return helper.present; }));
}

}  // namespace dysta::cli
