// SPDX-License-Identifier: Apache-2.0
#include "binfmt/format.h"

#include <cstring>
#include <string>
#include <string_view>

#include "binfmt/text.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(FormatTest, ATextIsPackedAndUnpackedToItself) {
  constexpr Format kFormat =
      "the interpreter is missing or not executable\n"_fmt;
  EXPECT_LT(std::strlen(kFormat.packed()), 30u);
  EXPECT_EQ(Text(kFormat), "the interpreter is missing or not executable\n");
}

TEST(FormatTest, PlainAsciiIsItsOwnPackedForm) {
  EXPECT_EQ(Text(Format("the interpreter")), "the interpreter");
  EXPECT_EQ(Text(""_fmt), "");
  EXPECT_TRUE(""_fmt.empty());
  EXPECT_FALSE("a"_fmt.empty());
}

TEST(FormatTest, EveryCharacterOfATextComesBack) {
  EXPECT_EQ(
      Text(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
           "abcdefghijklmnopqrstuvwxyz{|}~\t\n\x7f"_fmt),
      " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
      "abcdefghijklmnopqrstuvwxyz{|}~\t\n\x7f");
}

TEST(FormatTest, FillReplacesInAPackedTextOnly) {
  EXPECT_EQ(Fill("cannot open the interpreter %: @"_fmt, "/a\n%", "is there"),
            "cannot open the interpreter /a\\x0a%: is there");
  EXPECT_EQ(Fill("@, and @", "of the interpreter % @"_fmt, "more"),
            "of the interpreter % @, and more");
}

TEST(FormatTest, ANulStaysWhereItIs) {
  constexpr Format kTwo = "the first\0the second"_fmt;
  EXPECT_EQ(Text(kTwo), "the first");
  EXPECT_EQ(Text(Format(kTwo.packed() + std::strlen(kTwo.packed()) + 1)),
            "the second");
}

TEST(FormatPairsTest, APairHoldsOnlyPlainTextAndPairsBeforeIt) {
  std::string before;
  for (const internal::FormatPair& pair : internal::kFormatPairs) {
    EXPECT_TRUE(internal::HalvesOf(pair.code) != nullptr) << int{pair.code};
    for (const unsigned char byte : {pair.first, pair.second}) {
      EXPECT_TRUE(internal::HalvesOf(byte) == nullptr ||
                  before.find(static_cast<char>(byte)) != std::string::npos)
          << int{pair.code};
      EXPECT_EQ(std::string_view("%@\0", 3).find(static_cast<char>(byte)),
                std::string_view::npos)
          << int{pair.code};
    }
    EXPECT_EQ(before.find(static_cast<char>(pair.code)), std::string::npos);
    EXPECT_TRUE(pair.code != '\t' && pair.code != '\n');
    before += static_cast<char>(pair.code);
  }
}

}  // namespace
}  // namespace binfmt
