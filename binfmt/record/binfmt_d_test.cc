// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "binfmt/record/record_formats.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

// "1 first line|2 second line".
std::string Lines(std::string_view text) {
  return absl::StrJoin(ParseBinfmtD(text), "|",
                       [](std::string* out, const RecordLine& line) {
                         absl::StrAppend(out, line.number, " ", line.text);
                       });
}

TEST(ParseBinfmtD, NothingInAnEmptyFile) {
  EXPECT_EQ(Lines(""), "");
  EXPECT_EQ(Lines("\n"), "");
  EXPECT_EQ(Lines("\n\n \n\t\r\n"), "");
}

TEST(ParseBinfmtD, EachLineIsARecord) {
  EXPECT_EQ(Lines(":a:M::A::/a:\n:b:M::B::/b:F\n"),
            "1 :a:M::A::/a:|2 :b:M::B::/b:F");
}

TEST(ParseBinfmtD, LastLineNeedsNoNewline) {
  EXPECT_EQ(Lines("\n:a:M::A::/a:"), "2 :a:M::A::/a:");
}

TEST(ParseBinfmtD, CommentsCountAsLinesOnly) {
  EXPECT_EQ(Lines("# one\n; two\n\n:a:M::A::/a:#x\n  # five\n:b:E::b::/b:;\n"),
            "4 :a:M::A::/a:#x|6 :b:E::b::/b:;");
}

TEST(ParseBinfmtD, BlanksAroundALineDoNotCount) {
  EXPECT_EQ(Lines("  :a:M:: A ::/a: \n\t:b:E::b::/b:P\t\r\n"),
            "1 :a:M:: A ::/a:|2 :b:E::b::/b:P");
}

TEST(ParseBinfmtD, OtherBytesStayAsTheyAre) {
  const std::string text("\v:a\0b\xff", 6);
  EXPECT_EQ(Lines(text + "\n"), "1 " + text);
}

}  // namespace
}  // namespace binfmt
