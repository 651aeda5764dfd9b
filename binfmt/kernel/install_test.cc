// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/install.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "binfmt/kernel/guard.h"
#include "binfmt/kernel/registry.h"
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

using binfmtbox_testing::Background;
using binfmtbox_testing::ErrorText;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::RunProgram;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

using Names = std::vector<std::string>;

// A rule for files of ForeignElf().
Record Foreign(const std::string& name, const std::string& interpreter) {
  Record record;
  record.name = name;
  record.magic = ForeignElf().substr(0, 20);
  record.mask = std::string(7, '\xff') + std::string(9, '\0') +
                std::string("\xfe\xff\xff\xff", 4);
  record.interpreter = interpreter;
  return record;
}

// A rule for files that begin with MAGIC.
Record Magic(const std::string& name, const std::string& magic) {
  Record record;
  record.name = name;
  record.magic = magic;
  record.interpreter = "/i";
  return record;
}

Record Extension(const std::string& name, const std::string& extension) {
  Record record = Magic(name, extension);
  record.type = RecordType::kExtension;
  return record;
}

// A rule for files of another machine.
Record Other(const std::string& name, char machine) {
  Record record = Foreign(name, "/bin/i");
  record.magic[18] = machine;
  return record;
}

std::string ChangeText(Change change) {
  switch (change) {
    case Change::kUnchanged:
      return "unchanged";
    case Change::kAdded:
      return "added";
    case Change::kReplaced:
      return "replaced";
    case Change::kLeftAlone:
      return "left alone";
    case Change::kFailed:
      return "failed";
  }
  return "";
}

InstallOptions Plain() { return InstallOptions(); }

InstallOptions Replacing() {
  InstallOptions options;
  options.replace = true;
  return options;
}

InstallOptions Overriding() {
  InstallOptions options;
  options.override_others = true;
  return options;
}

InstallOptions DryRun(InstallOptions options) {
  options.dry_run = true;
  return options;
}

class InstallTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    Expected<Registry> registry = Registry::Open(kDefaultDir);
    ASSERT_EQ(ErrorText(registry), "ok");
    registry_.emplace(*std::move(registry));
  }

  // One line for each record: the change, its error, the entries it shadows.
  std::string InstallWith(const std::vector<Entry>& present,
                          const std::vector<Record>& wanted,
                          const InstallOptions& options) {
    const Expected<std::vector<Outcome>> outcomes =
        Install(*registry_, guard_, present, wanted, options);
    if (!outcomes) return ErrorText(outcomes);
    EXPECT_EQ(outcomes->size(), wanted.size());
    std::string text;
    for (const Outcome& outcome : *outcomes) {
      text += ChangeText(outcome.change);
      if (outcome.error) text += " " + ErrorText(outcome.error);
      if (!outcome.shadows.empty()) text += " shadows";
      for (const std::string& name : outcome.shadows) text += " " + name;
      text += "\n";
    }
    return text;
  }

  std::string Run(const std::vector<Record>& wanted,
                  const InstallOptions& options = Plain()) {
    return InstallWith(Present(), wanted, options);
  }

  std::vector<Entry> Present() const {
    const Expected<std::vector<Entry>> entries = registry_->ReadAll();
    EXPECT_EQ(ErrorText(entries), "ok");
    return entries.value_or(std::vector<Entry>());
  }

  Names List() const {
    const Expected<Names> names = registry_->List();
    EXPECT_EQ(ErrorText(names), "ok");
    return names.value_or(Names());
  }

  void ExpectHolds(const Record& record) {
    EXPECT_EQ(ReadFile(EntryFile(record.name)), FormatEntry(EntryOf(record)));
  }

  const Guard guard_{
      [](const Program& program) { return IsForOwnMachine(program.head); }};
  std::optional<Registry> registry_;
};

TEST_F(InstallTest, AddsMissingEntries) {
  const std::vector<Record> wanted = {Other("a", 1), Other("b", 2),
                                      Other("c", 3)};
  EXPECT_EQ(Run(wanted), "added\nadded\nadded\n");
  EXPECT_EQ(List(), (Names{"c", "b", "a"}));
  for (const Record& record : wanted) ExpectHolds(record);
}

TEST_F(InstallTest, Nothing) { EXPECT_EQ(Run({}), ""); }

