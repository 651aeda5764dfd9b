// SPDX-License-Identifier: Apache-2.0
// What must not work: one clear line on stderr, the exit status of the
// contract, and a registry that is as it was.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "re2/re2.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

using Words = std::vector<std::string>;

class BadInputTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/qemu", {"qemu-aarch64-static", "qemu-arm-static"});
    Mount();
    Register(":jar:E::jar::/usr/bin/jexec:");
    ASSERT_EQ(Run({"register", "-qQ/mnt/qemu", "arm"}), Prints(""));
    before_ = Snapshot();
  }

  void TearDown() override {
    EXPECT_EQ(Snapshot(), before_);
    ProgramTest::TearDown();
  }

  // "register -Q /mnt/qemu ARGS"
  static Outcome DoRegister(const std::vector<std::string>& args) {
    std::vector<std::string> all = {"register", "-Q", "/mnt/qemu"};
    all.insert(all.end(), args.begin(), args.end());
    return Run(all);
  }

  static Outcome RunTo(const std::string& output,
                       const std::vector<std::string>& args) {
    Command command;
    command.output = output;
    return Run(args, command);
  }

  // The registry that every test must leave behind.
  std::string before_;
};

TEST_F(BadInputTest, UnknownOption) {
  for (const std::string applet : {"mount", "register", "status", "clear"}) {
    const std::string program = "binfmt-" + applet;
    const auto refused = [&](const std::string& option) {
      return Fails(2, program + ": unknown option \"" + option +
                          "\"; see \"binfmtbox " + applet + " --help\"\n");
    };
    EXPECT_EQ(Run({applet, "--frobnicate", "arm64"}), refused("--frobnicate"));
    EXPECT_EQ(Run({applet, "--frobnicate=x"}), refused("--frobnicate"));
    EXPECT_EQ(Run({applet, "arm64", "-nZ"}), refused("-Z"));
    EXPECT_EQ(Run({applet, "-\x1b"}), refused("-\\x1b"));
  }
}

TEST_F(BadInputTest, OptionWithoutItsValue) {
  EXPECT_EQ(Run({"status", "-D"}),
            Fails(2,
                  "binfmt-status: option --dir needs a value, DIR; see "
                  "\"binfmtbox status --help\"\n"));
  EXPECT_EQ(Run({"clear", "--all", "--dir"}),
            Fails(2,
                  "binfmt-clear: option --dir needs a value, DIR; see "
                  "\"binfmtbox clear --help\"\n"));
}

// As of a variable that a script did not set.
TEST_F(BadInputTest, EmptyValue) {
  for (const char* const applet :
       {"mount", "register", "status", "clear", "run"}) {
    const int status = applet == std::string("run") ? 125 : 2;
    const std::string help = Run({applet, "--help"}).out;
    std::string_view rest = help;
    std::string name;
    std::string value_name;
    int count = 0;
    while (RE2::FindAndConsume(&rest, R"(\n  .{4}--([\w-]+) (\S+)  )", &name,
                               &value_name)) {
      if (name == "qemu-suffix") continue;
      ++count;
      const std::string option = "--" + name;
      for (const Words& words :
           {Words{applet, option, ""}, Words{applet, option + "="}}) {
        const Outcome outcome = Run(words);
        EXPECT_EQ(outcome.status, status) << option;
        EXPECT_TRUE(
            outcome.err.contains(option + " needs a value, " + value_name) ||
            outcome.err.contains(", not \"\"; see"))
            << outcome.err;
      }
    }
    EXPECT_GE(count, 1) << applet;
  }
}

TEST_F(BadInputTest, EmptyOperandAmongOthers) {
  EXPECT_EQ(DoRegister({"arm64", ""}),
            Fails(2,
                  "binfmt-register: an operand names no target; see "
                  "\"binfmtbox register --help\"\n"));
}

TEST_F(BadInputTest, ValueThatTheOptionDoesNotTake) {
  EXPECT_EQ(DoRegister({"-p", "maybe", "arm64"}),
            Fails(2,
                  "binfmt-register: option --persistent takes yes or no, not "
                  "\"maybe\"; see \"binfmtbox register --help\"\n"));
  EXPECT_EQ(DoRegister({"-g", "Yes", "arm64"}),
            Fails(2,
                  "binfmt-register: option --preserve-argv0 takes yes, no or "
                  "auto, not \"Yes\"; did you mean yes; see \"binfmtbox "
                  "register --help\"\n"));
  EXPECT_EQ(Run({"register", "-Q", "qemu", "arm64"}),
            Fails(2,
                  "binfmt-register: option --qemu-path needs an absolute path; "
                  "see \"binfmtbox register --help\"\n"));
}

