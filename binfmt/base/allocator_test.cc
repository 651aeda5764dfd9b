// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/allocator.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

struct Block {
  unsigned char* bytes;
  size_t size;
  unsigned char fill;
};

bool HoldsItsFill(const Block& block) {
  for (size_t i = 0; i < block.size; ++i) {
    if (block.bytes[i] != block.fill) return false;
  }
  return true;
}

Block Make(size_t size, unsigned char fill) {
  auto* const bytes = static_cast<unsigned char*>(Allocate(size));
  EXPECT_NE(bytes, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % alignof(max_align_t), 0u);
  EXPECT_GE(UsableSize(bytes), size);
  // All that may be used.
  const Block block = {bytes, UsableSize(bytes), fill};
  std::memset(block.bytes, fill, block.size);
  return block;
}

TEST(AllocatorTest, EverySizeHasItsOwnBytes) {
  std::vector<Block> blocks;
  for (size_t size = 0; size < 2000; ++size) {
    blocks.push_back(Make(size, static_cast<unsigned char>(size)));
  }
  for (size_t size = 2000; size < 3'000'000; size = size * 9 / 8) {
    blocks.push_back(Make(size, static_cast<unsigned char>(size)));
  }
  for (const Block& block : blocks) EXPECT_TRUE(HoldsItsFill(block));
  for (const Block& block : blocks) Release(block.bytes);
}

TEST(AllocatorTest, RandomOrder) {
  std::mt19937 random(1);  // NOLINT: the same at each run
  std::vector<Block> blocks;
  for (int i = 0; i < 100'000; ++i) {
    if (blocks.size() < 500 || random() % 2 == 0) {
      const size_t size = random() % (size_t{1} << random() % 18);
      blocks.push_back(Make(size, static_cast<unsigned char>(i)));
      continue;
    }
    std::swap(blocks[random() % blocks.size()], blocks.back());
    ASSERT_TRUE(HoldsItsFill(blocks.back()));
    Release(blocks.back().bytes);
    blocks.pop_back();
  }
  for (const Block& block : blocks) {
    EXPECT_TRUE(HoldsItsFill(block));
    Release(block.bytes);
  }
}

TEST(AllocatorTest, WhatWasReleasedIsUsedAgain) {
  for (const size_t size : {0, 1, 24, 25, 500, 504, 505, 4096, 100'000}) {
    void* const first = Allocate(size);
    Release(first);
    EXPECT_EQ(Allocate(size), first) << size;
    Release(first);
  }
}

TEST(AllocatorTest, NoBlock) { Release(nullptr); }

TEST(AllocatorTest, MoreThanThereIs) {
  EXPECT_EQ(Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(Allocate(SIZE_MAX / 2), nullptr);
}

}  // namespace
}  // namespace binfmt
