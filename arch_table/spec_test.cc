// SPDX-License-Identifier: Apache-2.0

#include "arch_table/spec.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

constexpr char kGood[] = "family=f class=32 order=little machine=40";

// The errors of a text as the generator prints them, without the file's name.
std::string Errors(std::string_view text) {
  std::string errors;
  for (const SpecError& error : ParseSpec(text).errors) {
    absl::StrAppend(&errors, error.line, ": ", error.message, "\n");
  }
  return errors;
}

// The errors of a row that has these fields and nothing else.
std::string FieldErrors(std::string_view fields) {
  return Errors(absl::StrCat("target a ", fields));
}

TEST(SpecTest, ReadsEveryField) {
  const Spec spec = ParseSpec(
      "# comment\n"
      "\n"
      "target n32 family=mips class=32 order=big machine=0x8 interpreter=n32 "
      "match-flags=0x20/0x20 flags=0x60000020 load=0x10000000  # comment\n"
      "  # comment\n"
      "  docker a\n"
      "  names b/c  # comment\n"
      "  names d\n"
      "  code 0102  # comment\n"
      "  code ff\n");
  ASSERT_EQ(spec.errors.size(), 0u);
  ASSERT_EQ(spec.targets.size(), 1u);
  const TargetSpec& target = spec.targets[0];
  EXPECT_EQ(target.line, 3);
  EXPECT_EQ(target.name, "n32");
  EXPECT_EQ(target.family, "mips");
  EXPECT_EQ(target.interpreter, "n32");
  EXPECT_FALSE(target.is_64bit);
  EXPECT_TRUE(target.is_big_endian);
  EXPECT_EQ(target.machine, 8);
  EXPECT_EQ(target.match_mask, 0x20u);
  EXPECT_EQ(target.match_value, 0x20u);
  EXPECT_EQ(target.flags, 0x60000020u);
  EXPECT_EQ(target.load_address, 0x10000000u);
  EXPECT_EQ(target.names, (std::vector<std::string>{"a", "b/c", "d"}));
  EXPECT_EQ(target.docker_names, 1u);
  EXPECT_EQ(target.code, "\x01\x02\xff");
}

TEST(SpecTest, DefaultsAreTheNameAsInterpreterAndTheMatchedFlags) {
  const Spec spec =
      ParseSpec(absl::StrCat("target a match-flags=0x30/0x20 ", kGood));
  ASSERT_EQ(spec.targets.size(), 1u);
  EXPECT_EQ(spec.targets[0].interpreter, "a");
  EXPECT_EQ(spec.targets[0].flags, 0x20u);
  EXPECT_EQ(spec.targets[0].load_address, 0x400000u);
  EXPECT_EQ(spec.targets[0].code, "");
}

TEST(SpecTest, LineThatCannotBeRead) {
  const std::string good = absl::StrCat("target a ", kGood, "\n");
  EXPECT_EQ(Errors(good + "nonsense"), "2: cannot read \"nonsense\"\n");
  EXPECT_EQ(Errors(good + "names b"), "2: cannot read \"names b\"\n");
  EXPECT_EQ(Errors(good + "  names b\n  docker c"), "3: docker behind names\n");
  EXPECT_EQ(Errors(good + "  names"), "2: cannot read \"  names\"\n");
  EXPECT_EQ(Errors(good + "\tcode 00"), "2: cannot read \"\\tcode 00\"\n");
  EXPECT_EQ(Errors(good + "  code 00 11"), "2: cannot read \"  code 00 11\"\n");
  EXPECT_EQ(Errors(good + "\x01\xff"), "2: cannot read \"\\x01\\xff\"\n");
  EXPECT_EQ(Errors("target"), "1: cannot read \"target\"\n");
  EXPECT_EQ(Errors("target a family"), "1: cannot read \"target a family\"\n");
  EXPECT_EQ(Errors("target a family=f=g"),
            "1: cannot read \"target a family=f=g\"\n");
}

TEST(SpecTest, WhatFollowsABadTargetLineBelongsToNoOtherRow) {
  const Spec spec = ParseSpec(
      absl::StrCat("target a ", kGood, "\ntarget b c\n  names d\n  code 00\n"));
  ASSERT_EQ(spec.targets.size(), 1u);
  EXPECT_EQ(spec.targets[0].names.size(), 0u);
  EXPECT_EQ(spec.targets[0].code, "");
  ASSERT_EQ(spec.errors.size(), 1u);
  EXPECT_EQ(spec.errors[0].message, "cannot read \"target b c\"");
}

TEST(SpecTest, NoTarget) {
  EXPECT_EQ(Errors(""), "1: no target in this file\n");
  EXPECT_EQ(Errors("# nothing\n"), "1: no target in this file\n");
  EXPECT_EQ(Errors("  names a\n  code 00\n"),
            "1: names before any target\n2: code before any target\n");
}

TEST(SpecTest, FieldMissingUnknownOrTwice) {
  EXPECT_EQ(FieldErrors(""),
            "1: field \"family\" is missing\n"
            "1: field \"class\" is missing\n"
            "1: field \"order\" is missing\n"
            "1: field \"machine\" is missing\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " colour=red")),
            "1: unknown field \"colour\"\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " class=32")),
            "1: field \"class\" twice\n");
}

