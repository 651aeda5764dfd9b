// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/guard.h"

#include <string>
#include <vector>

#include "binfmt/kernel/install.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::RunProgram;
using binfmtbox_testing::WriteFile;

Record Rule(const std::string& name, const std::string& magic,
            const std::string& mask = "") {
  Record record;
  record.name = name;
  record.magic = magic;
  record.mask = mask;
  record.interpreter = "/bin/i";
  return record;
}

Record ForeignRule(const std::string& name, const std::string& interpreter) {
  Record record = Rule(name, ForeignElf().substr(0, 20));
  record.interpreter = interpreter;
  return record;
}

// A rule for files that begin with CHARACTER.
Record LetterRule(char character, const std::string& interpreter) {
  Record record = Rule(std::string(1, character), std::string(4, character));
  record.interpreter = interpreter;
  return record;
}

std::string Refused(const std::string& name, const std::string& why) {
  return "failed EPERM: refused to register " + name + ": " + why;
}

bool IsNative(const Program& program) { return IsForOwnMachine(program.head); }

class GuardTest : public KernelTest {
 protected:
  std::string Check(const Record& record,
                    const std::vector<Entry>& present = {},
                    const std::vector<Record>& wanted = {}) const {
    CoverIndex handlers;
    for (const Record& other : wanted) handlers.Add(other);
    for (const Entry& entry : present) {
      if (entry.enabled) handlers.Add(entry.record);
    }
    return ErrorText(guard_.Check(record, &handlers));
  }

  // A file that begins with CHARACTER four times.
  std::string Letters(char character) {
    const std::string path = File(std::string(1, character));
    WriteFile(path, std::string(4, character), 0755);
    return path;
  }

  const Guard guard_{IsNative};
};

TEST_F(GuardTest, HarmlessRules) {
  EXPECT_EQ(Check(ForeignRule("a", MakeInterpreter("i", 7))), "ok");
  EXPECT_EQ(Check(ForeignRule("a", "/no/such/interpreter")), "ok");
  EXPECT_EQ(Check(Rule("a", "MZ")), "ok");
  Record extension = Rule("a", "exe");
  extension.type = RecordType::kExtension;
  EXPECT_EQ(Check(extension), "ok");
}

// As in QEMU's rule for ppc64le. Without the byte order it could be the lower
// byte, which says much less.
TEST_F(GuardTest, TheUpperByteOfTheMachineMayBeLeftOut) {
  Record record = ForeignRule("le", "/no/such/interpreter");
  ASSERT_EQ(record.magic[5], 1);
  record.mask = std::string(19, '\xff') + std::string(1, '\0');
  EXPECT_EQ(Check(record), "ok");
  const std::string any_machine =
      "it takes ELF files but does not compare e_machine (bytes 18 and 19), so "
      "it may take native ones";
  record.name = "any";
  record.mask[5] = '\xfe';
  EXPECT_EQ(Check(record), Refused("any", any_machine));
  record.name = "lower";
  record.mask = std::string(18, '\xff') + std::string("\0\xff", 2);
  EXPECT_EQ(Check(record), Refused("lower", any_machine));
  record.name = "be";
  record.magic[5] = 2;
  record.mask = std::string(19, '\xff') + std::string(1, '\0');
  EXPECT_EQ(Check(record), Refused("be", any_machine));
}

