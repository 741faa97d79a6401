// What an error says.
#pragma once

#include <string>

#include <gtest/gtest.h>

namespace dysta::test {

/// The message of the `Error` that `action` throws; a failure if it throws none.
template <class Error, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace dysta::test
