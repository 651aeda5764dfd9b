// SPDX-License-Identifier: Apache-2.0
#include "cmd/operand.h"

#include <string>
#include <string_view>
#include <vector>

#include "arch_table/names.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

using binfmt::Entry;

// An entry that takes Java's class files.
Entry JavaEntry(std::string_view name) {
  Entry entry;
  entry.record.name = name;
  entry.record.magic = "\xca\xfe\xba\xbe";
  return entry;
}

// An entry that takes programs for TARGET.
Entry EntryFor(std::string_view name, std::string_view target) {
  Entry entry = JavaEntry(name);
  entry.record.magic = arch_table::FindTarget(target)->magic();
  entry.record.mask = arch_table::FindTarget(target)->mask();
  return entry;
}

// "target NAME", "entry NAME", or the error.
std::string Read(std::string_view word, std::vector<Entry> entries = {}) {
  const binfmt::Expected<Operand> operand = ReadOperand(word, entries);
  if (!operand) return operand.error().text();
  return operand->target != nullptr
             ? "target " + std::string(operand->target->name)
             : "entry " + std::string(operand->name);
}

TEST(OperandTest, TargetsAndEntries) {
  EXPECT_EQ(Read("arm64"), "target aarch64");
  EXPECT_EQ(Read("qemu-aarch64"), "target aarch64");
  EXPECT_EQ(Read("jar"), "entry jar");
  EXPECT_EQ(Read("name:arm64"), "entry arm64");
  EXPECT_EQ(Read("name:name:x"), "entry name:x");
  EXPECT_EQ(Read(""), "entry ");
}

TEST(OperandTest, EntryThatIsCalledLikeItsTarget) {
  const std::vector<Entry> entries = {EntryFor("arm64", "aarch64"),
                                      EntryFor("qemu-arm", "arm")};
  for (const char* word : {"arm64", "aarch64", "linux/arm64", "qemu-aarch64"}) {
    EXPECT_EQ(Read(word, entries), "target aarch64") << word;
  }
  EXPECT_EQ(Read("qemu-arm", entries), "target arm");
}

TEST(OperandTest, EntryThatIsCalledLikeAnotherTarget) {
  const std::vector<Entry> entries = {JavaEntry("arm64"),
                                      EntryFor("qemu-arm", "mips")};
  EXPECT_EQ(Read("arm64", entries),
            "\"arm64\" means the target aarch64, and is the name of an entry "
            "that takes none of its programs; for the entry say name:arm64, "
            "for the target another of its words");
  EXPECT_EQ(Read("aarch64", entries), "target aarch64");
  EXPECT_EQ(Read("name:arm64", entries), "entry arm64");
  EXPECT_EQ(Read("qemu-arm", entries).substr(0, 31),
            "\"qemu-arm\" means the target arm");
}

TEST(OperandTest, WhatIsNotThere) {
  const auto unknown = [](std::string_view word) {
    const binfmt::Expected<Operand> operand = ReadOperand(word, {});
    return MayBeEntry(*operand) ? "" : UnknownOperand(*operand).text();
  };
  EXPECT_EQ(unknown("jar"), "");
  EXPECT_EQ(unknown("name:amr64"), "");
  EXPECT_EQ(unknown("amr64").substr(0, 54),
            "\"amr64\" is neither an entry nor a target; did you mean");
  for (const std::string word : {"", "/etc/binfmt.d/x.conf", "status", ".."}) {
    EXPECT_EQ(unknown("name:" + word),
              "\"" + word +
                  "\" is neither an entry nor a target; no entry can have that "
                  "name");
  }
}

}  // namespace
}  // namespace cmd
