// SPDX-License-Identifier: Apache-2.0
#include "binfmt/array.h"

#include <string>
#include <utility>

#include "binfmt/text.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

// Longer than what a string keeps in itself.
std::string Long(int i) { return std::string(64, static_cast<char>('a' + i)); }

TEST(ArrayTest, GrowsAndKeepsValues) {
  Array<Text> strings;
  Array<int> numbers;
  for (int i = 0; i < 26; ++i) {
    strings.push_back(Long(i));
    numbers.push_back(i);
  }
  ASSERT_EQ(strings.size(), 26u);
  for (int i = 0; i < 26; ++i) {
    EXPECT_EQ(strings[i], Long(i));
    EXPECT_EQ(numbers[i], i);
  }
}

TEST(ArrayTest, TakesAValueOfItsOwn) {
  Array<Text> strings = {Long(0), Long(1), Long(2), Long(3)};
  strings.push_back(strings[0]);  // must grow for it
  EXPECT_EQ(strings,
            (Array<Text>{Long(0), Long(1), Long(2), Long(3), Long(0)}));
}

TEST(ArrayTest, ResizesWithNewValues) {
  Array<int> numbers = {1, 2, 3};
  numbers.resize(1);
  numbers.resize(3);
  EXPECT_EQ(numbers, (Array<int>{1, 0, 0}));
  Array<Text> strings(2);
  EXPECT_EQ(strings, (Array<Text>{"", ""}));
}

TEST(ArrayTest, CopiesAreTheirOwn) {
  Array<Text> strings = {Long(0)};
  Array<Text> copy = strings;
  copy[0] = "!";
  EXPECT_EQ(strings[0], Long(0));
  const Array<Text>& self = strings;
  strings = self;
  EXPECT_EQ(strings, Array<Text>{Long(0)});
}

TEST(ArrayTest, MovesTakeTheValues) {
  Array<Text> strings = {Long(0)};
  const Array<Text> moved = std::move(strings);
  EXPECT_EQ(moved, Array<Text>{Long(0)});
}

TEST(ArrayDeathTest, IndexOutOfRangeTraps) {
  Array<int> numbers = {1};
  EXPECT_DEATH((void)numbers[1], "");
  numbers.clear();
  EXPECT_DEATH((void)numbers[0], "");
}

}  // namespace
}  // namespace binfmt