TEST_F(GuardTest, PoisonousRulesAreRefusedAndNothingBreaks) {
  const std::string native = NativeProgram(0);
  const std::string takes =
      "it takes this program itself (binfmtbox), and nothing would start any "
      "more";
  const std::string likes =
      "it takes some of this machine's own programs, and those would not start "
      "any more";
  const std::string scripts =
      "it takes scripts, and those would not start any more";
  const std::string any_machine =
      "it takes ELF files but does not compare e_machine (bytes 18 and 19), so "
      "it may take native ones";
  const std::string nothing = "its mask has no bit, so it takes every file";
  Record behind = Rule("behind", native.substr(18, 2));
  behind.offset = 18;
  Record wide_offset = Rule("version", std::string("\x01\0\0\0", 4));
  wide_offset.offset = 20;
  Record half = Rule("half", "\xfe");
  half.offset = 19;
  // Not this program's e_type, but its like.
  std::string other_type = native.substr(0, 20);
  other_type[16] = 2;
  Record foreign_masked = ForeignRule("masked", "/bin/i");
  foreign_masked.mask = std::string(18, '\xff') + std::string(2, '\0');
  const struct {
    Record record;
    std::string why;
  } cases[] = {
      {Rule("zero", "A", std::string(1, '\0')), nothing},
      {Rule("zeros", native, std::string(native.size(), '\0')), nothing},
      {Rule("elf",
            "\x7f"
            "ELF"),
       takes},
      {Rule("first", "\x7f"), takes},
      {Rule("class", native.substr(0, 5)), takes},
      {Rule("one-bit", "\x7f", "\x01"), takes},
      {behind, takes},
      {wide_offset, takes},
      {Rule("own", other_type), likes},
      {Rule("script", "#!"), scripts},
      {Rule("hash", "#"), scripts},
      {Rule("shell", "#!/bin/sh"), scripts},
      {Rule("shell-blank", "#! /bin/sh"), scripts},
      {Rule("machineless", std::string("\x7f"
                                       "ELF\x01\x02",
                                       6)),
       any_machine},
      // No 32-bit machine runs 64-bit programs.
      {foreign_masked, sizeof(void*) == 8 ? likes : any_machine},
      {half, any_machine},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Check(c.record), Refused(c.record.name, c.why));
    // And by Install(), which writes nothing.
    Expected<Registry> registry = Registry::Open(kDefaultDir);
    ASSERT_EQ(ErrorText(registry), "ok");
    const std::vector<Record> wanted = {c.record};
    const Expected<std::vector<Outcome>> outcomes =
        Install(*registry, guard_, {}, wanted,
                {.replace = true, .override_others = true});
    ASSERT_EQ(ErrorText(outcomes), "ok");
    EXPECT_EQ(ErrorText(outcomes->at(0).error), Refused(c.record.name, c.why));
    EXPECT_EQ(registry->List(), std::vector<std::string>());
  }
  EXPECT_EQ(RunProgram(MakeInterpreter("native", 7)), "exit 7");
}

TEST_F(GuardTest, InterpreterThatItsOwnRuleTakes) {
  WriteFile(File("i"), ForeignElf(), 0755);
  EXPECT_EQ(Check(ForeignRule("a", File("i"))),
            Refused("a", "it takes its own interpreter " + File("i") +
                             ", so every start would fail with ELOOP"));
  Record extension = Rule("e", "bin");
  extension.type = RecordType::kExtension;
  extension.interpreter = "/opt/i.bin";
  EXPECT_EQ(Check(extension),
            Refused("e",
                    "it takes its own interpreter /opt/i.bin, so every start "
                    "would fail with ELOOP"));
}

TEST_F(GuardTest, TwoRulesThatFeedEachOther) {
  const Record a = LetterRule('A', Letters('B'));
  const Record b = LetterRule('B', Letters('A'));
  const std::string refused =
      Refused("A", "its interpreter " + File("B") +
                       " leads back to it over other entries, so every start "
                       "would fail with ELOOP");
  EXPECT_EQ(Check(a, {EntryOf(b)}), refused);
  EXPECT_EQ(Check(a, {}, {a, b}), refused);
  const std::string alone =
      "failed ENOEXEC: refused to register A: its interpreter would not start: "
      "this machine does not run " +
      File("B") + ", and no entry takes it";
  EXPECT_EQ(Check(a), alone);
  Entry disabled = EntryOf(b);
  disabled.enabled = false;
  EXPECT_EQ(Check(a, {disabled}), alone);
}

