// SPDX-License-Identifier: Apache-2.0
// Where the C library's heap is used, memory is freed by whoever owns it.
#include "binfmt/memory.h"

namespace binfmt {

MemoryScope::MemoryScope() : next_(nullptr), end_(nullptr) {}
MemoryScope::~MemoryScope() { (void)next_, (void)end_; }

}  // namespace binfmt
