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

#include "absl/base/attributes.h"

namespace binfmt {

namespace internal {

// What an Array is whatever its elements are. It counts them and knows where
// they end, since either from the other is a multiplication or a division.
struct Elements {
  // The place of one more element of WIDTH bytes, behind the others.
  void* Add(size_t width);
  // Puts COUNT elements of one byte behind the others.
  void Append(const char* bytes, size_t count);
  // Makes room for COUNT more.
  void Reserve(size_t count, size_t width);
  // Becomes a copy of COUNT elements at FROM.
  void Copy(const void* from, size_t count, size_t width);

  void* values = nullptr;
  void* end = nullptr;
  uint32_t size = 0;
  uint32_t capacity = 0;

 private:
  // Makes room for COUNT more.
  void Grow(size_t count, size_t width);
};

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
  Array(std::initializer_list<T> list) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      elements_.Copy(list.begin(), list.size(), sizeof(T));
    } else {
      for (const T& value : list) push_back(value);
    }
  }
  // Of SIZE values, as if made by T().
  explicit Array(size_t size) { resize(size); }
  Array(const Array& other) { *this = other; }
  Array(Array&& other) noexcept { swap(other); }
  Array& operator=(const Array& other) {
    if (this == &other) return *this;
    if constexpr (std::is_trivially_copyable_v<T>) {
      elements_.Copy(other.data(), other.size(), sizeof(T));
    } else {
      clear();
      for (const T& value : other) push_back(value);
    }
    return *this;
  }
  Array& operator=(Array&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Array() = default;

  size_t size() const { return elements_.size; }
  bool empty() const { return elements_.size == 0; }
  T* data() ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return static_cast<T*>(elements_.values);
  }
  const T* data() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return static_cast<T*>(elements_.values);
  }
  T* begin() { return data(); }
  T* end() { return static_cast<T*>(elements_.end); }
  const T* begin() const { return data(); }
  const T* end() const { return static_cast<T*>(elements_.end); }

  T& operator[](size_t index) ABSL_ATTRIBUTE_LIFETIME_BOUND {
    if (index >= size()) __builtin_trap();
    return data()[index];
  }
  const T& operator[](size_t index) const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    if (index >= size()) __builtin_trap();
    return data()[index];
  }

  void push_back(T value) {
    static_assert(std::is_trivially_destructible_v<T>);
    new (elements_.Add(sizeof(T))) T(std::move(value));
  }

  // Makes it larger, by values as if made by T(), or smaller.
  void resize(size_t size) {
    if (elements_.size > size) {
      elements_.size = static_cast<uint32_t>(size);
      elements_.end = data() + size;
    }
    reserve(size - elements_.size);
    while (elements_.size < size) new (elements_.Add(sizeof(T))) T();
  }
  // Makes room for COUNT more at once; what grows by itself takes three times
  // the memory in the end.
  void reserve(size_t count) { elements_.Reserve(count, sizeof(T)); }
  void clear() {
    elements_.size = 0;
    elements_.end = elements_.values;
  }

  friend bool operator==(const Array& a, const Array& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

  void swap(Array& other) { std::swap(elements_, other.elements_); }

 protected:
  internal::Elements elements_;
};

}  // namespace binfmt

#endif  // BINFMT_ARRAY_H_