// The kernel itself decides how many interpreters there may be.
TEST_F(GuardTest, AsManyInterpretersAsTheKernelStarts) {
  std::vector<Entry> present;
  std::string next = MakeInterpreter("native", 7);
  for (int count = 1; count <= 7; ++count) {
    const char letter = static_cast<char>('A' + count);
    const Record record = LetterRule(letter, next);
    const Expected<std::string> text = FormatRecord(record);
    ASSERT_EQ(ErrorText(text), "ok");
    ASSERT_EQ(RawRegister(*text), 0);
    next = Letters(letter);
    const bool runs = RunProgram(next) == "exit 7";
    EXPECT_EQ(runs, count <= 5) << count;
    EXPECT_EQ(Check(record, present),
              runs ? "ok"
                   : Refused(record.name,
                             "its interpreter needs more handlers behind one "
                             "another than the kernel's five"))
        << count;
    present.push_back(EntryOf(record));
  }
}

TEST_F(GuardTest, FlagsOAndCAllowNoFurtherInterpreter) {
  const Record b = LetterRule('B', MakeInterpreter("native", 7));
  WriteFile(File("script"), "#!" + File("native") + "\n", 0755);
  for (const Flags flag : {kOpenBinary, kCredentials}) {
    Record a = LetterRule('A', Letters('B'));
    EXPECT_EQ(Check(a, {EntryOf(b)}), "ok");
    a.flags = flag;
    EXPECT_EQ(Check(a, {EntryOf(b)}),
              Refused("A", "with flag O or C its interpreter " + File("B") +
                               " may not be handled by another entry (B)"));
    a.interpreter = File("script");
    EXPECT_EQ(
        Check(a),
        Refused("A", "with flag O or C its interpreter " + File("script") +
                         " may not be a script (the kernel fails with "
                         "ENOEXEC)"));
  }
}

// The line of a script at the end of the chain is one interpreter more.
TEST_F(GuardTest, ScriptAtTheEndCountsAsAnInterpreter) {
  WriteFile(File("script"), "#!" + MakeInterpreter("native", 7) + "\n", 0755);
  std::vector<Entry> present;
  std::string next = File("script");
  for (int count = 1; count <= 5; ++count) {
    const char letter = static_cast<char>('A' + count);
    const Record record = LetterRule(letter, next);
    const Expected<std::string> text = FormatRecord(record);
    ASSERT_EQ(ErrorText(text), "ok");
    ASSERT_EQ(RawRegister(*text), 0);
    next = Letters(letter);
    const bool runs = RunProgram(next) == "exit 7";
    EXPECT_EQ(runs, count <= 4) << count;
    EXPECT_EQ(Check(record, present) == "ok", runs) << count;
    present.push_back(EntryOf(record));
  }
}

TEST_F(GuardTest, AddedInterpreterIsNotReadAgain) {
  Guard guard(IsNative);
  const CoverIndex none;
  guard.AddInterpreter("/no/such/file", {.elf = ParseElf(ForeignElf()),
                                         .is_script = false,
                                         .is_readable = true,
                                         .head = ForeignElf()});
  EXPECT_EQ(
      ErrorText(guard.Check(ForeignRule("a", "/no/such/file"), &none)),
      Refused("a",
              "it takes its own interpreter /no/such/file, so every start "
              "would fail with ELOOP"));
}

