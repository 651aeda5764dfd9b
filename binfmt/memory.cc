// SPDX-License-Identifier: Apache-2.0
// operator new and delete of the static executable, in place of musl's malloc:
// 15 KB less, and no mapping before 128 KB are in use. The program is of one
// thread.
#include "binfmt/memory.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace {

#if defined(SYS_mmap2)
constexpr long kMmap = SYS_mmap2;
#else
constexpr long kMmap = SYS_mmap;
#endif
constexpr size_t kAlignment = 16;
constexpr size_t kPageSize = 4096;
constexpr size_t kStaticSize = 131072;
constexpr size_t kFirstReady = 8192;
constexpr size_t kChunkSize = 262144;
// MADV_POPULATE_WRITE of Linux 5.14; before it, nothing is lost but the call.
constexpr int kPopulate = 23;

// Stands at the end of a chunk that was mapped.
struct Chunk {
  char* memory;
  size_t size;
  // What was in use before.
  char* next;
  char* ready;
  char* end;
};

alignas(kAlignment) char g_static[kStaticSize];
// Not yet in g_static: where that lies would be three relocations.
char* g_next = nullptr;
char* g_ready = nullptr;  // up to here pages need no fault
char* g_end = nullptr;

// Gets more pages of the chunk ready at once, twice as many each time: a fault
// for each page costs several times what the page does, in all 5 % of the time
// to register all targets under a hypervisor that has a part in faults. True
// where that makes more than SIZE bytes free.
bool GetReady(size_t size) {
  if (static_cast<size_t>(g_end - g_next) <= size) return false;
  char* const from = g_ready;
  do {
    const size_t step = static_cast<size_t>(g_ready - g_static);
    g_ready += step < kPageSize ? kFirstReady : step / kPageSize * kPageSize;
  } while (static_cast<size_t>(g_ready - g_next) <= size);
  if (g_ready > g_end) g_ready = g_end;
  syscall(SYS_madvise, from, g_ready - from, kPopulate);
  return true;
}

// Goes on to memory of which more than SIZE bytes are free.
void NextChunk(size_t size) {
  if (g_end == nullptr) {
    g_next = g_ready = g_static;
    // Its page has been written to: the variables above are on it.
    g_ready += -reinterpret_cast<uintptr_t>(g_static) % kPageSize;
    g_end = g_static + kStaticSize;
  }
  if (GetReady(size)) return;
  size += sizeof(Chunk) + kAlignment;
  if (size < kChunkSize) size = kChunkSize;
  // By number: mmap(3) of musl minds other threads.
  void* const memory = reinterpret_cast<void*>(
      syscall(kMmap, nullptr, size, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
  // There is no way to go on without memory, and nothing is half done that the
  // next run would not heal.
  if (memory == MAP_FAILED) __builtin_trap();
  char* const start = static_cast<char*>(memory);
  char* const end = start + (size - sizeof(Chunk)) / kAlignment * kAlignment;
  *reinterpret_cast<Chunk*>(end) = {start, size, g_next, g_ready, g_end};
  g_next = start;
  g_ready = g_end = end;
}

}  // namespace

void* operator new(size_t size) {
  size = (size + kAlignment - 1) / kAlignment * kAlignment;
  if (static_cast<size_t>(g_ready - g_next) <= size) NextChunk(size);
  char* const taken = g_next;
  g_next += size;
  return taken;
}

void operator delete(void*) noexcept {}
void operator delete(void*, size_t) noexcept {}

void* operator new[](size_t size) { return operator new(size); }
void operator delete[](void*) noexcept {}
void operator delete[](void*, size_t) noexcept {}

namespace binfmt {

char* KeepBytes(size_t size) { return static_cast<char*>(operator new(size)); }

char* FreeBytes(size_t* size) {
  if (static_cast<size_t>(g_ready - g_next) < *size) NextChunk(*size);
  *size = static_cast<size_t>(g_ready - g_next);
  return g_next;
}

MemoryScope::MemoryScope() : next_(KeepBytes(0)), end_(g_end) {}

MemoryScope::~MemoryScope() {
  if (keeps_) return;
  while (g_end != end_) {
    const Chunk chunk = *reinterpret_cast<Chunk*>(g_end);
    g_next = chunk.next;
    g_ready = chunk.ready;
    g_end = chunk.end;
    munmap(chunk.memory, chunk.size);
  }
  // What is used after its scope is to fail at once, not now and then.
  char* const next = static_cast<char*>(next_);
  std::memset(next, 0xdd, static_cast<size_t>(g_next - next));
  g_next = next;
}

}  // namespace binfmt
