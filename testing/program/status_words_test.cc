// SPDX-License-Identifier: Apache-2.0
// What status says of an entry in words.
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kInterpreter[] = "/mnt/qemu-test";
constexpr char kNoWords[] =
    "  no P: argv[0] is the program's path\n"
    "  no C: programs with setuid run unprivileged: sudo will fail\n"
    "  no F: interpreter looked up in each container\n";

std::string FirstLine() {
  utsname names;
  EXPECT_EQ(uname(&names), 0);
  return std::string("binfmt_misc: enabled on ") + kRegistry +
         ", user namespace: other, Linux " + names.release + "\n";
}

class StatusWordsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    Mount();
  }

  static void MakeScript(const std::string& path, std::string_view script) {
    WriteFile(path, "#!/bin/sh\n" + std::string(script) + "\n", 0755);
  }

  // Runs "binfmtbox ARGS" until it shows VERSION, five times at most: it waits
  // one second for an emulator's answer, which a busy machine may exceed.
  static Outcome RunForVersion(const std::vector<std::string>& args,
                               std::string_view version) {
    Outcome outcome = Run(args);
    for (int i = 1; i < 5 && !absl::StrContains(outcome.out, version); ++i) {
      outcome = Run(args);
    }
    return outcome;
  }

  // Returns what status shows of the entry e with PATH as interpreter, which
  // answers VERSION.
  static Outcome StatusOf(const std::string& path,
                          std::string_view version = "") {
    Register(":e:M::MZ::" + path + ":");
    const Outcome outcome = RunForVersion({"status", "e"}, version);
    Write("e", "-1");
    return outcome;
  }
  static Outcome Shows(const std::string& path, const std::string& version) {
    return Prints(FirstLine() + "e  enabled   -     -  " + path +
                  "  (not ours)\n" + kNoWords + version);
  }
};

TEST_F(StatusWordsTest, OnlyOfWhatIsAskedFor) {
  MakeScript(kInterpreter, "echo 1.0");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":");
  EXPECT_EQ(Run({"status"}), Prints(FirstLine() + "e  enabled   -     -  " +
                                    kInterpreter + "  (not ours)\n"));
}

TEST_F(StatusWordsTest, RealEmulator) {
  Command command;
  command.path = "/usr/bin/qemu-s390x-static";
  command.argv = {"qemu-s390x-static", "--version"};
  const std::string version = Execute(command).out;
  ASSERT_EQ(Run({"register", "-q", "-c", "yes", "s390x"}), Prints(""));
  EXPECT_EQ(
      RunForVersion({"status", "s390x"}, "version: "),
      Prints(FirstLine() +
             "qemu-s390x  enabled   POCF  s390x  /usr/bin/qemu-s390x-static\n"
             "  P: programs get their own argv[0]\n"
             "  O: programs need not be readable\n"
             "  C: programs with setuid run with their owner's rights\n"
             "  F: interpreter held open since registration\n"
             "  version: " +
             version.substr(0, version.find('\n') + 1)));
}

TEST_F(StatusWordsTest, FirstLineOfTheVersion) {
  MakeScript(kInterpreter, "echo \"$# $1\" >&2; echo more");
  EXPECT_EQ(StatusOf(kInterpreter, "version: "),
            Shows(kInterpreter, "  version: 1 --version\n"));
}

TEST_F(StatusWordsTest, VersionThatDisturbsATerminal) {
  MakeScript(kInterpreter, "printf '\\033[2J" + std::string(300, 'v') + "'");
  EXPECT_EQ(StatusOf(kInterpreter, "version: "),
            Shows(kInterpreter,
                  "  version: \\x1b[2J" + std::string(196, 'v') + "\n"));
}

TEST_F(StatusWordsTest, EmulatorsByTheirNames) {
  for (const std::string name : {"box64", "box86-x", "FEXInterpreter"}) {
    MakeScript("/mnt/" + name, "echo v1");
    EXPECT_EQ(StatusOf("/mnt/" + name, "version: "),
              Shows("/mnt/" + name, "  version: v1\n"));
  }
}

TEST_F(StatusWordsTest, NoOtherProgramIsRun) {
  for (const std::string name : {"python3", "qemu", "myqemu-arm", "fex"}) {
    MakeScript("/mnt/" + name, "echo v1; touch /mnt/ran");
    EXPECT_EQ(StatusOf("/mnt/" + name), Shows("/mnt/" + name, ""));
  }
  ASSERT_EQ(mkdir("/mnt/qemu-7", 0755), 0);
  MakeScript("/mnt/qemu-7/run", "touch /mnt/ran");
  EXPECT_EQ(StatusOf("/mnt/qemu-7/run"), Shows("/mnt/qemu-7/run", ""));
  EXPECT_NE(access("/mnt/ran", F_OK), 0);
}

TEST_F(StatusWordsTest, NoVersionWhereItFails) {
  MakeScript(kInterpreter, "echo v1; exit 1");
  EXPECT_EQ(StatusOf(kInterpreter), Shows(kInterpreter, ""));
}

TEST_F(StatusWordsTest, NoVersionFromOneThatHangs) {
  MakeScript(kInterpreter, "echo v1; sleep 1000");
  EXPECT_EQ(StatusOf(kInterpreter), Shows(kInterpreter, ""));
}

TEST_F(StatusWordsTest, NothingIsRunForQuiet) {
  MakeScript(kInterpreter, "touch /mnt/ran");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":");
  EXPECT_EQ(Run({"status", "-q", "e"}), Prints(""));
  EXPECT_NE(access("/mnt/ran", F_OK), 0);
}

TEST_F(StatusWordsTest, InterpreterThatWasReplaced) {
  MakeScript(kInterpreter, "echo v1");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":F");
  WaitUntilNewFilesAreNewerThan(std::string(kRegistry) + "/e");
  MakeScript("/mnt/new", "echo v2");
  ASSERT_EQ(std::rename("/mnt/new", kInterpreter), 0);
  EXPECT_EQ(
      RunForVersion({"status", "e"}, "version of that file: "),
      Prints(FirstLine() + "e  enabled   F     -  " + kInterpreter +
             "  (not ours)\n"
             "  no P: argv[0] is the program's path\n"
             "  no C: programs with setuid run unprivileged: sudo will fail\n"
             "  F: interpreter held open since registration; the file now at "
             "that path is another one\n"
             "  version of that file: v2\n"));
}

TEST_F(StatusWordsTest, Json) {
  MakeScript(kInterpreter, "echo v1");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":F");
  const Outcome outcome =
      RunForVersion({"status", "--json", "e"}, R"("version":"v1")");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(
      outcome.out.find(
          R"("shadowed_by":null,"older_file":false,"words":[)"
          R"("no P: argv[0] is the program's path",)"
          R"("no C: programs with setuid run unprivileged: sudo will fail",)"
          R"("F: interpreter held open since registration"],"version":"v1"}])"),
      std::string::npos)
      << outcome.out;
}

}  // namespace
}  // namespace binfmtbox_testing
