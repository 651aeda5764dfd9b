// SPDX-License-Identifier: Apache-2.0
// Every way in which the kernel refuses, also in containers, and what the
// program says then.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kInterpreter[] = "/mnt/dir/interpreter";
constexpr char kRule[] = ":foreign:M::FOREIGN::/mnt/dir/interpreter:F";
constexpr char kRuleWithoutF[] = ":foreign:M::FOREIGN::/mnt/dir/interpreter:";

class RefusalTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(mkdir("/mnt/dir", 0755), 0);
    WriteFile(kInterpreter, NativeProgram(0), 0755);
  }

  static Outcome Register(const std::string& rule,
                          const Command& command = {}) {
    return Run({"register", "--rule", rule}, command);
  }

  static Outcome Refused(const std::string& why) {
    return Fails(1, "binfmt-register: " + why + "\n");
  }

  // A handler that works is no failure.
  const Outcome kOtherFile = Prints(
      "foreign: unchanged, /mnt/dir/interpreter, flags F\n",
      "binfmt-register: note: entries that hold, or may hold, another file "
      "than "
      "the one that is now at the interpreter's path: 1; --replace swaps "
      "them\n");
};

class RecordRefusalTest : public RefusalTest {
 protected:
  void SetUp() override {
    RefusalTest::SetUp();
    Mount();
  }

  // Registers RULE, and does CHANGE after the program has looked at everything
  // and before it writes: it reads more records from its standard input then.
  static Outcome RegisterWhile(const std::string& rule,
                               const std::function<void()>& change,
                               const Command& command = {}) {
    Command waiting = command;
    waiting.holds_input_open = true;
    Program program(Box({"register", "--rule", rule, "--file", "-"}, waiting));
    program.WaitForReading();
    change();
    return program.Wait();
  }
};

// --- EINVAL ---

TEST_F(RecordRefusalTest, FlagsOfANewerKernel) {
  utsname name;
  ASSERT_EQ(uname(&name), 0);
  int major = 0;
  int minor = 0;
  ASSERT_EQ(std::sscanf(name.release, "%d.%d", &major, &minor), 2);
  const Outcome result =
      Register(":foreign:M::FOREIGN::/mnt/dir/interpreter:TF");
  if (major > 7 || (major == 7 && minor >= 3)) {
    EXPECT_EQ(result, Prints("foreign: registered, /mnt/dir/interpreter, flags "
                             "OFT\n"));
    return;
  }
  EXPECT_EQ(
      result,
      Refused(
          "record \"foreign\": flags T and L and type B need Linux 7.3, this "
          "is " +
          std::string(name.release)));
  EXPECT_EQ(EntryNames(), "");
}

// --- EEXIST ---

TEST_F(RecordRefusalTest, NameThatWasTakenMeanwhile) {
  EXPECT_EQ(
      RegisterWhile(kRule,
                    [] {
                      EXPECT_EQ(WriteOnce("/proc/sys/fs/binfmt_misc/"
                                          "register",
                                          ":foreign:E::other::/none:"),
                                0);
                    }),
      Refused("foreign is there and differs: type E instead of M, flags none "
              "instead of F, interpreter /none instead of "
              "/mnt/dir/interpreter, another magic; swap it with --replace"));
  EXPECT_EQ(ReadFile("/proc/sys/fs/binfmt_misc/foreign"),
            "enabled\ninterpreter /none\nflags: \nextension .other\n");
}

TEST_F(RecordRefusalTest, SameEntryThatWasMadeMeanwhile) {
  EXPECT_EQ(RegisterWhile(kRule,
                          [] {
                            EXPECT_EQ(WriteOnce("/proc/sys/fs/binfmt_misc/"
                                                "register",
                                                kRule),
                                      0);
                          }),
            Prints("foreign: unchanged, /mnt/dir/interpreter, flags F\n"));
}

