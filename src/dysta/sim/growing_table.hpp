// A table that grows without being copied.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace dysta {

/// Plain records by position. Grows by `realloc`, which the system does for large tables by mapping
/// their pages elsewhere: unlike a growing `std::vector`, the table never exists twice, and pages
/// not yet written take no memory.
template <class Record>
class GrowingTable {
  static_assert(std::is_trivially_copyable_v<Record> && std::is_trivially_destructible_v<Record>);

 public:
  std::size_t size() const { return size_; }
  Record& operator[](std::size_t position) { return records_.get()[position]; }
  const Record& operator[](std::size_t position) const { return records_.get()[position]; }

  /// Takes all records out; the memory stays.
  void clear() { size_ = 0; }

  void push_back(const Record& record) {
    if (size_ == capacity_) grow();
    ::new (static_cast<void*>(records_.get() + size_)) Record(record);
    ++size_;
  }

 private:
  struct Free {
    void operator()(Record* records) const { std::free(static_cast<void*>(records)); }
  };

  void grow() {
    const std::size_t capacity = capacity_ < 64 ? 64 : capacity_ + capacity_ / 2;
    void* const grown = std::realloc(static_cast<void*>(records_.get()), capacity * sizeof(Record));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(records_.release());
    records_.reset(static_cast<Record*>(grown));
    capacity_ = capacity;
  }

  std::unique_ptr<Record, Free> records_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace dysta
