// SPDX-License-Identifier: Apache-2.0
// With the products' heap everything that is allocated in a scope goes with it,
// and so would what googletest keeps of a failure: no EXPECT_ in a scope.
#include "binfmt/memory.h"

#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "gtest/gtest.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define BINFMT_WATCHED 1
#endif
#endif

namespace binfmt {
namespace {

char* Filled(size_t size, char c) {
  char* const bytes = KeepBytes(size);
  std::memset(bytes, c, size);
  return bytes;
}

bool Holds(const char* bytes, size_t size, char c) {
  return std::string_view(bytes, size).find_first_not_of(c) ==
         std::string_view::npos;
}

// Was what lay at this ADDRESS freed? As a number, for nobody may use it.
bool IsFree(uintptr_t address, size_t size) {
#ifdef BINFMT_WATCHED
  (void)size;
  return __asan_address_is_poisoned(reinterpret_cast<const char*>(address));
#else
  const MemoryScope scope;
  return reinterpret_cast<uintptr_t>(KeepBytes(size)) == address;
#endif
}

TEST(MemoryTest, BytesStay) {
  char* const bytes[] = {Filled(1, 'a'), Filled(100, 'b'), Filled(5000, 'c')};
  EXPECT_TRUE(Holds(bytes[0], 1, 'a'));
  EXPECT_TRUE(Holds(bytes[1], 100, 'b'));
  EXPECT_TRUE(Holds(bytes[2], 5000, 'c'));
}

TEST(MemoryTest, BytesGoWithTheirScope) {
  const char* const before = Filled(100, 'a');
  uintptr_t address;
  {
    const MemoryScope scope;
    address = reinterpret_cast<uintptr_t>(Filled(200, 'b'));
  }
  EXPECT_TRUE(IsFree(address, 200));
  EXPECT_TRUE(Holds(before, 100, 'a'));
}

TEST(MemoryTest, ScopeWithoutBytes) {
  const char* const before = Filled(100, 'a');
  { const MemoryScope scope; }
  EXPECT_TRUE(Holds(before, 100, 'a'));
  EXPECT_TRUE(Holds(Filled(100, 'b'), 100, 'b'));
}

TEST(MemoryTest, InnerScopeKeepsWhatIsOfTheOuter) {
  uintptr_t outer_address;
  uintptr_t inner_address;
  bool inner_is_free;
  bool outer_holds;
  {
    const MemoryScope outer;
    const char* const first = Filled(100, 'a');
    {
      const MemoryScope inner;
      inner_address = reinterpret_cast<uintptr_t>(Filled(200, 'b'));
    }
    inner_is_free = IsFree(inner_address, 200);
    const char* const second = Filled(300, 'c');
    outer_holds = Holds(first, 100, 'a') && Holds(second, 300, 'c');
    outer_address = reinterpret_cast<uintptr_t>(first);
  }
  EXPECT_TRUE(inner_is_free);
  EXPECT_TRUE(outer_holds);
  EXPECT_TRUE(IsFree(outer_address, 100));
}

// The products' heap begins with 128 KB and goes on by 256 KB, or by what one
// block needs.
TEST(MemoryTest, BlocksLargerThanAChunk) {
  const char* const before = Filled(100, 'a');
  bool holds = true;
  for (int turn = 0; turn < 3; ++turn) {
    const MemoryScope scope;
    const char* const middle = Filled(140000, 'b');
    const char* const large = Filled(300000, 'c');
    const char* const small = Filled(10, 'd');
    {
      const MemoryScope inner;
      const char* const larger = Filled(1000000, 'e');
      holds = holds && Holds(larger, 1000000, 'e');
    }
    const char* const last = Filled(262144, 'f');
    holds = holds && Holds(middle, 140000, 'b') && Holds(large, 300000, 'c') &&
            Holds(small, 10, 'd') && Holds(last, 262144, 'f');
  }
  EXPECT_TRUE(holds);
  EXPECT_TRUE(Holds(before, 100, 'a'));
}

TEST(MemoryTest, ManySmallBlocksOverSeveralChunks) {
  constexpr size_t kBlocks = 10000;
  bool holds = true;
  {
    const MemoryScope scope;
    auto** const blocks =
        reinterpret_cast<char**>(KeepBytes(kBlocks * sizeof(char*)));
    for (size_t i = 0; i < kBlocks; ++i) {
      blocks[i] = Filled(1 + i % 200, static_cast<char>(i));
    }
    for (size_t i = 0; i < kBlocks; ++i) {
      holds = holds && Holds(blocks[i], 1 + i % 200, static_cast<char>(i));
    }
  }
  EXPECT_TRUE(holds);
}

#ifndef BINFMT_WATCHED
// A sanitizer keeps freed blocks for some time.
TEST(MemoryTest, TurnsInScopesDoNotGrow) {
  const auto most_kilobytes = [] {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  long after_one = 0;
  for (int turn = 0; turn < 500; ++turn) {
    const MemoryScope scope;
    Filled(140000, 'a');
    Filled(300000, 'b');
    for (int i = 0; i < 100; ++i) Filled(1000, 'c');
    if (turn == 0) after_one = most_kilobytes();
  }
  // All together they take 260 MB.
  EXPECT_LT(most_kilobytes() - after_one, 16384);
}
#endif

}  // namespace
}  // namespace binfmt
