// SPDX-License-Identifier: Apache-2.0
// What it is all for: programs for other processors, started by their names,
// through the handlers that the product registered. The programs are the
// product itself, built for them; the emulators are qemu-user-static's.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

struct Architecture {
  const char* product;
  const char* target;
  const char* triple;
};

constexpr Architecture kArchitectures[] = {
    {"arm64", "aarch64", "aarch64-linux-musl"},
    {"armv7", "arm", "armv7-linux-musl"},
    {"riscv64", "riscv64", "riscv64-linux-musl"},
};

void PrintTo(const Architecture& architecture, std::ostream* stream) {
  *stream << architecture.product;
}

constexpr char kProgram[] = "/mnt/foreign/binfmtbox";
constexpr char kAppletLink[] = "/mnt/foreign/binfmt-status";

class ForeignProgramTest : public ProgramTest,
                           public testing::WithParamInterface<Architecture> {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(mkdir("/mnt/foreign", 0755), 0);
    WriteFile(kProgram, ReadFile(ProductPath(GetParam().product)), 0755);
    ASSERT_EQ(symlink("binfmtbox", kAppletLink), 0);
    Mount();
    ASSERT_EQ(RunForeign({"binfmtbox"}).status, -ENOEXEC)
        << "this machine runs it natively";
  }

  // Has the product register the emulator of the machine, with OPTIONS.
  static void RegisterEmulator(const std::vector<std::string>& options = {}) {
    std::vector<std::string> args = {"register", "-c", "no", GetParam().target};
    args.insert(args.end(), options.begin(), options.end());
    const Outcome outcome = Run(args);
    ASSERT_EQ(outcome.status, 0) << testing::PrintToString(outcome);
  }

  static Outcome RunForeign(const std::vector<std::string>& argv) {
    Command command;
    command.path = kProgram;
    command.argv = argv;
    return Execute(command);
  }

  // In a root that holds the foreign program and nothing else.
  static Outcome RunForeignInEmptyRoot(const std::vector<std::string>& argv) {
    Command command;
    command.root = "/mnt/foreign";
    command.path = "/binfmtbox";
    command.argv = argv;
    return Execute(command);
  }

  static std::string BuiltFor() {
    return std::string("\nbuilt for ") + GetParam().triple + "\n";
  }
};

TEST_P(ForeignProgramTest, Runs) {
  RegisterEmulator();
  const Outcome outcome = RunForeign({"binfmtbox", "--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out.find(BuiltFor()), std::string::npos) << outcome.out;
  // One source, one table: all else is as the native product says.
  const std::string native = Run({"--version"}).out;
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find("built for")),
            native.substr(0, native.find("built for")));
}

TEST_P(ForeignProgramTest, ExitStatusAndErrorsArrive) {
  RegisterEmulator();
  EXPECT_EQ(RunForeign({"binfmtbox", "frobnicate"}),
            Fails(127,
                  "binfmtbox: there is no applet \"frobnicate\"; see "
                  "\"binfmtbox --list\"\n"));
  EXPECT_EQ(RunForeign({"binfmtbox", "status", "--frobnicate"}),
            Fails(2,
                  "binfmt-status: unknown option \"--frobnicate\"; see "
                  "\"binfmtbox status --help\"\n"));
}

TEST_P(ForeignProgramTest, AppletByTheNameOfALink) {
  RegisterEmulator();
  Command command;
  command.path = kAppletLink;
  command.argv = {"binfmt-status"};
  const Outcome native = Run({"status"});
  EXPECT_EQ(Execute(command), native);
  EXPECT_NE(native.out.find(std::string("qemu-") + GetParam().target),
            std::string::npos);
}

// Flag P: argv[0] need not be the path.
TEST_P(ForeignProgramTest, AppletByArgv0Alone) {
  RegisterEmulator();
  EXPECT_EQ(RunForeign({"binfmt-status"}), Run({"status"}));
}

