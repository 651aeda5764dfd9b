// SPDX-License-Identifier: Apache-2.0
// run: foreign programs without privilege, and a machine that stays as it is.
// The foreign programs are the product itself and spawn.cc, built for arm64;
// the emulator is qemu-user-static's.
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

using Words = std::vector<std::string>;

constexpr char kForeign[] = "/mnt/binfmtbox_arm64";
constexpr char kForeignParent[] = "/mnt/spawn";
constexpr char kList[] = "mount\nregister\nstatus\nclear\nrun\n";
const Words kPath = {"PATH=/usr/bin:/bin"};

class RunTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    WriteFile(kForeign, ReadFile(ProductPath("arm64")), 0755);
    WriteFile(kForeignParent, ReadFile(TestData("testing/program/spawn_arm64")),
              0755);
  }

  // "binfmtbox run ARGS" as an ordinary user, uid and gid 1000.
  static Command AsUser(const Words& args) {
    Words words = {"run"};
    words.insert(words.end(), args.begin(), args.end());
    Command command = Box(words, WithEnv(kPath));
    command.before_exec = [] {
      unshare(CLONE_NEWUSER);
      WriteOnce("/proc/self/setgroups", "deny");
      WriteOnce("/proc/self/uid_map", "1000 0 1");
      WriteOnce("/proc/self/gid_map", "1000 0 1");
    };
    return command;
  }

  // Has COMMAND do MORE, after what it does before it starts.
  static void Also(Command& command, const std::function<void()>& more) {
    command.before_exec = [before = command.before_exec, more] {
      if (before) before();
      more();
    };
  }

  static Outcome RunAsUser(const Words& args) { return Execute(AsUser(args)); }
  // "binfmtbox run ARGS" as root of this user namespace.
  static Command AsRoot(Words args) {
    args.insert(args.begin(), "run");
    return Box(args, WithEnv(kPath));
  }
  static Outcome RunAsRoot(const Words& args) { return Execute(AsRoot(args)); }
};

TEST_F(RunTest, ForeignProgram) {
  EXPECT_EQ(RunAsUser({kForeign, "--list"}), Prints(kList));
  EXPECT_EQ(RunAsRoot({kForeign, "--list"}), Prints(kList));
}

TEST_F(RunTest, ForeignProgramFoundInPath) {
  Command command = AsUser({"binfmtbox_arm64", "--list"});
  command.env = {"PATH=/nosuch:/mnt:/usr/bin"};
  EXPECT_EQ(Execute(command), Prints(kList));
}

// As execvp(3): what cannot be started does not end the search.
TEST_F(RunTest, DirectoriesAndOthersOfThatNameInPath) {
  mkdir("/mnt/one", 0755);
  mkdir("/mnt/one/binfmtbox_arm64", 0755);
  mkdir("/mnt/two", 0755);
  WriteFile("/mnt/two/binfmtbox_arm64", "", 0644);
  Command command = AsUser({"binfmtbox_arm64", "--list"});
  command.env = {"PATH=/mnt/one:/mnt/two:/mnt"};
  EXPECT_EQ(Execute(command), Prints(kList));
  command.env = {"PATH=/mnt/two"};
  EXPECT_EQ(Execute(command),
            Fails(126,
                  "binfmt-run: /mnt/two/binfmtbox_arm64 is not executable; "
                  "make it so with: chmod +x /mnt/two/binfmtbox_arm64\n"));
}

TEST_F(RunTest, CurrentDirectoryIsNotSearched) {
  Command command = AsUser({"binfmtbox_arm64"});
  Also(command, [] { return chdir("/mnt"); });
  EXPECT_EQ(
      Execute(command),
      Fails(127, "binfmt-run: binfmtbox_arm64 is in no directory of PATH\n"));
}

TEST_F(RunTest, ForeignChildOfNativeParent) {
  EXPECT_EQ(RunAsUser({"-t", "arm64", "--", "sh", "-c",
                       "/mnt/binfmtbox_arm64 --list"}),
            Prints(kList));
}

