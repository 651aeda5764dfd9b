// SPDX-License-Identifier: Apache-2.0
// Interpreters that register refuses before the kernel sees them, and those
// that it waits for.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

class VettingTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    Mount();
  }

  static std::vector<std::string> Register(
      const std::string& interpreter, const std::vector<std::string>& more) {
    std::vector<std::string> args = {"register", "--credential",  "no",
                                     "arm",      "--interpreter", interpreter};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  static Outcome Refused(const std::string& why) {
    return Fails(1, "binfmt-register: " + why + "\n");
  }

  static std::string Dynamic() {
    ElfSpec spec;
    spec.machine = kX86_64;
    spec.loader = "/lib64/ld-linux-x86-64.so.2";
    return MakeElf(spec);
  }
};

TEST_F(VettingTest, MissingInterpreter) {
  EXPECT_EQ(Run(Register("/mnt/none", {})),
            Refused("qemu-arm: interpreter /mnt/none does not exist"));
}

TEST_F(VettingTest, DanglingLink) {
  ASSERT_EQ(symlink("/mnt/none", "/mnt/link"), 0);
  EXPECT_EQ(Run(Register("/mnt/link", {})),
            Refused("qemu-arm: interpreter /mnt/link is a link to a file that "
                    "is not there"));
}

TEST_F(VettingTest, DanglingLinkAmongTheCandidates) {
  ASSERT_EQ(symlink("/mnt/none", "/mnt/qemu-arm-static"), 0);
  EXPECT_EQ(Run({"register", "--qemu-path", "/mnt", "arm"}),
            Refused("qemu-arm: interpreter /mnt/qemu-arm-static is a link to a "
                    "file that is not there"));
}

TEST_F(VettingTest, RelativePath) {
  EXPECT_EQ(
      Run(Register("interpreter", {})),
      Refused("qemu-arm: interpreter interpreter is not an absolute path: the "
              "kernel would look for it in the directory of whoever starts a "
              "program"));
}

TEST_F(VettingTest, Directory) {
  EXPECT_EQ(Run(Register("/mnt", {})),
            Refused("qemu-arm: interpreter /mnt is a directory"));
}

// Opening it must not wait for a writer.
TEST_F(VettingTest, Fifo) {
  ASSERT_EQ(mkfifo("/mnt/fifo", 0755), 0);
  EXPECT_EQ(Run(Register("/mnt/fifo", {})),
            Refused("qemu-arm: interpreter /mnt/fifo is not a regular file"));
}

TEST_F(VettingTest, NeitherElfNorScript) {
  WriteFile("/mnt/text", "text\n", 0755);
  EXPECT_EQ(Run(Register("/mnt/text", {})),
            Refused("qemu-arm: interpreter /mnt/text is neither an ELF file "
                    "nor a script"));
}

