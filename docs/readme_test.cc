// SPDX-License-Identifier: Apache-2.0
// The table of targets in docs/targets.md against the data file. Where they
// differ, the failure shows the lines that belong there.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "arch_table/spec.h"
#include "docs/document_for_testing.h"
#include "gtest/gtest.h"

namespace docs {
namespace {

// As people know them: 183, but 0x9026.
std::string Machine(int machine) {
  if (machine < 0x1000) return absl::StrCat(machine);
  return absl::StrCat("0x", absl::Hex(machine));
}

std::string TableLine(const arch_table::TargetSpec& target) {
  const std::string names =
      absl::StrJoin(target.names, " ", [](std::string* out, const auto& name) {
        absl::StrAppend(out, "`", name, "`");
      });
  return absl::StrCat("| `", target.name, "` | ", target.is_64bit ? 64 : 32,
                      target.is_big_endian ? " big" : " little", " | ",
                      Machine(target.machine), " | qemu-", target.interpreter,
                      " | ", names, names.empty() ? "|" : " |");
}

arch_table::Spec DataFile() {
  return arch_table::ParseSpec(ReadDocument("arch_table/targets.txt"));
}

TEST(ReadmeTest, TableOfTargetsIsThatOfTheDataFile) {
  std::vector<std::string> wanted = {
      "| target | class, order | e_machine | emulator | other words |",
      "| --- | --- | --- | --- | --- |"};
  for (const arch_table::TargetSpec& target : DataFile().targets) {
    wanted.push_back(TableLine(target));
  }
  const std::string table = absl::StrJoin(wanted, "\n");
  EXPECT_EQ(absl::StrJoin(LinesBetween(ReadDocument("docs/targets.md"),
                                       "<!-- targets -->", {"<!-- end -->"}),
                          "\n"),
            table)
      << "What belongs there:\n"
      << table;
}

TEST(ReadmeTest, SaysHowManyTargetsThereAre) {
  const std::string number =
      absl::StrCat(" ", DataFile().targets.size(), " targets");
  EXPECT_TRUE(absl::StrContains(ReadDocument("README.md"), number)) << number;
}

}  // namespace
}  // namespace docs