TEST_F(RunTest, ForeignChildOfForeignParent) {
  EXPECT_EQ(RunAsUser({kForeignParent, kForeignParent, kForeign, "--list"}),
            Prints(kList));
}

TEST_F(RunTest, AllThatHasAnEmulatorForANativeCommand) {
  EXPECT_EQ(RunAsUser({"sh", "-c", "/mnt/binfmtbox_arm64 --list"}),
            Prints(kList));
}

TEST_F(RunTest, TargetsThatTheMachineRunsByItself) {
  EXPECT_EQ(RunAsUser({"-n", "-t", "amd64", "sh"}),
            Prints("would start /usr/bin/sh\n"));
  for (const char* list : {"amd64,arm64", "all,arm64"}) {
    EXPECT_EQ(
        RunAsUser({"-t", list, "sh", "-c", "/mnt/binfmtbox_arm64 --list"}),
        Prints(kList))
        << list;
  }
}

TEST_F(RunTest, StatusIsThatOfTheCommand) {
  EXPECT_EQ(RunAsUser({kForeignParent, "/bin/sh", "-c", "exit 7"}),
            Fails(7, ""));
  EXPECT_EQ(RunAsUser({"-t", "arm64", "sh", "-c", "kill -TERM $$"}),
            Fails(128 + 15, ""));
}

TEST_F(RunTest, OptionsEndAtTheCommand) {
  EXPECT_EQ(RunAsUser({"-t", "arm64", "echo", "-t", "--help", "--", "-n"}),
            Prints("-t --help -- -n\n"));
}

constexpr char kWhoAmI[] =
    "id -u; id -g; grep -E '^(CapEff|NoNewPrivs|SigBlk)' "
    "/proc/self/status";

TEST_F(RunTest, UserStaysAndHasNoCapabilities) {
  EXPECT_EQ(RunAsUser({"-t", "arm64", "sh", "-c", kWhoAmI}),
            Prints("1000\n1000\nSigBlk:\t0000000000000000\n"
                   "CapEff:\t0000000000000000\nNoNewPrivs:\t0\n"));
}

// Of the caller's signals, those that it ignores are ignored, and no others:
// with handlers of its own, as a user and as root, and with COMMAND only.
TEST_F(RunTest, IgnoresTheSignalsThatItsCallerIgnores) {
  const Words grep = {"grep", "SigIgn", "/proc/self/status"};
  for (const bool ignores : {false, true}) {
    const auto with_signals = [ignores](Command command) {
      Also(command, [ignores] {
        for (int number = 1; ignores && number < NSIG; ++number) {
          signal(number, SIG_IGN);
        }
      });
      return Execute(command);
    };
    Command plain;
    plain.path = "/usr/bin/grep";
    plain.argv = grep;
    const Outcome expected = with_signals(plain);
    EXPECT_EQ(expected.status, 0);
    for (const char* const target : {"arm64", "x86_64"}) {
      const Words words = {"-t", target, grep[0], grep[1], grep[2]};
      EXPECT_EQ(with_signals(AsUser(words)), expected) << target;
      EXPECT_EQ(with_signals(AsRoot(words)), expected) << target;
    }
  }
}

TEST_F(RunTest, RootUser) {
  EXPECT_EQ(RunAsUser({"--root-user", "-t", "arm64", "sh", "-c",
                       "id -u; /mnt/binfmtbox_arm64 --list"}),
            Prints(std::string("0\n") + kList));
}

TEST_F(RunTest, WithoutCapabilitiesAndNewPrivileges) {
  Command command = AsUser({kForeign, "--list"});
  Also(command, [] {
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
      prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  });
  EXPECT_EQ(Execute(command), Prints(kList));
}