TEST_F(InstallTest, EqualEntriesAreUnchanged) {
  const std::vector<Record> wanted = {Other("a", 1), Other("b", 2)};
  ASSERT_EQ(Run(wanted), "added\nadded\n");
  for (const InstallOptions& options : {Plain(), Replacing(), Overriding()}) {
    EXPECT_EQ(Run(wanted, options), "unchanged\nunchanged\n");
    EXPECT_EQ(List(), (Names{"b", "a"}));
  }
}

TEST_F(InstallTest, UnchangedNeedsNoWriteAccess) {
  ASSERT_EQ(Run({Other("a", 1)}), "added\n");
  EXPECT_EQ(InChild([&]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount(nullptr, kDefaultDir, nullptr,
                        MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) {
                return "cannot prepare";
              }
              Expected<Registry> read_only = Registry::Open(kDefaultDir);
              if (!read_only) return ErrorText(read_only);
              *registry_ = *std::move(read_only);
              return Run({Other("a", 1)}) + Run({Other("b", 2)});
            }),
            "unchanged\ndenied EROFS: /proc/sys/fs/binfmt_misc is mounted "
            "read-only; make it writable with: mount -o remount,rw "
            "/proc/sys/fs/binfmt_misc");
}

TEST_F(InstallTest, DifferentEntryIsRefused) {
  Record wanted = Foreign("a", "/old");
  ASSERT_EQ(Run({wanted}), "added\n");
  wanted.interpreter = "/new";
  wanted.flags = kPreserveArgv0;
  EXPECT_EQ(Run({wanted}),
            "failed failed EEXIST: a is there and differs: flags none instead "
            "of P, interpreter /old instead of /new; swap it with --replace\n");
  ExpectHolds(Foreign("a", "/old"));
}

