// SPDX-License-Identifier: Apache-2.0
// The main command on machines whose distribution has registered its own
// entries. The emulators are qemu-user-static's, at the paths that the
// distributions have them at.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

// A distribution, the targets that it has no entries for, and how many of all
// its entries run.
struct Distribution {
  const char* name;
  std::vector<std::string> missing;
  int runs;
  // Targets whose programs go to another target's emulator, which its own entry
  // has.
  std::map<std::string, std::string> wrong = {};
};

void PrintTo(const Distribution& distribution, std::ostream* stream) {
  *stream << distribution.name;
}

std::vector<std::string> RecordsOf(std::string_view distribution) {
  const std::string text =
      ReadFile(TestData("testdata/distributions/records.txt"));
  std::vector<std::string> records;
  bool is_in = false;
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    std::string_view name = line;
    if (absl::ConsumePrefix(&name, "== ")) {
      is_in = name == distribution;
    } else if (is_in && !line.empty()) {
      records.emplace_back(line);
    }
  }
  return records;
}

const arch_table::Target& FindRow(std::string_view name) {
  for (const arch_table::Target& target : arch_table::Targets()) {
    if (target.name == name) return target;
  }
  ADD_FAILURE() << name;
  return arch_table::Targets().front();
}

class DistributionTest : public ProgramTest,
                         public testing::WithParamInterface<Distribution> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    // Alpine's have no suffix.
    ASSERT_EQ(mkdir("/mnt/names", 0755), 0);
    for (const auto& file : std::filesystem::directory_iterator("/usr/bin")) {
      const std::string name = file.path().filename();
      if (absl::StartsWith(name, "qemu-") && absl::EndsWith(name, "-static")) {
        const std::string link =
            absl::StrCat("/mnt/names/", absl::StripSuffix(name, "-static"));
        ASSERT_EQ(symlink(name.c_str(), link.c_str()), 0);
      }
    }
    ASSERT_EQ(mount("overlay", "/usr/bin", "overlay", 0,
                    "userxattr,lowerdir=/mnt/names:/usr/bin"),
              0);
    Mount();
  }

  void TearDown() override {
    umount2("/usr/bin", MNT_DETACH);
    ProgramTest::TearDown();
  }

  // The entries' texts by their names.
  static std::map<std::string, std::string> Entries() {
    std::map<std::string, std::string> entries;
    for (const std::string_view name :
         absl::StrSplit(EntryNames(), ' ', absl::SkipEmpty())) {
      entries.emplace(name, EntryText(std::string(name)));
    }
    return entries;
  }
};

TEST_P(DistributionTest, AllRunsAfterwards) {
  const std::vector<std::string> records = RecordsOf(GetParam().name);
  ASSERT_GE(records.size(), 25u);
  for (const std::string& record : records) Register(record);
  std::map<std::string, std::string> entries = Entries();
  ASSERT_EQ(entries.size(), records.size());

  std::vector<std::string> missing = GetParam().missing;
  if (!RunsI386()) missing.insert(missing.begin(), {"i386", "i486"});
  std::string registered;
  for (const std::string& name : missing) {
    absl::StrAppend(&registered, "qemu-", name, ": registered, /usr/bin/qemu-",
                    FindRow(name).interpreter(), "-static, flags PF\n");
  }
  std::string notes;
  for (const auto& [name, other] : GetParam().wrong) {
    absl::StrAppend(&notes, "binfmt-register: the entry qemu-", other,
                    " takes the files that qemu-", name,
                    " is for; take it out with --replace, or register in front "
                    "of it with --override\n");
  }
  absl::StrAppend(&notes, "binfmt-register: note: ", GetParam().runs,
                  " of the targets run already; left alone\n");
  const std::vector<std::string> all = {"register", "--mount", "-c", "no",
                                        "all"};
  const int status = GetParam().wrong.empty() ? 0 : 1;
  EXPECT_EQ(Run(all), (Outcome{status, registered, notes}));
  // Theirs are as they were.
  std::map<std::string, std::string> after = Entries();
  EXPECT_EQ(after.size(), entries.size() + missing.size());
  for (const auto& [name, text] : entries) EXPECT_EQ(after[name], text) << name;

  std::vector<std::string> probe = {"status", "--probe"};
  for (const arch_table::Target& target : arch_table::Targets()) {
    const std::string name(target.name);
    if (!target.SameFamily(FindRow("x86_64")) &&
        GetParam().wrong.count(name) == 0) {
      probe.push_back(name);
    }
  }
  const Outcome outcome = Run(probe);
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;

  EXPECT_EQ(Run(all).status, status);
  EXPECT_EQ(Entries(), after);
  // What was ours goes, and nothing else.
  EXPECT_EQ(Run({"clear", "-q", "--ours"}).status, 0);
  EXPECT_EQ(Entries(), entries);
}

INSTANTIATE_TEST_SUITE_P(
    All, DistributionTest,
    testing::Values(
        Distribution{"debian",
                     {"aarch64_be", "or1k", "microblaze-189",
                      "microblazeel-189", "microblazeel-old"},
                     28},
        Distribution{"ubuntu-20.04",
                     {"aarch64_be", "loongarch64", "hexagon", "or1k",
                      "microblaze-189", "microblazeel-189", "microblazeel-old"},
                     26},
        Distribution{"ubuntu-22.04",
                     {"aarch64_be", "loongarch64", "or1k", "microblaze-189",
                      "microblazeel-189", "microblazeel-old"},
                     27},
        Distribution{"fedora",
                     {"microblaze-189", "microblaze-old", "microblazeel-189"},
                     30},
        Distribution{"arch",
                     {"microblaze-189", "microblaze-old", "microblazeel-189"},
                     30},
        Distribution{"alpine",
                     {"aarch64_be", "hppa", "loongarch64", "hexagon", "xtensa",
                      "xtensaeb", "microblaze-189", "microblazeel-189",
                      "microblazeel-old"},
                     22,
                     {{"mipsn32", "mips"}, {"mipsn32el", "mipsel"}}}),
    [](const testing::TestParamInfo<Distribution>& row) {
      std::string name;
      for (const char letter : std::string_view(row.param.name)) {
        if (absl::ascii_isalnum(letter)) name += letter;
      }
      return name;
    });

}  // namespace
}  // namespace binfmtbox_testing