// An upgrade renames the new file over the old one, which flag F goes on
// holding.
TEST_F(RecordRefusalTest, EntryThatHoldsAnOlderFile) {
  const std::string tail = ", /mnt/dir/interpreter, flags F\n";
  ASSERT_EQ(Register(kRule), Prints("foreign: registered" + tail));
  // The same file.
  ASSERT_EQ(chmod(kInterpreter, 0700), 0);
  ASSERT_EQ(link(kInterpreter, "/mnt/dir/link"), 0);
  EXPECT_EQ(Register(kRule), Prints("foreign: unchanged" + tail));
  WriteFile("/mnt/dir/new", NativeProgram(0), 0755);
  ASSERT_EQ(rename("/mnt/dir/new", kInterpreter), 0);
  EXPECT_EQ(Register(kRule), kOtherFile);
  EXPECT_EQ(Run({"register", "--replace", "--rule", kRule}),
            Prints("foreign: replaced" + tail));
  EXPECT_EQ(Register(kRule), Prints("foreign: unchanged" + tail));
  EXPECT_EQ(EntryNames(), "foreign");
}

// The kernel is asked, not the clock.
TEST_F(RecordRefusalTest, EntryThatHoldsAnotherFile) {
  const std::string unchanged =
      "foreign: unchanged, /mnt/dir/interpreter, flags F\n";
  WriteFile("/mnt/dir/old", NativeProgram(1), 0755);
  WriteFile("/mnt/dir/v1", NativeProgram(1), 0755);
  ASSERT_EQ(unlink(kInterpreter), 0);
  ASSERT_EQ(symlink("v1", kInterpreter), 0);
  ASSERT_EQ(Register(kRule).status, 0);
  EXPECT_EQ(Register(kRule), Prints(unchanged));
  const auto point_to = [](const char* path) {
    ASSERT_EQ(unlink(kInterpreter), 0);
    ASSERT_EQ(symlink(path, kInterpreter), 0);
  };
  // A link to an older file, to the same one by another name, and a file that
  // is moved away, and back.
  point_to("old");
  EXPECT_EQ(Register(kRule), kOtherFile);
  ASSERT_EQ(link("/mnt/dir/v1", "/mnt/dir/v1b"), 0);
  point_to("v1b");
  EXPECT_EQ(Register(kRule), Prints(unchanged));
  ASSERT_EQ(rename("/mnt/dir/v1", "/mnt/dir/away"), 0);
  ASSERT_EQ(rename("/mnt/dir/v1b", "/mnt/dir/v1"), 0);
  point_to("v1");
  EXPECT_EQ(Register(kRule), Prints(unchanged));
  // A file over it, the first time an older one.
  for (const char* name : {"/mnt/dir/old", "/mnt/dir/again"}) {
    if (access(name, F_OK) != 0) WriteFile(name, NativeProgram(2), 0755);
    ASSERT_EQ(rename(name, "/mnt/dir/v1"), 0);
    EXPECT_EQ(Register(kRule), kOtherFile) << name;
    EXPECT_EQ(Run({"register", "-n", "--replace", "--rule", kRule}).out,
              "foreign: would be replaced, /mnt/dir/interpreter, flags F\n");
    EXPECT_EQ(Run({"register", "--replace", "--rule", kRule}).status, 0);
    EXPECT_EQ(Register(kRule), Prints(unchanged));
  }
}