// verify_root_map(): root may map itself only with CAP_SETFCAP.
TEST_F(RunTest, RootWithoutCapabilities) {
  Command command = Box({"run", kForeign, "--list"}, WithEnv(kPath));
  for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    command.dropped_capabilities.push_back(capability);
  }
  EXPECT_EQ(
      Execute(command),
      Fails(125,
            "binfmt-run: a command cannot have handlers of its own: cannot "
            "make a user namespace: Operation not permitted; root takes "
            "CAP_SETFCAP for it; or be another user; "
            "/usr/bin/qemu-aarch64-static /mnt/binfmtbox_arm64 starts it "
            "without (--or-direct)\n"));
}

TEST_F(RunTest, ProcSysIsReadOnly) {
  Command command = AsUser({kForeign, "--list"});
  const MountNamespace mounts;
  command.mounts = &mounts;
  const auto become_user = command.before_exec;
  command.before_exec = [become_user] {
    mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr);
    mount(nullptr, "/proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
          nullptr);
    become_user();
  };
  EXPECT_EQ(Execute(command), Prints(kList));
}

TEST_F(RunTest, EntriesOfTheNamespaceOutsideStay) {
  Mount();
  Register(":java:M::\\xca\\xfe\\xba\\xbe::/bin/true:");
  const std::string before = Snapshot();
  EXPECT_EQ(
      RunAsRoot({"-t", "arm64", "sh", "-c", "/mnt/binfmtbox_arm64 --list"}),
      Prints(kList,
             "binfmt-run: note: entries of this machine that are hidden from "
             "sh: 1\n"));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(RunTest, OnlyStartsWhatRunsAlready) {
  Mount();
  ASSERT_EQ(mkdir("/mnt/registry", 0755), 0);
  ASSERT_EQ(Run({"register", "-q", "arm64"}), Prints(""));
  char outside[64] = {};
  ASSERT_GT(readlink("/proc/self/ns/user", outside, sizeof(outside) - 1), 0);
  EXPECT_EQ(RunAsRoot({"-t", "arm64", "readlink", "/proc/self/ns/user"}),
            Prints(std::string(outside) + "\n"));
  EXPECT_EQ(RunAsRoot({kForeign, "--list"}), Prints(kList));
  EXPECT_EQ(RunAsRoot({"-n", kForeign}),
            Prints("would start /mnt/binfmtbox_arm64\n"));
  // The instance is this user namespace's own, wherever it is mounted.
  ASSERT_EQ(mount(kRegistry, "/mnt/registry", nullptr, MS_BIND, nullptr), 0);
  ASSERT_EQ(umount(kRegistry), 0);
  EXPECT_EQ(RunAsRoot({"-n", kForeign}),
            Prints("would start /mnt/binfmtbox_arm64\n"));
  ASSERT_EQ(umount("/mnt/registry"), 0);
}

TEST_F(RunTest, BackgroundChildKeepsItsHandlers) {
  EXPECT_EQ(RunAsUser({"-t", "arm64", "sh", "-c",
                       "(while [ ! -e /mnt/go ]; do sleep 0.1; done; "
                       "/mnt/binfmtbox_arm64 --list >/mnt/part; "
                       "mv /mnt/part /mnt/done) >&- 2>&- &"}),
            Prints(""));
  WriteFile("/mnt/go", "");
  EXPECT_TRUE(WaitUntil([] { return !ReadFile("/mnt/done").empty(); }));
  EXPECT_EQ(ReadFile("/mnt/done"), kList);
}

TEST_F(RunTest, NothingIsWritten) {
  EXPECT_EQ(RunAsUser({"-t", "arm64", "find", "/mnt", "-newer", kForeign,
                       "-type", "f", "!", "-name", "spawn"}),
            Prints(""));
}

TEST_F(RunTest, DryRun) {
  EXPECT_EQ(
      RunAsUser({"-n", kForeign, "--list"}),
      Prints("would start /mnt/binfmtbox_arm64 with handlers of its own\n"));
  EXPECT_EQ(RunAsUser({"-n", "-t", "x86_64", kForeign, "--list"}),
            Prints("would start /mnt/binfmtbox_arm64\n"));
}

// What would fail is not said to be done.
TEST_F(RunTest, DryRunWhereItWouldFail) {
  for (const Words& words :
       {Words{kForeign, "--list"}, Words{"-t", "arm64", "--", "true"}}) {
    Words dry = {"-n"};
    dry.insert(dry.end(), words.begin(), words.end());
    for (const Words& args : {words, dry}) {
      Command command = AsRoot(args);
      for (int capability = 0; capability <= CAP_LAST_CAP; ++capability) {
        command.dropped_capabilities.push_back(capability);
      }
      const Outcome outcome = Execute(command);
      EXPECT_EQ(outcome.status, 125);
      EXPECT_EQ(outcome.out, "");
      EXPECT_TRUE(outcome.err.contains("cannot make a user namespace"))
          << outcome.err;
    }
  }
}

constexpr char kSeeHelp[] = "; see \"binfmtbox run --help\"\n";

TEST_F(RunTest, Refusals) {
  EXPECT_EQ(RunAsUser({}), Fails(125, std::string("binfmt-run: there is no "
                                                  "COMMAND") +
                                          kSeeHelp));
  EXPECT_EQ(RunAsUser({"--nosuch", "true"}),
            Fails(125, std::string("binfmt-run: unknown option \"--nosuch\"") +
                           kSeeHelp));
  // What is printed is COMMAND's.
  EXPECT_EQ(RunAsUser({"--json", "true"}),
            Fails(125, std::string("binfmt-run: unknown option \"--json\"") +
                           kSeeHelp));
  EXPECT_EQ(RunAsUser({"--help"}).out.find("--json"), std::string::npos);
  EXPECT_EQ(RunAsUser({"-t", "nosuch", "true"}).status, 125);
  EXPECT_EQ(RunAsUser({"nosuch"}),
            Fails(127, "binfmt-run: nosuch is in no directory of PATH\n"));
  EXPECT_EQ(RunAsUser({"/mnt/nosuch"}),
            Fails(127, "binfmt-run: /mnt/nosuch does not exist\n"));
  EXPECT_EQ(RunAsUser({"/mnt"}),
            Fails(126, "binfmt-run: /mnt is a directory\n"));
  WriteFile("/mnt/text", "words", 0644);
  EXPECT_EQ(
      RunAsUser({"/mnt/text"}),
      Fails(
          126,
          "binfmt-run: /mnt/text is not executable; make it so with: chmod +x "
          "/mnt/text\n"));
  // No emulator for it is installed: the search list has none.
  EXPECT_EQ(RunAsUser({"-c", "maybe", "true"}),
            Fails(125, std::string("binfmt-run: option --credential takes yes "
                                   "or no, not \"maybe\"") +
                           kSeeHelp));
}

TEST_F(RunTest, LimitOfNamespaces) {
  Command command = AsUser({kForeign, "--list"});
  Also(command, [] { WriteOnce("/proc/sys/user/max_user_namespaces", "0"); });
  EXPECT_EQ(
      Execute(command),
      Fails(125,
            "binfmt-run: a command cannot have handlers of its own: cannot "
            "make a user namespace: No space left on device; the limit of "
            "user namespaces is reached or 0, which root raises: sysctl "
            "user.max_user_namespaces=15000; /usr/bin/qemu-aarch64-static "
            "/mnt/binfmtbox_arm64 starts it without (--or-direct)\n"));
  Command direct = AsUser({"--or-direct", kForeign, "--list"});
  direct.before_exec = command.before_exec;
  const Outcome outcome = Execute(direct);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, kList);
  EXPECT_NE(outcome.err.find("have no handler\n"), std::string::npos)
      << outcome.err;
  Command native = AsUser({"--if-possible", "-q", "echo", "native"});
  native.before_exec = command.before_exec;
  EXPECT_EQ(Execute(native), Prints("native\n"));
}

