// SPDX-License-Identifier: Apache-2.0
// Rules of others are told by what they take, whatever they are called.
#include "cmd/target_matcher.h"

#include <string>
#include <string_view>
#include <vector>

#include "arch_table/data_for_testing.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

using arch_table::FromHex;
using arch_table::Target;
using binfmt::Record;

Record Magic(std::string_view name, std::string_view magic,
             std::string_view mask) {
  Record record;
  record.name = std::string(name);
  record.magic = FromHex(magic);
  record.mask = FromHex(mask);
  record.interpreter = "/x";
  return record;
}

Record RecordOf(const Target& target) {
  Record record;
  record.name = target.EntryName();
  record.magic = std::string(target.magic());
  record.mask = std::string(target.mask());
  record.interpreter = "/x";
  return record;
}

// The target that the record takes.
std::string NameOfTarget(const Record& record) {
  const Target* target = TargetOf(record);
  return target == nullptr ? "none" : std::string(target->name);
}

TEST(TargetMatcherTest, EveryRowByItsOwnRecord) {
  for (const Target& target : arch_table::Targets()) {
    EXPECT_EQ(NameOfTarget(RecordOf(target)), target.name);
    EXPECT_TRUE(IsOurs(RecordOf(target))) << target.name;
  }
}

TEST(TargetMatcherTest, TakesItsOwnRowOnly) {
  for (const Target& a : arch_table::Targets()) {
    for (const Target& b : arch_table::Targets()) {
      EXPECT_EQ(Takes(RecordOf(a), b), &a == &b) << a.name << " and " << b.name;
    }
  }
}

// QEMU's rule for each target is the target's, except for microblaze: what
// QEMU has there takes no file (big-endian) or the old e_machine only.
TEST(TargetMatcherTest, RulesOfQemu) {
  const auto rows = arch_table::ReadColumns("testdata/elf/qemu_rules.tsv");
  ASSERT_EQ(rows.size(), 34u);
  for (const std::vector<std::string>& row : rows) {
    ASSERT_GE(row.size(), 3u);
    const std::string& name = row[0];
    const std::string expected = name == "microblaze"     ? "none"
                                 : name == "microblazeel" ? "microblazeel-old"
                                                          : name;
    EXPECT_EQ(NameOfTarget(Magic("qemu-" + name, row[1], row[2])), expected);
  }
}

