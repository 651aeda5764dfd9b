// SPDX-License-Identifier: Apache-2.0
// register as users run it.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kSetuidNote[] =
    "binfmt-register: note: sudo and other setuid programs need --credential "
    "yes\n";

// The bytes of the row aarch64, as a record writes them.
constexpr char kAarch64Rule[] =
    "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x02\\x00\\xb7\\x00:"
    "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x00\\x00\\xfe\\xff\\xff\\xff";

std::string Aarch64Record(std::string_view name, std::string_view interpreter,
                          std::string_view flags) {
  return ":" + std::string(name) + ":M::" + kAarch64Rule + ":" +
         std::string(interpreter) + ":" + std::string(flags);
}

// The entry's file with these first lines.
std::string Aarch64Entry(std::string_view interpreter, std::string_view flags) {
  return "enabled\ninterpreter " + std::string(interpreter) +
         "\nflags: " + std::string(flags) +
         "\noffset 0\n"
         "magic 7f454c460201010000000000000000000200b700\n"
         "mask ffffffffffffff000000000000000000feffffff\n";
}

class RegisterTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters(
        "/mnt/qemu",
        {"qemu-aarch64-static", "qemu-arm-static", "qemu-arm",
         "qemu-arm-custom", "qemu-i386-static", "qemu-mips64el-static",
         "qemu-ppc64le-static", "qemu-x86_64-static"});
    Mount();
  }

  // What "all" registers.
  static std::string AllNames() {
    return std::string("qemu-ppc64le qemu-mips64el qemu-aarch64 qemu-arm") +
           (RunsI386() ? "" : " qemu-i486 qemu-i386");
  }

  // "register -Q /mnt/qemu -c no ARGS": without the note about setuid.
  static Outcome Do(const std::vector<std::string>& args,
                    const std::vector<std::string>& env = {}) {
    std::vector<std::string> all = {"register", "-Q", "/mnt/qemu", "-cno"};
    all.insert(all.end(), args.begin(), args.end());
    return Run(all, WithEnv(env));
  }
};

TEST_F(RegisterTest, OneTarget) {
  EXPECT_EQ(Run({"register", "-Q", "/mnt/qemu", "aarch64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n",
                   kSetuidNote));
  EXPECT_EQ(Snapshot(),
            "status: enabled\nqemu-aarch64:\n" +
                Aarch64Entry("/mnt/qemu/qemu-aarch64-static", "PF"));
}

TEST_F(RegisterTest, AgainIsUnchanged) {
  ASSERT_EQ(Do({"aarch64"}).status, 0);
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"register", "-Q", "/mnt/qemu", "aarch64"}),
            Prints("qemu-aarch64: unchanged, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(RegisterTest, EveryVocabularyMeansTheSameEntry) {
  const struct {
    const char* entry;
    std::vector<const char*> words;
  } kCases[] = {
      {"qemu-aarch64",
       {"aarch64", "qemu-aarch64", "qemu-aarch64-static", "arm64",
        "linux/arm64", "linux/arm64/v8", "arm64/v8", "AArch64", "ARM64"}},
      {"qemu-arm",
       {"arm", "qemu-arm", "linux/arm", "linux/arm/v7", "linux/arm/v6", "armhf",
        "armel", "armv7l", "armv6l", "armv7"}},
      {"qemu-mips64el", {"mips64el", "mips64le", "linux/mips64le"}},
      {"qemu-ppc64le", {"ppc64le", "ppc64el", "linux/ppc64le", "powerpc64le"}},
  };
  for (const auto& test : kCases) {
    for (const char* word : test.words) {
      ASSERT_EQ(Do({"-q", word}), Prints("")) << word;
      EXPECT_EQ(EntryNames(), test.entry) << word;
      Write(test.entry, "-1");
    }
  }
}