// As wide as a user's own, so that the limit can be reached.
TEST_F(RunTest, LimitThatOneNamespaceReaches) {
  for (const char* const limit : {"1", "2", "3"}) {
    Command command = AsUser({"--or-direct", "-q", kForeign, "--list"});
    Also(command,
         [limit] { WriteOnce("/proc/sys/user/max_user_namespaces", limit); });
    EXPECT_EQ(Execute(command), Prints(kList)) << limit;
  }
}

TEST_F(RunTest, LimitOfMountNamespaces) {
  Command command = AsUser({kForeign, "--list"});
  Also(command, [] { WriteOnce("/proc/sys/user/max_mnt_namespaces", "0"); });
  const Outcome outcome = Execute(command);
  EXPECT_EQ(outcome.status, 125);
  EXPECT_TRUE(outcome.err.contains("sysctl user.max_mnt_namespaces=15000"))
      << outcome.err;
}

// "all" with no emulator at all is not "runs already".
TEST_F(RunTest, NoEmulator) {
  ASSERT_EQ(mkdir("/mnt/empty", 0755), 0);
  WriteFile("/mnt/true", "", 0755);
  for (const Words& words : {Words{"true"}, Words{"-t", "all", "--", "true"},
                             Words{"-n", "-t", "all", "--", "true"}}) {
    const MountNamespace mounts;
    Command command = AsRoot(words);
    command.mounts = &mounts;
    command.before_exec = [] {
      if (mount("none", "/usr/libexec", "tmpfs", 0, nullptr) != 0 ||
          mount("none", "/usr/local", "tmpfs", 0, nullptr) != 0 ||
          mount("/usr/bin/true", "/mnt/true", nullptr, MS_BIND, nullptr) != 0 ||
          mount("/mnt/empty", "/usr/bin", nullptr, MS_BIND, nullptr) != 0) {
        _exit(99);
      }
    };
    command.env = {"PATH=/mnt"};
    const Outcome outcome = Execute(command);
    EXPECT_EQ(outcome.status, 125);
    EXPECT_TRUE(outcome.err.contains("no interpreter for any target"))
        << outcome.err;
    // Which run does not have.
    EXPECT_FALSE(outcome.err.contains("--qemu-path")) << outcome.err;
  }
}

