// SPDX-License-Identifier: Apache-2.0

#include "arch_table/table.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "arch_table/data_for_testing.h"
#include "arch_table/names.h"
#include "arch_table/program.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

std::string NameOf(const Target* target) {
  return target == nullptr ? "none" : std::string(target->name);
}

// A rule of QEMU's script.
struct QemuRule {
  std::string name;
  std::string magic;
  std::string mask;
  std::string interpreter;
};

std::vector<QemuRule> ReadQemuRules() {
  std::vector<QemuRule> rules;
  for (const auto& columns : ReadColumns("testdata/elf/qemu_rules.tsv")) {
    if (columns.size() != 4) continue;
    rules.push_back(
        {columns[0], FromHex(columns[1]), FromHex(columns[2]), columns[3]});
  }
  return rules;
}

// One line for each byte in which our rule and QEMU's are not the same.
std::string Differences(const QemuRule& qemu, const Target& target) {
  const auto at = [](std::string_view bytes, size_t i) {
    return i < bytes.size() ? bytes.substr(i, 1) : std::string_view("\0", 1);
  };
  std::string text;
  const size_t size = std::max(qemu.magic.size(), target.magic().size());
  for (size_t i = 0; i < size; ++i) {
    const std::string theirs =
        absl::StrCat(ToHex(at(qemu.magic, i)), "/", ToHex(at(qemu.mask, i)));
    const std::string ours = absl::StrCat(ToHex(at(target.magic(), i)), "/",
                                          ToHex(at(target.mask(), i)));
    if (theirs == ours) continue;
    absl::StrAppend(&text, i, ":", theirs, ">", ours, " ");
  }
  return text;
}

TEST(TableTest, EveryRowIsWellFormed) {
  ASSERT_EQ(Targets().size(), 36u);
  std::set<std::string_view> names;
  for (const Target& target : Targets()) {
    SCOPED_TRACE(std::string(target.name));
    EXPECT_TRUE(names.insert(target.name).second);
    EXPECT_EQ(target.EntryName(), absl::StrCat("qemu-", target.name));
    EXPECT_EQ(target.magic().size(), target.mask().size());
    EXPECT_TRUE(target.magic().size() == 20 || target.magic().size() == 40);
    for (size_t i = 0; i < target.magic().size(); ++i) {
      EXPECT_EQ(target.magic()[i] & ~target.mask()[i], 0) << "byte " << i;
    }
  }
}

TEST(TableTest, AliasesAndDockerNames) {
  const Target* target = FindTarget("aarch64");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(absl::StrJoin(target->Aliases(), " "),
            "arm64 arm64/v8 arm64/v9 arm64v8");
  EXPECT_EQ(absl::StrJoin(target->DockerNames(), " "), "arm64");
  EXPECT_EQ(absl::StrJoin(FindTarget("arm")->DockerNames(), " "),
            "arm/v7 arm/v6");
}

TEST(TableTest, ATargetWithoutDockerNamesHasItsOwn) {
  const Target* target = FindTarget("mips64");
  ASSERT_NE(target, nullptr);
  EXPECT_TRUE(target->Aliases().empty());
  EXPECT_EQ(absl::StrJoin(target->DockerNames(), " "), "mips64");
}

TEST(TableTest, InterpretersThatAreNotTheName) {
  std::string text;
  for (const Target& target : Targets()) {
    if (target.interpreter() == target.name) continue;
    absl::StrAppend(&text, target.name, " ", target.interpreter(), "\n");
  }
  EXPECT_EQ(text,
            "i486 i386\n"
            "microblaze-189 microblaze\n"
            "microblaze-old microblaze\n"
            "microblazeel-189 microblazeel\n"
            "microblazeel-old microblazeel\n");
}

TEST(TableTest, ShortHeader) {
  const Target* target = FindTarget("mips");
  const std::string header = SampleHeader(*target);
  EXPECT_EQ(FindByHeader(""), nullptr);
  EXPECT_EQ(FindByHeader(header.substr(0, 39)), nullptr);
  EXPECT_EQ(FindByHeader(header.substr(0, 40)), target);
}