TEST_F(InstallTest, DisabledEntryDiffers) {
  ASSERT_EQ(Run({Foreign("a", "/i")}), "added\n");
  ASSERT_EQ(WriteOnce(EntryFile("a"), "0"), 0);
  EXPECT_EQ(Run({Foreign("a", "/i")}),
            "failed failed EEXIST: a is there and differs: state disabled "
            "instead of enabled; swap it with --replace\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}, Replacing()), "replaced\n");
  ExpectHolds(Foreign("a", "/i"));
}

TEST_F(InstallTest, ReplaceSwapsADifferentEntry) {
  ASSERT_EQ(Run({Foreign("a", "/old"), Other("b", 2)}), "added\nadded\n");
  EXPECT_EQ(Run({Foreign("a", "/new"), Other("b", 2)}, Replacing()),
            "replaced\nunchanged\n");
  EXPECT_EQ(List(), (Names{"a", "b"}));
  ExpectHolds(Foreign("a", "/new"));
}

TEST_F(InstallTest, ReplaceAddsAMissingEntry) {
  EXPECT_EQ(Run({Foreign("a", "/i")}, Replacing()), "added\n");
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(InstallTest, ReplaceThatFailsLeavesTheOldEntry) {
  const Record old = Foreign("a", MakeInterpreter("old", 7));
  ASSERT_EQ(Run({old}), "added\n");
  Record wanted = Foreign("a", File("missing"));
  wanted.flags = kFixBinary;
  const std::string result = Run({wanted}, Replacing());
  EXPECT_EQ(result.substr(0, 38), "failed failed ENOENT: cannot register ");
  EXPECT_NE(result.find("the interpreter " + File("missing") +
                        " was not found when the kernel opened it (flag F)"),
            std::string::npos)
      << result;
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(old);
  WriteFile(File("foreign"), ForeignElf(), 0755);
  EXPECT_EQ(RunProgram(File("foreign")), "exit 7");
}

TEST_F(InstallTest, ReplaceThatFailsLeavesADisabledEntryDisabled) {
  ASSERT_EQ(Run({Foreign("a", "/old")}), "added\n");
  ASSERT_EQ(WriteOnce(EntryFile("a"), "0"), 0);
  const std::string before = ReadFile(EntryFile("a"));
  Record wanted = Foreign("a", File("missing"));
  wanted.flags = kFixBinary;
  EXPECT_EQ(Run({wanted}, Replacing()).substr(0, 20), "failed failed ENOENT");
  EXPECT_EQ(ReadFile(EntryFile("a")), before);
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(InstallTest, EntryOfAnotherNameForTheSameFilesIsRefused) {
  ASSERT_EQ(Run({Foreign("other", "/other")}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}),
            "failed failed EEXIST: the entry other takes the files that a is "
            "for; take it out with --replace, or register in front of it with "
            "--override shadows other\n");
  EXPECT_EQ(List(), Names{"other"});
}

TEST_F(InstallTest, OverrideRegistersInFrontOfOthers) {
  ASSERT_EQ(Run({Foreign("other", "/other")}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}, Overriding()), "added shadows other\n");
  EXPECT_EQ(List(), (Names{"a", "other"}));
  EXPECT_EQ(Run({Foreign("a", "/i")}, Overriding()),
            "unchanged shadows other\n");
}

TEST_F(InstallTest, OverrideBringsAnEntryToTheFront) {
  ASSERT_EQ(RawRegister(":x:E::exe::/i:"), 0);
  ASSERT_EQ(Run({Foreign("a", "/i")}), "added\n");
  ASSERT_EQ(Run({Foreign("other", "/other")}, Overriding()),
            "added shadows a\n");
  ASSERT_EQ(List(), (Names{"other", "a", "x"}));
  EXPECT_EQ(Run({Foreign("a", "/i")}, Overriding()),
            "replaced shadows other\n");
  EXPECT_EQ(List(), (Names{"a", "other", "x"}));
}

TEST_F(InstallTest, EqualEntryBehindAnotherIsRefused) {
  ASSERT_EQ(Run({Foreign("a", "/i")}), "added\n");
  ASSERT_EQ(Run({Foreign("other", "/other")}, Overriding()),
            "added shadows a\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}),
            "failed failed EEXIST: the entry other takes the files that a is "
            "for; take it out with --replace, or register in front of it with "
            "--override shadows other\n");
}

TEST_F(InstallTest, ReplaceTakesOthersForTheSameFilesOut) {
  ASSERT_EQ(Run({Foreign("one", "/one"), Other("far", 9)}), "added\nadded\n");
  ASSERT_EQ(Run({Foreign("two", "/two")}, Overriding()), "added shadows one\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}, Replacing()),
            "replaced shadows two one\n");
  EXPECT_EQ(List(), (Names{"a", "far"}));
  ExpectHolds(Foreign("a", "/i"));
}

// Promise 9: what many take out is named and taken out once.
TEST_F(InstallTest, ReplaceTakesWhatSeveralOverlapOutOnce) {
  ASSERT_EQ(Run({Magic("one", "MZqF"), Magic("two", "MZqFpD")}),
            "added\nadded\n");
  EXPECT_EQ(Run({Magic("a", "MZqF"), Magic("b", "MZq")}, Replacing()),
            "replaced shadows two one\nadded\n");
  EXPECT_EQ(List(), (Names{"b", "a"}));
}

// The wide entry in front of both stays, since neither takes all of its files.
TEST_F(InstallTest, ReplaceBringsEachInFrontOfAWiderRule) {
  const std::vector<Record> wanted = {Magic("a", "MZqF"), Magic("b", "MZrF")};
  ASSERT_EQ(Run(wanted), "added\nadded\n");
  ASSERT_EQ(Run({Magic("wide", "MZ")}, Overriding()), "added shadows b a\n");
  EXPECT_EQ(Run(wanted, Replacing()),
            "replaced shadows wide\nreplaced shadows wide\n");
  EXPECT_EQ(List(), (Names{"b", "a", "wide"}));
}

// What holds for machines holds for every rule.
TEST_F(InstallTest, RuleInFrontOfAnotherNeedsAnOption) {
  const auto refused = [](const std::string& taker, const std::string& wanted) {
    return "failed failed EEXIST: the entry " + taker +
           " takes the files that " + wanted +
           " is for; take it out with --replace, or register in front of it "
           "with --override shadows " +
           taker + "\n";
  };
  const Record narrow = Magic("narrow", "MZqFpD");
  const Record wide = Magic("wide", "MZ");
  ASSERT_EQ(Run({narrow}), "added\n");
  EXPECT_EQ(Run({wide}), refused("narrow", "wide"));
  ASSERT_EQ(Run({wide}, Overriding()), "added shadows narrow\n");
  EXPECT_EQ(Run({narrow}), refused("wide", "narrow"));
  EXPECT_EQ(Run({narrow}, DryRun(Overriding())), "replaced shadows wide\n");
  EXPECT_EQ(List(), (Names{"wide", "narrow"}));
  EXPECT_EQ(Run({narrow}, Overriding()), "replaced shadows wide\n");
  EXPECT_EQ(List(), (Names{"narrow", "wide"}));
  // What a narrower one takes it need not get.
  EXPECT_EQ(Run({wide}), "unchanged\n");
  EXPECT_EQ(Run({narrow}), "unchanged shadows wide\n");

  // A magic that is compared in part.
  Record masked = Magic("masked", "MZqF");
  masked.mask = std::string("\xff\xdf\x00\xff", 4);
  EXPECT_EQ(Run({masked}, Overriding()), "added shadows narrow\n");
}

TEST_F(InstallTest, ExtensionInFrontOfAnotherNeedsAnOption) {
  ASSERT_EQ(Run({Extension("one", "jar"), Extension("exe", "exe"),
                 Magic("magic", "jar")}),
            "added\nadded\nadded\n");
  EXPECT_EQ(Run({Extension("two", "jar")}).substr(0, 40),
            "failed failed EEXIST: the entry one take");
  ASSERT_EQ(Run({Extension("two", "jar")}, Overriding()),
            "added shadows one\n");
  EXPECT_EQ(Run({Extension("one", "jar")}).substr(0, 40),
            "failed failed EEXIST: the entry two take");
  EXPECT_EQ(Run({Extension("one", "jar")}, Replacing()),
            "replaced shadows two\n");
  EXPECT_EQ(List(), (Names{"one", "magic", "exe"}));
}

// One that takes other files as well goes on with those.
TEST_F(InstallTest, ReplaceLeavesWiderRules) {
  ASSERT_EQ(Run({Magic("wide", "MZ")}), "added\n");
  EXPECT_EQ(Run({Magic("narrow", "MZqF")}, Replacing()),
            "replaced shadows wide\n");
  EXPECT_EQ(List(), (Names{"narrow", "wide"}));
  EXPECT_EQ(Run({Magic("middle", "MZq")}, Replacing()),
            "replaced shadows narrow wide\n");
  EXPECT_EQ(List(), (Names{"middle", "wide"}));
}

TEST_F(InstallTest, RulesThatShareSomeFilesAreLeftAlone) {
  Record late = Magic("late", "PE");
  late.offset = 2;
  ASSERT_EQ(Run({Magic("mz", "MZ")}), "added\n");
  EXPECT_EQ(Run({late, Extension("exe", "exe")}), "added\nadded\n");
  EXPECT_EQ(Run({Magic("mz", "MZ"), late}), "unchanged\nunchanged\n");
}

// Records of one call are free to overlap, and have their order.
TEST_F(InstallTest, RecordsOfOneCallHaveTheirOrder) {
  const Record wide = Magic("wide", "MZ");
  const Record middle = Magic("middle", "MZq");
  const Record narrow = Magic("narrow", "MZqF");
  const std::vector<Record> all = {wide, middle, narrow};
  const Names order = {"narrow", "middle", "wide"};
  EXPECT_EQ(Run(all), "added\nadded\nadded\n");
  EXPECT_EQ(List(), order);
  EXPECT_EQ(Run(all), "unchanged\nunchanged\nunchanged\n");
  for (const Record& record : all) {
    ASSERT_EQ(WriteOnce(EntryFile(record.name), "-1"), 0);
    EXPECT_EQ(Run(all).find("failed"), std::string::npos) << record.name;
    EXPECT_EQ(List(), order) << record.name;
    EXPECT_EQ(Run(all), "unchanged\nunchanged\nunchanged\n");
  }
  // The other way round the wide one takes all, whatever comes behind it.
  EXPECT_EQ(Run({narrow, middle, wide}), "unchanged\nunchanged\nreplaced\n");
  EXPECT_EQ(List(), (Names{"wide", "narrow", "middle"}));
  EXPECT_EQ(Run({narrow, middle, wide}), "unchanged\nunchanged\nunchanged\n");
  // One that is swapped comes behind what follows it.
  Record swapped = middle;
  swapped.interpreter = "/j";
  EXPECT_EQ(Run({wide, swapped, narrow}, Replacing()).find("failed"),
            std::string::npos);
  EXPECT_EQ(List(), order);
  ExpectHolds(swapped);
}

// Linux 7.3 has them; what they take is unknown.
TEST_F(InstallTest, RecordsOfBpfProgramsOverlapNothing) {
  Record one = Magic("one", "");
  one.type = RecordType::kBpf;
  one.interpreter = "program";
  Record two = one;
  two.name = "two";
  EXPECT_EQ(Run({one, Magic("mz", "MZ"), two}, DryRun(Plain())),
            "added\nadded\nadded\n");
}

// What one record of the call takes, no other one has to have again.
TEST_F(InstallTest, ManyEqualRulesCostLittle) {
  std::vector<Record> old;
  std::vector<Record> wanted;
  for (int i = 0; i < 1000; ++i) {
    old.push_back(Extension("old" + std::to_string(i), "e"));
    wanted.push_back(Extension("new" + std::to_string(i), "e"));
  }
  EXPECT_EQ(Run(old).find("failed"), std::string::npos);
  EXPECT_EQ(Run(old).find("replaced"), std::string::npos);
  const std::string text = Run(wanted, Overriding());
  EXPECT_EQ(text.find("failed"), std::string::npos);
  // The first one's line names all old ones, and the others' none.
  EXPECT_EQ(text.substr(text.find('\n') + 1, 12), "added\nadded\n");
}

TEST_F(InstallTest, RecordsThatGoTogetherNeedNoOption) {
  const std::vector<Record> all = {Magic("wide", "MZ"), Magic("narrow", "MZq")};
  ASSERT_EQ(Run(all), "added\nadded\n");
  ASSERT_EQ(WriteOnce(EntryFile("narrow"), "-1"), 0);
  InstallOptions options;
  options.together = all;
  EXPECT_EQ(Run({all[1]}, options), "added\n");
}

TEST_F(InstallTest, DisabledEntryShadowsNothing) {
  ASSERT_EQ(Run({Foreign("other", "/other")}), "added\n");
  ASSERT_EQ(WriteOnce(EntryFile("other"), "0"), 0);
  EXPECT_EQ(Run({Foreign("a", "/i")}), "added\n");
  EXPECT_EQ(List(), (Names{"a", "other"}));
}

TEST_F(InstallTest, HelperOfADeadRunIsTakenOut) {
  // The run died before it removed the old entry, ...
  ASSERT_EQ(Run({Foreign("a", "/old")}), "added\n");
  ASSERT_EQ(Run({Foreign("a.binfmtbox-01234567", "/new")}, Overriding()),
            "added shadows a\n");
  EXPECT_EQ(Run({Foreign("a", "/new")}, Replacing()), "replaced\n");
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(Foreign("a", "/new"));
  // ... after that, ...
  ASSERT_EQ(ErrorText(registry_->Remove("a")), "ok");
  ASSERT_EQ(Run({Foreign("a.binfmtbox-89abcdef", "/new")}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/new")}), "added\n");
  EXPECT_EQ(List(), Names{"a"});
  // ... or before it removed the helper.
  ASSERT_EQ(Run({Foreign("a.binfmtbox-00000000", "/new")}, Overriding()),
            "added shadows a\n");
  EXPECT_EQ(Run({Foreign("a", "/new")}), "unchanged\n");
  EXPECT_EQ(List(), Names{"a"});
}

TEST_F(InstallTest, HelperOfAnotherEntryStays) {
  ASSERT_EQ(Run({Other("b.binfmtbox-01234567", 5)}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}), "added\n");
  EXPECT_EQ(List(), (Names{"a", "b.binfmtbox-01234567"}));
}

// The name alone does not make a helper.
TEST_F(InstallTest, EntryOfAnotherRuleWithAHelpersNameStays) {
  ASSERT_EQ(Run({Other("a.binfmtbox-01234567", 5)}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}), "added\n");
  EXPECT_EQ(List(), (Names{"a", "a.binfmtbox-01234567"}));
}

// Nor does it hide that the entry takes the files of another one.
TEST_F(InstallTest, EntryOfAnotherRuleWithAHelpersNameShadows) {
  ASSERT_EQ(Run({Other("a.binfmtbox-01234567", 5)}), "added\n");
  Record record = Other("a", 5);
  record.magic += "x";
  if (!record.mask.empty()) record.mask += "\xff";
  ASSERT_TRUE(Covers(Other("b", 5), record));
  const std::string alone = Run({record});
  EXPECT_TRUE(alone.starts_with("failed")) << alone;
  EXPECT_TRUE(alone.contains("a.binfmtbox-01234567")) << alone;
  EXPECT_EQ(List(), Names{"a.binfmtbox-01234567"});
}

InstallOptions Trying(std::string (*try_program)(const Registry&,
                                                 const Record& record)) {
  InstallOptions options;
  options.replace = true;
  options.try_program = try_program;
  return options;
}

TEST_F(InstallTest, WhatRunsNoProgramIsTakenOut) {
  const auto none = [](const Registry&, const Record&) {
    return std::string("why");
  };
  EXPECT_EQ(Run({Foreign("a", "/i")}, Trying(none)),
            "failed failed 0: a: no program ran: why; taken back\n");
  EXPECT_EQ(List(), Names());
  ASSERT_EQ(Run({Foreign("a", "/i")}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/i")}, Trying(none)),
            "failed failed 0: a: no program ran: why; left alone\n");
  EXPECT_EQ(Run({Foreign("a", "/new")}, Trying(none)),
            "failed failed 0: a: no program ran: why; taken back\n");
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(Foreign("a", "/i"));
}

// A replacement is tried under its helper's name, in front of the old one.
TEST_F(InstallTest, ReplacementIsTriedBeforeTheOldEntryGoes) {
  ASSERT_EQ(Run({Foreign("a", "/i")}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/new")},
                Trying([](const Registry&, const Record& record) {
                  const Expected<Registry> registry =
                      Registry::Open(kDefaultDir);
                  return IsHelperName(record.name, "a") &&
                                 registry->Read("a")->record.interpreter == "/i"
                             ? std::string()
                             : "tried too late";
                })),
            "replaced\n");
  ExpectHolds(Foreign("a", "/new"));
}

// Somebody else exchanged the entry between our write and our removal.
TEST_F(InstallTest, EntryOfAnotherProcessIsNotTakenOut) {
  EXPECT_EQ(
      Run({Foreign("a", "/i")},
          Trying([](const Registry&, const Record& record) {
            const Expected<Registry> registry = Registry::Open(kDefaultDir);
            EXPECT_EQ(ErrorText(registry->Remove(record.name)), "ok");
            const Expected<std::string> text =
                FormatRecord(Foreign("a", "/theirs"));
            EXPECT_EQ(RawRegister(*text), 0);
            return std::string("why");
          })),
      "failed failed 0: a: no program ran: why; a is another process's now, "
      "and was left alone\n");
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(Foreign("a", "/theirs"));
}

// The kernel adds O to C, so it does not hold a record of C alone as asked.
TEST_F(InstallTest, EntryHeldOtherwiseIsTakenOut) {
  Record wanted = Foreign("a", "/i");
  wanted.flags = kCredentials;
  EXPECT_EQ(Run({Other("b", 2), wanted}),
            "added\nfailed failed 0: the kernel holds a otherwise than asked: "
            "flags OC instead of C; it was taken out again\n");
  EXPECT_EQ(List(), Names{"b"});
}

TEST_F(InstallTest, ReplacementHeldOtherwiseLeavesTheOldEntry) {
  ASSERT_EQ(Run({Foreign("a", "/old")}), "added\n");
  Record wanted = Foreign("a", "/i");
  wanted.flags = kCredentials;
  const std::string result = Run({wanted}, Replacing());
  EXPECT_NE(result.find(" otherwise than asked: flags OC instead of C; it was "
                        "taken out again\n"),
            std::string::npos)
      << result;
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(Foreign("a", "/old"));
}

TEST_F(InstallTest, RefusedRecordDoesNotStopTheOthers) {
  Record missing = Other("b", 2);
  missing.interpreter = File("missing");
  missing.flags = kFixBinary;
  Record unfit = Other("c", 3);
  unfit.interpreter = "relative";
  EXPECT_EQ(Run({Other("a", 1), missing, unfit, Other("d", 4)}),
            "added\nfailed failed ENOENT: cannot register b: the interpreter " +
                File("missing") +
                " was not found when the kernel opened it (flag F)\n"
                "failed failed EINVAL: record \"c\": the interpreter "
                "\"relative\" is not an absolute path\nadded\n");
  EXPECT_EQ(List(), (Names{"d", "a"}));
}

TEST_F(InstallTest, EntryThatAnotherProcessAddedMeanwhile) {
  const std::vector<Entry> before = Present();
  ASSERT_EQ(Run({Foreign("a", "/i")}), "added\n");
  EXPECT_EQ(InstallWith(before, {Foreign("a", "/i")}, Plain()), "unchanged\n");
  EXPECT_EQ(InstallWith(before, {Foreign("a", "/new")}, Plain()),
            "failed failed EEXIST: cannot register a: another process "
            "registered an entry of that name meanwhile; see it with: "
            "binfmtbox status a\n");
  ExpectHolds(Foreign("a", "/i"));
}

TEST_F(InstallTest, EntryThatAnotherProcessTookOutMeanwhile) {
  ASSERT_EQ(Run({Foreign("a", "/old")}), "added\n");
  const std::vector<Entry> before = Present();
  ASSERT_EQ(ErrorText(registry_->Remove("a")), "ok");
  EXPECT_EQ(InstallWith(before, {Foreign("a", "/new")}, Replacing()),
            "replaced\n");
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(Foreign("a", "/new"));
}

TEST_F(InstallTest, DryRunWritesNothing) {
  ASSERT_EQ(Run({Foreign("a", "/old")}), "added\n");
  EXPECT_EQ(Run({Foreign("a", "/new"), Other("b", 2)}, DryRun(Replacing())),
            "replaced\nadded\n");
  EXPECT_EQ(Run({Foreign("a", "/old")}, DryRun(Plain())), "unchanged\n");
  EXPECT_EQ(Run({Foreign("a", "/new")}, DryRun(Plain())),
            "failed failed EEXIST: a is there and differs: interpreter /old "
            "instead of /new; swap it with --replace\n");
  EXPECT_EQ(List(), Names{"a"});
  ExpectHolds(Foreign("a", "/old"));
}

TEST_F(InstallTest, ReplaceOfANameWithoutRoomForAHelper) {
  const std::string name(255, 'n');
  ASSERT_EQ(Run({Foreign(name, "/old")}), "added\n");
  EXPECT_EQ(Run({Foreign(name, "/new")}, Replacing()), "replaced\n");
  EXPECT_EQ(List(), Names{name});
  ExpectHolds(Foreign(name, "/new"));
}

// Shared by two processes.
struct Observation {
  std::atomic<int> executions;
  std::atomic<int> failures;
  char first_failure[64];
};

TEST_F(InstallTest, ReplacementHasNoGap) {
  const std::string interpreters[] = {MakeInterpreter("i0", 7),
                                      MakeInterpreter("i1", 8)};
  WriteFile(File("foreign"), ForeignElf(), 0755);
  ASSERT_EQ(Run({Foreign("a", interpreters[0])}), "added\n");
  auto* seen = static_cast<Observation*>(
      mmap(nullptr, sizeof(Observation), PROT_READ | PROT_WRITE,
           MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(seen, MAP_FAILED);
  const auto execute_always = [&] {
    for (;;) {
      const std::string result = RunProgram(File("foreign"));
      ++seen->executions;
      if (result == "exit 7" || result == "exit 8") continue;
      if (seen->failures++ == 0) {
        std::strncpy(seen->first_failure, result.c_str(),
                     sizeof(seen->first_failure) - 1);
      }
    }
  };
  {
    const Background one(execute_always);
    const Background two(execute_always);
    for (int i = 1; i <= 1000 || seen->executions < 2000; ++i) {
      Record wanted = Foreign("a", interpreters[i % 2]);
      if (i % 4 < 2) wanted.flags = kFixBinary;
      ASSERT_EQ(Run({wanted}, Replacing()), "replaced\n") << i;
      ASSERT_LT(i, 100000);
    }
  }
  EXPECT_EQ(seen->failures, 0) << seen->first_failure;
  EXPECT_GE(seen->executions, 2000);
  std::printf("executions %d failures %d\n", seen->executions.load(),
              seen->failures.load());
  EXPECT_EQ(List(), Names{"a"});
  munmap(seen, sizeof(Observation));
}

}  // namespace
}  // namespace binfmt
