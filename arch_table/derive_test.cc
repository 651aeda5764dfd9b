// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "arch_table/spec.h"
#include "arch_table/write_rows.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

TargetSpec Parse(std::string_view fields) {
  const Spec spec = ParseSpec(absl::StrCat("target a family=f ", fields));
  return spec.targets.empty() ? TargetSpec() : spec.targets[0];
}

std::string RuleText(std::string_view fields) {
  const MatchRule rule = DeriveRule(Parse(fields));
  return absl::StrCat(absl::BytesToHexString(rule.magic), "\n",
                      absl::BytesToHexString(rule.mask), "\n");
}

std::string Overlaps(std::string_view text) {
  std::string errors;
  for (const SpecError& error : FindOverlaps(ParseSpec(text).targets)) {
    absl::StrAppend(&errors, error.line, ": ", error.message, "\n");
  }
  return errors;
}

TEST(DeriveTest, LittleEndian) {
  EXPECT_EQ(RuleText("class=64 order=little machine=183"),
            "7f454c460201010000000000000000000200b700\n"
            "ffffffffffffff000000000000000000feffffff\n");
}

TEST(DeriveTest, BigEndian) {
  EXPECT_EQ(RuleText("class=32 order=big machine=0xbaab"),
            "7f454c460102010000000000000000000002baab\n"
            "ffffffffffffff000000000000000000fffeffff\n");
}

TEST(DeriveTest, FlagsReachTo40BytesIn32BitFiles) {
  EXPECT_EQ(RuleText("class=32 order=big machine=8 match-flags=0x20/0x20"),
            "7f454c4601020100000000000000000000020008"
            "0000000000000000000000000000000000000020\n"
            "ffffffffffffff000000000000000000fffeffff"
            "0000000000000000000000000000000000000020\n");
  EXPECT_EQ(RuleText("class=32 order=little machine=8 match-flags=0x20/0"),
            "7f454c4601010100000000000000000002000800"
            "0000000000000000000000000000000000000000\n"
            "ffffffffffffff000000000000000000feffffff"
            "0000000000000000000000000000000020000000\n");
}

TEST(DeriveTest, FlagsReachTo52BytesIn64BitFiles) {
  const MatchRule rule =
      DeriveRule(Parse("class=64 order=big machine=21 match-flags=3/2"));
  EXPECT_EQ(rule.magic.size(), 52u);
  EXPECT_EQ(absl::BytesToHexString(rule.magic.substr(48)), "00000002");
  EXPECT_EQ(absl::BytesToHexString(rule.mask.substr(48)), "00000003");
}

TEST(DeriveTest, RulesOverlapUnlessABitThatBothCompareDiffers) {
  const auto overlap = [](std::string_view a, std::string_view a_mask,
                          std::string_view b, std::string_view b_mask) {
    return Overlap({std::string(a), std::string(a_mask)},
                   {std::string(b), std::string(b_mask)});
  };
  EXPECT_TRUE(overlap("a", "\xff", "a", "\xff"));
  EXPECT_FALSE(overlap("a", "\xff", "b", "\xff"));
  EXPECT_TRUE(overlap("\x01", "\x01", "\x02", "\x02"));
  EXPECT_FALSE(overlap("\x01", "\x03", "\x02", "\x02"));
  EXPECT_TRUE(overlap("a", "\xff", "ab", "\xff\xff"));
}

TEST(DeriveTest, RowsThatTakeTheSameFile) {
  constexpr char kFields[] = " family=f class=32 order=big machine=8";
  EXPECT_EQ(Overlaps(absl::StrCat("target a", kFields, "\n", "target b",
                                  kFields, "\n", "target c", kFields,
                                  " match-flags=0x20/0\n")),
            "2: \"b\" takes the same files as \"a\" in line 1\n"
            "3: \"c\" takes the same files as \"a\" in line 1\n"
            "3: \"c\" takes the same files as \"b\" in line 2\n");
}

TEST(DeriveTest, RowsThatFlagsTellApart) {
  constexpr char kFields[] = " family=f class=32 order=big machine=8";
  EXPECT_EQ(
      Overlaps(absl::StrCat("target a", kFields, " match-flags=0x20/0\n",
                            "target b", kFields, " match-flags=0x60/0x20\n")),
      "");
  EXPECT_EQ(
      Overlaps(absl::StrCat("target a", kFields, " match-flags=0x20/0\n",
                            "target b", kFields, " match-flags=0x40/0x40\n")),
      "2: \"b\" takes the same files as \"a\" in line 1\n");
}

}  // namespace
}  // namespace arch_table
