// SPDX-License-Identifier: Apache-2.0
// mount as users run it. Needs strace.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kMounted[] = "mounted binfmt_misc on /proc/sys/fs/binfmt_misc\n";
constexpr char kAlready[] =
    "binfmt_misc is mounted on /proc/sys/fs/binfmt_misc already\n";
constexpr char kRefused[] =
    "this is a user namespace of its own: a mount hides the host's handlers "
    "here for good; if that is what you want, add --userns\n";

class MountTest : public ProgramTest {
 protected:
  // Runs "binfmtbox ARGS" in a chroot that holds nothing but the box.
  static Outcome RunInEmptyRoot(const std::vector<std::string>& args) {
    EXPECT_EQ(mkdir("/mnt/root", 0755), 0);
    EXPECT_EQ(link(kBox, "/mnt/root/box"), 0);
    Command command = InRoot("/mnt/root");
    command.path = "/box";
    return Run(args, command);
  }
};

TEST_F(MountTest, RefusesInAUserNamespaceWithoutConsent) {
  EXPECT_EQ(Run({"mount"}), Fails(5, std::string("binfmt-mount: ") + kRefused));
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Run({"mount", "--dry-run"}),
            Fails(5, std::string("binfmt-mount: ") + kRefused));
  EXPECT_EQ(Run({"mount", "--if-possible"}),
            Prints("", std::string("binfmt-mount: note: ") + kRefused));
  EXPECT_EQ(Run({"mount", "--if-possible", "--quiet"}).status, 0);
  EXPECT_EQ(Snapshot(), "not mounted");
}

TEST_F(MountTest, MountsOnce) {
  EXPECT_EQ(Run({"mount", "--userns"}), Prints(kMounted));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
  EXPECT_EQ(Run({"mount", "--userns"}), Prints(kAlready));
  EXPECT_EQ(umount2(kRegistry, 0), 0);
  EXPECT_EQ(Snapshot(), "not mounted") << "it was mounted twice";
}

// What is there already hides nothing more.
TEST_F(MountTest, NeedsNoConsentWhereItIsMounted) {
  Mount();
  EXPECT_EQ(Run({"mount"}), Prints(kAlready));
  EXPECT_EQ(Run({"mount", "--dry-run"}), Prints(kAlready));
}

TEST_F(MountTest, KeepsTheEntriesOfAMountThatIsThere) {
  Mount();
  Register(":jar:E::jar::/usr/bin/jexec:");
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"mount", "--userns"}), Prints(kAlready));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(MountTest, DryRun) {
  EXPECT_EQ(Run({"mount", "--userns", "-n"}),
            Prints("would mount binfmt_misc on /proc/sys/fs/binfmt_misc\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
}

TEST_F(MountTest, Quiet) {
  EXPECT_EQ(Run({"mount", "--userns", "-q"}), Prints(""));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
  EXPECT_EQ(Run({"mount", "--userns", "-q"}), Prints(""));
}

TEST_F(MountTest, Json) {
  EXPECT_EQ(Run({"mount", "--userns", "-n", "--json"}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"would mount\",\"module\":null}\n"));
  EXPECT_EQ(Run({"mount", "--userns", "--json"}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"mounted\",\"module\":null}\n"));
  EXPECT_EQ(Run({"mount", "--userns", "--json"}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"unchanged\",\"module\":null}\n"));
}

TEST_F(MountTest, AnotherDirectory) {
  ASSERT_EQ(mkdir("/mnt/else where", 0755), 0);
  EXPECT_EQ(Run({"mount", "--userns", "-D/mnt/else where"}),
            Prints("mounted binfmt_misc on /mnt/else where\n"));
  EXPECT_EQ(Snapshot("/mnt/else where"), "status: enabled\n");
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Run({"mount", "--userns", "--dir=/mnt/else where"}),
            Prints("binfmt_misc is mounted on /mnt/else where already\n"));
}

// What is mounted on the working directory is not below it.
TEST_F(MountTest, WorkingDirectory) {
  ASSERT_EQ(mkdir("/mnt/here", 0755), 0);
  const auto run = [](const std::vector<std::string>& args) {
    Command command = Box(args);
    command.before_exec = [] {
      if (chdir("/mnt/here") != 0) _exit(99);
    };
    return Execute(command);
  };
  EXPECT_EQ(run({"mount", "--userns", "-D", "."}).status, 0);
  EXPECT_NE(Snapshot("/mnt/here"), "not mounted");
  EXPECT_EQ(run({"mount", "--userns", "-D", "./."}).status, 0);
  EXPECT_EQ(umount("/mnt/here"), 0);
  EXPECT_EQ(Snapshot("/mnt/here"), "not mounted");
}

TEST_F(MountTest, RootDirectory) {
  for (const char* const dir : {"/", "//", "/./"}) {
    const Outcome outcome = Run({"mount", "--userns", "-D", dir});
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    EXPECT_TRUE(outcome.err.contains("would hide all")) << outcome.err;
  }
}

TEST_F(MountTest, MissingDirectory) {
  EXPECT_EQ(Run({"mount", "--userns", "--dir", "/mnt/none"}),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on /mnt/none: there "
                  "is no such directory\n"));
}