// From /usr/lib/binfmt.d of Debian 12's qemu-user-static 1:7.2+dfsg: rows that
// differ from QEMU's own.
TEST(TargetMatcherTest, RulesOfDebian) {
  constexpr struct {
    const char* name;
    const char* magic;
    const char* mask;
  } kRows[] = {
      {"alpha", "7f454c4602010100000000000000000002002690",
       "ffffffffffffff00fffffffffffffffffeffffff"},
      {"none", "7f454c4601010100000000000000000002004c00",
       "ffffffffffffff00fffffffffffffffffeffffff"},
      {"m68k", "7f454c4601020100000000000000000000020004",
       "ffffffffffffff00fffffffffffffffffffeffff"},
      {"microblaze-old", "7f454c460102010000000000000000000002baab",
       "ffffffffffffff00fffffffffffffffffffeffff"},
      {"mips",
       "7f454c46010201000000000000000000000200080000000000000000000000000000000"
       "000000000",
       "ffffffffffffff00fefffffffffffffffffeffff0000000000000000000000000000000"
       "000000020"},
      {"mips64", "7f454c4602020100000000000000000000020008",
       "ffffffffffffff00fefffffffffffffffffeffff"},
      {"mips64el", "7f454c4602010100000000000000000002000800",
       "ffffffffffffff00fefffffffffffffffeffffff"},
      {"mipsel",
       "7f454c46010101000000000000000000020008000000000000000000000000000000000"
       "000",
       "ffffffffffffff00fefffffffffffffffeffffff0000000000000000000000000000000"
       "020"},
      {"mipsn32",
       "7f454c46010201000000000000000000000200080000000000000000000000000000000"
       "000000020",
       "ffffffffffffff00fefffffffffffffffffeffff0000000000000000000000000000000"
       "000000020"},
      {"mipsn32el",
       "7f454c46010101000000000000000000020008000000000000000000000000000000000"
       "020",
       "ffffffffffffff00fefffffffffffffffeffffff0000000000000000000000000000000"
       "020"},
      {"ppc", "7f454c4601020100000000000000000000020014",
       "fffffffffffffffcfffffffffffffffffffeffff"},
      {"ppc64", "7f454c4602020100000000000000000000020015",
       "fffffffffffffffcfffffffffffffffffffeffff"},
      {"ppc64le", "7f454c4602010100000000000000000002001500",
       "fffffffffffffffcfffffffffffffffffeffff00"},
      {"s390x", "7f454c4602020100000000000000000000020016",
       "fffffffffffffffcfffffffffffffffffffeffff"},
      {"sh4", "7f454c4601010100000000000000000002002a00",
       "fffffffffffffffcfffffffffffffffffeffffff"},
      {"sh4eb", "7f454c460102010000000000000000000002002a",
       "fffffffffffffffcfffffffffffffffffffeffff"},
      {"sparc", "7f454c4601020100000000000000000000020002",
       "fffffffffffffffcfffffffffffffffffffeffff"},
      {"sparc32plus", "7f454c4601020100000000000000000000020012",
       "fffffffffffffffcfffffffffffffffffffeffff"},
      {"sparc64", "7f454c460202010000000000000000000002002b",
       "fffffffffffffffcfffffffffffffffffffeffff"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(NameOfTarget(Magic("other", row.magic, row.mask)), row.name);
  }
}

TEST(TargetMatcherTest, RulesOfOtherX86Emulators) {
  constexpr char k64[] = "7f454c4602010100000000000000000002003e00";
  constexpr char k32[] = "7f454c4601010100000000000000000002000300";
  constexpr char kFex[] = "fffffffffffefe00000000fffffffffffeffffff";
  EXPECT_EQ(NameOfTarget(Magic("FEX-x86_64", k64, kFex)), "x86_64");
  EXPECT_EQ(NameOfTarget(Magic("FEX-x86", k32, kFex)), "i386");
  EXPECT_EQ(NameOfTarget(Magic("box64", k64,
                               "ffffffffffffff00000000fffffffffffeffffff")),
            "x86_64");
  EXPECT_EQ(NameOfTarget(Magic("rosetta", k64,
                               "fffffffffffefe00fffffffffffffffffeffffff")),
            "x86_64");
}

TEST(TargetMatcherTest, WhatTakesSeveralTargetsIsNone) {
  EXPECT_EQ(NameOfTarget(Magic("elf", "7f454c46", "")), "none");
  EXPECT_EQ(NameOfTarget(Magic("zero", "00", "00")), "none");
  EXPECT_EQ(NameOfTarget(Magic("elf64le", "7f454c460201", "")), "none");
}

TEST(TargetMatcherTest, WhatTakesNoTarget) {
  EXPECT_EQ(NameOfTarget(Magic("wine", "4d5a", "")), "none");
  EXPECT_EQ(NameOfTarget(Magic("jar", "504b0304", "")), "none");
  Record extension;
  extension.type = binfmt::RecordType::kExtension;
  extension.magic = "arm";
  EXPECT_EQ(NameOfTarget(extension), "none");
  // x32 and the 32-bit ABI of aarch64: no emulator runs them.
  EXPECT_EQ(NameOfTarget(
                Magic("x32", "7f454c4601010100000000000000000002003e00", "")),
            "none");
  EXPECT_EQ(NameOfTarget(
                Magic("ilp32", "7f454c460101010000000000000000000200b700", "")),
            "none");
}

// A rule that looks at e_machine alone is recognised, too.
TEST(TargetMatcherTest, RuleWithAnOffset) {
  Record record = Magic("s390x", "0016", "");
  record.offset = 18;
  EXPECT_EQ(NameOfTarget(record), "s390x");
}

TEST(TargetMatcherTest, OursIsRuleAndName) {
  const Target& target = arch_table::Targets()[0];
  Record record = RecordOf(target);
  record.interpreter = "/another";
  record.flags = binfmt::kCredentials;
  EXPECT_TRUE(IsOurs(record)) << "interpreter and flags do not count";
  record.name = std::string(record.name) + "x";
  EXPECT_FALSE(IsOurs(record));
  record = RecordOf(target);
  record.name = arch_table::Targets()[1].EntryName();
  EXPECT_FALSE(IsOurs(record)) << "the name of another row";
  record = RecordOf(target);
  record.mask =
      std::string(record.mask.substr(0, record.mask.size() - 1)) + '\xfe';
  EXPECT_FALSE(IsOurs(record));
  record = RecordOf(target);
  record.offset = 1;
  EXPECT_FALSE(IsOurs(record));
  record = RecordOf(target);
  record.type = binfmt::RecordType::kExtension;
  EXPECT_FALSE(IsOurs(record));
}

// Under QEMU's own names, with QEMU's own bytes, they are the distribution's.
TEST(TargetMatcherTest, RulesOfQemuAreNotOurs) {
  EXPECT_FALSE(
      IsOurs(Magic("qemu-aarch64", "7f454c460201010000000000000000000200b700",
                   "ffffffffffffff00fffffffffffffffffeffffff")));
}

}  // namespace
}  // namespace cmd
