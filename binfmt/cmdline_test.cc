// SPDX-License-Identifier: Apache-2.0
// Parameters as lib/cmdline.c and kernel/params.c of Linux 6.12 read them.
#include "binfmt/cmdline.h"

#include <string>

#include "binfmt/text.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

std::string Find(std::string_view line) {
  return std::string(FindParameter(line, "a.b"));
}

TEST(CmdlineTest, PlainValue) {
  EXPECT_EQ(Find("a.b=x,y"), "x,y");
  EXPECT_EQ(Find("quiet a.b=x,y console=ttyS0"), "x,y");
  EXPECT_EQ(Find(" \t a.b=x\n"), "x");
  EXPECT_EQ(Find("a.b=x=y"), "x=y");
}

TEST(CmdlineTest, NotThere) {
  EXPECT_EQ(Find(""), "");
  EXPECT_EQ(Find("a.b"), "");
  EXPECT_EQ(Find("a.b="), "");
  EXPECT_EQ(Find("a.bc=x xa.b=x A.B=x a=x b=x a.b =x =a.b=x"), "");
}

TEST(CmdlineTest, LastOneWins) {
  EXPECT_EQ(Find("a.b=x a.b=y"), "y");
  EXPECT_EQ(Find("a.b=x a.b="), "");
  EXPECT_EQ(Find("a.b=x a.b"), "x");
}

TEST(CmdlineTest, QuotesAroundTheValue) {
  EXPECT_EQ(Find("a.b=\"x y\" c"), "x y");
  EXPECT_EQ(Find("a.b=\"\" c"), "");
  EXPECT_EQ(Find("o=\"a.b=x\" a.b=y"), "y");
  EXPECT_EQ(Find("o=\"p a.b=x\""), "");
}

TEST(CmdlineTest, QuotesAroundTheParameter) {
  EXPECT_EQ(Find("\"a.b=x y\" c"), "x y");
  EXPECT_EQ(Find("\"a.b=\" c"), "");
  EXPECT_EQ(Find("\"a.b\"=x"), "") << "the name would be a.b\"";
}

// Only the first and the last one are taken off.
TEST(CmdlineTest, QuotesWithin) {
  EXPECT_EQ(Find("a.b=x\" \"y c"), "x\" \"y");
  EXPECT_EQ(Find("a.b=\"x\"y c"), "x\"y");
  EXPECT_EQ(Find("a.b=x\"y\" c"), "x\"y\"");
  EXPECT_EQ(Find("\"a.b=\"x\" y"), "x\" y");
}

TEST(CmdlineTest, QuotesThatNobodyCloses) {
  EXPECT_EQ(Find("a.b=\"x y"), "x y");
  EXPECT_EQ(Find("\"a.b=x y"), "x y");
  EXPECT_EQ(Find("a.b=\""), "");
  EXPECT_EQ(Find("\""), "");
  EXPECT_EQ(Find("a.b=x \""), "x");
}

TEST(CmdlineTest, ApostrophesAndBackslashesAreNothingSpecial) {
  EXPECT_EQ(Find("a.b='x y'"), "'x");
  EXPECT_EQ(Find("a.b=\\\"x y\\\""), "\\\"x y\\\"");
}

TEST(CmdlineTest, WhatFollowsTwoDashesIsForInit) {
  EXPECT_EQ(Find("a.b=x -- a.b=y"), "x");
  EXPECT_EQ(Find("\"--\" a.b=y"), "");
  EXPECT_EQ(Find("--a --=z a.b=y"), "y");
}

// To the kernel the second byte of this letter is a no-break space.
TEST(CmdlineTest, LatinNoBreakSpaceDivides) {
  EXPECT_EQ(Find("a.b=x\xc3\xa0y"), "x\xc3");
}

TEST(CmdlineTest, LongLine) {
  EXPECT_EQ(Find(std::string(50000, 'x') + " a.b=y " + std::string(9000, 'z')),
            "y");
}

TEST(CmdlineTest, ThisMachinesOwn) {
  Text line;
  EXPECT_TRUE(ReadCommandLine(&line).ok());
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace binfmt
