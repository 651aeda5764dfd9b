// SPDX-License-Identifier: Apache-2.0
// What both shells offer, with the product behind it and real entries.
#include <unistd.h>

#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

using Words = std::multiset<std::string>;

Words SplitLines(const std::string& text) {
  Words words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

// Every word for a target that no rule makes of another one.
Words Targets() {
  Words names;
  for (const arch_table::Target& target : arch_table::Targets()) {
    names.insert(std::string(target.name));
    for (const std::string_view alias : target.Aliases()) {
      names.insert(std::string(alias));
    }
  }
  return names;
}

class CompletionTest : public ProgramTest,
                       public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(Run({"--install", "/mnt/bin"}).status, 0);
    Mount();
    Register(":first:E::abc::/bin/cat:");
    Register(":second:E::abcde::/bin/cat:");
  }

  // What the shell offers for the last of WORDS.
  static Words Offers(const std::vector<std::string>& words) {
    const std::string dir = TestData("completions");
    Command command;
    command.env = {"PATH=/mnt/bin:/usr/bin:/bin", "HOME=/mnt", "TERM=dumb"};
    if (GetParam() == "bash") {
      command.path = "/bin/bash";
      command.argv = {"bash",
                      "--norc",
                      "-c",
                      "source \"$1/binfmtbox.bash\"; shift\n"
                      "COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))\n"
                      "_binfmtbox \"$1\" \"${!#}\" \"${COMP_WORDS[$# - 2]}\"\n"
                      "printf '%s\\n' \"${COMPREPLY[@]}\"",
                      "completion",
                      dir};
      command.argv.insert(command.argv.end(), words.begin(), words.end());
    } else {
      std::string line;
      for (const std::string& word : words) {
        line += (line.empty() ? "" : " ") + word;
      }
      command.path = "/usr/bin/zsh";
      command.argv = {"zsh", "-f", dir + "/zsh_hits_for_testing.zsh", dir,
                      line};
    }
    const Outcome outcome = Execute(command);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return SplitLines(outcome.out);
  }

  // What is offered for a word that goes on with REST after BEFORE: zsh leaves
  // BEFORE out.
  static std::string After(std::string_view before, std::string_view rest) {
    return absl::StrCat(GetParam() == "bash" ? before : "", rest);
  }
};

TEST_P(CompletionTest, OffersAppletsFirst) {
  EXPECT_EQ(Offers({"binfmtbox", ""}),
            (Words{"mount", "register", "status", "clear", "run", "help",
                   "version", "--help", "--list", "--version", "--install"}));
  EXPECT_EQ(Offers({"binfmtbox", "help", ""}),
            (Words{"mount", "register", "status", "clear", "run"}));
  EXPECT_EQ(Offers({"binfmtbox", "re"}), Words{"register"});
}

TEST_P(CompletionTest, OffersOptionsOfTheHelp) {
  EXPECT_EQ(Offers({"binfmtbox", "register", "--pre"}),
            Words{"--preserve-argv0"});
  EXPECT_EQ(Offers({"binfmt-clear", "--dis"}), Words{"--disable"});
}

TEST_P(CompletionTest, OffersTheWordsThatAnOptionTakes) {
  EXPECT_EQ(Offers({"binfmtbox", "register", "--preserve-argv0", ""}),
            (Words{"yes", "no", "auto"}));
  EXPECT_EQ(Offers({"binfmt-register", "-p", ""}), (Words{"yes", "no"}));
  EXPECT_EQ(Offers({"binfmtbox", "register", "--emulator", ""}),
            (Words{"qemu", "box64", "box86", "fex", "rosetta"}));
  EXPECT_EQ(Offers({"binfmtbox", "register", "--print", ""}),
            (Words{"record", "binfmt.d", "debian"}));
  EXPECT_EQ(Offers({"binfmtbox", "status", "--print", ""}),
            (Words{"record", "binfmt.d", "debian", "display"}));
}

TEST_P(CompletionTest, OffersEveryTargetToRegister) {
  Words wanted = Targets();
  wanted.insert("all");
  EXPECT_EQ(Offers({"binfmtbox", "register", ""}), wanted);
  EXPECT_EQ(Offers({"binfmt-register", "aarch"}),
            (Words{"aarch64", "aarch64_be", "aarch64be"}));
  EXPECT_EQ(Offers({"binfmt-register", "amd"}),
            (Words{"amd64", "amd64/v1", "amd64/v2", "amd64/v3", "amd64/v4"}));
  EXPECT_EQ(Offers({"binfmt-status", "arm64"}).count("arm64"), 1u);
}

