// SPDX-License-Identifier: Apache-2.0
// What status says of an entry in words.
#include <sys/mount.h>
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

  // Returns what status shows of the entry e with PATH as interpreter.
  static Outcome StatusOf(const std::string& path) {
    Register(":e:M::MZ::" + path + ":");
    const Outcome outcome = Run({"status", "e"});
    Write("e", "-1");
    return outcome;
  }
  static Outcome Shows(const std::string& path) {
    return Prints(FirstLine() + "e  enabled   -     -  " + path +
                  "  (not ours)\n" + kNoWords);
  }
};

TEST_F(StatusWordsTest, OnlyOfWhatIsAskedFor) {
  MakeScript(kInterpreter, "echo 1.0");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":");
  EXPECT_EQ(Run({"status"}), Prints(FirstLine() + "e  enabled   -     -  " +
                                    kInterpreter + "  (not ours)\n"));
}

TEST_F(StatusWordsTest, RealEmulator) {
  ASSERT_EQ(Run({"register", "-q", "-c", "yes", "s390x"}), Prints(""));
  EXPECT_EQ(
      Run({"status", "s390x"}),
      Prints(FirstLine() +
             "qemu-s390x  enabled   POCF  s390x  /usr/bin/qemu-s390x-static\n"
             "  P: programs get their own argv[0]\n"
             "  O: programs need not be readable\n"
             "  C: programs with setuid run with their owner's rights\n"
             "  F: interpreter held open since registration\n"));
}

TEST_F(StatusWordsTest, NoProgramIsRun) {
  for (const std::string name :
       {"python3", "qemu", "qemu-arm", "box64", "fex"}) {
    MakeScript("/mnt/" + name, "echo v1; touch /mnt/ran");
    EXPECT_EQ(StatusOf("/mnt/" + name), Shows("/mnt/" + name));
  }
  ASSERT_EQ(mkdir("/mnt/qemu-7", 0755), 0);
  MakeScript("/mnt/qemu-7/run", "touch /mnt/ran");
  EXPECT_EQ(StatusOf("/mnt/qemu-7/run"), Shows("/mnt/qemu-7/run"));
  EXPECT_NE(access("/mnt/ran", F_OK), 0);
}

TEST_F(StatusWordsTest, NothingIsRunForQuiet) {
  MakeScript(kInterpreter, "touch /mnt/ran");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":");
  EXPECT_EQ(Run({"status", "-q", "e"}), Prints(""));
  EXPECT_NE(access("/mnt/ran", F_OK), 0);
}

TEST_F(StatusWordsTest, InterpreterThatWasReplaced) {
  MakeScript(kInterpreter, "echo v1");
  MakeScript("/mnt/old", "echo v2");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":F");
  ASSERT_EQ(std::rename("/mnt/old", kInterpreter), 0);
  EXPECT_EQ(
      Run({"status", "e"}),
      Prints(FirstLine() + "e  enabled   F     -  " + kInterpreter +
             "  (not ours)\n"
             "  no P: argv[0] is the program's path\n"
             "  no C: programs with setuid run unprivileged: sudo will fail\n"
             "  F: interpreter held open since registration; the file now at "
             "that path is another one\n"));
}

// One of overlayfs may be held through another one's layers.
TEST_F(StatusWordsTest, InterpreterOfWhichNobodyCanTell) {
  for (const char* dir : {"/mnt/o", "/mnt/o/l", "/mnt/o/u", "/mnt/o/w"}) {
    ASSERT_EQ(mkdir(dir, 0755), 0);
  }
  for (const char* name : {"/mnt/o/l/v1", "/mnt/o/l/v2"}) {
    MakeScript(name, "echo v");
  }
  ASSERT_EQ(mount("none", "/mnt/o", "overlay", 0,
                  "lowerdir=/mnt/o/l,upperdir=/mnt/o/u,workdir=/mnt/o/w"),
            0);
  ASSERT_EQ(symlink("/mnt/o/v1", kInterpreter), 0);
  Register(std::string(":e:M::MZ::") + kInterpreter + ":F");
  ASSERT_EQ(unlink(kInterpreter), 0);
  ASSERT_EQ(symlink("/mnt/o/v2", kInterpreter), 0);
  const std::string out = Run({"status", "e"}).out;
  EXPECT_NE(out.find("whether it is the file now at that path can't be told"),
            std::string::npos)
      << out;
  EXPECT_NE(Run({"status", "--json", "e"}).out.find("\"older_file\":null,"),
            std::string::npos);
  ASSERT_EQ(umount2("/mnt/o", MNT_DETACH), 0);
}

TEST_F(StatusWordsTest, Json) {
  MakeScript(kInterpreter, "echo v1");
  Register(std::string(":e:M::MZ::") + kInterpreter + ":F");
  const Outcome outcome = Run({"status", "--json", "e"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(
      outcome.out.find(
          R"("shadowed_by":null,"older_file":false,"words":[)"
          R"("no P: argv[0] is the program's path",)"
          R"("no C: programs with setuid run unprivileged: sudo will fail",)"
          R"("F: interpreter held open since registration"]}])"),
      std::string::npos)
      << outcome.out;
}

}  // namespace
}  // namespace binfmtbox_testing