// The layers of overlayfs may be shared, and their files held through
// another one.
TEST_F(RecordRefusalTest, EntryWhoseFileCannotBeTold) {
  for (const char* dir : {"/mnt/o", "/mnt/o/l", "/mnt/o/u", "/mnt/o/w"}) {
    ASSERT_EQ(mkdir(dir, 0755), 0);
  }
  for (const char* name : {"/mnt/o/l/v1", "/mnt/o/l/v2"}) {
    WriteFile(name, NativeProgram(0), 0755);
  }
  ASSERT_EQ(mount("none", "/mnt/dir", "overlay", 0,
                  "lowerdir=/mnt/o/l,upperdir=/mnt/o/u,workdir=/mnt/o/w"),
            0);
  ASSERT_EQ(symlink("v1", kInterpreter), 0);
  ASSERT_EQ(Register(kRule).status, 0);
  const std::string tail = ", /mnt/dir/interpreter, flags F\n";
  EXPECT_EQ(Register(kRule), Prints("foreign: unchanged" + tail));
  ASSERT_EQ(unlink(kInterpreter), 0);
  ASSERT_EQ(symlink("v2", kInterpreter), 0);
  EXPECT_EQ(Register(kRule), kOtherFile);
  EXPECT_EQ(Run({"register", "--replace", "--rule", kRule}),
            Prints("foreign: replaced" + tail));
  EXPECT_EQ(Register(kRule), Prints("foreign: unchanged" + tail));
  ASSERT_EQ(umount2("/mnt/dir", MNT_DETACH), 0);
}

// Without flag F the kernel opens the file at each start.
TEST_F(RecordRefusalTest, EntryThatHoldsNoFile) {
  ASSERT_EQ(Register(kRuleWithoutF).status, 0);
  WriteFile("/mnt/dir/new", NativeProgram(0), 0755);
  ASSERT_EQ(rename("/mnt/dir/new", kInterpreter), 0);
  EXPECT_EQ(Register(kRuleWithoutF),
            Prints("foreign: unchanged, /mnt/dir/interpreter\n"));
}

TEST_F(RecordRefusalTest, NamesOfTheKernelsOwnFiles) {
  EXPECT_EQ(Register(":register:M::FOREIGN::/mnt/dir/interpreter:"),
            Refused("record \"register\": the name is one of binfmt_misc's own "
                    "files"));
  EXPECT_EQ(Register(":status:M::FOREIGN::/mnt/dir/interpreter:"),
            Refused("record \"status\": the name is one of binfmt_misc's own "
                    "files"));
}

// --- ENAMETOOLONG ---

TEST_F(RecordRefusalTest, NameThatIsTooLong) {
  EXPECT_EQ(Register(":" + std::string(256, 'x') +
                     ":M::FOREIGN::/mnt/dir/interpreter:"),
            Refused("record \"" + std::string(32, 'x') +
                    "...\": the name has 256 bytes, more than the 255 of a "
                    "file name"));
  EXPECT_EQ(
      Register(":" + std::string(255, 'x') +
               ":M::FOREIGN::/mnt/dir/interpreter:"),
      Prints(std::string(255, 'x') + ": registered, /mnt/dir/interpreter\n"));
}

// --- ENOENT, never ambiguous ---