TEST_F(MountTest, FileInPlaceOfTheDirectory) {
  EXPECT_EQ(Run({"mount", "--userns", "--dir", kBox}),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on "
                  "/mnt/bin/binfmtbox: it is not a directory\n"));
}

// A dry run promises what the run would do.
TEST_F(MountTest, DryRunOnAMissingDirectory) {
  EXPECT_EQ(Run({"mount", "--userns", "-n", "--dir", "/mnt/none"}),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on /mnt/none: there "
                  "is no such directory\n"));
}

TEST_F(MountTest, MountsProcWhereItIsMissing) {
  EXPECT_EQ(RunInEmptyRoot({"mount", "--userns"}), Prints(kMounted));
  EXPECT_EQ(Snapshot(std::string("/mnt/root") + kRegistry),
            "status: enabled\n");
}

TEST_F(MountTest, DryRunWithoutProcMakesNothing) {
  EXPECT_EQ(RunInEmptyRoot({"mount", "--userns", "-n"}),
            Prints("would mount binfmt_misc on /proc/sys/fs/binfmt_misc\n"));
  EXPECT_NE(access("/mnt/root/proc", F_OK), 0);
}

// What a container's privileges are not enough for. strace(1) has the kernel's
// answers ready.
class ContainerTest : public MountTest {
 protected:
  // Runs "binfmtbox ARGS" where INJECTED is what strace does.
  static Outcome RunTraced(const std::vector<std::string>& injected,
                           const std::vector<std::string>& args) {
    Command command;
    command.path = "/usr/bin/strace";
    command.argv = {"strace", "-f", "-qq", "-o", "/dev/null"};
    command.argv.insert(command.argv.end(), injected.begin(), injected.end());
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    return Execute(command);
  }

  // "binfmtbox ARGS" where the system call CALL fails with ERROR, in a root
  // whose /proc tells of PROFILE ("": of no confinement) and of nothing else.
  static Outcome RunConfined(const std::string& call, const std::string& error,
                             const std::string& profile,
                             const std::vector<std::string>& args) {
    for (const char* dir : {"/mnt/root", "/mnt/root/dir", "/mnt/root/proc",
                            "/mnt/root/proc/self", "/mnt/root/proc/self/attr",
                            "/mnt/root/proc/1", "/mnt/root/proc/1/ns"}) {
      mkdir(dir, 0755);
    }
    (void)link(kBox, "/mnt/root/binfmtbox");
    constexpr char kNamespace[] = "/mnt/root/proc/1/ns/mnt";
    constexpr char kProfile[] = "/mnt/root/proc/self/attr/current";
    for (const char* file : {kNamespace, kProfile}) (void)unlink(file);
    WriteFile(kNamespace, "", 0644);
    if (!profile.empty()) WriteFile(kProfile, profile + "\n", 0644);
    std::vector<std::string> all = {"/usr/sbin/chroot", "/mnt/root",
                                    "/binfmtbox"};
    all.insert(all.end(), args.begin(), args.end());
    return RunTraced({"-e", "inject=" + call + ":error=" + error}, all);
  }

