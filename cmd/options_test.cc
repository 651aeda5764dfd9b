// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

// Notes in GIVEN how an option was given.
binfmt::Expected<void> Note(std::string& given, std::string_view name,
                            std::string_view value) {
  absl::StrAppend(&given, given.empty() ? "" : " ", name, "=", value);
  return {};
}

// A table whose options say how they were given.
std::vector<Option> Table(std::string* given) {
  return {
      OptionFor<Note>('a', "apple", "", "takes none", given),
      OptionFor<Note>('b', "berry", "KIND",
                      "takes a value; its help goes on\n"
                      "--below with what looks like an option",
                      given),
      OptionFor<Note>(kNoLetter, "cherry", "KIND", "has no letter", given),
      OptionFor<Note>('x', "a-name-that-fills-the-column", "KIND",
                      "has its help behind it", given),
  };
}

// The command line as text: common options, own ones, operands, or the error.
std::string Parse(const std::vector<const char*>& args) {
  std::string given;
  const CommandLine line = ParseCommandLine(Table(&given), args);
  if (line.error) {
    EXPECT_EQ(line.error->cause(), binfmt::Cause::kMisuse);
    return line.error->text();
  }
  std::string text;
  const auto add = [&text](std::string_view part) {
    absl::StrAppend(&text, text.empty() ? "" : " ", part);
  };
  const CommonOptions& common = line.common;
  if (common.dir != "/proc/sys/fs/binfmt_misc") add("dir=" + common.dir);
  if (common.dry_run) add("dry-run");
  if (common.quiet) add("quiet");
  if (common.json) add("json");
  if (common.kmsg) add("kmsg");
  if (common.if_possible) add("if-possible");
  if (common.help) add("help");
  if (!given.empty()) add(given);
  for (const std::string& operand : line.operands) add("<" + operand + ">");
  return text;
}

TEST(OptionsTest, None) { EXPECT_EQ(Parse({}), ""); }

TEST(OptionsTest, CommonOptions) {
  EXPECT_EQ(Parse({"-n", "-q", "--json", "--kmsg", "--if-possible"}),
            "dry-run quiet json kmsg if-possible");
  EXPECT_EQ(Parse({"--dry-run", "--quiet"}), "dry-run quiet");
}

TEST(OptionsTest, ValuesInEverySpelling) {
  EXPECT_EQ(Parse({"-D", "/x"}), "dir=/x");
  EXPECT_EQ(Parse({"-D/x"}), "dir=/x");
  EXPECT_EQ(Parse({"--dir", "/x"}), "dir=/x");
  EXPECT_EQ(Parse({"--dir=/x"}), "dir=/x");
  EXPECT_EQ(Parse({"--dir=a=b"}), "dir=a=b");
  EXPECT_EQ(Parse({"-b", "red"}), "berry=red");
  EXPECT_EQ(Parse({"--cherry=red"}), "cherry=red");
}

TEST(OptionsTest, ClustersOfLetters) {
  EXPECT_EQ(Parse({"-nq"}), "dry-run quiet");
  EXPECT_EQ(Parse({"-nqaD/x"}), "dir=/x dry-run quiet apple=");
  EXPECT_EQ(Parse({"-nD", "/x"}), "dir=/x dry-run");
  EXPECT_EQ(Parse({"-bnq"}), "berry=nq") << "the rest is the value";
}

TEST(OptionsTest, ValueThatLooksLikeAnOption) {
  EXPECT_EQ(Parse({"-b", "-n"}), "berry=-n");
  EXPECT_EQ(Parse({"--berry", "--help"}), "berry=--help");
  EXPECT_EQ(Parse({"-b", "--", "-n"}), "dry-run berry=--");
}

TEST(OptionsTest, LastOfEqualOptionsIsTheLastGiven) {
  EXPECT_EQ(Parse({"-D/x", "-D/y"}), "dir=/y");
  EXPECT_EQ(Parse({"-bred", "-bblue"}), "berry=red berry=blue");
}

TEST(OptionsTest, OperandsBetweenOptions) {
  EXPECT_EQ(Parse({"one", "-n", "two", "-b", "red", "three"}),
            "dry-run berry=red <one> <two> <three>");
}

TEST(OptionsTest, OperandsThatLookLikeOptions) {
  EXPECT_EQ(Parse({"-"}), "<->");
  EXPECT_EQ(Parse({""}), "<>");
  EXPECT_EQ(Parse({"--", "-n", "--help", "--"}), "<-n> <--help> <-->");
  EXPECT_EQ(Parse({"--"}), "");
}

