// Tables for people.
#pragma once

#include <string>
#include <vector>

namespace dysta {

/// Columns of text, each as wide as its widest cell: the first flush left, the others right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) { rows_.push_back(std::move(head)); }

  /// Adds a row with as many cells as the head.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// The rows, a line each, without trailing blanks.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dysta
