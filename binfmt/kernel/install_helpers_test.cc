// SPDX-License-Identifier: Apache-2.0
// The functions of install.h that need no kernel.
#include <string>

#include "binfmt/kernel/install.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/overlap_index.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

// A rule that compares an ELF header up to e_machine.
Record Elf(char elf_class, char machine) {
  Record record;
  record.name = "qemu-x";
  record.magic = std::string(
                     "\x7f"
                     "ELF") +
                 elf_class + '\x01' + '\x01' + std::string(9, '\0') + '\x02' +
                 '\0' + machine + '\0';
  record.mask = std::string(7, '\xff') + std::string(9, '\0') +
                std::string("\xfe\xff\xff\xff", 4);
  record.interpreter = "/i";
  return record;
}

// BYTES with VALUE at POSITION.
std::string Patched(std::string bytes, size_t position, char value) {
  bytes[position] = value;
  return bytes;
}

std::string Diff(const Entry& present, const Record& wanted) {
  return Difference(present, EntryOf(wanted));
}

TEST(InstallHelpersTest, EqualEntriesDoNotDiffer) {
  EXPECT_EQ(Diff(EntryOf(Elf(1, 40)), Elf(1, 40)), "");
}

TEST(InstallHelpersTest, NamesAreNoDifference) {
  Record other = Elf(1, 40);
  other.name = "other";
  EXPECT_EQ(Diff(EntryOf(other), Elf(1, 40)), "");
}

TEST(InstallHelpersTest, AbsentMaskIsNoDifference) {
  Record bare = Elf(1, 40);
  bare.mask = "";
  Record full = Elf(1, 40);
  full.mask = std::string(20, '\xff');
  EXPECT_EQ(Diff(EntryOf(bare), full), "");
}

TEST(InstallHelpersTest, DifferenceOfOneField) {
  Record wanted = Elf(1, 40);
  wanted.flags = kFixBinary;
  EXPECT_EQ(Diff(EntryOf(Elf(1, 40)), wanted), "flags none instead of F");
  wanted = Elf(1, 40);
  wanted.interpreter = "/new";
  EXPECT_EQ(Diff(EntryOf(Elf(1, 40)), wanted),
            "interpreter /i instead of /new");
  wanted = Elf(1, 40);
  wanted.offset = 1;
  EXPECT_EQ(Diff(EntryOf(Elf(1, 40)), wanted), "offset 0 instead of 1");
  wanted = Elf(1, 40);
  wanted.mask = "";
  EXPECT_EQ(Diff(EntryOf(Elf(1, 40)), wanted), "another mask");
  Entry off = EntryOf(Elf(1, 40));
  off.enabled = false;
  EXPECT_EQ(Diff(off, Elf(1, 40)), "state disabled instead of enabled");
  Entry later = EntryOf(Elf(1, 40));
  later.unknown_flags = "Q";
  EXPECT_EQ(Diff(later, Elf(1, 40)), "flags Q instead of none");
}

TEST(InstallHelpersTest, DifferenceOfAllFields) {
  Entry present;
  present.enabled = false;
  present.record.type = RecordType::kExtension;
  present.record.magic = "exe";
  present.record.interpreter = "/a\nb";
  present.record.flags = kOpenBinary | kCredentials | kFixBinary;
  Record wanted;
  wanted.offset = 2;
  wanted.magic = "AB";
  wanted.mask = "\xff\xff";
  wanted.interpreter = "/c";
  wanted.flags = kPreserveArgv0 | kFixBinary;
  EXPECT_EQ(Diff(present, wanted),
            "state disabled instead of enabled, type E instead of M, flags OCF "
            "instead of PF, interpreter /a\\x0ab instead of /c, offset 0 "
            "instead of 2, another magic");
}

TEST(InstallHelpersTest, HelperNames) {
  EXPECT_TRUE(IsHelperName("qemu-arm.binfmtbox-0123abcd", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-arm", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-arm.binfmtbox-", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-arm.binfmtbox-0123abc", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-arm.binfmtbox-0123abcde", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-arm.binfmtbox-0123abcg", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-armeb.binfmtbox-0123abcd", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("qemu-arm.binfmtbox-0123abcd", "qemu-armeb"));
  EXPECT_FALSE(IsHelperName("qemu-arm.other-0123abcd", "qemu-arm"));
  EXPECT_FALSE(IsHelperName("", "qemu-arm"));
}

TEST(InstallHelpersTest, HelperOfALongNameIsAFileName) {
  const std::string owner(255, 'n');
  const std::string helper = std::string(236, 'n') + ".binfmtbox-0123abcd";
  EXPECT_EQ(helper.size(), 255u);
  EXPECT_TRUE(IsHelperName(helper, owner));
}

// Whether Install() takes A, an entry that is there, for a rival of the record
// B.
bool TakeSameMachine(const Record& a, const Record& b) {
  if (!IsForOneMachine(a) || !IsForOneMachine(b)) return false;
  OverlapIndex index;
  index.Add(a);
  return OverlapIndex::Search(index, b).Next().has_value();
}

TEST(InstallHelpersTest, SameMachineByClassAndMachine) {
  EXPECT_TRUE(TakeSameMachine(Elf(1, 40), Elf(1, 40)));
  EXPECT_FALSE(TakeSameMachine(Elf(1, 40), Elf(2, 40)));
  EXPECT_FALSE(TakeSameMachine(Elf(1, 40), Elf(1, 41)));
}

TEST(InstallHelpersTest, SameMachineWithAnotherMask) {
  Record other = Elf(1, 40);
  other.mask = "";
  EXPECT_TRUE(TakeSameMachine(Elf(1, 40), other));
}

// armeb and arm
TEST(InstallHelpersTest, OtherByteOrderIsAnotherMachine) {
  Record other = Elf(1, 40);
  other.magic = Patched(other.magic, 5, 2);
  EXPECT_FALSE(TakeSameMachine(Elf(1, 40), other));
}

TEST(InstallHelpersTest, RuleThatLeavesTheMachineOpenIsNotForOne) {
  Record any = Elf(1, 40);
  any.mask = Patched(any.mask, 18, '\xfe');
  EXPECT_FALSE(TakeSameMachine(any, Elf(1, 40)));
  any = Elf(1, 40);
  any.mask = Patched(any.mask, 4, 0);
  EXPECT_FALSE(TakeSameMachine(Elf(1, 40), any));
  Record cut = Elf(1, 40);
  cut.magic = cut.magic.substr(0, 19);
  cut.mask = cut.mask.substr(0, 19);
  EXPECT_FALSE(TakeSameMachine(cut, cut));
  Record behind = Elf(1, 40);
  behind.offset = 5;
  EXPECT_FALSE(TakeSameMachine(behind, behind));
  Record extension = Elf(1, 40);
  extension.type = RecordType::kExtension;
  EXPECT_FALSE(TakeSameMachine(extension, extension));
}

}  // namespace
}  // namespace binfmt