TEST(OptionsTest, UnknownOptions) {
  EXPECT_EQ(Parse({"--frobnicate"}), "unknown option \"--frobnicate\"");
  EXPECT_EQ(Parse({"--frobnicate=1"}), "unknown option \"--frobnicate\"");
  EXPECT_EQ(Parse({"--app"}), "unknown option \"--app\"; did you mean --apple")
      << "abbreviations would change their meaning with each new option";
  EXPECT_EQ(Parse({"-z"}), "unknown option \"-z\"");
  EXPECT_EQ(Parse({"-nz"}), "unknown option \"-z\"");
  EXPECT_EQ(Parse({"---"}), "unknown option \"---\"");
  EXPECT_EQ(Parse({"--="}), "unknown option \"--\"");
  EXPECT_EQ(Parse({"--\n\x1b[31m"}), "unknown option \"--\\x0a\\x1b[31m\"");
  EXPECT_EQ(Parse({"-\xff"}), "unknown option \"-\\xff\"");
}

TEST(OptionsTest, SuggestedOptions) {
  EXPECT_EQ(Parse({"--aple"}),
            "unknown option \"--aple\"; did you mean --apple");
  EXPECT_EQ(Parse({"--Bery=red"}),
            "unknown option \"--Bery\"; did you mean --berry");
  EXPECT_EQ(Parse({"--dryrun"}),
            "unknown option \"--dryrun\"; did you mean --dry-run");
  EXPECT_EQ(Parse({"-json"}), "unknown option \"-j\"; did you mean --json");
  EXPECT_EQ(Parse({"-apple"}), "unknown option \"-p\"; did you mean --apple");
}

// Of an option whose values are known.
TEST(OptionsTest, ValuesThatAreNone) {
  const auto parse = [](const char* value) {
    std::string given;
    const Option table[] = {
        OptionFor<Note>('k', "kind", "qemu|box64|box86", "", &given)};
    const CommandLine line = ParseCommandLine(table, {{"--kind", value}});
    return line.error ? line.error->text() : given;
  };
  const std::string takes = "option --kind takes qemu, box64 or box86, not ";
  EXPECT_EQ(parse("box64"), "kind=box64");
  EXPECT_EQ(parse("box46"), takes + "\"box46\"; did you mean box64 or box86");
  EXPECT_EQ(parse("QEMU"), takes + "\"QEMU\"; did you mean qemu");
  EXPECT_EQ(parse("wine"), takes + "\"wine\"");
  EXPECT_EQ(parse(""), takes + "\"\"");
  EXPECT_EQ(parse("qemu|box64"), takes + "\"qemu|box64\"");
}

// As getopt(1) takes them; the set of options of qemu-binfmt-conf.sh is closed.
TEST(OptionsTest, OptionsThatMayBeAbbreviated) {
  const auto parse = [](const char* word) {
    std::string given;
    std::vector<Option> table = {
        OptionFor<Note>('p', "persistent", "yes|no", "", &given),
        OptionFor<Note>('g', "preserve-argv0", "yes|no", "", &given),
        OptionFor<Note>('s', "systemd", "CPU|ALL", "", &given),
        OptionFor<Note>(kNoLetter, "system", "", "", &given),
        OptionFor<Note>(kNoLetter, "print", "FORMAT", "", &given),
    };
    for (Option& option : table) {
      option.may_abbreviate = option.letter != kNoLetter;
    }
    const CommandLine line = ParseCommandLine(table, {{word}});
    if (line.error) return line.error->text();
    return line.common.help ? std::string("help") : given;
  };
  EXPECT_EQ(parse("--pers=yes"), "persistent=yes");
  EXPECT_EQ(parse("--s=ALL"), "systemd=ALL");
  EXPECT_EQ(parse("--system"), "system=");
  EXPECT_EQ(parse("--systemd"), "option --systemd needs a value, CPU|ALL");
  EXPECT_EQ(parse("--h"), "help");
  EXPECT_EQ(parse("--p=yes"), "unknown option \"--p\"");
  EXPECT_EQ(parse("--prin=record"),
            "unknown option \"--prin\"; did you mean --print");
  EXPECT_EQ(parse("--cred=yes"), "unknown option \"--cred\"");
  EXPECT_EQ(parse("--persistently=yes"),
            "unknown option \"--persistently\"; did you mean --persistent");
}

TEST(OptionsTest, MissingValue) {
  EXPECT_EQ(Parse({"-D"}), "option --dir needs a value, DIR");
  EXPECT_EQ(Parse({"-nD"}), "option --dir needs a value, DIR");
  EXPECT_EQ(Parse({"--berry"}), "option --berry needs a value, KIND");
  EXPECT_EQ(Parse({"--dir="}), "option --dir needs a value, DIR");
  EXPECT_EQ(Parse({"-D", ""}), "option --dir needs a value, DIR");
  EXPECT_EQ(Parse({"--berry="}), "option --berry needs a value, KIND");
}