  static constexpr char kConfined[] =
      "; this process is confined by \"docker-default (enforce)\" (docker: "
      "--security-opt apparmor=unconfined or label=disable, a pod: "
      "appArmorProfile or seLinuxOptions)\n";
};

TEST_F(ContainerTest, MountIsForbidden) {
  for (const auto& [error, text] :
       {std::pair("EACCES", "Permission denied"),
        std::pair("EPERM", "Operation not permitted")}) {
    const std::string why =
        std::string("binfmt-mount: cannot mount binfmt_misc on /dir: ") + text +
        "; CAP_SYS_ADMIN is there: an LSM or seccomp forbids it (docker: "
        "--privileged, a pod: privileged: true)";
    EXPECT_EQ(RunConfined("mount", error, "docker-default (enforce)",
                          {"mount", "--dir", "/dir"}),
              Fails(5, why + kConfined));
    for (const char* profile : {"", "unconfined"}) {
      EXPECT_EQ(
          RunConfined("mount", error, profile, {"mount", "--dir", "/dir"}),
          Fails(5, why + "\n"));
    }
  }
}

// In another user namespace the kernel itself says EPERM, too.
TEST_F(ContainerTest, MountIsForbiddenInAUserNamespace) {
  EXPECT_EQ(RunTraced({"-e", "inject=mount:error=EACCES"},
                      {kBox, "mount", "--userns"}),
            Fails(5,
                  "binfmt-mount: cannot mount binfmt_misc on "
                  "/proc/sys/fs/binfmt_misc: Permission denied; CAP_SYS_ADMIN "
                  "is there: an LSM or seccomp forbids it (docker: "
                  "--privileged, a pod: privileged: true)\n"));
  EXPECT_EQ(RunTraced({"-e", "inject=mount:error=EPERM"},
                      {kBox, "mount", "--userns"}),
            Fails(5,
                  "binfmt-mount: cannot mount binfmt_misc on "
                  "/proc/sys/fs/binfmt_misc: Operation not permitted; it takes "
                  "CAP_SYS_ADMIN in this user namespace: run it as root, in a "
                  "container with --privileged (a pod: privileged: true), or "
                  "only one command: binfmtbox run COMMAND\n"));
}

TEST_F(ContainerTest, MountNamespaceOfPidOneIsForbidden) {
  EXPECT_EQ(RunConfined("setns", "EACCES", "docker-default (enforce)",
                        {"mount", "--host", "--dir", "/dir"}),
            Fails(5, std::string("binfmt-mount: cannot enter the mount "
                                 "namespace of PID 1: Permission denied; it "
                                 "takes CAP_SYS_ADMIN, CAP_SYS_CHROOT and "
                                 "CAP_SYS_PTRACE (docker: --privileged, a pod: "
                                 "privileged: true)") +
                         kConfined));
}

// The tests' own PID 1 is no host's; that the user namespace is the first is
// said to the program (inode 4026531837).
TEST_F(ContainerTest, HostWithoutThePidNamespaceOfTheHost) {
  for (const char* applet : {"mount", "register"}) {
    std::vector<std::string> args = {kBox, applet, "--host"};
    if (args[1] == "register") args.insert(args.end(), {"--mount", "arm64"});
    EXPECT_EQ(RunTraced({"-P", "/proc/self/ns/user", "-e",
                         "inject=stat:poke_exit="
                         "@arg2=0000000000000000fdffffef00000000"},
                        args),
              Fails(5, std::string("binfmt-") + applet +
                           ": PID 1 is this container's own, not the host's, "
                           "so --host can't work: start the container with "
                           "--pid=host (a pod: hostPID: true)\n"));
  }
  EXPECT_EQ(Snapshot(), "not mounted");
}