// Flag F: the kernel holds the emulator open.
TEST_P(ForeignProgramTest, RunsInARootWithoutTheEmulator) {
  RegisterEmulator();
  const Outcome outcome = RunForeignInEmptyRoot({"binfmtbox", "--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out.find(BuiltFor()), std::string::npos) << outcome.out;
}

TEST_P(ForeignProgramTest, NeedsTheEmulatorInTheRootWithoutFlagF) {
  RegisterEmulator({"-p", "no"});
  EXPECT_EQ(RunForeign({"binfmtbox", "--list"}),
            Prints("mount\nregister\nstatus\nclear\nrun\n"));
  EXPECT_EQ(RunForeignInEmptyRoot({"binfmtbox", "--list"}).status, -ENOENT);
}

TEST_P(ForeignProgramTest, StopsWhenTheEntryIsSwitchedOffOrCleared) {
  RegisterEmulator();
  EXPECT_EQ(RunForeign({"binfmtbox", "--list"}).status, 0);
  ASSERT_EQ(Run({"clear", "-q", "--disable", GetParam().target}), Prints(""));
  EXPECT_EQ(RunForeign({"binfmtbox", "--list"}).status, -ENOEXEC);
  ASSERT_EQ(Run({"clear", "-q", "--enable", GetParam().target}), Prints(""));
  EXPECT_EQ(RunForeign({"binfmtbox", "--list"}).status, 0);
  ASSERT_EQ(Run({"clear", "-q", GetParam().target}), Prints(""));
  EXPECT_EQ(RunForeign({"binfmtbox", "--list"}).status, -ENOEXEC);
}

// The other way round: the foreign product manages this machine's registry.
TEST_P(ForeignProgramTest, ManagesTheRegistry) {
  RegisterEmulator();
  Register(":jar:E::jar::/usr/bin/jexec:");
  EXPECT_EQ(RunForeign({"binfmtbox", "clear", "--disable", "jar"}),
            Prints("jar: disabled\n"));
  EXPECT_EQ(RunForeign({"binfmtbox", "status"}), Run({"status"}));
  EXPECT_EQ(RunForeign({"binfmtbox", "clear", "jar"}),
            Prints("jar: removed\n"));
}

// QEMU 7.2 knows no execveat(2), and its children share no memory. With one
// that does, the machine's own kernel is asked, which knows the interpreters.
TEST_P(ForeignProgramTest, CanAskTheMachineUnderAnEmulatorOrSaysSo) {
  RegisterEmulator();
  const Outcome outcome = RunForeign({"binfmtbox", "register", "-n", "mips"});
  if (outcome.status == 0) {
    EXPECT_EQ(outcome, Prints("qemu-mips: would be registered, "
                              "/usr/bin/qemu-mips-static, flags PF\n"));
    return;
  }
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "binfmt-register: cannot find out what this machine runs natively, "
            "since this program runs under an emulator; take the "
            "build for this machine\n");
}

// The machine's own programs run, whatever this program was built for.
TEST_P(ForeignProgramTest, KnowsWhatTheMachineRuns) {
  RegisterEmulator();
  EXPECT_EQ(RunForeign({"binfmtbox", "status", "--match", kBox}),
            Run({"status", "--match", kBox}));
  EXPECT_EQ(RunForeign({"binfmtbox", "status", "--match", kProgram}),
            Run({"status", "--match", kProgram}));
  EXPECT_EQ(RunForeign({"binfmtbox", "status", "amd64"}),
            Run({"status", "amd64"}));
  const Outcome outcome = RunForeign({"binfmtbox", "status", "--platforms"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.out.find("\"linux/amd64\""), std::string::npos)
      << outcome.out;
  EXPECT_EQ(RunForeign({"binfmtbox", "status", "s390x"}).err,
            Run({"status", "s390x"}).err);
}

// Since QEMU 10 a 32-bit system gets no emulator for 64-bit programs.
TEST_P(ForeignProgramTest, AdviceFitsTheSystem) {
  RegisterEmulator();
  const bool is_32bit = std::string(GetParam().product) == "armv7";
  const auto text = [](std::string_view entry, std::string_view file,
                       std::string_view advice) {
    return Fails(1, "binfmt-register: " + std::string(entry) +
                        ": there is no " + std::string(file) +
                        " in /mnt/none; install " + std::string(advice) +
                        ", or name one with --interpreter\n");
  };
  const std::vector<std::string> common = {"binfmtbox", "register", "-n", "-Q",
                                           "/mnt/none"};
  const auto run = [&](std::vector<std::string> args) {
    args.insert(args.begin(), common.begin(), common.end());
    return RunForeign(args);
  };
  const std::string old = is_32bit ? " older than QEMU 10, which runs no "
                                     "64-bit programs on a 32-bit system"
                                   : "";
  EXPECT_EQ(run({"-F", "", "s390x"}),
            text("qemu-s390x", "qemu-s390x", "qemu-user-static" + old));
  EXPECT_EQ(run({"-F", "", "m68k"}),
            text("qemu-m68k", "qemu-m68k", "qemu-user-static"));
  EXPECT_EQ(run({"--emulator", "box64", "x86_64"}),
            text("x86_64", "box64",
                 is_32bit ? "box64, which needs a 64-bit system" : "box64"));
  EXPECT_EQ(run({"--emulator", "box86", "i386"}),
            text("x86", "box86", "box86"));
}

INSTANTIATE_TEST_SUITE_P(Products, ForeignProgramTest,
                         testing::ValuesIn(kArchitectures),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace binfmtbox_testing
