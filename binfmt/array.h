// SPDX-License-Identifier: Apache-2.0
// A growing array with little code behind it.
#ifndef BINFMT_ARRAY_H_
#define BINFMT_ARRAY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

namespace binfmt {

namespace internal {

// Memory for twice CAPACITY values of WIDTH bytes; takes over SIZE values from
// FROM, which is freed, unless SIZE is 0.
void* Grow(void* from, size_t width, uint32_t size, uint32_t* capacity);

}  // namespace internal

// The part of std::vector that the program needs, 6 KB smaller in all: an
// index is checked against a stored number (out of range is a trap) instead of
// a division, and growing is the only code of its own that each T brings.
//
// Like everything here it frees nothing; elements are moved by copying their
// bytes. At most 2^31 elements.
template <typename T>
class Array {
 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  Array() = default;
  Array(std::initializer_list<T> values) {
    for (const T& value : values) push_back(value);
  }
  // Of SIZE values, as if made by T().
  explicit Array(size_t size) { resize(size); }
  Array(const Array& other) { *this = other; }
  Array(Array&& other) noexcept { swap(other); }
  Array& operator=(const Array& other) {
    if (this == &other) return *this;
    clear();
    for (const T& value : other) push_back(value);
    return *this;
  }
  Array& operator=(Array&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Array() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return values_; }
  const T* data() const { return values_; }
  T* begin() { return values_; }
  T* end() { return values_ + size_; }
  const T* begin() const { return values_; }
  const T* end() const { return values_ + size_; }

  T& operator[](size_t index) {
    if (index >= size_) __builtin_trap();
    return values_[index];
  }
  const T& operator[](size_t index) const {
    if (index >= size_) __builtin_trap();
    return values_[index];
  }

  void push_back(T value) {
    if (size_ == capacity_) Grow();
    new (values_ + size_) T(std::move(value));
    ++size_;
  }

  // Makes it larger, by values as if made by T(), or smaller.
  void resize(size_t size) {
    if (size_ > size) size_ = size;
    while (size_ < size) {
      if (size_ == capacity_) Grow();
      new (values_ + size_++) T();
    }
  }
  void clear() { resize(0); }

  friend bool operator==(const Array& a, const Array& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

  void swap(Array& other) {
    std::swap(values_, other.values_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void Grow() {
    static_assert(std::is_trivially_destructible_v<T>);
    values_ =
        static_cast<T*>(internal::Grow(values_, sizeof(T), size_, &capacity_));
  }

  T* values_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace binfmt

#endif  // BINFMT_ARRAY_H_