TEST_F(RegisterTest, AllIsWhatHasAnInterpreterAndIsNotNative) {
  ASSERT_EQ(unlink("/mnt/qemu/qemu-i386-static"), 0);
  EXPECT_EQ(Do({"all"}),
            Prints("qemu-arm: registered, /mnt/qemu/qemu-arm-static, flags PF\n"
                   "qemu-aarch64: registered, /mnt/qemu/qemu-aarch64-static, "
                   "flags PF\n"
                   "qemu-mips64el: registered, "
                   "/mnt/qemu/qemu-mips64el-static, flags PF\n"
                   "qemu-ppc64le: registered, /mnt/qemu/qemu-ppc64le-static, "
                   "flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-ppc64le qemu-mips64el qemu-aarch64 qemu-arm");
}

TEST_F(RegisterTest, WithoutWordsIsAll) {
  ASSERT_EQ(Do({"-q"}).status, 0);
  EXPECT_EQ(EntryNames(), AllNames());
}

// 36 rows, of which x86 is this machine's own, and mostly i386.
TEST_F(RegisterTest, AllWithTheInterpretersOfTheMachine) {
  const Outcome outcome = Run({"register", "all", "-q"});
  EXPECT_EQ(outcome, Prints(""));
  const std::string names = " " + EntryNames() + " ";
  for (const char* name : {"qemu-aarch64", "qemu-arm", "qemu-riscv64",
                           "qemu-s390x", "qemu-mips", "qemu-loongarch64"}) {
    EXPECT_NE(names.find(" " + std::string(name) + " "), std::string::npos)
        << name << " in" << names;
  }
  EXPECT_EQ(names.find(" qemu-x86_64 "), std::string::npos);
  EXPECT_EQ(names.find(" qemu-i386 ") == std::string::npos, RunsI386());
  EXPECT_EQ(EntryText("qemu-aarch64"),
            Aarch64Entry("/usr/bin/qemu-aarch64-static", "PF"));
}

TEST_F(RegisterTest, AllWithoutAnyInterpreter) {
  EXPECT_EQ(Run({"register", "-Q", "/mnt/bin", "all"}),
            Fails(1,
                  "binfmt-register: there is no interpreter for any target in "
                  "/mnt/bin; install qemu-user-static, or name a directory "
                  "with --qemu-path\n"));
}

// "all" does not excuse what was asked for by name.
TEST_F(RegisterTest, AllAndATargetWithoutInterpreter) {
  const Outcome outcome = Do({"-q", "all", "riscv64"});
  EXPECT_EQ(outcome,
            Fails(1,
                  "binfmt-register: qemu-riscv64: "
                  "there is no qemu-riscv64-static, qemu-riscv64 or "
                  "riscv64-binfmt-P in /mnt/qemu; install qemu-user-static, or "
                  "name one with --interpreter\n"));
  EXPECT_EQ(EntryNames(), AllNames());
}

TEST_F(RegisterTest, TargetsOfTheEnvironment) {
  EXPECT_EQ(Do({"-q"}, {"QEMU_TARGET_LIST= arm64,,\tarm ,"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm qemu-aarch64");
}

TEST_F(RegisterTest, TargetsOfTheOtherVariable) {
  EXPECT_EQ(Do({"-q"}, {"qemu_target_list=arm64,arm"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm qemu-aarch64");
}

TEST_F(RegisterTest, UpperCaseVariableComesFirst) {
  EXPECT_EQ(Do({"-q"}, {"qemu_target_list=arm", "QEMU_TARGET_LIST=ppc64el"}),
            Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-ppc64le");
}

TEST_F(RegisterTest, EmptyVariableCountsAsNone) {
  EXPECT_EQ(Do({"-q"}, {"qemu_target_list=arm", "QEMU_TARGET_LIST= , "}),
            Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm");
}

TEST_F(RegisterTest, OperandsBeatTheEnvironment) {
  EXPECT_EQ(Do({"-q", "arm"}, {"QEMU_TARGET_LIST=nonsense"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm");
}

TEST_F(RegisterTest, UnknownTargetInTheEnvironment) {
  EXPECT_EQ(Do({}, {"QEMU_TARGET_LIST=arm,aarch46"}),
            Fails(2,
                  "binfmt-register: unknown target \"aarch46\"; did you mean "
                  "aarch64; see \"binfmtbox register --help\"\n"));
  EXPECT_EQ(EntryNames(), "");
}

// A kernel command line of the test's own, over that of its /proc.
class CmdlineTest : public RegisterTest {
 protected:
  static void Boot(const std::string& line) {
    Forget();
    WriteFile("/mnt/cmdline", line + "\n", 0644);
    ASSERT_EQ(mount("/mnt/cmdline", kFile, nullptr, MS_BIND, nullptr), 0);
  }
  static void Forget() {
    umount2(kFile, MNT_DETACH);
    unlink("/mnt/cmdline");
  }
  void TearDown() override {
    Forget();
    RegisterTest::TearDown();
  }

  static constexpr char kFile[] = "/proc/cmdline";
};

TEST_F(CmdlineTest, Targets) {
  Boot(
      "quiet \"binfmt.targets=mips arm64,arm\" "
      "binfmt.targets=\"armv7l,arm64\"");
  EXPECT_EQ(Do({"-q", "--cmdline"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 qemu-arm");
}

TEST_F(CmdlineTest, IsNotReadUnasked) {
  Boot("binfmt.targets=nonsense binfmt.flags=nonsense");
  EXPECT_EQ(Do({"-q", "arm"}), Prints(""));
  EXPECT_EQ(Do({"-q"}), Prints(""));
}

TEST_F(CmdlineTest, OperandsAndEnvironmentComeFirst) {
  Boot("binfmt.targets=nonsense");
  EXPECT_EQ(Do({"-q", "--cmdline", "arm"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm");
  EXPECT_EQ(Do({"-q", "--cmdline"}, {"qemu_target_list=arm64"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 qemu-arm");
}

TEST_F(CmdlineTest, NothingForUsIsAll) {
  Boot("root=/dev/vda binfmt.target=arm binfmt.targets= -- binfmt.targets=arm");
  const Outcome outcome = Do({"-n"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(Do({"-n", "--cmdline"}), outcome);
}

TEST_F(CmdlineTest, Flags) {
  Boot("binfmt.targets=arm binfmt.flags=CFP");
  EXPECT_EQ(Run({"register", "--cmdline", "-I", kBox}),
            Prints("qemu-arm: registered, /mnt/bin/binfmtbox, flags POCF\n"));
}

TEST_F(CmdlineTest, OptionsBeatFlags) {
  Boot("binfmt.targets=arm binfmt.flags=CFP");
  EXPECT_EQ(Run({"register", "--cmdline", "-I", kBox, "-cno", "-gno", "-pno"}),
            Prints("qemu-arm: registered, /mnt/bin/binfmtbox\n"));
}

TEST_F(CmdlineTest, BadValues) {
  Boot("binfmt.targets=arm,aarch46");
  EXPECT_EQ(Do({"--cmdline"}),
            Fails(2,
                  "binfmt-register: unknown target \"aarch46\"; did you mean "
                  "aarch64; see \"binfmtbox register --help\"\n"));
  Boot("binfmt.targets=arm binfmt.flags=Fc");
  EXPECT_EQ(Do({"--cmdline"}),
            Fails(2,
                  "binfmt-register: unknown flag \"c\" in binfmt.flags= of the "
                  "kernel command line, which takes C, F and P; see "
                  "\"binfmtbox register --help\"\n"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(CmdlineTest, Length) {
  Boot(std::string(65500, 'x') + " binfmt.targets=arm");
  EXPECT_EQ(Do({"-q", "--cmdline"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-arm");
  Boot(std::string(65536, 'x') + " binfmt.targets=arm");
  EXPECT_EQ(Do({"-q", "--cmdline"}),
            Fails(1,
                  "binfmt-register: cannot read /proc/cmdline: File too "
                  "large\n"));
}

// As in an initramfs.
TEST_F(CmdlineTest, WithoutProc) {
  ASSERT_EQ(mkdir("/mnt/root", 0755), 0);
  ASSERT_EQ(link(kBox, "/mnt/root/box"), 0);
  Command command;
  command.root = "/mnt/root";
  command.path = "/box";
  command.argv = {"binfmt-register", "--cmdline", "-n", "-I/box", "arm"};
  EXPECT_EQ(Execute(command),
            Fails(3,
                  "binfmt-register: cannot read /proc/cmdline: No such file or "
                  "directory\n"));
  command.argv = {"binfmt-register", "--cmdline", "--mount", "--userns", "-cno",
                  "-I/box",          "arm"};
  EXPECT_EQ(Execute(command), Prints("qemu-arm: registered, /box, flags F\n"));
}

TEST_F(RegisterTest, TargetTwiceIsOne) {
  EXPECT_EQ(Do({"arm64", "aarch64,linux/arm64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
}

TEST_F(RegisterTest, OneBadAmongMany) {
  const Outcome expected = {
      1,
      "qemu-aarch64: registered, /mnt/qemu/qemu-aarch64-static, flags PF\n"
      "qemu-arm: registered, /mnt/qemu/qemu-arm-static, flags PF\n",
      "binfmt-register: qemu-riscv64: there is no "
      "qemu-riscv64-static, qemu-riscv64 or riscv64-binfmt-P in /mnt/qemu; "
      "install qemu-user-static, or name one with --interpreter\n"};
  EXPECT_EQ(Do({"arm64", "riscv64", "arm"}), expected);
  EXPECT_EQ(EntryNames(), "qemu-arm qemu-aarch64");
}

// The kernel would refuse the one in the middle: its interpreter is open for
// writing (ETXTBSY).
TEST_F(RegisterTest, TheKernelWouldRefuseOneAmongMany) {
  ASSERT_EQ(unlink("/mnt/qemu/qemu-arm-static"), 0);
  WriteFile("/mnt/qemu/qemu-arm-static", ReadFile(kBox), 0755);
  // The shell keeps it open while the box runs.
  Command command;
  command.path = "/bin/sh";
  command.argv = {
      "sh", "-c",
      "exec 9<>/mnt/qemu/qemu-arm-static; /mnt/bin/binfmtbox register "
      "-c no -Q /mnt/qemu -F -static arm64 arm ppc64le"};
  const Outcome expected = {
      1,
      "qemu-aarch64: registered, /mnt/qemu/qemu-aarch64-static, flags PF\n"
      "qemu-ppc64le: registered, /mnt/qemu/qemu-ppc64le-static, flags PF\n",
      "binfmt-register: qemu-arm: interpreter /mnt/qemu/qemu-arm-static is "
      "open for writing; try again when its "
      "writer is done\n"};
  EXPECT_EQ(Execute(command), expected);
  EXPECT_EQ(EntryNames(), "qemu-ppc64le qemu-aarch64");
}

TEST_F(RegisterTest, Interpreter) {
  EXPECT_EQ(Run({"register", "-cno", "-I", kBox, "arm64"}),
            Prints("qemu-aarch64: registered, /mnt/bin/binfmtbox, flags F\n"));
  EXPECT_EQ(EntryText("qemu-aarch64"), Aarch64Entry(kBox, "F"));
}

TEST_F(RegisterTest, InterpreterIsForOneTarget) {
  const Outcome refused =
      Fails(2,
            "binfmt-register: option --interpreter goes with one target; see "
            "\"binfmtbox register --help\"\n");
  EXPECT_EQ(Run({"register", "-I", kBox, "arm", "arm64"}), refused);
  EXPECT_EQ(Run({"register", "-I", kBox, "all"}), refused);
  EXPECT_EQ(Run({"register", "-I", kBox}), refused);
  EXPECT_EQ(EntryNames(), "");
}

// A delimiter that the path does not hold is chosen.
TEST_F(RegisterTest, InterpreterWithTheUsualDelimiter) {
  MakeInterpreters("/mnt/a:b c", {"qemu-arm-static"});
  EXPECT_EQ(Run({"register", "-cno", "-Q/mnt/a:b c", "arm"}),
            Prints("qemu-arm: registered, /mnt/a:b c/qemu-arm-static, flags "
                   "PF\n"));
}

TEST_F(RegisterTest, QemuSuffix) {
  EXPECT_EQ(Do({"-F", "-custom", "arm"}),
            Prints("qemu-arm: registered, /mnt/qemu/qemu-arm-custom, flags "
                   "PF\n"));
  Write("qemu-arm", "-1");
  EXPECT_EQ(Do({"--qemu-suffix=", "arm"}),
            Prints("qemu-arm: registered, /mnt/qemu/qemu-arm, flags PF\n"));
}

TEST_F(RegisterTest, WithoutStaticInTheName) {
  ASSERT_EQ(unlink("/mnt/qemu/qemu-arm-static"), 0);
  EXPECT_EQ(Do({"arm"}),
            Prints("qemu-arm: registered, /mnt/qemu/qemu-arm, flags PF\n"));
}

TEST_F(RegisterTest, DebiansNameOfTheInterpreter) {
  MakeInterpreters("/mnt/debian", {"arm-binfmt-P"});
  EXPECT_EQ(Run({"register", "-cno", "-Q", "/mnt/debian", "arm"}),
            Prints("qemu-arm: registered, /mnt/debian/arm-binfmt-P, flags "
                   "PF\n"));
}

// The same directory, so the same entry.
TEST_F(RegisterTest, QemuPathWithSlashesAtItsEnd) {
  ASSERT_EQ(Do({"arm"}).status, 0);
  for (const char* dir : {"/mnt/qemu/", "/mnt/qemu///"}) {
    EXPECT_EQ(Run({"register", "-Q", dir, "arm"}),
              Prints("qemu-arm: unchanged, /mnt/qemu/qemu-arm-static, flags "
                     "PF\n"));
  }
}

TEST_F(RegisterTest, Flags) {
  const struct {
    std::vector<std::string> options;
    const char* flags;
  } kCases[] = {
      {{"-p", "yes"}, "PF"},
      {{"-p", "no"}, "P"},
      {{"-c", "yes"}, "POCF"},
      {{"-c", "yes", "-p", "no"}, "POC"},
      {{"-g", "yes"}, "PF"},
      {{"-g", "no"}, "F"},
      {{"-g", "auto"}, "PF"},
      {{"--persistent=no", "--credential=no", "--preserve-argv0=no"}, ""},
  };
  for (const auto& test : kCases) {
    std::vector<std::string> args = test.options;
    args.push_back("arm64");
    const std::string shown =
        *test.flags == '\0' ? "" : std::string(", flags ") + test.flags;
    EXPECT_EQ(Do(args), Prints("qemu-aarch64: registered, "
                               "/mnt/qemu/qemu-aarch64-static" +
                               shown + "\n"));
    EXPECT_EQ(EntryText("qemu-aarch64"),
              Aarch64Entry("/mnt/qemu/qemu-aarch64-static", test.flags));
    Write("qemu-aarch64", "-1");
  }
}

TEST_F(RegisterTest, WhatThisMachineRunsItself) {
  EXPECT_EQ(
      Do({"x86_64", "arm"}),
      (Outcome{1,
               "qemu-arm: registered, /mnt/qemu/qemu-arm-static, flags "
               "PF\n",
               "binfmt-register: qemu-x86_64: this machine runs programs for "
               "x86_64 natively, and none of them would start any more\n"}));
  EXPECT_EQ(EntryNames(), "qemu-arm");
}

TEST_F(RegisterTest, IgnoreFamily) {
  EXPECT_EQ(Do({"-i", "yes", "i386"}),
            Prints("qemu-i386: registered, /mnt/qemu/qemu-i386-static, flags "
                   "PF\n"));
}

TEST_F(RegisterTest, IfMissing) {
  // Another tool's, which works in containers, and one which does not.
  Register(Aarch64Record("other", "/mnt/qemu/qemu-arm", "F"));
  ASSERT_EQ(
      Do({"-pno", "arm"}),
      Prints("qemu-arm: registered, /mnt/qemu/qemu-arm-static, flags P\n"));
  constexpr char kOther[] =
      "binfmt-register: note: other takes programs for aarch64 already; left "
      "alone\n";
  EXPECT_EQ(Do({"--if-missing", "-Q/nosuch", "arm64", "x86_64"}),
            Prints("", kOther));
  EXPECT_EQ(EntryNames(), "qemu-arm other");
  // What runs already is enough for all.
  EXPECT_EQ(Do({"--if-missing", "-Q/nosuch", "all"}),
            Prints("",
                   "binfmt-register: note: qemu-arm is there; left alone\n"
                   "binfmt-register: note: 1 of the targets run already; left "
                   "alone\n"));
  EXPECT_EQ(
      Do({"--if-missing", "arm"}),
      Fails(1,
            "binfmt-register: qemu-arm is there and differs: flags P instead "
            "of PF; swap it with --replace\n"));
  // Disabled, it takes nothing.
  Write("other", "0");
  EXPECT_EQ(Do({"--if-missing", "arm64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  Write("other", "1");
  Write("qemu-aarch64", "-1");
  EXPECT_EQ(Do({"--if-missing", "--replace", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 qemu-arm");
}

// Of all targets those are left out, too, whose names are taken, here by an
// entry for e_machine 0xbaab, not 189.
TEST_F(RegisterTest, IfMissingOfAllWhereNamesAreTaken) {
  MakeInterpreters("/mnt/few", {"qemu-arm", "qemu-aarch64", "qemu-microblaze"});
  const auto run = [](std::vector<std::string> args) {
    args.insert(args.begin(), {"register", "-cno", "-Q/mnt/few"});
    return Run(args);
  };
  Register(
      R"(:qemu-microblaze-189:M::\x7f\x45\x4c\x46\x01\x02\x01\x00\x00\x00\x00)"
      R"(\x00\x00\x00\x00\x00\x00\x02\xba\xab:\xff\xff\xff\xff\xff\xff)"
      R"(\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff)"
      R"(:/mnt/qemu/qemu-arm:OPF)");
  Register(":qemu-aarch64:E::arm64::/mnt/qemu/qemu-arm:");
  const std::string foreign = Snapshot();
  constexpr char kArm[] = "qemu-arm: registered, /mnt/few/qemu-arm, flags PF\n";
  const std::string aarch64 =
      "binfmt-register: note: qemu-aarch64 is there; left alone\n";
  const std::string old =
      "binfmt-register: note: 1 of the targets run already; left alone\n";
  EXPECT_EQ(
      run({"--if-missing", "all"}),
      Prints(kArm,
             aarch64 +
                 "binfmt-register: note: qemu-microblaze-189 is there; left "
                 "alone\n" +
                 old));
  EXPECT_EQ(EntryNames(), "qemu-arm qemu-aarch64 qemu-microblaze-189");
  // Ours are taken back, and theirs are as they were.
  EXPECT_EQ(Run({"clear", "--ours"}), Prints("qemu-arm: removed\n"));
  EXPECT_EQ(Snapshot(), foreign);
  // One that was named has to be right.
  const std::string differs =
      "binfmt-register: qemu-microblaze-189 is there and differs: flags POF "
      "instead of PF, interpreter /mnt/qemu/qemu-arm instead of "
      "/mnt/few/qemu-microblaze, another magic; swap it with --replace\n";
  EXPECT_EQ(run({"--if-missing", "microblaze"}), Fails(1, differs));
  EXPECT_EQ(run({"--if-missing", "microblaze", "all"}),
            (Outcome{1, kArm, aarch64 + differs + old}));
  // What is to be replaced is not left alone.
  EXPECT_EQ(run({"--if-missing", "--replace", "all"}).status, 0);
  // What shadowed one target was itself replaced, and stays.
  EXPECT_EQ(EntryNames(),
            "qemu-microblaze-old qemu-microblaze-189 qemu-aarch64 qemu-arm");
  EXPECT_EQ(EntryText("qemu-aarch64"),
            Aarch64Entry("/mnt/few/qemu-aarch64", "PF"));
}

// Entries of a distribution differ in form from ours, and do their work.
TEST_F(RegisterTest, AllLeavesAloneWhatRuns) {
  MakeInterpreters("/mnt/distribution", {"qemu-arm", "qemu-aarch64"});
  MakeInterpreters("/mnt/three", {"qemu-arm", "qemu-aarch64", "qemu-s390x"});
  Register(Aarch64Record("distribution-aarch64",
                         "/mnt/distribution/qemu-aarch64", "OC"));
  Register(R"(:qemu-arm:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00)"
           R"(\x00\x00\x02\x00\x28\x00:\xff\xff\xff\xff\xff\xff\xff\x00)"
           R"(\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff)"
           R"(:/mnt/distribution/qemu-arm:OCF)");
  const std::string before = Snapshot();
  const std::vector<std::string> all = {"register", "-cno", "-Q/mnt/three",
                                        "all"};
  const std::string note =
      "binfmt-register: note: 2 of the targets run already; left alone\n";
  EXPECT_EQ(Run(all),
            Prints("qemu-s390x: registered, /mnt/three/qemu-s390x, flags PF\n",
                   note));
  EXPECT_EQ(Run({"clear", "qemu-s390x"}), Prints("qemu-s390x: removed\n"));
  EXPECT_EQ(Snapshot(), before);
  // One that was named is made as asked.
  EXPECT_EQ(Run({"register", "-q", "-cno", "-Q/mnt/three", "arm"}),
            Fails(1,
                  "binfmt-register: qemu-arm is there and differs: flags OCF "
                  "instead of PF, interpreter /mnt/distribution/qemu-arm "
                  "instead of /mnt/three/qemu-arm; swap it with --replace\n"));
  // What does not run is named.
  Write("qemu-arm", "0");
  EXPECT_EQ(Run(all).status, 1);
  Write("qemu-arm", "1");
  // With --replace, all is made as asked.
  EXPECT_EQ(Run({"register", "-q", "-cno", "--replace", "-Q/mnt/three", "all"}),
            Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 qemu-arm qemu-s390x");
}

TEST_F(RegisterTest, DryRun) {
  EXPECT_EQ(Do({"-n", "arm64", "arm"}),
            Prints("qemu-aarch64: would be registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"
                   "qemu-arm: would be registered, "
                   "/mnt/qemu/qemu-arm-static, flags PF\n"));
  EXPECT_EQ(EntryNames(), "");
  ASSERT_EQ(Do({"arm"}).status, 0);
  const std::string before = Snapshot();
  EXPECT_EQ(Do({"-n", "--replace", "-g", "no", "arm"}),
            Prints("qemu-arm: would be replaced, "
                   "/mnt/qemu/qemu-arm-static, flags F\n"));
  EXPECT_EQ(Do({"-n", "arm"}),
            Prints("qemu-arm: unchanged, /mnt/qemu/qemu-arm-static, flags "
                   "PF\n"));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(RegisterTest, Quiet) {
  EXPECT_EQ(Run({"register", "-q", "-Q", "/mnt/qemu", "arm64"}), Prints(""));
  EXPECT_EQ(Run({"register", "-q", "-Q", "/mnt/qemu", "riscv64"}),
            Fails(1,
                  "binfmt-register: qemu-riscv64: "
                  "there is no qemu-riscv64-static, qemu-riscv64 or "
                  "riscv64-binfmt-P in /mnt/qemu; install qemu-user-static, or "
                  "name one with --interpreter\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64");
}

TEST_F(RegisterTest, Json) {
  EXPECT_EQ(Do({"--json", "arm64", "arm"}),
            Prints("{\"entries\":["
                   "{\"name\":\"qemu-aarch64\",\"target\":\"aarch64\","
                   "\"result\":\"registered\",\"interpreter\":"
                   "\"/mnt/qemu/qemu-aarch64-static\",\"flags\":\"PF\","
                   "\"shadows\":[]},"
                   "{\"name\":\"qemu-arm\",\"target\":\"arm\","
                   "\"result\":\"registered\",\"interpreter\":"
                   "\"/mnt/qemu/qemu-arm-static\",\"flags\":\"PF\","
                   "\"shadows\":[]}]}\n"));
}

TEST_F(RegisterTest, MountsFirst) {
  ASSERT_EQ(umount2(kRegistry, 0), 0);
  const Outcome refused = Do({"--mount", "arm64"});
  EXPECT_EQ(refused,
            Fails(5,
                  "binfmt-register: this is a user namespace of its own: a "
                  "mount hides the host's handlers here for good; if that is "
                  "what you want, add --userns\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Do({"--mount", "--userns", "-n", "arm64"}),
            Prints("qemu-aarch64: would be registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Do({"--mount", "--userns", "arm64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(Do({"--mount", "arm64"}),
            Prints("qemu-aarch64: unchanged, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
}

TEST_F(RegisterTest, MountsFirstInARootWithoutProc) {
  ASSERT_EQ(umount2(kRegistry, 0), 0);
  ASSERT_EQ(mkdir("/mnt/root", 0755), 0);
  MakeInterpreters("/mnt/root/bin", {"qemu-arm", "binfmtbox"});
  Command command;
  command.root = "/mnt/root";
  command.path = "/bin/binfmtbox";
  command.argv = {"binfmt-register", "--mount", "--userns", "-cno",
                  "-Q/bin",          "all"};
  EXPECT_EQ(Execute(command),
            Prints("qemu-arm: registered, /bin/qemu-arm, flags PF\n"));
  command.argv = {"binfmt-status", "-q", "arm"};
  EXPECT_EQ(Execute(command), Prints(""));
}

TEST_F(RegisterTest, RegistersWhereDirSays) {
  ASSERT_EQ(umount2(kRegistry, 0), 0);
  ASSERT_EQ(mkdir("/mnt/registry", 0755), 0);
  Mount("/mnt/registry");
  EXPECT_EQ(Do({"-D", "/mnt/registry", "arm64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(Snapshot("/mnt/registry"),
            "status: enabled\nqemu-aarch64:\n" +
                Aarch64Entry("/mnt/qemu/qemu-aarch64-static", "PF"));
}

TEST_F(RegisterTest, ReplaceKeepsCredentials) {
  Register(Aarch64Record("qemu-aarch64", "/usr/bin/old", "C"));
  EXPECT_EQ(Run({"register", "-Q", "/mnt/qemu", "--replace", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags POCF\n"));
  EXPECT_EQ(Snapshot(),
            "status: enabled\nqemu-aarch64:\n" +
                Aarch64Entry("/mnt/qemu/qemu-aarch64-static", "POCF"));
  EXPECT_EQ(Do({"--replace", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
}

TEST_F(RegisterTest, ReplaceOfWhatIsEqual) {
  ASSERT_EQ(Do({"arm64"}).status, 0);
  EXPECT_EQ(Do({"--replace", "arm64"}),
            Prints("qemu-aarch64: unchanged, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
}

TEST_F(RegisterTest, ReplaceWithoutOldEntry) {
  EXPECT_EQ(Do({"--replace", "arm64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
}

TEST_F(RegisterTest, ReplaceEnablesADisabledEntry) {
  ASSERT_EQ(Do({"arm64"}).status, 0);
  Write("qemu-aarch64", "0");
  EXPECT_EQ(Do({"arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64 is there and differs: state "
                  "disabled instead of enabled; swap it with --replace\n"));
  EXPECT_EQ(Do({"--replace", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(EntryText("qemu-aarch64"),
            Aarch64Entry("/mnt/qemu/qemu-aarch64-static", "PF"));
}

TEST_F(RegisterTest, ReplaceTakesOutAnEntryOfAnotherName) {
  Register(Aarch64Record("mine", "/usr/bin/old", ""));
  EXPECT_EQ(Do({"arm64"}),
            Fails(1,
                  "binfmt-register: the entry mine takes the files that "
                  "qemu-aarch64 is for; take it out with --replace, or "
                  "register in front of it with --override\n"));
  EXPECT_EQ(Do({"--replace", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64");
}

// A run that was killed in a replacement leaves its helper behind.
TEST_F(RegisterTest, TakesOutTheHelperOfARunThatDied) {
  const std::string interpreter = "/mnt/qemu/qemu-aarch64-static";
  Register(Aarch64Record("qemu-aarch64.binfmtbox-00c0ffee", interpreter, "PF"));
  EXPECT_EQ(Do({"arm64"}), Prints("qemu-aarch64: registered, " + interpreter +
                                  ", flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64");
  Register(Aarch64Record("qemu-aarch64.binfmtbox-00c0ffee", interpreter, "PF"));
  EXPECT_EQ(Do({"arm64"}),
            Prints("qemu-aarch64: unchanged, " + interpreter + ", flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64");
}

TEST_F(RegisterTest, OverrideGoesInFrontOfAnEntryOfAnotherName) {
  Register(Aarch64Record("mine", "/usr/bin/old", ""));
  EXPECT_EQ(Do({"--override", "arm64"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF, shadows mine\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 mine");
  EXPECT_EQ(Do({"--override", "arm64"}),
            Prints("qemu-aarch64: unchanged, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF, shadows mine\n"));
}

TEST_F(RegisterTest, OverrideComesInFrontAgain) {
  ASSERT_EQ(Do({"arm64"}).status, 0);
  Register(Aarch64Record("mine", "/usr/bin/old", ""));
  EXPECT_EQ(EntryNames(), "mine qemu-aarch64");
  EXPECT_EQ(Do({"--override", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF, shadows mine\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 mine");
}

TEST_F(RegisterTest, ReplaceAndOverrideSwapsItsOwnAndLeavesOthers) {
  Register(Aarch64Record("qemu-aarch64", "/usr/bin/old", ""));
  Register(Aarch64Record("mine", "/usr/bin/old", ""));
  EXPECT_EQ(Do({"--replace", "--override", "arm64"}),
            Prints("qemu-aarch64: replaced, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF, shadows mine\n"));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 mine");
}

TEST_F(RegisterTest, ADisabledEntryOfAnotherNameIsNoObstacle) {
  Register(Aarch64Record("mine", "/usr/bin/old", ""));
  Write("mine", "0");
  EXPECT_EQ(Do({"arm64"}), Prints("qemu-aarch64: registered, "
                                  "/mnt/qemu/qemu-aarch64-static, flags PF\n"));
}

TEST_F(RegisterTest, LeavesABinfmtDFileForEachRecord) {
  EXPECT_EQ(Do({"--binfmt-d", "/mnt/binfmt.d/", "aarch64", "arm"}),
            Prints("qemu-aarch64: registered, "
                   "/mnt/qemu/qemu-aarch64-static, flags PF\n"
                   "qemu-arm: registered, /mnt/qemu/qemu-arm-static, "
                   "flags PF\n"));
  EXPECT_EQ(ReadFile("/mnt/binfmt.d/zz-binfmtbox-qemu-aarch64.conf"),
            ":qemu-aarch64:M:0:\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00"
            "\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
            "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00"
            "\\x00\\x00\\x00\\x00\\xfe\\xff\\xff\\xff:"
            "/mnt/qemu/qemu-aarch64-static:PF\n");
  EXPECT_EQ(access("/mnt/binfmt.d/zz-binfmtbox-qemu-arm.conf", R_OK), 0);
  // What a flush took away, the files bring back.
  const std::string before = Snapshot();
  ASSERT_EQ(Run({"clear", "--all"}).status, 0);
  EXPECT_EQ(
      Run({"register", "--file", "/mnt/binfmt.d/zz-binfmtbox-qemu-aarch64.conf",
           "--file", "/mnt/binfmt.d/zz-binfmtbox-qemu-arm.conf"})
          .status,
      0);
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(RegisterTest, BinfmtDFileOfAnUnchangedEntryIsWrittenAnew) {
  ASSERT_EQ(Do({"arm"}).status, 0);
  ASSERT_EQ(Do({"--dry-run", "--binfmt-d", "/mnt/binfmt.d", "arm"}).status, 0);
  EXPECT_NE(access("/mnt/binfmt.d", F_OK), 0);
  ASSERT_EQ(Do({"--binfmt-d", "/mnt/binfmt.d", "arm"}).status, 0);
  EXPECT_EQ(access("/mnt/binfmt.d/zz-binfmtbox-qemu-arm.conf", R_OK), 0);
}

TEST_F(RegisterTest, BinfmtDFileThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(Do({"--binfmt-d", "/mnt/no/such", "arm"}),
            Outcome({1,
                     "qemu-arm: registered, /mnt/qemu/qemu-arm-static, "
                     "flags PF\n",
                     "binfmt-register: cannot write "
                     "/mnt/no/such/zz-binfmtbox-qemu-arm.conf: No such file or "
                     "directory; make the directory above it; qemu-arm is "
                     "registered, and lost when systemd-binfmt starts\n"}));
  EXPECT_EQ(Do({"--binfmt-d", "run", "arm"}).status, 2);
  EXPECT_EQ(Run({"register", "--binfmt-d", "/mnt", "--rule",
                 ":a\nb:M::abcd::/mnt/qemu/qemu-arm-static:F"})
                .err,
            "binfmt-register: a\\x0ab: a file of this format can't hold it; "
            "a\\x0ab is registered, and lost when systemd-binfmt starts\n");
}

// What systemd-binfmt and update-binfmts do when they start. Their folders
// are the test's own.
class RivalsTest : public RegisterTest {
 protected:
  void SetUp() override {
    RegisterTest::SetUp();
    for (const char* folder : kHidden) {
      ASSERT_EQ(mount("none", folder, "tmpfs", 0, "mode=755"), 0) << folder;
    }
    for (const char* folder :
         {"/etc/binfmt.d", "/run/binfmt.d", "/usr/lib/binfmt.d",
          "/usr/share/binfmts", "/var/lib"}) {
      ASSERT_EQ(mkdir(folder, 0755), 0) << folder;
    }
  }

  void TearDown() override {
    for (const char* folder : kHidden) umount2(folder, MNT_DETACH);
    RegisterTest::TearDown();
  }

  // What registering arm with a file in DIR complains of.
  static std::string Complaint(const std::string& dir = "/run/binfmt.d") {
    return Run({"register", "-cno", "-q", "--binfmt-d", dir, "-Q", "/mnt/qemu",
                "arm"})
        .err;
  }

  static std::string Lost(const std::string& why) {
    return "binfmt-register: qemu-arm is registered, and lost when " + why +
           "\n";
  }

  static std::string ReadAfter(const std::string& name) {
    return Lost("systemd-binfmt starts, which reads /usr/lib/binfmt.d/" + name +
                " after it; mask that with: ln -s /dev/null /etc/binfmt.d/" +
                name);
  }

  static std::string Differs(const std::string& path) {
    return Lost("update-binfmts starts, whose " + path +
                " differs; write ours there with --debian, then "
                "update-binfmts --import " +
                path.substr(path.rfind('/') + 1));
  }

  static constexpr const char* kHidden[] = {"/etc", "/run", "/usr/lib",
                                            "/usr/share", "/var"};
  static constexpr char kFile[] = "/run/binfmt.d/zz-binfmtbox-qemu-arm.conf";
  static constexpr char kOther[] = ":qemu-arm:M::other::/usr/bin/other:F";
};

TEST_F(RivalsTest, ADistributionsFileComesBefore) {
  WriteFile("/usr/lib/binfmt.d/qemu-arm.conf", kOther, 0644);
  EXPECT_EQ(Complaint(), "");
  EXPECT_EQ(access(kFile, F_OK), 0);
  // --system reads them as systemd-binfmt does.
  const std::string before = Snapshot();
  ASSERT_EQ(Run({"clear", "-q", "--all"}).status, 0);
  ASSERT_EQ(Run({"register", "-q", "--system"}).status, 0);
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(RivalsTest, AFileThatComesAfter) {
  WriteFile("/usr/lib/binfmt.d/zzz.conf", kOther, 0644);
  EXPECT_EQ(Complaint(), ReadAfter("zzz.conf"));
  EXPECT_NE(access(kFile, F_OK), 0);
  ASSERT_EQ(symlink("/dev/null", "/etc/binfmt.d/zzz.conf"), 0);
  EXPECT_EQ(Complaint(), "");
  // Where it masks others, it cannot be masked.
  WriteFile("/etc/binfmt.d/zzzz.conf", kOther, 0644);
  EXPECT_EQ(Complaint(), Lost("systemd-binfmt starts, which reads "
                              "/etc/binfmt.d/zzzz.conf after it; remove it"));
  ASSERT_EQ(unlink("/etc/binfmt.d/zzzz.conf"), 0);
  // One that takes all files of the entry, by another name.
  WriteFile("/usr/lib/binfmt.d/zzzz.conf",
            "# disabled: :qemu-arm:M::other::/usr/bin/other:F\n"
            ":other:M::\\x7fELF::/usr/bin/other:",
            0644);
  EXPECT_EQ(Complaint(), ReadAfter("zzzz.conf"));
  WriteFile("/usr/lib/binfmt.d/zzzz.conf", ReadFile(kFile), 0644);
  EXPECT_EQ(Complaint(), "");
}

TEST_F(RivalsTest, AFileForFewerOfItsPrograms) {
  // The mask of QEMU and Debian compares more of e_ident than ours.
  WriteFile("/usr/lib/binfmt.d/zzz.conf",
            ":other:M::\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00"
            "\\x00\\x00\\x00\\x02\\x00\\x28\\x00:\\xff\\xff\\xff\\xff\\xff"
            "\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe"
            "\\xff\\xff\\xff:/usr/bin/other:F",
            0644);
  EXPECT_EQ(Complaint(), ReadAfter("zzz.conf"));
}

// What could not be read is not taken for nothing.
TEST_F(RivalsTest, FilesThatCannotBeRead) {
  const std::string start =
      "binfmt-register: qemu-arm is registered, and whether that lasts cannot "
      "be told: cannot ";
  WriteFile("/usr/lib/binfmt.d/zzz.conf",
            std::string(1100000, '#') + "\n" + kOther, 0644);
  EXPECT_EQ(Complaint(),
            start + "read /usr/lib/binfmt.d/zzz.conf: File too large\n");
  ASSERT_EQ(unlink("/usr/lib/binfmt.d/zzz.conf"), 0);
  ASSERT_EQ(symlink("/nowhere", "/usr/lib/binfmt.d/zzz.conf"), 0);
  EXPECT_EQ(Complaint(), "");
  for (int i = 0; i <= 4096; ++i) {
    WriteFile("/usr/lib/binfmt.d/" + std::to_string(i), "", 0644);
  }
  EXPECT_EQ(Complaint(), start + "list /usr/lib/binfmt.d: File too large\n");
}

TEST_F(RivalsTest, AFileOfItsNameInADirectoryThatCounts) {
  EXPECT_EQ(Complaint("/etc/binfmt.d"), "");
  EXPECT_EQ(Complaint(),
            Lost("systemd-binfmt starts, which reads "
                 "/etc/binfmt.d/zz-binfmtbox-qemu-arm.conf in place of a file "
                 "in /run/binfmt.d; remove it"));
  EXPECT_EQ(Complaint("/etc/binfmt.d"), "");
  // Where nobody knows what will be beside it.
  WriteFile("/usr/lib/binfmt.d/zzz.conf", kOther, 0644);
  EXPECT_EQ(Complaint("/mnt/files"), "");
}

TEST_F(RivalsTest, TheDatabaseOfUpdateBinfmts) {
  const std::string imported = "/usr/share/binfmts/qemu-arm";
  WriteFile(imported, "interpreter /usr/bin/other\nmagic other\n", 0644);
  // Nothing imports it.
  EXPECT_EQ(Complaint(), "");
  ASSERT_EQ(mkdir("/var/lib/binfmts", 0755), 0);
  EXPECT_EQ(Complaint(), Differs(imported));
  ASSERT_EQ(
      Run({"register", "-q", "--debian", "-cno", "-Q", "/mnt/qemu", "arm"})
          .status,
      0);
  EXPECT_EQ(Complaint(), "");
  const std::string database = "/var/lib/binfmts/qemu-arm";
  WriteFile(database, "a\nmagic\n0\nother\n\n/usr/bin/other\n\nyes\nno\nyes\n",
            0644);
  EXPECT_EQ(Complaint(), Differs(database));
  ASSERT_EQ(unlink(database.c_str()), 0);
  WriteFile("/var/lib/binfmts/jar",
            "a\nextension\n0\njar\n\n/usr/bin/other\n\n\n\n\n", 0644);
  EXPECT_EQ(Complaint(), "");
}

// After switch_root the file is gone, and the kernel still has it.
class HeldInterpreterTest : public RegisterTest {
 protected:
  void SetUp() override {
    RegisterTest::SetUp();
    MakeInterpreters("/mnt/gone", {"qemu-aarch64-static"});
    ASSERT_EQ(Do({}), Prints("qemu-aarch64: registered, "
                             "/mnt/gone/qemu-aarch64-static, flags PF\n"));
    ASSERT_EQ(unlink("/mnt/gone/qemu-aarch64-static"), 0);
  }

  // "register -Q /mnt/gone -c no ARGS aarch64"
  static Outcome Do(std::vector<std::string> args) {
    args.insert(args.begin(), {"register", "-Q", "/mnt/gone", "-c", "no"});
    args.push_back("aarch64");
    return Run(args);
  }

  static Outcome Unchanged() {
    return Prints(
        "qemu-aarch64: unchanged, /mnt/gone/qemu-aarch64-static, "
        "flags PF\n");
  }
};

TEST_F(HeldInterpreterTest, WhatIsThereIsUnchanged) {
  EXPECT_EQ(Do({}), Unchanged());
  EXPECT_EQ(Do({"--replace"}), Unchanged());
  EXPECT_EQ(Run({"register", "-c", "no", "-I", "/mnt/gone/qemu-aarch64-static",
                 "aarch64"}),
            Unchanged());
  EXPECT_EQ(Run({"register", "-c", "no", "-Q", "/mnt/gone", "all"}),
            Unchanged());
  const std::string record =
      Aarch64Record("qemu-aarch64", "/mnt/gone/qemu-aarch64-static", "PF");
  EXPECT_EQ(Run({"register", "--rule", record}), Unchanged());
}

TEST_F(HeldInterpreterTest, WhatDiffersNeedsTheFile) {
  const std::string before = Snapshot();
  EXPECT_EQ(Do({"-g", "no"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64 is there and differs: flags "
                  "PF instead of F; swap it with --replace\n"));
  EXPECT_EQ(Do({"-g", "no", "--replace"}).status, 1);
  EXPECT_EQ(Run({"register", "-c", "no", "-Q", "/mnt/other", "aarch64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: there is no "
                  "qemu-aarch64-static, qemu-aarch64 or aarch64-binfmt-P in "
                  "/mnt/other; install qemu-user-static, or name one with "
                  "--interpreter\n"));
  const std::string rule =
      Aarch64Record("qemu-aarch64", "/mnt/gone/qemu-aarch64-static", "F");
  EXPECT_EQ(Run({"register", "--rule", rule}).status, 1);
  EXPECT_EQ(Snapshot(), before);
}

// QEMU knows flag P since 6.0. An older one that gets it hands every
// program one argument too many.
TEST_F(RegisterTest, FlagPByTheVersionInTheEmulator) {
  const auto flags = [](std::string_view version) {
    WriteFile("/mnt/qemu-arm", WithConstants(NativeProgram(0), version), 0755);
    const std::string out =
        Run({"register", "-n", "-c", "no", "-I", "/mnt/qemu-arm", "arm"}).out;
    return out.substr(out.find("flags"));
  };
  EXPECT_EQ(flags("qemu-arm version 4.2.1 (Debian 1:4.2-3ubuntu6)"),
            "flags F\n");
  EXPECT_EQ(flags("qemu-arm version 5.2.0 (Debian 1:5.2+dfsg-11+deb11u3)"),
            "flags F\n");
  EXPECT_EQ(flags("qemu-arm version 6.0.0\n"), "flags PF\n");
  EXPECT_EQ(flags("qemu-arm version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)"),
            "flags PF\n");
  EXPECT_EQ(flags("ELF class version 1"), "flags PF\n");
  // A wrapper's emulator does not see the kernel's flags.
  WriteFile("/mnt/qemu-arm", "#!/bin/sh\nexec /usr/bin/qemu-arm \"$@\"\n",
            0755);
  EXPECT_EQ(Run({"register", "-n", "-c", "no", "-p", "no", "-I",
                 "/mnt/qemu-arm", "arm"}),
            Prints("qemu-arm: would be registered, /mnt/qemu-arm\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