TEST(SpecTest, ValueOutOfRange) {
  EXPECT_EQ(FieldErrors("family=F class=16 order=middle machine=0"),
            "1: family \"F\" is not a name\n"
            "1: class is \"16\", not 32 or 64\n"
            "1: order is \"middle\", not little or big\n"
            "1: machine is \"0\", not a number from 1 to 65535\n");
  const char kRest[] = "family=f class=32 order=big machine=";
  EXPECT_EQ(FieldErrors(absl::StrCat(kRest, "0x10000")),
            "1: machine is \"0x10000\", not a number from 1 to 65535\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kRest, "99999999999999999999")),
            "1: machine is \"99999999999999999999\", not a number from 1 to "
            "65535\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kRest, "010")),
            "1: machine is \"010\", not a number from 1 to 65535\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kRest, "-1")),
            "1: machine is \"-1\", not a number from 1 to 65535\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " flags=0x100000000")),
            "1: flags is \"0x100000000\", not a number from 0 to "
            "4294967295\n");
}

TEST(SpecTest, MatchFlagsThatMeanNothing) {
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " match-flags=1")),
            "1: match-flags is \"1\", not MASK/VALUE\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " match-flags=0/0")),
            "1: mask of match-flags is \"0\", not a number from 1 to "
            "4294967295\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " match-flags=1/x")),
            "1: value of match-flags is \"x\", not a number from 0 to "
            "4294967295\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " match-flags=1/2")),
            "1: match-flags has a value outside its mask\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " match-flags=1/1 flags=2")),
            "1: the row does not take its own flags\n");
}

TEST(SpecTest, LoadAddress) {
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " load=0xfffff000")), "");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " load=0x100000000")),
            "1: load is too large for class 32\n");
  EXPECT_EQ(FieldErrors("family=f class=64 order=little machine=40 "
                        "load=0x120000000"),
            "");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " load=0")),
            "1: load is \"0\", not a number from 4096 to 17592186040320\n");
  EXPECT_EQ(FieldErrors(absl::StrCat(kGood, " load=0x8048800")),
            "1: load is \"0x8048800\", not a multiple of 4096\n");
}

TEST(SpecTest, NameTwice) {
  const std::string a = absl::StrCat("target a ", kGood, "\n");
  const std::string b = absl::StrCat("target b ", kGood, "\n");
  EXPECT_EQ(Errors(a + a), "2: \"a\" is already in line 1\n");
  EXPECT_EQ(Errors(a + "  names a\n"), "2: \"a\" is already in line 1\n");
  EXPECT_EQ(Errors(a + "  names c\n" + b + "  names c\n"),
            "4: \"c\" is already in line 2\n");
  EXPECT_EQ(Errors(a + "  names b\n" + b), "3: \"b\" is already in line 2\n");
}

TEST(SpecTest, NameThatMayNotBe) {
  EXPECT_EQ(Errors(absl::StrCat("target Arm ", kGood)),
            "1: \"Arm\" is not a name\n");
  EXPECT_EQ(Errors(absl::StrCat("target a/b ", kGood)),
            "1: \"a/b\" is not a name\n");
  const std::string a = absl::StrCat("target a ", kGood, "\n");
  EXPECT_EQ(Errors(a + "  names ARM x:y -z\n"),
            "2: \"ARM\" is not a name\n"
            "2: \"x:y\" is not a name\n"
            "2: \"-z\" is not a name\n");
  EXPECT_EQ(Errors(a + "  names qemu-a linux/a a-static\n"),
            "2: \"qemu-a\": names with \"qemu-\" follow by rule\n"
            "2: \"linux/a\": names with \"linux/\" follow by rule\n"
            "2: \"a-static\": names with \"-static\" follow by rule\n");
  EXPECT_EQ(Errors(a + "  names " + std::string(32, 'x') + "\n"), "");
  EXPECT_EQ(Errors(a + "  names " + std::string(33, 'x') + "\n"),
            absl::StrCat("2: \"", std::string(33, 'x'),
                         "\" is longer than 32 bytes\n"));
}

TEST(SpecTest, InterpreterOfNoTarget) {
  EXPECT_EQ(Errors(absl::StrCat("target a interpreter=b ", kGood)),
            "1: interpreter \"b\" is no target's name\n");
}

TEST(SpecTest, CodeThatIsNoCode) {
  const std::string a = absl::StrCat("target a ", kGood, "\n");
  EXPECT_EQ(Errors(a + "  code 012\n"),
            "2: code \"012\" is not pairs of digits 0-9a-f\n");
  EXPECT_EQ(Errors(a + "  code 0G\n"),
            "2: code \"0G\" is not pairs of digits 0-9a-f\n");
  EXPECT_EQ(Errors(a + "  code " + std::string(64, '0')), "");
  EXPECT_EQ(Errors(a + "  code " + std::string(66, '0')),
            "2: more than 32 bytes of code\n");
}

TEST(SpecTest, AllErrorsAtOnceInTheOrderOfLines) {
  EXPECT_EQ(Errors(absl::StrCat("target a interpreter=z ", kGood, "\n",
                                "target b family=f\n", "  code x\n", "what\n")),
            "1: interpreter \"z\" is no target's name\n"
            "2: field \"class\" is missing\n"
            "2: field \"order\" is missing\n"
            "2: field \"machine\" is missing\n"
            "3: code \"x\" is not pairs of digits 0-9a-f\n"
            "4: cannot read \"what\"\n");
}

}  // namespace
}  // namespace arch_table
