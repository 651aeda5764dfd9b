// SPDX-License-Identifier: Apache-2.0
// The C library's functions for memory, by binfmt/base/allocator.h. Only in the
// products: elsewhere libraries may have threads.
#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "binfmt/base/allocator.h"

extern "C" {

void* malloc(size_t size) { return binfmt::Allocate(size); }

void free(void* block) { binfmt::Release(block); }

void* calloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const block = binfmt::Allocate(bytes);
  return block == nullptr ? nullptr : std::memset(block, 0, bytes);
}

void* realloc(void* block, size_t size) {
  void* const other = binfmt::Allocate(size);
  if (block == nullptr || other == nullptr) return other;
  std::memcpy(other, block, std::min(size, binfmt::UsableSize(block)));
  binfmt::Release(block);
  return other;
}

}  // extern "C"
