// SPDX-License-Identifier: Apache-2.0
// Where the C library's heap is used: every block on its own, so that a
// sanitizer sees what is read behind its end, or after its scope.
#include <cstdlib>

#include "binfmt/memory.h"

namespace binfmt {
namespace {

struct Block {
  Block* before;
};

Block* g_last = nullptr;

}  // namespace

char* KeepBytes(size_t size) {
  auto* block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
  if (block == nullptr) std::abort();
  block->before = g_last;
  g_last = block;
  return reinterpret_cast<char*>(block + 1);
}

char* FreeBytes(size_t* size) { return KeepBytes(*size); }

MemoryScope::MemoryScope() : next_(g_last), end_(nullptr) {}

MemoryScope::~MemoryScope() {
  (void)end_;
  if (keeps_) return;
  while (g_last != next_) {
    Block* const block = g_last;
    g_last = block->before;
    std::free(block);
  }
}

}  // namespace binfmt