TEST_F(BadInputTest, UnknownTarget) {
  EXPECT_EQ(DoRegister({"aarch46"}),
            Fails(2,
                  "binfmt-register: unknown target \"aarch46\"; did you mean "
                  "aarch64; see \"binfmtbox register --help\"\n"));
  EXPECT_EQ(DoRegister({"arm64", "xyzzyxyzzy"}),
            Fails(2,
                  "binfmt-register: unknown target \"xyzzyxyzzy\"; see "
                  "\"binfmtbox register --help\"\n"));
  EXPECT_EQ(DoRegister({"all", "aarch46"}).status, 2);
  EXPECT_EQ(DoRegister({""}),
            Fails(2,
                  "binfmt-register: an operand names no target; see "
                  "\"binfmtbox register --help\"\n"));
}

TEST_F(BadInputTest, InterpreterThatIsMissing) {
  EXPECT_EQ(Run({"register", "-I", "/mnt/none", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter /mnt/none does "
                  "not exist\n"));
  EXPECT_EQ(Run({"register", "-p", "no", "-Q", "/mnt/none", "arm64"}).status, 1)
      << "the kernel would take it without flag F";
  ASSERT_EQ(symlink("/mnt/none", "/mnt/link"), 0);
  EXPECT_EQ(Run({"register", "-I", "/mnt/link", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter /mnt/link is a "
                  "link to a file that is not there\n"));
  EXPECT_EQ(Run({"register", "-I", "/mnt/bin/binfmtbox/x", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter "
                  "/mnt/bin/binfmtbox/x does not exist: a part of its path is "
                  "a file\n"));
}

TEST_F(BadInputTest, RelativeInterpreter) {
  ASSERT_EQ(chdir("/mnt/bin"), 0);
  EXPECT_EQ(Run({"register", "-I", "binfmtbox", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter binfmtbox is not "
                  "an absolute path: the kernel would look for it in the "
                  "directory of whoever starts a program\n"));
  ASSERT_EQ(chdir("/"), 0);
}

TEST_F(BadInputTest, InterpreterThatIsNoProgram) {
  EXPECT_EQ(Run({"register", "-I", "/mnt/qemu", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter /mnt/qemu is a "
                  "directory\n"));
  ASSERT_EQ(mkfifo("/mnt/fifo", 0755), 0);
  EXPECT_EQ(Run({"register", "-I", "/mnt/fifo", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter /mnt/fifo is not "
                  "a regular file\n"));
  WriteFile("/mnt/plain", ReadFile(kBox), 0644);
  EXPECT_EQ(Run({"register", "-I", "/mnt/plain", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter /mnt/plain is "
                  "not executable; make it so with: chmod +x /mnt/plain\n"));
  WriteFile("/mnt/text", "hello", 0755);
  EXPECT_EQ(Run({"register", "-I", "/mnt/text", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter /mnt/text is "
                  "neither an ELF file nor a script\n"));
}

TEST_F(BadInputTest, InterpreterOnAMountThatForbidsPrograms) {
  ASSERT_EQ(mkdir("/mnt/noexec", 0755), 0);
  ASSERT_EQ(mount("none", "/mnt/noexec", "tmpfs", MS_NOEXEC, nullptr), 0);
  WriteFile("/mnt/noexec/emulator", ReadFile(kBox), 0755);
  EXPECT_EQ(Run({"register", "-I", "/mnt/noexec/emulator", "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-aarch64: interpreter "
                  "/mnt/noexec/emulator lies on a file system that is mounted "
                  "noexec\n"));
}

// The kernel takes at most 1920 bytes a record; most of them may be the path.
TEST_F(BadInputTest, InterpreterWhosePathIsTooLong) {
  std::string path = "/mnt";
  for (int i = 0; i < 9; ++i) {
    path += "/" + std::string(200, 'x');
    ASSERT_EQ(mkdir(path.c_str(), 0755), 0);
  }
  path += "/qemu";
  ASSERT_EQ(link(kBox, path.c_str()), 0);
  const Outcome outcome = Run({"register", "-I", path, "arm64"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.rfind("binfmt-register: ", 0), 0u) << outcome.err;
  EXPECT_NE(outcome.err.find("1920"), std::string::npos) << outcome.err;
}

TEST_F(BadInputTest, SameNameWithOtherContent) {
  EXPECT_EQ(DoRegister({"-g", "no", "arm"}),
            Fails(1,
                  "binfmt-register: qemu-arm is there and differs: flags PF "
                  "instead of F; swap it with --replace\n"));
  EXPECT_EQ(Run({"register", "-I", kBox, "-cyes", "arm"}),
            Fails(1,
                  "binfmt-register: qemu-arm is there and differs: flags PF "
                  "instead of OCF, interpreter /mnt/qemu/qemu-arm-static "
                  "instead of /mnt/bin/binfmtbox; swap it with --replace\n"));
}

TEST_F(BadInputTest, ReplacementThatTheKernelWouldRefuse) {
  Command command;
  command.path = "/bin/sh";
  command.argv = {"sh", "-c",
                  "cp /mnt/bin/binfmtbox /mnt/busy; exec 9<>/mnt/busy; "
                  "/mnt/bin/binfmtbox register --replace -I /mnt/busy arm"};
  command.env = {"PATH=/usr/bin:/bin"};
  const Outcome outcome = Execute(command);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "binfmt-register: qemu-arm: interpreter /mnt/busy is open for "
            "writing; try again when its writer is done\n");
}

TEST_F(BadInputTest, DisabledAsAWhole) {
  Write("status", "0");
  EXPECT_EQ(DoRegister({"arm64"}),
            Fails(1,
                  "binfmt-register: binfmt_misc is disabled as a whole, so no "
                  "entry would be of use; enable it with: echo 1 > "
                  "/proc/sys/fs/binfmt_misc/status\n"));
  Write("status", "1");
}

TEST_F(BadInputTest, ReadOnlyMount) {
  ASSERT_EQ(mount(nullptr, kRegistry, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY,
                  nullptr),
            0);
  EXPECT_EQ(DoRegister({"arm64"}),
            Fails(5,
                  "binfmt-register: /proc/sys/fs/binfmt_misc is mounted "
                  "read-only; make it writable with: mount -o remount,rw "
                  "/proc/sys/fs/binfmt_misc\n"));
  EXPECT_EQ(Run({"clear", "jar"}).status, 5);
  EXPECT_EQ(Run({"clear", "--disable", "jar"}).status, 5);
  EXPECT_EQ(DoRegister({"--if-possible", "arm64"}),
            Prints("",
                   "binfmt-register: note: /proc/sys/fs/binfmt_misc is mounted "
                   "read-only; make it writable with: mount -o remount,rw "
                   "/proc/sys/fs/binfmt_misc\n"));
  // What holds already needs no writing.
  EXPECT_EQ(DoRegister({"arm"}),
            Prints("qemu-arm: unchanged, /mnt/qemu/qemu-arm-static, flags "
                   "PF\n"));
}

TEST_F(BadInputTest, RemovalOnAReadOnlyMount) {
  ASSERT_EQ(mount(nullptr, kRegistry, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY,
                  nullptr),
            0);
  EXPECT_EQ(Run({"clear", "-q", "jar"}),
            Fails(5,
                  "binfmt-clear: cannot remove "
                  "/proc/sys/fs/binfmt_misc/jar: Read-only file system; make "
                  "it writable with: mount -o remount,rw "
                  "/proc/sys/fs/binfmt_misc\n"));
}

TEST_F(BadInputTest, PlainDirectory) {
  ASSERT_EQ(mkdir("/mnt/plain", 0755), 0);
  WriteFile("/mnt/plain/register", "", 0644);
  WriteFile("/mnt/plain/status", "enabled\n", 0644);
  const std::vector<std::vector<std::string>> kCalls = {
      {"register", "-Q", "/mnt/qemu", "arm64"}, {"status"}, {"clear", "--all"}};
  for (std::vector<std::string> call : kCalls) {
    const std::string program = "binfmt-" + call[0];
    call.insert(call.end(), {"--dir", "/mnt/plain"});
    EXPECT_EQ(
        Run(call),
        Fails(3, program + ": binfmt_misc is not mounted on /mnt/plain; mount "
                           "it with: binfmtbox mount --dir /mnt/plain\n"));
    call.push_back("--if-possible");
    EXPECT_EQ(
        Run(call),
        Prints("", program +
                       ": note: binfmt_misc is not mounted on /mnt/plain; "
                       "mount it with: binfmtbox mount --dir /mnt/plain\n"));
    call.push_back("--json");
    EXPECT_EQ(Run(call).out, "");
  }
  EXPECT_EQ(access("/mnt/plain/register", F_OK), 0);
  EXPECT_EQ(ReadFile("/mnt/plain/register"), "");
}

TEST_F(BadInputTest, MissingDirectory) {
  EXPECT_EQ(Run({"status", "-D", "/mnt/none"}),
            Fails(3,
                  "binfmt-status: cannot open /mnt/none: No such file or "
                  "directory\n"));
  EXPECT_EQ(Run({"clear", "--all", "-D", kBox}),
            Fails(3,
                  "binfmt-clear: cannot open /mnt/bin/binfmtbox: Not a "
                  "directory\n"));
}

TEST_F(BadInputTest, NotMounted) {
  // Over it lies something else; what is below stays.
  ASSERT_EQ(mount("none", kRegistry, "tmpfs", 0, nullptr), 0);
  EXPECT_EQ(DoRegister({"arm64"}),
            Fails(3,
                  "binfmt-register: binfmt_misc is not mounted on "
                  "/proc/sys/fs/binfmt_misc; mount it with: binfmtbox "
                  "mount\n"));
  EXPECT_EQ(Run({"clear", "--all"}),
            Fails(3,
                  "binfmt-clear: binfmt_misc is not mounted on "
                  "/proc/sys/fs/binfmt_misc; mount it with: binfmtbox "
                  "mount\n"));
  ASSERT_EQ(umount2(kRegistry, 0), 0);
}

TEST_F(BadInputTest, FullDisk) {
  const std::string text =
      ": cannot write to standard output: No space left on device\n";
  EXPECT_EQ(RunTo("/dev/full", {"register", "-Q", "/mnt/qemu", "arm64"}),
            Fails(1, "binfmt-register" + text));
  EXPECT_EQ(RunTo("/dev/full", {"clear", "--all"}),
            Fails(1, "binfmt-clear" + text));
  EXPECT_EQ(RunTo("/dev/full", {"status"}), Fails(1, "binfmt-status" + text));
  EXPECT_EQ(RunTo("/dev/full", {"status", "--json"}),
            Fails(1, "binfmt-status" + text));
}

TEST_F(BadInputTest, ClosedOutput) {
  const std::string text =
      ": cannot write to standard output: Bad file descriptor\n";
  EXPECT_EQ(RunTo("", {"register", "-Q", "/mnt/qemu", "arm64"}),
            Fails(1, "binfmt-register" + text));
  EXPECT_EQ(RunTo("", {"clear", "--all"}), Fails(1, "binfmt-clear" + text));
  EXPECT_EQ(RunTo("", {"status"}), Fails(1, "binfmt-status" + text));
}

// Who wants no output needs no place for it.
TEST_F(BadInputTest, QuietWithoutOutput) {
  EXPECT_EQ(RunTo("/dev/full", {"status", "-q", "arm"}), Prints(""));
  EXPECT_EQ(RunTo("", {"status", "-q", "arm"}), Prints(""));
  EXPECT_EQ(RunTo("", {"register", "-qQ/mnt/qemu", "arm"}), Prints(""));
}

// Without capabilities and without permission to the file, as in a namespace
// that looks at its parent's registry.
TEST_F(BadInputTest, NoPermission) {
  ASSERT_EQ(chmod((std::string(kRegistry) + "/register").c_str(), 0), 0);
  Command command;
  command.path = "/usr/bin/setpriv";
  command.argv = {
      "setpriv",      "--bounding-set", "-all", "--inh-caps", "-all",
      "--securebits", "+noroot",        kBox,   "register",   "-Q",
      "/mnt/qemu",    "arm64"};
  EXPECT_EQ(Execute(command),
            Fails(5,
                  "binfmt-register: cannot open "
                  "/proc/sys/fs/binfmt_misc/register: Permission denied; root "
                  "of this user namespace does not own that binfmt_misc: mount "
                  "one of its own (binfmtbox mount --userns), or work on the "
                  "host\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
