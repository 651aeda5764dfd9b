// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace cmd {
namespace {

constexpr char kOwn[] =
    "  -a, --apple            takes none\n"
    "  -b, --berry KIND       takes a value; its help goes on\n"
    "                         --below with what looks like an option\n"
    "      --cherry KIND      has no letter\n"
    "  -x, --a-name-that-fills-the-column KIND  has its help behind it\n";

// The command line as text: common options, own ones, operands, or the error.
std::string Parse(const std::vector<const char*>& args) {
  CommandLine line;
  const binfmt::Error error = ParseCommandLine(kOwn, args, &line);
  if (!error.ok()) {
    EXPECT_EQ(error.cause(), binfmt::Cause::kMisuse);
    return std::string(error.text());
  }
  std::string text;
  const auto add = [&text](std::string_view part) {
    text += (text.empty() ? "" : " ") + std::string(part);
  };
  const CommonOptions& common = line.common;
  if (common.dir != "/proc/sys/fs/binfmt_misc")
    add("dir=" + std::string(common.dir));
  if (common.dry_run) add("dry-run");
  if (common.quiet) add("quiet");
  if (common.json) add("json");
  if (common.kmsg) add("kmsg");
  if (common.if_possible) add("if-possible");
  if (common.help) add("help");
  for (const GivenOption& given : line.options) {
    add(std::string(given.name) + "=" + std::string(given.value));
  }
  for (const std::string_view operand : line.operands) {
    add("<" + std::string(operand) + ">");
  }
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
  EXPECT_EQ(Parse({"--berry="}), "berry=");
  EXPECT_EQ(Parse({"-b", ""}), "berry=");
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
  EXPECT_EQ(Parse({"--app"}), "unknown option \"--app\"")
      << "abbreviations would change their meaning with each new option";
  EXPECT_EQ(Parse({"-z"}), "unknown option \"-z\"");
  EXPECT_EQ(Parse({"-nz"}), "unknown option \"-z\"");
  EXPECT_EQ(Parse({"---"}), "unknown option \"---\"");
  EXPECT_EQ(Parse({"--="}), "unknown option \"--\"");
  EXPECT_EQ(Parse({"--\n\x1b[31m"}), "unknown option \"--\\x0a\\x1b[31m\"");
  EXPECT_EQ(Parse({"-\xff"}), "unknown option \"-\\xff\"");
}

// As getopt(1) takes them; that set of options is closed.
TEST(OptionsTest, OptionsOfQemusScriptMayBeAbbreviated) {
  const auto parse = [](const char* word) {
    CommandLine line;
    const binfmt::Error error = ParseCommandLine(
        "  -p, --persistent yes|no  text\n"
        "  -s, --systemd CPU|ALL  text\n"
        "      --system           text\n"
        "      --print FORMAT     text\n",
        {word}, &line);
    if (!error.ok()) return std::string(error.text());
    if (line.common.help) return std::string("help");
    return std::string(line.options[0].name) + "=" +
           std::string(line.options[0].value);
  };
  EXPECT_EQ(parse("--pers=yes"), "persistent=yes");
  EXPECT_EQ(parse("--s=ALL"), "systemd=ALL");
  EXPECT_EQ(parse("--system"), "system=");
  EXPECT_EQ(parse("--systemd"), "option --systemd needs a value, CPU|ALL");
  EXPECT_EQ(parse("--h"), "help");
  EXPECT_EQ(parse("--p=yes"), "unknown option \"--p\"");
  EXPECT_EQ(parse("--prin=record"), "unknown option \"--prin\"");
  EXPECT_EQ(parse("--cred=yes"), "unknown option \"--cred\"");
  EXPECT_EQ(parse("--persistently=yes"), "unknown option \"--persistently\"");
}

TEST(OptionsTest, MissingValue) {
  EXPECT_EQ(Parse({"-D"}), "option --dir needs a value, DIR");
  EXPECT_EQ(Parse({"-nD"}), "option --dir needs a value, DIR");
  EXPECT_EQ(Parse({"--berry"}), "option --berry needs a value, KIND");
  EXPECT_EQ(Parse({"--dir="}), "option --dir needs a directory");
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

TEST(OptionsTest, TheHelpTextIsTheTable) {
  EXPECT_EQ(Parse({"--a-name-that-fills-the-column=1"}),
            "a-name-that-fills-the-column=1");
  EXPECT_EQ(Parse({"-x1"}), "a-name-that-fills-the-column=1");
  EXPECT_EQ(Parse({"--below"}), "unknown option \"--below\"");
  EXPECT_EQ(Parse({"--berry KIND", "red"}), "unknown option \"--berry KIND\"");
  EXPECT_EQ(Parse({"-- "}), "unknown option \"-- \"");
  EXPECT_EQ(Parse({"- "}), "unknown option \"- \"");
  EXPECT_EQ(Parse({"--cherr"}), "unknown option \"--cherr\"");
}

}  // namespace
}  // namespace cmd