// Whatever a process has or lacks of what the map of all ids takes, in a
// namespace that maps no group 0.
TEST_F(RunTest, GroupStays) {
  for (const std::vector<int>& capabilities :
       {std::vector<int>{}, std::vector<int>{CAP_SETUID},
        std::vector<int>{CAP_SETGID},
        std::vector<int>{CAP_SETUID, CAP_SETGID}}) {
    Command command = AsRoot({"-t", "arm64", "sh", "-c",
                              "id -u; id -g; /mnt/binfmtbox_arm64 --list"});
    command.before_exec = [&capabilities] {
      unshare(CLONE_NEWUSER);
      WriteOnce("/proc/self/setgroups", "deny");
      WriteOnce("/proc/self/uid_map", "0 0 1");
      WriteOnce("/proc/self/gid_map", "77 0 1");
      for (const int capability : capabilities) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
      }
    };
    EXPECT_EQ(Execute(command), Prints(std::string("0\n77\n") + kList));
  }
}

// The reason is that of the call that failed.
TEST_F(RunTest, ReasonsOfMounts) {
  WriteFile("/mnt/text", "words", 0644);
  for (const auto& [dir, why] :
       {std::pair{"/mnt/text", "Not a directory"},
        std::pair{"/mnt/nosuch", "No such file or directory"}}) {
    const std::string start =
        std::string(
            "binfmt-run: a command cannot have handlers of its own: "
            "cannot mount binfmt_misc on ") +
        dir + ": " + why;
    EXPECT_EQ(RunAsRoot({"-D", dir, "-t", "arm64", "true"}),
              Fails(125, start + "\n"));
  }
}

TEST_F(RunTest, ReasonOfDescriptors) {
  Command command = AsUser({"-t", "arm64", "true"});
  Also(command, [] {
    const rlimit limit = {4, 4};
    setrlimit(RLIMIT_NOFILE, &limit);
  });
  const Outcome outcome = Execute(command);
  EXPECT_EQ(outcome.status, 125);
  EXPECT_FALSE(outcome.err.contains("chroot")) << outcome.err;
}