// Only the interpreter is held open, not its loader.
TEST_F(VettingTest, DynamicInterpreterWithFlagF) {
  WriteFile("/mnt/dynamic", Dynamic(), 0755);
  EXPECT_EQ(
      Run(Register("/mnt/dynamic", {})),
      Refused("qemu-arm: interpreter /mnt/dynamic is dynamic: with flag F its "
              "loader /lib64/ld-linux-x86-64.so.2 would still be looked for in "
              "every container; take a static one (qemu-user-static), or "
              "--persistent no"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(VettingTest, DynamicInterpreterWithoutFlagF) {
  WriteFile("/mnt/dynamic", Dynamic(), 0755);
  EXPECT_EQ(Run(Register("/mnt/dynamic", {"--persistent", "no"})),
            Prints("qemu-arm: registered, /mnt/dynamic\n"));
  EXPECT_EQ(EntryNames(), "qemu-arm");
}

TEST_F(VettingTest, ScriptWithFlagC) {
  WriteFile("/mnt/script", "#!/bin/sh\n", 0755);
  EXPECT_EQ(
      Run(Register("/mnt/script", {"--credential", "yes"})),
      Refused("qemu-arm: interpreter /mnt/script is a script, which flag O or "
              "C does not allow; take an ELF program, or --credential no"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(VettingTest, ScriptWithoutFlagC) {
  WriteFile("/mnt/script", "#!/bin/sh\n", 0755);
  EXPECT_EQ(Run(Register("/mnt/script", {})),
            Prints("qemu-arm: registered, /mnt/script, flags F\n",
                   "binfmt-register: note: qemu-arm: interpreter /mnt/script "
                   "is a script: with flag F it and its own interpreter "
                   "/bin/sh would still be looked for in every container\n"));
}

// Its name does not make a script an emulator.
TEST_F(VettingTest, ScriptThatIsCalledLikeAnEmulator) {
  ASSERT_EQ(mkdir("/mnt/emu", 0755), 0);
  WriteFile("/mnt/emu/qemu-arm-static", "#!/bin/sh\n", 0755);
  EXPECT_EQ(Run({"register", "-cno", "-pno", "-Q", "/mnt/emu", "arm"}),
            Prints("qemu-arm: registered, /mnt/emu/qemu-arm-static\n"));
  WriteFile("/mnt/emu/arm-binfmt-P", "#!/bin/sh\n", 0755);
  EXPECT_EQ(Run({"register", "-n", "-cno", "-pno", "--replace", "-I",
                 "/mnt/emu/arm-binfmt-P", "arm"}),
            Prints("qemu-arm: would be replaced, /mnt/emu/arm-binfmt-P\n"));
}

// A record of others has it as it is; a target is an error (see above).
TEST_F(VettingTest, RecordWithADynamicInterpreterAndFlagF) {
  WriteFile("/mnt/dynamic", Dynamic(), 0755);
  const std::vector<std::string> args = {"register", "--rule",
                                         ":mine:M::MINE::/mnt/dynamic:F"};
  EXPECT_EQ(Run(args),
            Prints("mine: registered, /mnt/dynamic, flags F\n",
                   "binfmt-register: note: mine: interpreter /mnt/dynamic is "
                   "dynamic: with flag F its loader "
                   "/lib64/ld-linux-x86-64.so.2 would still be looked for in "
                   "every container\n"));
  EXPECT_EQ(Run(args), Prints("mine: unchanged, /mnt/dynamic, flags F\n"));
  const Outcome saved = Run({"status", "--print", "record"});
  ASSERT_EQ(Run({"clear", "-q", "--all"}), Prints(""));
  WriteFile("/mnt/saved", saved.out, 0644);
  EXPECT_EQ(Run({"register", "--file", "/mnt/saved"}).status, 0);
  EXPECT_EQ(Run({"status", "--print", "record"}), saved);
}

// What is there is not judged.
TEST_F(VettingTest, EqualEntryIsUnchangedWhateverItIs) {
  WriteFile("/mnt/static", NativeProgram(0), 0755);
  WriteFile("/mnt/text", "text\n", 0755);
  ElfSpec spec;
  spec.machine = kAarch64;
  WriteFile("/mnt/arm64", MakeElf(spec), 0755);
  WriteFile("/mnt/script", "#!/bin/sh\n", 0755);
  for (const std::string record :
       {":a:M::AAAA::/mnt/none:", ":a:M::AAAA::/mnt/text:F",
        ":a:M::AAAA::/mnt/arm64:F", ":a:M::AAAA::/mnt/script:OC",
        ":a:E::aa::/mnt/static.aa:", ":a:M::AAAA::mnt/static:"}) {
    ProgramTest::Register(record);
    const Outcome outcome = Run({"register", "--rule", record});
    if (record.find("::mnt") != record.npos) {
      // No record that this program takes.
      EXPECT_EQ(outcome.status, 1);
    } else {
      EXPECT_EQ(outcome.status, 0) << record;
      EXPECT_EQ(outcome.err, "") << record;
      EXPECT_EQ(outcome.out.substr(0, 14), "a: unchanged, ") << record;
    }
    Run({"clear", "-q", "--all"});
    EXPECT_EQ(Run({"register", "--rule", record}).status, 1) << record;
  }
}

// Without flag F only what containers have counts.
TEST_F(VettingTest, InterpreterThatOnlyContainersHave) {
  const std::string note =
      "binfmt-register: note: qemu-arm: interpreter /mnt/none is not here; "
      "programs run only where it is\n";
  const std::vector<std::string> args = Register("/mnt/none", {"-pno", "-gno"});
  EXPECT_EQ(Run(args), Prints("qemu-arm: registered, /mnt/none\n", note));
  EXPECT_EQ(Run(args), Prints("qemu-arm: unchanged, /mnt/none\n"));
  EXPECT_EQ(Run({"clear", "-q", "--ours"}), Prints(""));
  EXPECT_EQ(EntryNames(), "");
  // Not said so: which file, or that no file is held.
  EXPECT_EQ(Run({"register", "-pno", "-Q", "/mnt", "arm"}).status, 1);
  EXPECT_EQ(Run(Register("/mnt/none", {})).status, 1);
  EXPECT_EQ(Run(Register("/mnt/none", {"-pyes"})).status, 1);
  EXPECT_EQ(Run(Register("mnt/none", {"-pno"})).status, 1);
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(VettingTest, InterpreterForAnotherMachine) {
  ElfSpec spec;
  spec.machine = kAarch64;
  WriteFile("/mnt/arm64", MakeElf(spec), 0755);
  EXPECT_EQ(Run(Register("/mnt/arm64", {})),
            Refused("qemu-arm: interpreter /mnt/arm64 is built for aarch64, "
                    "which this machine does not run"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(VettingTest, InterpreterForAMachineThatNobodyKnows) {
  WriteFile("/mnt/foreign", ForeignElf(), 0755);
  EXPECT_EQ(Run(Register("/mnt/foreign", {})),
            Refused("qemu-arm: interpreter /mnt/foreign is built for another "
                    "machine, which this machine does not run"));
  EXPECT_EQ(EntryNames(), "");
}

// With flag C it would run with the rights of every setuid program's owner. In
// a root of the test's own, where root owns each directory.
class CredentialTest : public VettingTest {
 protected:
  void SetUp() override {
    VettingTest::SetUp();
    for (const char* dir : {"", "/mnt", "/mnt/bin", "/bin", "/registry"}) {
      ASSERT_EQ(mkdir((std::string(kRoot) + dir).c_str(), 0755), 0);
    }
    ASSERT_EQ(link(kBox, (std::string(kRoot) + kBox).c_str()), 0);
    WriteFile("/mnt/root/bin/interpreter", NativeProgram(0), 0755);
    ASSERT_EQ(mount(kRegistry, "/mnt/root/registry", nullptr, MS_BIND, nullptr),
              0);
  }

  static Outcome RegisterWithC() {
    return Run({"register", "--dir", "/registry", "--credential", "yes",
                "--interpreter", "/bin/interpreter", "arm"},
               InRoot(kRoot));
  }

  static Outcome MayNotRun(const std::string& place) {
    return Refused(
        "qemu-arm: interpreter /bin/interpreter may not run with other owners' "
        "rights (flag C): others than root may write to " +
        place);
  }

  static constexpr char kRoot[] = "/mnt/root";
};

TEST_F(CredentialTest, WritableByRootOnly) {
  EXPECT_EQ(RegisterWithC(),
            Prints("qemu-arm: registered, /bin/interpreter, flags OCF\n"));
}

TEST_F(CredentialTest, InterpreterIsWritableByOthers) {
  ASSERT_EQ(chmod("/mnt/root/bin/interpreter", 0757), 0);
  EXPECT_EQ(RegisterWithC(), MayNotRun("/bin/interpreter"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(CredentialTest, DirectoryIsWritableByOthers) {
  ASSERT_EQ(chmod("/mnt/root/bin", 0777), 0);
  EXPECT_EQ(RegisterWithC(), MayNotRun("/bin"));
  EXPECT_EQ(EntryNames(), "");
}

// Who may not write to a file may still put another in its place.
TEST_F(CredentialTest, RootDirectoryIsWritableByOthers) {
  ASSERT_EQ(chmod(kRoot, 0777), 0);
  EXPECT_EQ(RegisterWithC(), MayNotRun("/"));
  EXPECT_EQ(EntryNames(), "");
}

// In a sticky directory nobody else may.
TEST_F(CredentialTest, RootDirectoryIsSticky) {
  ASSERT_EQ(chmod(kRoot, 01777), 0);
  EXPECT_EQ(RegisterWithC(),
            Prints("qemu-arm: registered, /bin/interpreter, flags OCF\n"));
}

// Each step of the way counts.
TEST_F(CredentialTest, LinkToADirectoryThatIsWritableByOthers) {
  ASSERT_EQ(mkdir("/mnt/root/open", 0755), 0);
  ASSERT_EQ(rename("/mnt/root/bin/interpreter", "/mnt/root/open/interpreter"),
            0);
  ASSERT_EQ(symlink("/open/interpreter", "/mnt/root/bin/interpreter"), 0);
  ASSERT_EQ(chmod("/mnt/root/open", 0777), 0);
  EXPECT_EQ(RegisterWithC(), MayNotRun("/open"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(CredentialTest, LinkOverADirectoryThatIsWritableByOthers) {
  ASSERT_EQ(mkdir("/mnt/root/open", 0755), 0);
  ASSERT_EQ(rename("/mnt/root/bin/interpreter", "/mnt/root/mnt/interpreter"),
            0);
  ASSERT_EQ(symlink("../mnt/interpreter", "/mnt/root/open/link"), 0);
  ASSERT_EQ(symlink("/open/link", "/mnt/root/bin/interpreter"), 0);
  EXPECT_EQ(RegisterWithC(),
            Prints("qemu-arm: registered, /bin/interpreter, flags OCF\n"));
  ASSERT_EQ(chmod("/mnt/root/open", 0777), 0);
  EXPECT_EQ(RegisterWithC(), MayNotRun("/open"));
}

class WaitTest : public VettingTest {
 protected:
  // Runs "binfmtbox ARGS" and returns in *SECONDS how long it took.
  static Outcome Time(const std::vector<std::string>& args, double* seconds) {
    const auto start = std::chrono::steady_clock::now();
    Outcome outcome = Run(args);
    *seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count();
    return outcome;
  }

  // Runs "binfmtbox ARGS", and makes the file PATH as soon as the program waits
  // for it.
  static Outcome RunAndMake(const std::vector<std::string>& args,
                            const std::string& path) {
    WriteFile("/mnt/made", NativeProgram(0), 0755);
    Program program(Box(args));
    program.WaitForSleep();
    EXPECT_EQ(program.Out() + program.Err(), "");
    // A link appears as a whole.
    EXPECT_EQ(link("/mnt/made", path.c_str()), 0);
    return program.Wait();
  }
};

// Longer than a test waits for any program: what ends did not wait that long.
constexpr char kLong[] = "1000";

TEST_F(WaitTest, InterpreterThatComes) {
  EXPECT_EQ(RunAndMake(Register("/mnt/interpreter", {"--wait", kLong}),
                       "/mnt/interpreter"),
            Prints("qemu-arm: registered, /mnt/interpreter, flags F\n"));
}

TEST_F(WaitTest, InterpreterThatDoesNotCome) {
  double seconds;
  EXPECT_EQ(Time(Register("/mnt/none", {"--wait", "2"}), &seconds),
            Refused("qemu-arm: interpreter /mnt/none does not exist"));
  EXPECT_GT(seconds, 1.9);
  EXPECT_LT(seconds, 10);
  EXPECT_EQ(EntryNames(), "");
}

// The time is for all together.
TEST_F(WaitTest, SeveralThatDoNotCome) {
  double seconds;
  const std::string missing =
      "; install qemu-user-static, or name one with --interpreter";
  EXPECT_EQ(
      Time({"register", "-Q", "/mnt/none", "--wait", "1", "arm", "arm64"},
           &seconds),
      Fails(1,
            "binfmt-register: qemu-arm: there is no qemu-arm-static, qemu-arm "
            "or arm-binfmt-P in /mnt/none" +
                missing +
                "\nbinfmt-register: qemu-aarch64: there is no "
                "qemu-aarch64-static, qemu-aarch64 or aarch64-binfmt-P in "
                "/mnt/none" +
                missing + "\n"));
  EXPECT_GT(seconds, 0.9);
  EXPECT_LT(seconds, 10);
}

TEST_F(WaitTest, AllWaitsForTheFirst) {
  ASSERT_EQ(mkdir("/mnt/qemu", 0755), 0);
  EXPECT_EQ(RunAndMake({"register", "--credential", "no", "-Q", "/mnt/qemu",
                        "--wait", kLong, "all"},
                       "/mnt/qemu/qemu-arm"),
            Prints("qemu-arm: registered, /mnt/qemu/qemu-arm, flags PF\n"));
}

TEST_F(WaitTest, AllWithoutAny) {
  double seconds;
  EXPECT_EQ(
      Time({"register", "-Q", "/mnt/none", "--wait", "1", "all"}, &seconds),
      Fails(1,
            "binfmt-register: there is no interpreter for any target in "
            "/mnt/none; install qemu-user-static, or name a directory with "
            "--qemu-path\n"));
  EXPECT_GT(seconds, 0.9);
  EXPECT_LT(seconds, 10);
}

TEST_F(WaitTest, AllWaitsForThoseThatAreNamedToo) {
  ASSERT_EQ(mkdir("/mnt/qemu", 0755), 0);
  WriteFile("/mnt/qemu/qemu-arm", NativeProgram(0), 0755);
  EXPECT_EQ(Run({"register", "--credential", "no", "-Q", "/mnt/qemu", "-F", "",
                 "--wait", "1", "all", "arm64"}),
            (Outcome{1, "qemu-arm: registered, /mnt/qemu/qemu-arm, flags PF\n",
                     "binfmt-register: qemu-aarch64: there is no qemu-aarch64 "
                     "in /mnt/qemu; install qemu-user-static, or name one with "
                     "--interpreter\n"}));
}

// What will not do is told once, not at each look.
TEST_F(WaitTest, OneIsMissingAndOneWillNotDo) {
  ASSERT_EQ(mkdir("/mnt/qemu", 0755), 0);
  WriteFile("/mnt/qemu/qemu-arm", NativeProgram(0), 0644);
  EXPECT_EQ(Run({"register", "-Q", "/mnt/qemu", "-F", "", "--wait", "1", "arm",
                 "arm64"}),
            Fails(1,
                  "binfmt-register: qemu-arm: interpreter /mnt/qemu/qemu-arm "
                  "is not executable; make it so with: chmod +x "
                  "/mnt/qemu/qemu-arm\n"
                  "binfmt-register: qemu-aarch64: there is no qemu-aarch64 in "
                  "/mnt/qemu; install qemu-user-static, or name one with "
                  "--interpreter\n"));
}

// Only what is missing is waited for.
TEST_F(WaitTest, DoesNotWaitForAFileThatWillNotDo) {
  EXPECT_EQ(Run(Register("/mnt", {"--wait", kLong})),
            Refused("qemu-arm: interpreter /mnt is a directory"));
}

}  // namespace
}  // namespace binfmtbox_testing