// A kernel without binfmt_misc: strace(1) has its answers ready, as the kernel
// of the test knows it.
class ModuleTest : public MountTest {
 protected:
  static Outcome RunWithout(const std::string& answer,
                            const std::vector<std::string>& args) {
    Command command;
    command.path = "/usr/bin/strace";
    command.argv = {"strace", "-f",
                    "-o",     "/dev/null",
                    "-e",     "inject=mount:error=ENODEV:when=1",
                    "-e",     "inject=finit_module:" + answer,
                    kBox};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    return Execute(command);
  }

  // The message where the kernel answers ERROR to a module that holds BYTES.
  static std::string Message(const std::string& bytes,
                             const std::string& error) {
    unlink(kModule);
    WriteFile(kModule, bytes, 0644);
    Outcome outcome = RunWithout("error=" + error,
                                 {"mount", "--userns", "--module", kModule});
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(Snapshot(), "not mounted");
    for (const std::string& part :
         {std::string("binfmt-mount: cannot load the module /mnt/m.ko: "),
          std::string(KernelRelease())}) {
      if (const size_t at = outcome.err.find(part); at != std::string::npos) {
        outcome.err.replace(at, part.size(), at == 0 ? "" : "RELEASE");
      }
    }
    return std::to_string(outcome.status) + " " + outcome.err;
  }

  static std::string KernelRelease() {
    utsname names;
    EXPECT_EQ(uname(&names), 0);
    return names.release;
  }

  static constexpr char kModule[] = "/mnt/m.ko";
};

TEST_F(ModuleTest, LoadsAndMounts) {
  WriteFile(kModule,
            "\x7f"
            "ELF",
            0644);
  EXPECT_EQ(RunWithout("retval=0", {"mount", "--userns", "--module", kModule}),
            Prints(std::string("loaded the module /mnt/m.ko\n") + kMounted));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
}

TEST_F(ModuleTest, Json) {
  WriteFile(kModule, "", 0644);
  EXPECT_EQ(RunWithout("retval=0",
                       {"mount", "--json", "--userns", "--module", kModule}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"mounted\",\"module\":\"/mnt/m.ko\"}\n"));
}

// Another process may have loaded it meanwhile.
TEST_F(ModuleTest, IsThereAlready) {
  WriteFile(kModule, "", 0644);
  EXPECT_EQ(RunWithout("error=EEXIST",
                       {"register", "-q", "--mount", "--userns", "--module",
                        kModule, "--rule", ":jar:E::jar::/bin/sh:"}),
            Prints(""));
  EXPECT_EQ(EntryNames(), "jar");
}

TEST_F(ModuleTest, IsNoneOfThisKernel) {
  for (const char* error : {"ENOEXEC", "EINVAL", "ENOENT"}) {
    EXPECT_EQ(Message("\x7f"
                      "ELF",
                      error),
              "4 it is damaged, no module, or built for another kernel or "
              "machine than this (RELEASE); see dmesg\n")
        << error;
  }
}

TEST_F(ModuleTest, CannotBeUnpacked) {
  for (const char* bytes : {"\xfd"
                            "7zXZ",
                            "\x28\xb5\x2f\xfd", "\x1f\x8b"}) {
    EXPECT_EQ(Message(bytes, "EOPNOTSUPP"),
              "4 this kernel (RELEASE) cannot unpack it; unpack it (xz -d, "
              "zstd -d, gzip -d), and name the result with --module\n");
    EXPECT_EQ(Message(bytes, "EINVAL"),
              "4 it is damaged, or this kernel (RELEASE) cannot unpack it; see "
              "dmesg\n");
    EXPECT_EQ(Message(bytes, "ENOEXEC"),
              "4 it is damaged, no module, or built for another kernel or "
              "machine than this (RELEASE); see dmesg\n");
  }
}

