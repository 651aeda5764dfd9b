// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/allocator.h"

#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace binfmt {
namespace {

// Sizes are counted in units. Up to kExact each has a list of its own; above,
// there are four in each power of two.
constexpr size_t kUnit = 16;
constexpr size_t kExact = 32;
constexpr size_t kLargest = 8192;  // 128 KiB; larger ones are mapped alone
constexpr size_t kMost = size_t{1} << 30;  // 1 GiB
constexpr size_t kLists = 64;
constexpr size_t kChunk = size_t{256} << 10;

// Before each block, so that what follows is aligned.
struct Header {
  uint32_t units;  // of the block with its header
  uint32_t list;
};
static_assert(sizeof(Header) <= kUnit && alignof(max_align_t) <= kUnit);

struct FreeBlock {
  FreeBlock* next;
};

FreeBlock* free_blocks[kLists];
// What is left of the last chunk.
char* chunk = nullptr;
size_t chunk_left = 0;

Header* HeaderOf(const void* block) {
  return static_cast<Header*>(const_cast<void*>(block)) - 1;
}

char* Map(size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

void* Finish(char* memory, size_t units, size_t list) {
  if (memory == nullptr) return nullptr;
  auto* const header = reinterpret_cast<Header*>(memory + kUnit) - 1;
  *header = {static_cast<uint32_t>(units), static_cast<uint32_t>(list)};
  return header + 1;
}

// UNITS fresh ones. The header of a chunk's first block lies in a unit of its
// own, each further one in the last bytes of the block before.
char* Carve(size_t units) {
  const size_t size = units * kUnit;
  if (chunk_left < size + kUnit) {
    char* const mapped = Map(kChunk);
    if (mapped == nullptr) return nullptr;
    chunk = mapped;
    chunk_left = kChunk;
  }
  char* const block = chunk;
  chunk += size;
  chunk_left -= size;
  return block;
}

}  // namespace

void* Allocate(size_t size) {
  if (size > kMost) return nullptr;
  size_t units = (size + sizeof(Header) + kUnit - 1) / kUnit;
  if (units > kLargest) return Finish(Map((units + 1) * kUnit), units, kLists);
  size_t list = units - 1;
  if (units > kExact) {
    const size_t log = static_cast<size_t>(std::bit_width(units - 1));
    const size_t quarters = ((units - 1) >> (log - 3)) + 1;  // 5 to 8
    units = quarters << (log - 3);
    // The first power of two above kExact has log 6.
    list = kExact + (log - 6) * 4 + quarters - 5;
  }
  FreeBlock*& first = free_blocks[list];
  if (first == nullptr) return Finish(Carve(units), units, list);
  FreeBlock* const block = first;
  first = block->next;
  return block;
}

void Release(void* block) {
  if (block == nullptr) return;
  const Header header = *HeaderOf(block);
  if (header.list == kLists) {
    munmap(static_cast<char*>(block) - kUnit,
           (size_t{header.units} + 1) * kUnit);
    return;
  }
  auto* const free_block = static_cast<FreeBlock*>(block);
  free_block->next = free_blocks[header.list];
  free_blocks[header.list] = free_block;
}

size_t UsableSize(const void* block) {
  return HeaderOf(block)->units * kUnit - sizeof(Header);
}

}  // namespace binfmt
