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
// T must not throw. At most 2^31 elements.
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
  ~Array() {
    clear();
    operator delete(values_);
  }

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
    while (size_ > size) values_[--size_].~T();
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
    if constexpr (std::is_trivially_copyable_v<T>) {
      values_ = static_cast<T*>(
          internal::Grow(values_, sizeof(T), size_, &capacity_));
    } else {
      GrowByMoving();
    }
  }

  [[gnu::noinline]] void GrowByMoving() {
    T* const grown =
        static_cast<T*>(internal::Grow(nullptr, sizeof(T), 0, &capacity_));
    for (uint32_t i = 0; i < size_; ++i) {
      new (grown + i) T(std::move(values_[i]));
      values_[i].~T();
    }
    operator delete(values_);
    values_ = grown;
  }

  T* values_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace binfmt

#endif  // BINFMT_ARRAY_H_