TEST_F(ModuleTest, Denied) {
  for (const char* error : {"EPERM", "EACCES"}) {
    EXPECT_EQ(Message("", error),
              "5 it takes CAP_SYS_MODULE in the first user namespace, and "
              "kernel.modules_disabled, lockdown or an LSM may forbid it\n");
  }
  for (const char* error : {"ENOKEY", "EKEYREJECTED"}) {
    EXPECT_EQ(Message("", error),
              "5 this kernel wants it signed with one of the kernel's own "
              "keys\n");
  }
}

TEST_F(ModuleTest, OtherFailures) {
  EXPECT_EQ(Message("", "ENOSYS"), "4 this kernel loads no modules\n");
  EXPECT_EQ(Message("", "ENOMEM"), "1 Out of memory\n");
}

TEST_F(ModuleTest, MissingFile) {
  EXPECT_EQ(RunWithout("retval=0", {"mount", "--userns", "--module", "/none"}),
            Fails(4,
                  "binfmt-mount: cannot open the module /none: No such file or "
                  "directory\n"));
}

// It brought something else.
TEST_F(ModuleTest, IsAnother) {
  WriteFile(kModule, "", 0644);
  Command command;
  command.path = "/usr/bin/strace";
  command.argv = {"strace",
                  "-o",
                  "/dev/null",
                  "-e",
                  "inject=mount:error=ENODEV",
                  "-e",
                  "inject=finit_module:retval=0",
                  kBox,
                  "mount",
                  "--userns",
                  "--module",
                  kModule};
  EXPECT_EQ(Execute(command),
            Fails(4,
                  "binfmt-mount: cannot mount binfmt_misc on "
                  "/proc/sys/fs/binfmt_misc: this kernel has no binfmt_misc, "
                  "and the module that was loaded did not bring it\n"));
}

// What is there is not loaded.
TEST_F(MountTest, NeedsNoModule) {
  EXPECT_EQ(Run({"mount", "-n", "--userns", "--module", "/none"}),
            Prints("would mount binfmt_misc on /proc/sys/fs/binfmt_misc\n"));
  EXPECT_EQ(Run({"mount", "--userns", "--module", "/none"}), Prints(kMounted));
  EXPECT_EQ(Run({"register", "--module", "/none", "arm"}),
            Fails(2,
                  "binfmt-register: options --host, --module and --userns go "
                  "with --mount; see \"binfmtbox register --help\"\n"));
}

// A file in place of the kernel's log.
class KmsgTest : public MountTest {
 protected:
  void SetUp() override {
    MountTest::SetUp();
    ASSERT_EQ(mkdir("/mnt/root", 0755), 0);
    ASSERT_EQ(mkdir("/mnt/root/dev", 0755), 0);
    ASSERT_EQ(link(kBox, "/mnt/root/box"), 0);
    WriteFile(kLog, "", 0644);
  }

  // Stdout is closed, as it is for those who need the log.
  static Outcome RunWithLog(const std::vector<std::string>& args,
                            const std::string& output = "") {
    Command command = InRoot("/mnt/root");
    command.path = "/box";
    if (output.empty()) command.output = "";
    return Run(args, command);
  }

  // What came into the log since the last call.
  static std::string Log() {
    const std::string text = ReadFile(kLog);
    unlink(kLog);
    WriteFile(kLog, "", 0644);
    return text;
  }

  static constexpr char kLog[] = "/mnt/root/dev/kmsg";
};