// Each difference from QEMU's table, as OFFSET:MAGIC/MASK>OUR MAGIC/OUR MASK.
// ">00/00" is a byte that is free in ours: it takes all that theirs takes.
TEST(TableTest, DifferencesFromQemu) {
  // EI_PAD: AppImages have bytes of their own here; neither kernel nor
  // emulator looks.
  const std::string padding =
      "9:00/ff>00/00 10:00/ff>00/00 11:00/ff>00/00 12:00/ff>00/00 "
      "13:00/ff>00/00 14:00/ff>00/00 15:00/ff>00/00 ";
  // EI_ABIVERSION as well; QEMU's script leaves it free for MIPS and LoongArch.
  const std::string common = "8:00/ff>00/00 " + padding;
  // EI_VERSION 0 and EI_DATA 0, which no emulator loads. Ours are narrower.
  const std::string loose_version = "6:01/fe>01/ff " + common;
  const std::string loose_data = "5:01/fe>01/ff " + loose_version;
  // e_version, at which neither kernel nor emulator looks.
  const std::string big_version =
      padding + "20:00/ff>00/00 21:00/ff>00/00 22:00/ff>00/00 23:01/ff>00/00 ";
  const std::string little_version =
      padding + "20:01/ff>00/00 21:00/ff>00/00 22:00/ff>00/00 23:00/ff>00/00 ";

  const std::map<std::string, std::string> expected = {
      {"alpha", loose_data},
      {"i386", loose_data},
      {"i486", loose_data},
      // EI_OSABI: theirs takes 0 to 3.
      {"loongarch64", "7:00/fc>00/00 " + padding},
      {"m68k", loose_version},
      // Theirs has e_type in the wrong byte order, so that it takes no file,
      // and the e_machine that is microblaze-old's here.
      {"microblaze", common + "16:02/fe>00/ff 17:00/ff>02/fe "
                              "18:ba/ff>00/ff 19:ab/ff>bd/ff "},
      {"microblazeel", common + "18:ab/ff>bd/ff 19:ba/ff>00/ff "},
      {"mips", big_version},
      {"mips64", padding},
      {"mips64el", padding},
      {"mipsel", little_version},
      {"mipsn32", big_version},
      {"mipsn32el", little_version},
      // The upper byte of e_machine, which theirs does not compare.
      {"ppc64le", common + "19:00/00>00/ff "},
      {"x86_64", loose_data},
  };

  const std::vector<QemuRule> rules = ReadQemuRules();
  ASSERT_EQ(rules.size(), 34u);
  for (const QemuRule& rule : rules) {
    SCOPED_TRACE(rule.name);
    const Target* target = FindTarget(rule.name);
    ASSERT_NE(target, nullptr);
    EXPECT_EQ(target->name, absl::StartsWith(rule.name, "microblaze")
                                ? absl::StrCat(rule.name, "-189")
                                : rule.name);
    EXPECT_EQ(absl::StrCat("qemu-", target->interpreter()), rule.interpreter);
    const auto it = expected.find(rule.name);
    EXPECT_EQ(Differences(rule, *target),
              it == expected.end() ? common : it->second);
  }
}

TEST(TableTest, RowsThatQemuDoesNotHave) {
  std::set<std::string> names;
  for (const Target& target : Targets()) names.emplace(target.name);
  for (const QemuRule& rule : ReadQemuRules()) names.erase(rule.name);
  EXPECT_EQ(names,
            (std::set<std::string>{"microblaze-189", "microblaze-old",
                                   "microblazeel-189", "microblazeel-old"}));
}

// Programs that emulators run and rules refused.
TEST(TableTest, EveryRealFileIsTakenByItsRow) {
  const auto lines = ReadColumns("testdata/elf/headers.txt");
  ASSERT_EQ(lines.size(), 34u);
  std::set<std::string> without_file;
  for (const Target& target : Targets()) without_file.emplace(target.name);
  for (const std::vector<std::string>& columns : lines) {
    SCOPED_TRACE(columns[0]);
    ASSERT_EQ(columns.size(), 2u);
    const std::string header = FromHex(columns[1]);
    ASSERT_EQ(header.size(), 64u);
    EXPECT_EQ(NameOf(FindByHeader(header)), columns[0]);
    without_file.erase(columns[0]);

    std::string linux_branded = header;
    linux_branded[7] = 3;
    EXPECT_EQ(NameOf(FindByHeader(linux_branded)), columns[0]);
    std::string appimage = header;
    appimage.replace(8, 3, "AI\x02");
    EXPECT_EQ(NameOf(FindByHeader(appimage)), columns[0]);
    std::string padded = header;
    padded.replace(7, 9, 9, '\xff');
    EXPECT_EQ(NameOf(FindByHeader(padded)), columns[0]);

    for (const size_t compared : {0, 1, 2, 3, 4, 5, 6, 16, 17, 18, 19}) {
      std::string other = header;
      other[compared] = static_cast<char>(other[compared] ^ 0x40);
      EXPECT_EQ(FindByHeader(other), nullptr) << "byte " << compared;
    }
  }
  // testdata/elf/README.md says why.
  EXPECT_EQ(without_file,
            (std::set<std::string>{"i486", "microblaze-189", "microblaze-old",
                                   "microblazeel-189", "microblazeel-old",
                                   "xtensaeb"}));
}

// Programs that no QEMU user-mode emulator runs.
TEST(TableTest, FilesOfNoTarget) {
  std::string x32 = SampleHeader(*FindTarget("x86_64"));
  x32[4] = 1;
  EXPECT_EQ(FindByHeader(x32), nullptr);
  std::string arm64_ilp32 = SampleHeader(*FindTarget("aarch64"));
  arm64_ilp32[4] = 1;
  EXPECT_EQ(FindByHeader(arm64_ilp32), nullptr);
  std::string s390 = SampleHeader(*FindTarget("s390x"));
  s390[4] = 1;
  EXPECT_EQ(FindByHeader(s390), nullptr);
  std::string object = SampleHeader(*FindTarget("x86_64"));
  object[16] = 1;
  EXPECT_EQ(FindByHeader(object), nullptr);
  EXPECT_EQ(FindByHeader(std::string(64, '#')), nullptr);
}

}  // namespace
}  // namespace arch_table
