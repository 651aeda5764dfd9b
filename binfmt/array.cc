// SPDX-License-Identifier: Apache-2.0
#include "binfmt/array.h"

#include <cstring>

#include "binfmt/memory.h"

namespace binfmt::internal {

void Elements::Grow(size_t count, size_t width) {
  capacity = 2 * capacity + static_cast<uint32_t>(count);
  char* const grown = KeepBytes(capacity * width);
  if (size != 0) std::memcpy(grown, values, size * width);
  values = grown;
  end = grown + size * width;
}

void Elements::Reserve(size_t count, size_t width) {
  if (capacity - size < count) Grow(count, width);
}

void* Elements::Add(size_t width) {
  if (size == capacity) Grow(4, width);
  char* const place = static_cast<char*>(end);
  end = place + width;
  ++size;
  return place;
}

void Elements::Append(const char* bytes, size_t count) {
  Reserve(count, 1);
  if (count != 0) std::memcpy(end, bytes, count);
  end = static_cast<char*>(end) + count;
  size += static_cast<uint32_t>(count);
}

void Elements::Copy(const void* from, size_t count, size_t width) {
  size = capacity = static_cast<uint32_t>(count);
  values = KeepBytes(count * width);
  if (count != 0) std::memcpy(values, from, count * width);
  end = static_cast<char*>(values) + count * width;
}

}  // namespace binfmt::internal
