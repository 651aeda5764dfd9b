// SPDX-License-Identifier: Apache-2.0
#include "binfmt/hash_index.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

std::vector<int> Numbers(const HashIndex& index, uint32_t hash) {
  std::vector<int> numbers;
  for (int at = index.Last(hash); at != HashIndex::kNone;
       at = index.Before(at)) {
    numbers.push_back(at);
  }
  return numbers;
}

// The test vectors of the hash's authors.
TEST(HashIndexTest, Fnv1a) {
  EXPECT_EQ(HashOf(""), 0x811c9dc5u);
  EXPECT_EQ(HashOf("a"), 0xe40c292cu);
  EXPECT_EQ(HashOf("foobar"), 0xbf9cf968u);
}

TEST(HashIndexTest, EmptyIndexHasNothing) {
  EXPECT_EQ(Numbers(HashIndex(), 0), std::vector<int>());
}

TEST(HashIndexTest, NumbersOfOneHashTheLastFirst) {
  HashIndex index;
  for (const uint32_t hash : {7, 0, 7, 1, 7}) index.Add(hash);
  EXPECT_EQ(Numbers(index, 7), (std::vector<int>{4, 2, 0}));
  EXPECT_EQ(Numbers(index, 0), (std::vector<int>{1}));
  EXPECT_EQ(Numbers(index, 1), (std::vector<int>{3}));
  EXPECT_EQ(Numbers(index, 2), std::vector<int>());
}

// Hashes that fall into one bucket are told apart.
TEST(HashIndexTest, HashesThatAgreeInTheirLowBits) {
  HashIndex index;
  for (uint32_t i = 0; i < 100; ++i) index.Add(i << 16);
  for (uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(Numbers(index, i << 16), (std::vector<int>{static_cast<int>(i)}));
  }
}

TEST(NameIndexTest, FindsEachOfMany) {
  std::vector<std::string> names;
  for (int i = 0; i < 10000; ++i) names.push_back("name-" + std::to_string(i));
  NameIndex index;
  for (const std::string& name : names) index.Add(name);
  for (int i = 0; i < 10000; ++i) {
    ASSERT_EQ(index.Find(names[static_cast<size_t>(i)]), i);
  }
  EXPECT_EQ(index.Find("name-10000"), NameIndex::kNone);
  EXPECT_EQ(index.Find(""), NameIndex::kNone);
}

TEST(NameIndexTest, TheLastOfEqualNames) {
  NameIndex index;
  for (const char* name : {"a", "b", "a"}) index.Add(name);
  EXPECT_EQ(index.Find("a"), 2);
}

// Two names whose FNV-1a hashes are equal.
TEST(NameIndexTest, NamesWithOneHash) {
  const std::string one = "costarring";
  const std::string other = "liquid";
  ASSERT_EQ(HashOf(one), HashOf(other));
  NameIndex index;
  index.Add(one);
  EXPECT_EQ(index.Find(other), NameIndex::kNone);
  index.Add(other);
  EXPECT_EQ(index.Find(one), 0);
  EXPECT_EQ(index.Find(other), 1);
}

}  // namespace
}  // namespace binfmt