TEST(OptionsTest, ValueThatMayBeEmpty) {
  std::string given;
  Option option = OptionFor<Note>('s', "suffix", "SUFFIX", "", &given);
  option.may_be_empty = true;
  EXPECT_FALSE(ParseCommandLine({{option}}, {{"--suffix="}}).error);
  EXPECT_EQ(given, "suffix=");
}

TEST(OptionsTest, ValueThatIsNotTaken) {
  EXPECT_EQ(Parse({"--apple=x"}), "option --apple takes no value");
  EXPECT_EQ(Parse({"--quiet="}), "option --quiet takes no value");
}

TEST(OptionsTest, HelpWins) {
  EXPECT_EQ(Parse({"-h"}), "help");
  EXPECT_EQ(Parse({"one", "--help"}), "help <one>");
  EXPECT_EQ(Parse({"-h", "--frobnicate"}), "help");
  EXPECT_EQ(Parse({"-hD"}), "help");
  EXPECT_EQ(Parse({"--help=me"}), "option --help takes no value");
}

TEST(OptionsTest, CommonOptionsInFrontOfAnErrorCount) {
  std::string given;
  const CommandLine line =
      ParseCommandLine(Table(&given), {{"--kmsg", "-a", "--frobnicate"}});
  ASSERT_TRUE(line.error);
  EXPECT_TRUE(line.common.kmsg);
  EXPECT_EQ(given, "");
}

binfmt::Expected<void> Refuse(std::string&, std::string_view name,
                              std::string_view value) {
  return std::unexpected(binfmt::Misuse("$0 is not $1", name, value));
}

TEST(OptionsTest, AValueThatMakesNoSense) {
  std::string kind;
  const std::vector<Option> table = {
      OptionFor<Refuse>(kNoLetter, "kind", "KIND", "", &kind)};
  const CommandLine line = ParseCommandLine(table, {{"--kind", "so"}});
  ASSERT_TRUE(line.error);
  EXPECT_EQ(line.error->text(), "kind is not so");
}

TEST(OptionsTest, UsualKindsOfOptions) {
  bool flag = false;
  std::string text;
  std::optional<std::string> other_text;
  std::vector<std::string> list;
  const std::vector<Option> table = {
      FlagOption('a', "flag", "", &flag),
      StringOption('b', "text", "TEXT", "", &text),
      StringOption('c', "other-text", "TEXT", "", &other_text),
      ListOption('d', "list", "TEXT", "", &list)};
  CommandLine line = ParseCommandLine(table, {{"-q"}});
  EXPECT_EQ(line.own_options.size(), 0u);
  EXPECT_FALSE(flag);
  EXPECT_FALSE(other_text);
  line = ParseCommandLine(table, {{"-a", "-bold", "-bnew", "-c", "other",
                                   "-done", "o", "-dtwo", "-q"}});
  EXPECT_EQ(line.own_options.size(), 6u);
  EXPECT_EQ(line.operands, std::vector<std::string>{"o"});
  EXPECT_TRUE(flag);
  EXPECT_EQ(text, "new");
  EXPECT_EQ(other_text, "other");
  EXPECT_EQ(list, (std::vector<std::string>{"one", "two"}));
}

TEST(OptionsTest, Help) {
  std::string given;
  EXPECT_EQ(
      OptionsHelp(Table(&given)),
      "  -a, --apple            takes none\n"
      "  -b, --berry KIND       takes a value; its help goes on\n"
      "                         --below with what looks like an option\n"
      "      --cherry KIND      has no letter\n"
      "  -x, --a-name-that-fills-the-column KIND  has its help behind it\n"
      "  -D, --dir DIR          where binfmt_misc is mounted (default\n"
      "                         /proc/sys/fs/binfmt_misc)\n"
      "  -n, --dry-run          say what would be done and change nothing\n"
      "  -q, --quiet            print errors only\n"
      "      --json             print one JSON object instead of text\n"
      "      --kmsg             write to the kernel's log instead of stdout "
      "and\n"
      "                         stderr\n"
      "      --if-possible      exit 0, with a note, where binfmt_misc can't "
      "be\n"
      "                         used here\n"
      "  -h, --help             print this text\n");
}

TEST(OptionsTest, TextOfTheHelpIsNoOption) {
  EXPECT_EQ(Parse({"-x1"}), "a-name-that-fills-the-column=1");
  EXPECT_EQ(Parse({"--below"}), "unknown option \"--below\"");
  EXPECT_EQ(Parse({"--berry KIND", "red"}), "unknown option \"--berry KIND\"");
  EXPECT_EQ(Parse({"-- "}), "unknown option \"-- \"");
  EXPECT_EQ(Parse({"- "}), "unknown option \"- \"");
  EXPECT_EQ(Parse({"--cherr"}),
            "unknown option \"--cherr\"; did you mean --cherry");
}

}  // namespace
}  // namespace cmd
