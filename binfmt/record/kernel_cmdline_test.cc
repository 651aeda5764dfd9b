// SPDX-License-Identifier: Apache-2.0
// Parameters as lib/cmdline.c and kernel/params.c of Linux 6.12 read them.
#include <string>
#include <string_view>

#include "binfmt/record/proc_files.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

std::string Find(std::string_view line) {
  return std::string(FindParameter(line, "a.b"));
}

TEST(KernelCmdlineTest, PlainValue) {
  EXPECT_EQ(Find("a.b=x,y"), "x,y");
  EXPECT_EQ(Find("quiet a.b=x,y console=ttyS0"), "x,y");
  EXPECT_EQ(Find(" \t a.b=x\n"), "x");
  EXPECT_EQ(Find("a.b=x=y"), "x=y");
}

TEST(KernelCmdlineTest, Absent) {
  EXPECT_EQ(Find(""), "");
  EXPECT_EQ(Find("a.b"), "");
  EXPECT_EQ(Find("a.b="), "");
  EXPECT_EQ(Find("a.bc=x xa.b=x A.B=x a=x b=x a.b =x =a.b=x"), "");
}

TEST(KernelCmdlineTest, TheLastOneCounts) {
  EXPECT_EQ(Find("a.b=x a.b=y"), "y");
  EXPECT_EQ(Find("a.b=x a.b="), "");
  EXPECT_EQ(Find("a.b=x a.b"), "x");
}

TEST(KernelCmdlineTest, QuotesAroundTheValue) {
  EXPECT_EQ(Find("a.b=\"x y\" c"), "x y");
  EXPECT_EQ(Find("a.b=\"\" c"), "");
  EXPECT_EQ(Find("o=\"a.b=x\" a.b=y"), "y");
  EXPECT_EQ(Find("o=\"p a.b=x\""), "");
}

TEST(KernelCmdlineTest, QuotesAroundTheParameter) {
  EXPECT_EQ(Find("\"a.b=x y\" c"), "x y");
  EXPECT_EQ(Find("\"a.b=\" c"), "");
  EXPECT_EQ(Find("\"a.b\"=x"), "") << "the name would be a.b\"";
}

// Only the first and the last quote are removed.
TEST(KernelCmdlineTest, QuotesWithin) {
  EXPECT_EQ(Find("a.b=x\" \"y c"), "x\" \"y");
  EXPECT_EQ(Find("a.b=\"x\"y c"), "x\"y");
  EXPECT_EQ(Find("a.b=x\"y\" c"), "x\"y\"");
  EXPECT_EQ(Find("\"a.b=\"x\" y"), "x\" y");
}

TEST(KernelCmdlineTest, UnclosedQuotes) {
  EXPECT_EQ(Find("a.b=\"x y"), "x y");
  EXPECT_EQ(Find("\"a.b=x y"), "x y");
  EXPECT_EQ(Find("a.b=\""), "");
  EXPECT_EQ(Find("\""), "");
  EXPECT_EQ(Find("a.b=x \""), "x");
}

TEST(KernelCmdlineTest, ApostrophesAndBackslashesAreNothingSpecial) {
  EXPECT_EQ(Find("a.b='x y'"), "'x");
  EXPECT_EQ(Find("a.b=\\\"x y\\\""), "\\\"x y\\\"");
}

TEST(KernelCmdlineTest, WhatFollowsTwoDashesIsForInit) {
  EXPECT_EQ(Find("a.b=x -- a.b=y"), "x");
  EXPECT_EQ(Find("\"--\" a.b=y"), "");
  EXPECT_EQ(Find("--a --=z a.b=y"), "y");
}

// To the kernel the second byte of this letter is a no-break space.
TEST(KernelCmdlineTest, LatinNoBreakSpaceSeparates) {
  EXPECT_EQ(Find("a.b=x\xc3\xa0y"), "x\xc3");
}

TEST(KernelCmdlineTest, LongLine) {
  EXPECT_EQ(Find(std::string(50000, 'x') + " a.b=y " + std::string(9000, 'z')),
            "y");
}

}  // namespace
}  // namespace binfmt