// execve(2) says ENOEXEC of each.
TEST_F(RunTest, WhatTheKernelDoesNotStart) {
  EXPECT_EQ(RunAsUser({"-t", "riscv64", kForeign}),
            Fails(126,
                  "binfmt-run: cannot start /mnt/binfmtbox_arm64: Exec format "
                  "error; it is for aarch64, which --target leaves out\n"));
  // What is asked for runs already, so that nothing is tried.
  EXPECT_EQ(RunAsUser({"-t", "x86_64", "--or-direct", kForeign}),
            Fails(126,
                  "binfmt-run: cannot start /mnt/binfmtbox_arm64: Exec format "
                  "error; it is for aarch64, which --target leaves out\n"));
  WriteFile("/mnt/script", "echo $0 $#\n", 0755);
  EXPECT_EQ(RunAsUser({"-t", "arm64", "/mnt/script", "a", "b"}),
            Prints("/mnt/script 2\n"));
}

TEST_F(RunTest, PathThatLooksLikeAnOption) {
  ASSERT_EQ(mkdir("/mnt/-d", 0755), 0);
  WriteFile("/mnt/-d/binfmtbox", ReadFile(kForeign), 0755);
  for (const char* const limit : {"0", "1000"}) {
    Command command =
        AsUser({"-q", "--or-direct", "--", "-d/binfmtbox", "--list"});
    Also(command, [limit] {
      if (chdir("/mnt") != 0) _exit(99);
      WriteOnce("/proc/sys/user/max_user_namespaces", limit);
    });
    EXPECT_EQ(Execute(command), Prints(kList)) << limit;
  }
}

// Not a status that could be COMMAND's, nor a death.
TEST_F(RunTest, Limits) {
  for (const auto& limited : {std::pair{RLIMIT_FSIZE, rlim_t{0}},
                              std::pair{RLIMIT_AS, rlim_t{500} << 10}}) {
    Command command = AsUser({"-t", "arm64", "true"});
    Also(command, [limited] {
      const rlimit limit = {limited.second, limited.second};
      setrlimit(limited.first, &limit);
    });
    const Outcome outcome = Execute(command);
    EXPECT_TRUE(outcome.status == 125 || outcome.status == 0) << outcome.status;
    EXPECT_EQ(outcome.err.empty(), outcome.status == 0) << outcome.err;
  }
}

TEST_F(RunTest, Chroot) {
  for (const char* dir : {"/mnt/root", "/mnt/root/proc", "/mnt/root/bin",
                          "/mnt/root/usr", "/mnt/root/usr/bin"}) {
    ASSERT_EQ(mkdir(dir, 0755), 0) << dir;
  }
  WriteFile("/mnt/root/foreign", ReadFile(kForeign), 0755);
  WriteFile("/mnt/root/bin/binfmtbox", ReadFile(kBox), 0755);
  WriteFile("/mnt/root/usr/bin/qemu-aarch64-static",
            ReadFile("/usr/bin/qemu-aarch64-static"), 0755);
  Command command = Box({"run", "/foreign", "--list"});
  command.path = "/bin/binfmtbox";
  const MountNamespace mounts;
  command.mounts = &mounts;
  command.before_exec = [] {
    mount("/proc", "/mnt/root/proc", nullptr, MS_BIND | MS_REC, nullptr);
    if (chroot("/mnt/root") != 0 || chdir("/") != 0) _exit(99);
  };
  EXPECT_EQ(
      Execute(command),
      Fails(125,
            "binfmt-run: a command cannot have handlers of its own: cannot "
            "make a user namespace: Operation not permitted; the kernel makes "
            "none in a chroot: use it outside, as in binfmtbox run chroot DIR "
            "COMMAND; /usr/bin/qemu-aarch64-static /foreign starts it without "
            "(--or-direct)\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