// What an entry is called is not evaluated. Of a name that is no plain word
// nothing is offered, or a shell would evaluate it when the line is run.
TEST_P(CompletionTest, HostileNames) {
  const char* const names[] = {
      "$(touch evil)",
      "`touch evil`",
      "${IFS}",
      "a;touch evil",
      "b&&touch evil",
      "c\nd",
      "e f",
      "*",
      "?????",
      "[a-z]*",
      "'",
      "\"",
      "\\",
      "~",
      "{x,y}",
      "!x",
      "#x",
      "\x1b[2J",
      "\u202ex",
      "=(touch evil)",
      "$'x'",
      "<(touch evil)",
      "x:y(z)",
  };
  for (const std::string_view name : names) {
    Register(absl::StrCat("|", name, "|E||x", name.size(), "||/bin/cat|"));
  }
  Words plain = Targets();
  plain.insert("first");
  plain.insert("second");
  for (const char* applet : {"status", "clear"}) {
    EXPECT_EQ(Offers({"binfmtbox", applet, ""}), plain) << applet;
    EXPECT_EQ(Offers({std::string("binfmt-") + applet, ""}), plain) << applet;
  }
  // Nor what was typed.
  Offers({"binfmtbox", "status", "-D", "'$(touch evil)'", ""});
  Offers({"binfmtbox", "'$(touch evil)'", ""});
  for (const char* dir : {"/mnt/", "", "/", "/tmp/"}) {
    EXPECT_NE(access((std::string(dir) + "evil").c_str(), F_OK), 0) << dir;
  }
}

// A file of a directory in which somebody stands is not started.
TEST_P(CompletionTest, ThePathThatWasTypedIsNotStarted) {
  WriteFile("/mnt/binfmtbox", "#!/bin/sh\ntouch /mnt/started\n", 0755);
  EXPECT_EQ(Offers({"/mnt/binfmtbox", "re"}), Words{"register"});
  EXPECT_NE(access("/mnt/started", F_OK), 0);
}

TEST_P(CompletionTest, OffersEntriesAndTargetsToStatusAndClear) {
  for (const char* applet : {"status", "clear"}) {
    Words offers = Offers({"binfmtbox", applet, ""});
    EXPECT_EQ(offers.count("first"), 1u) << applet;
    EXPECT_EQ(offers.count("second"), 1u) << applet;
    EXPECT_EQ(offers.count("aarch64"), 1u) << applet;
    EXPECT_EQ(Offers({std::string("binfmt-") + applet, "sec"}), Words{"second"})
        << applet;
  }
}

TEST_P(CompletionTest, OffersEntriesOfTheNamedDirectory) {
  EXPECT_EQ(Offers({"binfmtbox", "status", "-D", "/mnt/nothing", "fi"}),
            Words{});
  EXPECT_EQ(Offers({"binfmtbox", "status", "-D", kRegistry, "fi"}),
            Words{"first"});
}

TEST_P(CompletionTest, OffersTargetsToRun) {
  EXPECT_EQ(Offers({"binfmtbox", "run", "-t", "riscv"}),
            (Words{"riscv32", "riscv64"}));
  EXPECT_EQ(Offers({"binfmt-run", "-t", "arm64,riscv"}),
            (Words{After("arm64,", "riscv32"), After("arm64,", "riscv64")}));
  EXPECT_EQ(Offers({"binfmt-run", "--target", "al"}), (Words{"all", "alpha"}));
}

TEST_P(CompletionTest, OffersCommandsToRun) {
  WriteFile("/mnt/program", "", 0755);
  EXPECT_EQ(Offers({"binfmtbox", "run", "/mnt/prog"}),
            Words{After("/mnt/", "program")});
  const std::vector<std::vector<std::string>> ways = {
      {}, {"-n"}, {"-t", "arm64"}, {"--"}};
  for (const std::vector<std::string>& options : ways) {
    std::vector<std::string> words = {"binfmtbox", "run"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back("binfmt-reg");
    EXPECT_EQ(Offers(words), Words{"binfmt-register"})
        << testing::PrintToString(words);
  }
  EXPECT_EQ(Offers({"binfmt-run", "-t", "arm64", "--root"}),
            Words{"--root-user"});
}

// The options of run end at COMMAND.
TEST_P(CompletionTest, OffersFilesAfterTheCommandOfRun) {
  WriteFile("/mnt/program", "", 0755);
  EXPECT_EQ(Offers({"binfmt-run", "/mnt/program", "/mnt/prog"}),
            Words{After("/mnt/", "program")});
  EXPECT_EQ(Offers({"binfmt-run", "/mnt/program", "-t", "/mnt/prog"}),
            Words{After("/mnt/", "program")});
  EXPECT_EQ(Offers({"binfmt-run", "/mnt/program", "--"}), Words{});
  EXPECT_EQ(Offers({"binfmt-run", "-n", "--", "/mnt/program", "--"}), Words{});
}

TEST_P(CompletionTest, OffersDirectoriesToInstall) {
  EXPECT_EQ(Offers({"binfmtbox", "--install", "-"}), (Words{"-s", "--bare"}));
}

INSTANTIATE_TEST_SUITE_P(Shells, CompletionTest, testing::Values("bash", "zsh"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace binfmtbox_testing
