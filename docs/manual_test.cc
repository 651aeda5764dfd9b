// SPDX-License-Identifier: Apache-2.0
// The manual's lists of options against those of the applets.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cmd/applets.h"
#include "cmd/options.h"
#include "docs/document_for_testing.h"
#include "gtest/gtest.h"

namespace docs {
namespace {

// The line of mdoc(7) macros with which the manual lists an option that the
// help prints as LEFT: "-D, --dir DIR" or "    --json".
std::string ItemLine(std::string_view left) {
  std::string item = ".It";
  for (std::string_view word :
       absl::StrSplit(left, ' ', absl::SkipWhitespace())) {
    const bool is_flag = absl::ConsumePrefix(&word, "-");
    const bool ends_letter = absl::ConsumeSuffix(&word, ",");
    absl::StrAppend(&item, is_flag ? " Fl " : " Ar ", word,
                    ends_letter ? " ," : "");
  }
  return item;
}

// Such a line for each option of HELP.
std::vector<std::string> WantedItems(const std::string& help) {
  std::vector<std::string> items;
  for (const std::string_view line : absl::StrSplit(help, '\n')) {
    // Two blanks, the letter's four columns, the rest up to two blanks.
    if (line.size() < 8 || line.substr(6, 2) != "--") continue;
    items.push_back(ItemLine(line.substr(0, line.find("  ", 6))));
  }
  return items;
}

// The lines that list options in the subsection TITLE.
std::vector<std::string> ItemLines(const std::string& manual,
                                   const std::string& title) {
  std::vector<std::string> items;
  for (const std::string& line :
       LinesBetween(manual, absl::StrCat(".Ss ", title), {".Ss ", ".Sh "})) {
    if (absl::StartsWith(line, ".It Fl")) items.push_back(line);
  }
  return items;
}

TEST(ManualTest, ListsTheOptionsOfEveryApplet) {
  EXPECT_EQ(absl::StrJoin(ItemLines(ReadDocument("docs/binfmtbox.8"),
                                    "Options of every applet"),
                          "\n"),
            absl::StrJoin(WantedItems(cmd::OptionsHelp({})), "\n"));
}

TEST(ManualTest, ListsTheOptionsOfEachApplet) {
  const std::string manual = ReadDocument("docs/binfmtbox.8");
  const size_t common = WantedItems(cmd::OptionsHelp({})).size();
  for (const auto& applet : cmd::Applets()) {
    std::vector<std::string> wanted =
        WantedItems(cmd::OptionsHelp(applet->Options()));
    wanted.resize(wanted.size() - common);
    EXPECT_TRUE(
        absl::StrContains(manual, absl::StrCat("\n.Ss ", applet->name(), "\n")))
        << "the manual has no subsection for " << applet->name();
    EXPECT_EQ(
        absl::StrJoin(ItemLines(manual, std::string(applet->name())), "\n"),
        absl::StrJoin(wanted, "\n"))
        << applet->name();
  }
}

}  // namespace
}  // namespace docs
