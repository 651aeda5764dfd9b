// SPDX-License-Identifier: Apache-2.0
#include "cmd/fold.h"

#include "gtest/gtest.h"

namespace cmd {
namespace {

TEST(FoldTest, BreaksAtBlanks) {
  EXPECT_EQ(Fold("one two three\n", 13), "one two three\n");
  EXPECT_EQ(Fold("one two three\n", 12), "one two\n  three\n");
  EXPECT_EQ(Fold("one two three\n", 6), "one\n  two\n  three\n");
  EXPECT_EQ(Fold("one two three\n", kUnlimited), "one two three\n");
  EXPECT_EQ(Fold("  indented text\n", 10), "  indented\n  text\n");
  EXPECT_EQ(Fold("columns   of  a table\n", 80), "columns   of  a table\n");
}

TEST(FoldTest, WordsAreNotBroken) {
  EXPECT_EQ(Fold("longer-than-that\n", 4), "longer-than-that\n");
  EXPECT_EQ(Fold("a longer-than-that b\n", 4), "a longer-than-that\n  b\n")
      << "a break behind \"a\" gains nothing";
  EXPECT_EQ(Fold("", 4), "");
  EXPECT_EQ(Fold("\n", 4), "\n");
}

TEST(FoldTest, CharactersAndColours) {
  EXPECT_EQ(Fold("\xe2\x82\xac\xe2\x82\xac b\n", 4),
            "\xe2\x82\xac\xe2\x82\xac b\n");
  EXPECT_EQ(Fold("\x1b[33mone\x1b[m two\n", 7), "\x1b[33mone\x1b[m two\n");
  EXPECT_EQ(Fold("\x1b[33mone\x1b[m two\n", 6), "\x1b[33mone\x1b[m\n  two\n");
}

}  // namespace
}  // namespace cmd