// Everything up to the program that the machine runs at last counts.
TEST_F(GuardTest, InterpreterThatIsAScript) {
  Record record = LetterRule('A', File("script"));
  const std::string fails =
      "failed ENOEXEC: refused to register A: its "
      "interpreter would not start: ";
  WriteFile(File("script"), "#!" + MakeInterpreter("native", 7) + "\n", 0755);
  EXPECT_EQ(Check(record), "ok");
  WriteFile(File("script"), "#!" + File("missing") + "\n", 0755);
  const CoverIndex none;
  EXPECT_EQ(Guard(IsNative).Check(record, &none).error().text(),
            "refused to register A: its interpreter would not start: "
            "interpreter " +
                File("missing") + " does not exist");
  WriteFile(File("script2"), "#!" + Letters('A') + "\n", 0755);
  record.interpreter = File("script2");
  EXPECT_EQ(Check(record),
            Refused("A", "its interpreter " + File("script2") +
                             " leads back to it over its #! line, so every "
                             "start would fail with ELOOP"));
  WriteFile(File("text"), "hello\n", 0755);
  record.interpreter = File("text");
  EXPECT_EQ(Check(record), fails + "this machine does not run " + File("text") +
                               ", and no entry takes it");
}

TEST_F(GuardTest, MissingLoaderOfTheInterpreter) {
  const ElfFile own = *ParseElf(OwnHead());
  binfmtbox_testing::ElfSpec spec;
  spec.is_64bit = own.is_64bit;
  spec.is_big_endian = own.is_big_endian;
  spec.machine = own.machine;
  spec.loader = File("ld.so");
  WriteFile(File("dynamic"), binfmtbox_testing::MakeElf(spec), 0755);
  const Record record = LetterRule('A', File("dynamic"));
  EXPECT_EQ(Check(record),
            "failed ENOEXEC: refused to register A: its interpreter would not "
            "start: loader " +
                File("ld.so") + " does not exist");
  MakeInterpreter("ld.so", 7);
  EXPECT_EQ(Check(record), "ok");
}

// AppImage's rule, and others for marked files only.
TEST_F(GuardTest, RulesForMarkedElfFilesAreHarmless) {
  Record record = Rule("appimage", "AI\x02");
  record.offset = 8;
  EXPECT_EQ(Check(record), "ok");
  std::string native = NativeProgram(0).substr(0, 20);
  native[7] = 9;  // EI_OSABI: FreeBSD
  EXPECT_EQ(Check(Rule("freebsd", native)), "ok");
  EXPECT_EQ(Check(Rule("any-freebsd", native.substr(0, 8))), "ok");
  const std::string likes =
      "it takes some of this machine's own programs, and those would not start "
      "any more";
  native[7] = 3;  // GNU
  EXPECT_EQ(Check(Rule("gnu", native)), Refused("gnu", likes));
}

// A script is a script whatever its first line says.
TEST_F(GuardTest, RulesForScriptsOfAnyKind) {
  const std::string scripts =
      "it takes scripts, and those would not start any more";
  const struct {
    size_t offset;
    const char* magic;
  } cases[] = {{0, "#!/bin/bash"},
               {0, "#!/usr/bin/perl"},
               {0, "#!/bin/sh -e"},
               {2, "/bin/da"},
               {1, "!"},
               {2, "/"},
               {3, "/usr/bin/env"},
               {6, "/sh\n"},
               {3, "usr"},
               {0, "#!\t"},
               {0, "#!/opt/x"},
               {11, "env python"}};
  for (const auto& c : cases) {
    Record record = Rule("s", c.magic);
    record.offset = c.offset;
    EXPECT_EQ(Check(record), Refused("s", scripts)) << c.magic;
  }
  Record record = Rule("s", "$#", "\xf8\xff");  // '#' with fewer bits
  EXPECT_EQ(Check(record), "ok");
  record.magic = " !";
  EXPECT_EQ(Check(record), Refused("s", scripts));
  // Formats that have their mark at these places.
  const struct {
    size_t offset;
    const char* magic;
  } harmless[] = {{4, "ftyp"}, {8, "WAVE"}, {2, "\x80\xff"}};
  for (const auto& c : harmless) {
    record = Rule("f", c.magic);
    record.offset = c.offset;
    EXPECT_EQ(Check(record), "ok") << c.magic;
  }
}

}  // namespace
}  // namespace binfmt
