// The packed list behaves as the plainest list would.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dysta/sched/ready_list.hpp"

namespace dysta {
namespace {

struct Scored {
  TaskId id{};
  int score = 0;
};

struct PlainTask {
  std::uint32_t id;
  int score;
  bool running;
};

/// Tasks in the order of admission; everything by search.
class PlainList {
 public:
  std::vector<PlainTask> tasks;

  PlainTask& find(std::uint32_t id) {
    return *std::find_if(tasks.begin(), tasks.end(),
                         [id](const PlainTask& task) { return task.id == id; });
  }
  std::vector<std::uint32_t> ready_ids() const {
    std::vector<std::uint32_t> ids;
    for (const PlainTask& task : tasks) {
      if (!task.running) ids.push_back(task.id);
    }
    return ids;
  }
  /// Runs the ready task with the smallest `sign · score`.
  std::uint32_t run(int sign) {
    PlainTask* best = nullptr;
    for (PlainTask& task : tasks) {
      if (task.running) continue;
      if (best == nullptr || sign * task.score < sign * best->score) best = &task;
    }
    best->running = true;
    return best->id;
  }
};

RC_GTEST_PROP(ReadyListProperty, behaves_like_a_plain_list, ()) {
  ReadyList<Scored> list;
  PlainList plain;
  const auto score_of = [](const Scored& task) { return static_cast<double>(task.score); };
  const int steps = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 100));
  for (int step = 0; step < steps; ++step) {
    const auto ready = plain.ready_ids();
    std::vector<std::uint32_t> all;
    for (const PlainTask& task : plain.tasks) all.push_back(task.id);
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
      case 1: {  // admit under the lowest free id
        std::uint32_t id = 0;
        while (std::find(all.begin(), all.end(), id) != all.end()) ++id;
        const int score = *rc::gen::inRange(0, 4);
        list.admit({TaskId{id}, score});
        plain.tasks.push_back({id, score, false});
        break;
      }
      case 2:
        if (!ready.empty()) {
          RC_ASSERT(index(list.run_smallest(score_of)) == plain.run(+1));
        }
        break;
      case 3:
        if (!ready.empty()) {
          RC_ASSERT(index(list.run_largest(score_of)) == plain.run(-1));
        }
        break;
      case 4: {  // a running task's layer ends, or it ends itself
        std::vector<std::uint32_t> running;
        for (const PlainTask& task : plain.tasks) {
          if (task.running) running.push_back(task.id);
        }
        if (running.empty()) break;
        const auto id = *rc::gen::elementOf(running);
        if (*rc::gen::arbitrary<bool>()) {
          const int score = *rc::gen::inRange(0, 4);
          Scored& task = list.make_ready(TaskId{id});
          RC_ASSERT(index(task.id) == id);
          RC_ASSERT(task.score == plain.find(id).score);
          task.score = score;
          plain.find(id) = {id, score, false};
        } else {
          list.remove(TaskId{id});
          std::erase_if(plain.tasks, [id](const PlainTask& task) { return task.id == id; });
        }
        break;
      }
      default:
        if (!ready.empty()) {
          RC_ASSERT(index(list.run_first()) == ready.front());
          plain.find(ready.front()).running = true;
        }
    }
    std::vector<std::uint32_t> visited;
    list.for_each(
        [&](Scored& task) { visited.push_back(static_cast<std::uint32_t>(index(task.id))); });
    RC_ASSERT(visited == plain.ready_ids());
    RC_ASSERT(list.ready() == visited.size());
  }
}

}  // namespace
}  // namespace dysta
