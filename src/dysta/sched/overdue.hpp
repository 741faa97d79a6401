// How planaria and sdrm3 treat tasks whose deadline has passed: as published, or corrected.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "dysta/core/time.hpp"
#include "dysta/sched/parameters.hpp"
#include "dysta/sched/ready_index.hpp"

namespace dysta {

inline ParameterSpec overdue_parameter() {
  return choice("overdue", "overdue tasks: the quotient as published, or most urgent", "published",
                {"published", "urgent"});
}

/// The published scan for the largest score: the best score starts at -1, and a task takes its
/// place when that is negative or the task's score is larger, but never on an equal score. Past its
/// deadline a task's score can be negative, so among only such tasks the last one to arrive runs.
///
/// Here it is asked of an index. As long as a task's value is not negative the largest wins.
/// Otherwise the scan ends with the last task, or with the first of those that follow one another
/// to the end with the last one's value.
///
/// `Value` is a number of a task of which the largest wins, made like a `Score` but from above:
/// `value(...)` of a box is at least what it is of each row that has a value of 0 or more, and of
/// others may be anything below 0.
template <class Value>
struct PublishedLargest {
  enum class Question : std::uint8_t {
    largest,       ///< the largest value that is not negative
    last,          ///< the last task
    last_unequal,  ///< the last task whose value is not `value_of_last`
    first_after    ///< the first task that was admitted after `after`
  };

  static constexpr std::size_t kAdmitted = Value::kColumns;  ///< this column: a number, growing
  static constexpr std::size_t kColumns = Value::kColumns + 1;
  static constexpr auto kCorners = [] {
    std::array<Corner, Value::kCorners.size() + 2> corners;
    std::copy(Value::kCorners.begin(), Value::kCorners.end(), corners.begin());
    corners[Value::kCorners.size()] = {kAdmitted, Corner::End::least};
    corners[Value::kCorners.size() + 1] = {kAdmitted, Corner::End::greatest};
    return corners;
  }();

  Value value{};
  Question question = Question::largest;
  double value_of_last = 0;
  double after = 0;

  double value_of(const std::array<double, kColumns>& columns) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return value(columns[Value::kCorners[I].column]...);
    }
    (std::make_index_sequence<Value::kCorners.size()>{});
  }

  template <class... Numbers>
  double operator()(Numbers... numbers) const {
    const std::tuple<Numbers...> all(numbers...);
    const double first = std::get<sizeof...(Numbers) - 2>(all);
    const double last = std::get<sizeof...(Numbers) - 1>(all);
    switch (question) {
      case Question::largest: {
        const double of_box = value_of(all);
        return of_box >= 0 ? -of_box : kNever.count();
      }
      case Question::last:
        return -last;
      case Question::last_unequal:  // only of a single row the value is known
        return first == last && value_of(all) == value_of_last ? kNever.count() : -last;
      case Question::first_after:
        return last > after ? first : kNever.count();
    }
    return 0;
  }

  static std::uint64_t cluster(const std::array<double, kColumns>& columns) {
    return Value::cluster(columns);
  }
  static double later(double, const PublishedLargest&, const PublishedLargest&) {
    return -kNever.count();
  }

 private:
  template <class... Numbers>
  double value_of(const std::tuple<Numbers...>& all) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return value(std::get<I>(all)...); }
    (std::make_index_sequence<Value::kCorners.size()>{});
  }
};

template <class Value>
TaskId run_largest_as_published(ReadyIndex<PublishedLargest<Value>>& ready, const Value& value) {
  using Question = typename PublishedLargest<Value>::Question;
  PublishedLargest<Value> asked{.value = value};
  const auto answer = [&](Question question) {
    asked.question = question;
    return ready.smallest(asked);
  };
  const Found largest = answer(Question::largest);
  if (largest.score < kNever.count()) return ready.run(largest);
  asked.value_of_last = asked.value_of(ready.row(answer(Question::last)).columns);
  const Found unequal = answer(Question::last_unequal);
  asked.after = unequal.score < kNever.count() ? -unequal.score : -1.0;
  return ready.run(answer(Question::first_after));
}

}  // namespace dysta
