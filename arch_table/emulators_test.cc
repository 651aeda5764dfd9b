// SPDX-License-Identifier: Apache-2.0
// The table of emulators is whole, and each row fits its targets.
#include "arch_table/emulators.h"

#include <set>
#include <string>
#include <string_view>

#include "arch_table/table.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

// The targets of the emulator `word`, each with its entry's name.
std::string EntryNames(std::string_view word) {
  std::string names;
  for (const Target& target : Targets()) {
    const std::string name = FindEmulator(word)->EntryName(target);
    if (name.empty()) continue;
    names += std::string(target.name) + "=" + name + " ";
  }
  return names;
}

TEST(EmulatorsTest, QemuRunsEveryTarget) {
  const Emulator& qemu = Emulators()[0];
  EXPECT_EQ(FindEmulator("qemu"), &qemu);
  EXPECT_TRUE(qemu.is_qemu());
  for (const Target& target : Targets()) {
    EXPECT_EQ(qemu.EntryName(target), target.EntryName());
    EXPECT_EQ(qemu.Mask(target), target.mask());
  }
}

TEST(EmulatorsTest, TheOthersRunX86) {
  EXPECT_EQ(Emulators().size(), 5u);
  EXPECT_EQ(EntryNames("box64"), "x86_64=x86_64 ");
  EXPECT_EQ(EntryNames("box86"), "i386=x86 ");
  EXPECT_EQ(EntryNames("fex"), "i386=FEX-x86 x86_64=FEX-x86_64 ");
  EXPECT_EQ(EntryNames("rosetta"), "x86_64=rosetta ");
}

TEST(EmulatorsTest, UnknownWords) {
  for (const char* word : {"", "FEX", "box", "box64 ", "qemu-arm"}) {
    EXPECT_EQ(FindEmulator(word), nullptr) << word;
  }
}

// Magic number, class, e_type and e_machine are compared as the target's own
// rule does. Some take byte order and version 0 as well as 1.
TEST(EmulatorsTest, MasksFitTheTargets) {
  for (const Emulator& emulator : Emulators()) {
    for (const Target& target : Targets()) {
      if (emulator.EntryName(target).empty()) continue;
      const std::string_view mask = emulator.Mask(target);
      ASSERT_EQ(mask.size(), target.mask().size()) << emulator.word;
      EXPECT_EQ(mask.substr(0, 5), "\xff\xff\xff\xff\xff") << emulator.word;
      EXPECT_EQ(mask.substr(16, 4), target.mask().substr(16, 4))
          << emulator.word;
    }
  }
}

TEST(EmulatorsTest, NamesOfEntriesAreDistinct) {
  std::set<std::string> names;
  for (const Emulator& emulator : Emulators()) {
    for (const Target& target : Targets()) {
      const std::string name = emulator.EntryName(target);
      if (name.empty()) continue;
      EXPECT_TRUE(names.insert(name).second) << name;
    }
    if (emulator.package_entry.empty()) continue;
    EXPECT_TRUE(names.insert(std::string(emulator.package_entry)).second);
  }
}

}  // namespace
}  // namespace arch_table
