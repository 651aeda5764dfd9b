// SPDX-License-Identifier: Apache-2.0
#include "binfmt/array.h"

#include <cstring>

namespace binfmt::internal {

void* Grow(void* from, size_t width, uint32_t size, uint32_t* capacity) {
  *capacity = *capacity == 0 ? 4 : 2 * *capacity;
  void* const grown = operator new(*capacity* width);
  if (size != 0) {
    std::memcpy(grown, from, size * width);
    operator delete(from);
  }
  return grown;
}

}  // namespace binfmt::internal