TEST_F(RecordRefusalTest, InterpreterThatVanished) {
  EXPECT_EQ(RegisterWhile(kRule, [] { EXPECT_EQ(unlink(kInterpreter), 0); }),
            Refused("cannot register foreign: the interpreter "
                    "/mnt/dir/interpreter was not found when the kernel opened "
                    "it (flag F)"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(RecordRefusalTest, MissingInterpreterOfARule) {
  EXPECT_EQ(Register(":foreign:M::FOREIGN::/mnt/none:F"),
            Refused("foreign: interpreter /mnt/none does not exist"));
  EXPECT_EQ(Register(":foreign:M::FOREIGN::/mnt/none:"),
            Refused("foreign: interpreter /mnt/none does not exist"));
}

// --- EACCES ---

TEST_F(RecordRefusalTest, InterpreterThatIsNotExecutable) {
  ASSERT_EQ(chmod(kInterpreter, 0644), 0);
  EXPECT_EQ(
      Register(kRule),
      Refused(
          "foreign: interpreter /mnt/dir/interpreter is not executable; make "
          "it so with: chmod +x /mnt/dir/interpreter"));
}

TEST_F(RecordRefusalTest, InterpreterThatIsExecutableNoMore) {
  EXPECT_EQ(
      RegisterWhile(kRule, [] { EXPECT_EQ(chmod(kInterpreter, 0644), 0); }),
      Refused("cannot register foreign: the kernel may not execute the "
              "interpreter /mnt/dir/interpreter: no x permission, a mount with "
              "noexec, or a directory that may not be searched"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(RecordRefusalTest, MountWithNoexec) {
  ASSERT_EQ(mkdir("/mnt/noexec", 0755), 0);
  ASSERT_EQ(mount("noexec", "/mnt/noexec", "tmpfs", MS_NOEXEC, nullptr), 0);
  WriteFile("/mnt/noexec/interpreter", NativeProgram(0), 0755);
  EXPECT_EQ(
      Register(":foreign:M::FOREIGN::/mnt/noexec/interpreter:F"),
      Refused(
          "foreign: interpreter /mnt/noexec/interpreter lies on a file system "
          "that is mounted noexec"));
}

TEST_F(RecordRefusalTest, DirectoryThatMayNotBeSearched) {
  ASSERT_EQ(chmod("/mnt/dir", 0600), 0);
  EXPECT_EQ(Register(kRule, Without({CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH})),
            Refused("foreign: cannot open the interpreter "
                    "/mnt/dir/interpreter: Permission denied; the directory "
                    "/mnt/dir may not be searched: chmod +x /mnt/dir"));
}

// --- ETXTBSY ---

TEST_F(RecordRefusalTest, InterpreterThatIsOpenForWriting) {
  const int writer = open(kInterpreter, O_WRONLY | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  const Outcome refused = Refused(
      "foreign: interpreter /mnt/dir/interpreter is open for writing; try "
      "again "
      "when its writer is done");
  EXPECT_EQ(Register(kRule), refused);
  EXPECT_EQ(Register(kRuleWithoutF), refused);
  close(writer);
  EXPECT_EQ(Register(kRule),
            Prints("foreign: registered, /mnt/dir/interpreter, flags F\n"));
}

TEST_F(RecordRefusalTest, InterpreterThatWasOpenedForWriting) {
  int writer = -1;
  EXPECT_EQ(
      RegisterWhile(kRule,
                    [&] { writer = open(kInterpreter, O_WRONLY | O_CLOEXEC); }),
      Refused("cannot register foreign: the interpreter "
              "/mnt/dir/interpreter is open for writing; try again when "
              "its writer is done"));
  EXPECT_GE(writer, 0);
  close(writer);
  EXPECT_EQ(EntryNames(), "");
}

// --- ENOTDIR, ELOOP ---

TEST_F(RecordRefusalTest, FileInThePath) {
  EXPECT_EQ(
      Register(":foreign:M::FOREIGN::/mnt/dir/interpreter/x:F"),
      Refused(
          "foreign: interpreter /mnt/dir/interpreter/x does not exist: a part "
          "of its path is a file"));
}

TEST_F(RecordRefusalTest, LoopOfLinks) {
  ASSERT_EQ(symlink("/mnt/loop", "/mnt/loop"), 0);
  EXPECT_EQ(
      Register(":foreign:M::FOREIGN::/mnt/loop:F"),
      Refused(
          "foreign: interpreter /mnt/loop is a link that leads nowhere (too "
          "many links)"));
}

TEST_F(RecordRefusalTest, PathThatBecameAFileOrALoop) {
  EXPECT_EQ(RegisterWhile(kRule,
                          [] {
                            EXPECT_EQ(rename("/mnt/dir", "/mnt/old"), 0);
                            WriteFile("/mnt/dir", "");
                          }),
            Refused("cannot register foreign: the path of the interpreter "
                    "/mnt/dir/interpreter does not lead to a file: Not a "
                    "directory"));
  ASSERT_EQ(unlink("/mnt/dir"), 0);
  ASSERT_EQ(rename("/mnt/old", "/mnt/dir"), 0);
  EXPECT_EQ(
      RegisterWhile(kRule,
                    [] {
                      EXPECT_EQ(unlink(kInterpreter), 0);
                      EXPECT_EQ(symlink(kInterpreter, kInterpreter), 0);
                    }),
      Refused(
          "cannot register foreign: the path of the interpreter "
          "/mnt/dir/interpreter does not lead to a file: Symbolic link loop"));
}

// --- EROFS ---

TEST_F(RecordRefusalTest, ReadOnlyFileSystem) {
  ASSERT_EQ(mount(nullptr, kRegistry, nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
            0);
  const Outcome refused = Fails(
      5,
      "binfmt-register: /proc/sys/fs/binfmt_misc is mounted read-only; make it "
      "writable with: mount -o remount,rw /proc/sys/fs/binfmt_misc\n");
  EXPECT_EQ(Register(kRule), refused);
  EXPECT_EQ(Run({"register", "--if-possible", "--rule", kRule}),
            Prints("",
                   "binfmt-register: note: /proc/sys/fs/binfmt_misc is "
                   "mounted read-only; make it writable with: mount -o "
                   "remount,rw /proc/sys/fs/binfmt_misc\n"));
}

TEST_F(RecordRefusalTest, ReadOnlyBindMount) {
  ASSERT_EQ(mkdir("/mnt/bound", 0755), 0);
  ASSERT_EQ(mount(kRegistry, "/mnt/bound", nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(mount(nullptr, "/mnt/bound", nullptr,
                  MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr),
            0);
  EXPECT_EQ(Run({"register", "--dir", "/mnt/bound", "--rule", kRule}),
            Fails(5,
                  "binfmt-register: /mnt/bound is mounted read-only; make it "
                  "writable with: mount -o remount,rw /mnt/bound\n"));
  EXPECT_EQ(Register(kRule),
            Prints("foreign: registered, /mnt/dir/interpreter, flags F\n"));
  EXPECT_EQ(
      Run({"clear", "--dir", "/mnt/bound", "foreign"}),
      Fails(5,
            "binfmt-clear: cannot remove /mnt/bound/foreign: Read-only file "
            "system; make it writable with: mount -o remount,rw /mnt/bound\n"));
}

// --- EACCES, EPERM on the files of the registry ---

// Its mode is 0200, and its owner the user namespace's root; nobody here has a
// second user, so the owner loses his right.
TEST_F(RecordRefusalTest, RegisterThatIsNotWritable) {
  ASSERT_EQ(chmod("/proc/sys/fs/binfmt_misc/register", 0400), 0);
  EXPECT_EQ(
      Register(kRule, Without({CAP_DAC_OVERRIDE})),
      Fails(5,
            "binfmt-register: cannot open /proc/sys/fs/binfmt_misc/register: "
            "Permission denied; root of this user namespace does not own that "
            "binfmt_misc: mount one of its own (binfmtbox mount --userns), or "
            "work on the host\n"));
}

TEST_F(RecordRefusalTest, NotRoot) {
  ASSERT_EQ(chmod("/proc/sys/fs/binfmt_misc/register", 0400), 0);
  EXPECT_EQ(Register(kRule, AsNobody()),
            Fails(5,
                  "binfmt-register: cannot open "
                  "/proc/sys/fs/binfmt_misc/register: Permission denied; this "
                  "user namespace does not map your user (unshare -r "
                  "does)\n"));
}

TEST_F(RecordRefusalTest, Disabled) {
  ASSERT_EQ(WriteOnce("/proc/sys/fs/binfmt_misc/status", "0"), 0);
  EXPECT_EQ(Register(kRule),
            Refused("binfmt_misc is disabled as a whole, so no entry would be "
                    "of use; enable it with: echo 1 > "
                    "/proc/sys/fs/binfmt_misc/status"));
}

// --- The states in which it is not there ---

class NotThereTest : public RefusalTest {
 protected:
  static Outcome RegisterIn(const std::string& dir,
                            const Command& command = {}) {
    return Run({"register", "--dir", dir, "--rule", kRule}, command);
  }
  static Outcome MountOn(const std::string& dir, const Command& command = {}) {
    return Run({"mount", "--userns", "--dir", dir}, command);
  }
};

TEST_F(NotThereTest, NotMountedAtTheStandardPlace) {
  const std::string why =
      "binfmt_misc is not mounted on /proc/sys/fs/binfmt_misc; mount it with: "
      "binfmtbox mount\n";
  EXPECT_EQ(Register(kRule), Fails(3, "binfmt-register: " + why));
  EXPECT_EQ(Run({"status"}), Fails(3, "binfmt-status: " + why));
  EXPECT_EQ(Run({"clear", "--all"}), Fails(3, "binfmt-clear: " + why));
  // What runs can be told all the same.
  EXPECT_EQ(
      Run({"status", "--probe", "amd64"}),
      Prints("x86_64: runs\n", "binfmt-status: note: no entries: " + why));
  // Whose instance it is, is asked of one that is mounted.
  EXPECT_EQ(Run({"register", "--verify", "--rule", kRule}),
            Fails(3, "binfmt-register: " + why));
  EXPECT_EQ(Run({"register", "--if-possible", "--rule", kRule}),
            Prints("", "binfmt-register: note: " + why));
}

TEST_F(NotThereTest, NoSuchDirectory) {
  EXPECT_EQ(RegisterIn("/mnt/none"),
            Fails(3,
                  "binfmt-register: cannot open /mnt/none: No such file or "
                  "directory\n"));
  EXPECT_EQ(MountOn("/mnt/none"),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on /mnt/none: there "
                  "is no such directory\n"));
}

TEST_F(NotThereTest, PlainDirectory) {
  EXPECT_EQ(RegisterIn("/mnt/dir"),
            Fails(3,
                  "binfmt-register: binfmt_misc is not mounted on /mnt/dir; "
                  "mount it with: binfmtbox mount --dir /mnt/dir\n"));
}

TEST_F(NotThereTest, PlainFile) {
  EXPECT_EQ(RegisterIn(kBox),
            Fails(3,
                  "binfmt-register: cannot open /mnt/bin/binfmtbox: Not a "
                  "directory\n"));
  EXPECT_EQ(
      MountOn(kBox),
      Fails(3,
            "binfmt-mount: cannot mount binfmt_misc on /mnt/bin/binfmtbox: "
            "it is not a directory\n"));
}

// Not to be taken for a systemd automount whose daemon lives elsewhere.
TEST_F(NotThereTest, TooManyLinks) {
  ASSERT_EQ(symlink("/mnt/loop", "/mnt/loop"), 0);
  EXPECT_EQ(
      RegisterIn("/mnt/loop"),
      Fails(3, "binfmt-register: cannot open /mnt/loop: Symbolic link loop\n"));
  EXPECT_EQ(MountOn("/mnt/loop"),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on /mnt/loop: "
                  "Symbolic link loop\n"));
}

TEST_F(NotThereTest, DirectoryThatMayNotBeOpened) {
  ASSERT_EQ(mkdir("/mnt/closed", 0700), 0);
  ASSERT_EQ(mkdir("/mnt/closed/registry", 0700), 0);
  ASSERT_EQ(chmod("/mnt/closed", 0), 0);
  const Command command = Without({CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH});
  EXPECT_EQ(RegisterIn("/mnt/closed/registry", command),
            Fails(5,
                  "binfmt-register: cannot open /mnt/closed/registry: "
                  "Permission denied; the directory /mnt/closed may not be "
                  "searched: chmod +x /mnt/closed\n"));
  EXPECT_EQ(
      MountOn("/mnt/closed/registry", command),
      Fails(5,
            "binfmt-mount: cannot mount binfmt_misc on /mnt/closed/registry: "
            "Permission denied; the directory /mnt/closed may not be searched: "
            "chmod +x /mnt/closed\n"));
}

TEST_F(NotThereTest, MountWithoutTheCapability) {
  const std::string why =
      "cannot mount binfmt_misc on /proc/sys/fs/binfmt_misc: Operation not "
      "permitted; it takes CAP_SYS_ADMIN in this user namespace: run it as "
      "root, in a container with --privileged (a pod: privileged: true), or "
      "only one command: binfmtbox run COMMAND\n";
  const Command command = Without({CAP_SYS_ADMIN});
  EXPECT_EQ(MountOn(kRegistry, command), Fails(5, "binfmt-mount: " + why));
  EXPECT_EQ(Run({"mount", "--userns", "--if-possible"}, command),
            Prints("", "binfmt-mount: note: " + why));
  EXPECT_EQ(EntryNames(), "not mounted");
}

TEST_F(NotThereTest, MountByAnotherUserThanRoot) {
  EXPECT_EQ(MountOn(kRegistry, AsNobody()),
            Fails(5,
                  "binfmt-mount: cannot mount binfmt_misc on "
                  "/proc/sys/fs/binfmt_misc: Operation not permitted; this "
                  "user namespace does not map your user (unshare -r "
                  "does)\n"));
}

TEST_F(NotThereTest, HostWithoutTheCapability) {
  EXPECT_EQ(Run({"mount", "--userns", "--host"}, Without({CAP_SYS_CHROOT})),
            Fails(5,
                  "binfmt-mount: cannot enter the mount namespace of PID 1: "
                  "Operation not permitted; it takes CAP_SYS_ADMIN, "
                  "CAP_SYS_CHROOT and CAP_SYS_PTRACE (docker: --privileged, a "
                  "pod: privileged: true)\n"));
  EXPECT_EQ(EntryNames(), "not mounted");
}

// An initramfs, or a chroot made by hand.
class WithoutProcTest : public RefusalTest {
 protected:
  void SetUp() override {
    RefusalTest::SetUp();
    for (const char* dir : {"", "/mnt", "/mnt/bin", "/mnt/dir"}) {
      ASSERT_EQ(mkdir((std::string(kRoot) + dir).c_str(), 0755), 0);
    }
    for (const char* file : {kBox, kInterpreter}) {
      ASSERT_EQ(link(file, (std::string(kRoot) + file).c_str()), 0);
    }
  }

  static constexpr char kRoot[] = "/mnt/root";
};

TEST_F(WithoutProcTest, NotMounted) {
  const std::string why =
      "binfmt_misc is not mounted on /proc/sys/fs/binfmt_misc; mount it with: "
      "binfmtbox mount\n";
  EXPECT_EQ(Register(kRule, InRoot(kRoot)),
            Fails(3, "binfmt-register: " + why));
  EXPECT_EQ(Run({"status"}, InRoot(kRoot)), Fails(3, "binfmt-status: " + why));
  EXPECT_NE(access("/mnt/root/proc", F_OK), 0);
}

TEST_F(WithoutProcTest, RegisterMountsBoth) {
  EXPECT_EQ(
      Run({"register", "--mount", "--userns", "--rule", kRule}, InRoot(kRoot)),
      Prints("foreign: registered, /mnt/dir/interpreter, flags F\n"));
  EXPECT_EQ(ReadFile("/mnt/root/proc/sys/fs/binfmt_misc/foreign"),
            "enabled\ninterpreter /mnt/dir/interpreter\nflags: F\noffset 0\n"
            "magic 464f524549474e\n");
}

// Without the directory, and without the right to make it.
TEST_F(WithoutProcTest, ProcThatCanNotBeMounted) {
  Command command = InRoot(kRoot);
  command.dropped_capabilities = {CAP_SYS_ADMIN};
  EXPECT_EQ(Run({"mount", "--userns"}, command),
            Fails(5,
                  "binfmt-mount: cannot mount proc on /proc: Operation not "
                  "permitted\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
