// What a database answers SQLite itself.
#pragma once

#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

namespace dysta::test {

/// The first column of what the file answers to a statement, a line a row.
inline std::string query(const std::string& path, const std::string& sql) {
  sqlite3* connection = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &connection), SQLITE_OK);
  std::string rows;
  const auto take_row = [](void* to, int, char** values, char**) {
    static_cast<std::string*>(to)->append(values[0]).append("\n");
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), take_row, &rows, nullptr), SQLITE_OK) << sql;
  sqlite3_close(connection);
  return rows;
}

}  // namespace dysta::test
