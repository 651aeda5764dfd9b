// SPDX-License-Identifier: Apache-2.0
#include "binfmt/binfmt_d.h"

#include <string>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

// "1 first line|2 second line".
std::string Lines(std::string_view text) {
  std::string lines;
  unsigned number = 0;
  Text line;
  while (NextRecordLine(&text, &number, &line)) {
    if (!lines.empty()) lines += "|";
    lines += std::to_string(number) + " " + std::string(line);
  }
  return lines;
}

TEST(NextRecordLine, NothingInAnEmptyFile) {
  EXPECT_EQ(Lines(""), "");
  EXPECT_EQ(Lines("\n"), "");
  EXPECT_EQ(Lines("\n\n \n\t\r\n"), "");
}

TEST(NextRecordLine, EachLineIsARecord) {
  EXPECT_EQ(Lines(":a:M::A::/a:\n:b:M::B::/b:F\n"),
            "1 :a:M::A::/a:|2 :b:M::B::/b:F");
}

TEST(NextRecordLine, LastLineNeedsNoNewline) {
  EXPECT_EQ(Lines("\n:a:M::A::/a:"), "2 :a:M::A::/a:");
}

TEST(NextRecordLine, CommentsCountButAreNone) {
  EXPECT_EQ(Lines("# one\n; two\n\n:a:M::A::/a:#x\n  # five\n:b:E::b::/b:;\n"),
            "4 :a:M::A::/a:#x|6 :b:E::b::/b:;");
}

TEST(NextRecordLine, BlanksAroundALineAreNoPartOfIt) {
  EXPECT_EQ(Lines("  :a:M:: A ::/a: \n\t:b:E::b::/b:P\t\r\n"),
            "1 :a:M:: A ::/a:|2 :b:E::b::/b:P");
}

TEST(NextRecordLine, OtherBytesStayAsTheyAre) {
  const std::string text("\v:a\0b\xff", 6);
  EXPECT_EQ(Lines(text + "\n"), "1 " + text);
}

}  // namespace
}  // namespace binfmt