TEST_F(KmsgTest, ReportsAndNotesAndErrors) {
  EXPECT_EQ(RunWithLog({"mount", "--kmsg"}), Fails(5, ""));
  EXPECT_EQ(Log(), std::string("<3>binfmt-mount: ") + kRefused);
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--if-possible"}), Prints(""));
  EXPECT_EQ(Log(), std::string("<4>binfmt-mount: note: ") + kRefused);
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--userns"}), Prints(""));
  EXPECT_EQ(Log(), std::string("<6>binfmt-mount: ") + kMounted);
  EXPECT_EQ(RunWithLog({"register", "--kmsg", "-I/box", "arm,mips"}),
            Fails(2, ""));
  EXPECT_EQ(Log(),
            "<3>binfmt-register: option --interpreter goes with one target; "
            "see \"binfmtbox register --help\"\n");
  EXPECT_EQ(RunWithLog({"register", "--kmsg", "-I/box", "arm"}), Prints(""));
  EXPECT_EQ(Log(),
            "<4>binfmt-register: note: sudo and other setuid programs need "
            "--credential yes\n"
            "<6>binfmt-register: qemu-arm: registered, /box, flags F\n");
  EXPECT_EQ(RunWithLog({"clear", "--kmsg", "arm", "jar"}), Prints(""));
  EXPECT_EQ(Log(),
            "<6>binfmt-clear: jar: not there\n"
            "<6>binfmt-clear: qemu-arm: removed\n");
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--nonsense"}), Fails(2, ""));
  EXPECT_EQ(Log(),
            "<3>binfmt-mount: unknown option \"--nonsense\"; see "
            "\"binfmtbox mount --help\"\n");
}

TEST_F(KmsgTest, JsonAndHelpStayOnStdout) {
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--userns", "--json"}, "kept"),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"mounted\",\"module\":null}\n"));
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--json", "x"}, "kept").out, "");
  EXPECT_EQ(Log(),
            "<3>binfmt-mount: unexpected operand \"x\"; see \"binfmtbox mount "
            "--help\"\n");
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--help"}, "kept").out.substr(0, 35),
            "usage: binfmtbox mount [OPTION]...\n");
  EXPECT_EQ(Log(), "");
}

TEST_F(KmsgTest, Quiet) {
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--userns", "-q"}), Prints(""));
  EXPECT_EQ(Log(), "");
}

// The kernel takes no more than 976 bytes at once.
TEST_F(KmsgTest, LongLine) {
  const std::string long_name(1500, 'x');
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "\n" + long_name}), Fails(2, ""));
  EXPECT_EQ(Log(), "<3>binfmt-mount: unexpected operand \"\\x0a" +
                       long_name.substr(0, 900 - 24) +
                       "\n<3>binfmt-mount: " + long_name.substr(900 - 24) +
                       "\"; see \"binfmtbox mount --help\"\n");
}

TEST_F(KmsgTest, WithoutDev) {
  ASSERT_EQ(unlink(kLog), 0);
  EXPECT_EQ(RunWithLog({"mount", "--kmsg"}),
            Fails(5, std::string("binfmt-mount: ") + kRefused));
  EXPECT_EQ(RunWithLog({"mount", "--kmsg", "--userns"}),
            Prints("", std::string("binfmt-mount: ") + kMounted));
}

TEST_F(MountTest, Misuse) {
  EXPECT_EQ(Run({"mount", "/mnt"}),
            Fails(2,
                  "binfmt-mount: unexpected operand \"/mnt\"; see "
                  "\"binfmtbox mount --help\"\n"));
  EXPECT_EQ(Run({"mount", "--userns=yes"}),
            Fails(2,
                  "binfmt-mount: option --userns takes no value; see "
                  "\"binfmtbox mount --help\"\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
}

TEST_F(MountTest, MountsNothingWhereOutputFails) {
  Command command;
  command.argv = {"binfmt-mount", "--userns"};
  command.output = "/dev/full";
  EXPECT_EQ(Execute(command), Fails(1,
                                    "binfmt-mount: cannot write to standard "
                                    "output: No space left on device\n"));
  command.output = "";
  EXPECT_EQ(Execute(command), Fails(1,
                                    "binfmt-mount: cannot write to standard "
                                    "output: Bad file descriptor\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
}

}  // namespace
}  // namespace binfmtbox_testing
