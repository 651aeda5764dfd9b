// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/mount.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::EnterNamespaces;
using binfmtbox_testing::ErrorText;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::kRegistry;
using binfmtbox_testing::WaitUntilNewFilesAreNewerThan;
using binfmtbox_testing::WriteFile;

MountOptions WithConsent() {
  MountOptions options;
  options.allow_user_namespace = true;
  return options;
}

// For namespaces that end with the test. Tests that need a lasting mount do not
// use it.
MountOptions Holding() {
  MountOptions options;
  options.holds = true;
  return options;
}

MountOptions HoldingWithConsent() {
  MountOptions options = WithConsent();
  options.holds = true;
  return options;
}

MountOptions DryRun() {
  MountOptions options = WithConsent();
  options.dry_run = true;
  return options;
}

// "mounted", "already mounted", or the error; then whether it is there now.
std::string Mount(const std::string& dir, const MountOptions& options) {
  const Expected<MountResult> result = MountBinfmtMisc(dir, options);
  std::string text = ErrorText(result);
  if (result) text = result->was_mounted ? "already mounted" : "mounted";
  return text + (IsBinfmtMisc(dir) ? ", there" : ", not there");
}

void DropAllCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capset, &header, data);
}

class MountTest : public KernelTest {
 protected:
  // The time of the instance distinguishes an older one from a new one.
  static void SetUpTestSuite() {
    WaitUntilNewFilesAreNewerThan(std::string(kRegistry) + "/status");
  }

  // In a child with mounts of its own, where binfmt_misc is not mounted.
  static std::string Unmounted(const std::function<std::string()>& function) {
    return InChild([&]() -> std::string {
      if (unshare(CLONE_NEWNS) != 0) return "cannot unshare";
      if (umount(kRegistry) != 0) return "cannot unmount";
      return function();
    });
  }
};

TEST_F(MountTest, MountedRegistryIsLeftAlone) {
  EXPECT_EQ(Mount(kRegistry, Holding()), "already mounted, there");
  EXPECT_EQ(Mount(kRegistry, HoldingWithConsent()), "already mounted, there");
}

TEST_F(MountTest, ReadOnlyMountIsLeftAlone) {
  EXPECT_EQ(InChild([] {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount(nullptr, kRegistry, nullptr,
                        MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0) {
                return std::string("cannot remount");
              }
              return Mount(kRegistry, HoldingWithConsent());
            }),
            "already mounted, there");
}

TEST_F(MountTest, MountsAndIsIdempotent) {
  EXPECT_EQ(Unmounted([] {
              const std::string first = Mount(kRegistry, WithConsent());
              return first + "; " + Mount(kRegistry, Holding());
            }),
            "mounted, there; already mounted, there");
}

TEST_F(MountTest, MountsOnAnotherDirectory) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  EXPECT_EQ(InChild([&] {
              if (unshare(CLONE_NEWNS) != 0) return std::string("cannot");
              return Mount(File("dir"), WithConsent());
            }),
            "mounted, there");
  EXPECT_FALSE(IsBinfmtMisc(File("dir")));
}

TEST_F(MountTest, UserNamespaceNeedsConsent) {
  EXPECT_EQ(Unmounted([] { return Mount(kRegistry, MountOptions()); }),
            "denied EPERM: this is a user namespace of its own: a mount hides "
            "the host's handlers here for good; if that is what you want, add "
            "--userns, not there");
}

TEST_F(MountTest, DryRunMountsNothing) {
  EXPECT_EQ(Unmounted([] { return Mount(kRegistry, DryRun()); }),
            "mounted, not there");
}

TEST_F(MountTest, MissingDirectory) {
  EXPECT_EQ(Mount(File("missing"), WithConsent()),
            "not mounted ENOENT: cannot mount binfmt_misc on " +
                File("missing") + ": there is no such directory, not there");
}

TEST_F(MountTest, FileInPlaceOfADirectory) {
  WriteFile(File("file"), "");
  EXPECT_EQ(Mount(File("file"), WithConsent()),
            "not mounted ENOTDIR: cannot mount binfmt_misc on " + File("file") +
                ": it is not a directory, not there");
  EXPECT_EQ(Mount(File("file/x"), WithConsent()),
            "not mounted ENOTDIR: cannot mount binfmt_misc on " +
                File("file/x") + ": it is not a directory, not there");
}

TEST_F(MountTest, WithoutCapabilities) {
  EXPECT_EQ(Unmounted([] {
              DropAllCapabilities();
              return Mount(kRegistry, WithConsent());
            }),
            "denied EPERM: cannot mount binfmt_misc on "
            "/proc/sys/fs/binfmt_misc: Operation not permitted; it takes "
            "CAP_SYS_ADMIN in this user namespace: run it as root, in a "
            "container with --privileged (a pod: privileged: true), or only "
            "one command: binfmtbox run COMMAND, not there");
}

// A nested namespace sees the host's mount, which is not its own.
TEST_F(MountTest, MountOfTheParentNamespaceCounts) {
  EXPECT_EQ(InChild([] {
              if (std::string error = EnterNamespaces(); !error.empty()) {
                return error;
              }
              return Mount(kRegistry, Holding());
            }),
            "already mounted, there");
}

// As in an initramfs without /proc. Mounting it takes a pid namespace.
TEST_F(MountTest, MountsProcWhereItIsMissing) {
  EXPECT_EQ(Unmounted([]() -> std::string {
              if (unshare(CLONE_NEWPID) != 0) return "cannot unshare";
              return InChild([]() -> std::string {
                if (mount("tmpfs", "/proc", "tmpfs", 0, nullptr) != 0) {
                  return "cannot hide /proc";
                }
                if (IsBinfmtMisc(kRegistry)) return "it is still there";
                const std::string dry = Mount(kRegistry, DryRun());
                if (access("/proc/self", F_OK) == 0) return "dry run mounted";
                return dry + "; " + Mount(kRegistry, WithConsent());
              });
            }),
            "mounted, not there; mounted, there");
}

// A first mount, which nothing else keeps, in a mount namespace of its own.
std::string MountFirst(const std::string& dir, const MountOptions& options) {
  return InChild([&]() -> std::string {
    if (std::string error = EnterNamespaces(); !error.empty()) return error;
    return Mount(dir, options);
  });
}

TEST_F(MountTest, MountThatGoesWithThisProcess) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  EXPECT_EQ(MountFirst(File("dir"), WithConsent()),
            "would not last 0: binfmt_misc on " + File("dir") +
                " is held by this process's mount namespace only, and all "
                "entries would go with it: mount it on the host first, or use "
                "--host (in a container: with --pid=host, a pod: hostPID: "
                "true), or stay with --hold; for one command: binfmtbox run "
                "COMMAND, there");
}

TEST_F(MountTest, ProcessThatStaysNeedsNoLastingMount) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  MountOptions options = WithConsent();
  options.holds = true;
  EXPECT_EQ(MountFirst(File("dir"), options), "mounted, there");
}

// Mounts on DIR with on_host in a mount namespace other than PID 1's, both made
// for this. BEFORE is called in it. Adds whether PID 1 has the mount then.
std::string MountOnHost(const std::string& dir,
                        const std::function<void()>& before) {
  return InChild([&]() -> std::string {
    if (std::string error = EnterNamespaces(); !error.empty()) return error;
    if (unshare(CLONE_NEWPID) != 0) return "cannot unshare";
    return InChild([&]() -> std::string {  // this is PID 1
      if (mount("proc", "/proc", "proc", 0, nullptr) != 0) {
        return "cannot mount /proc";
      }
      const std::string text = InChild([&]() -> std::string {
        if (unshare(CLONE_NEWNS) != 0) return "cannot unshare";
        before();
        MountOptions options = WithConsent();
        options.on_host = true;
        return Mount(dir, options);
      });
      return text +
             (IsBinfmtMisc(dir) ? "; PID 1: there" : "; PID 1: not there");
    });
  });
}

TEST_F(MountTest, MountsOnTheHostAsWell) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  EXPECT_EQ(MountOnHost(File("dir"), [] {}), "mounted, there; PID 1: there");
}

// The error is made by what PID 1 sees.
TEST_F(MountTest, DirectoryThatTheHostLacks) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  const std::string dir = File("dir/sub");
  EXPECT_EQ(MountOnHost(dir,
                        [&] {
                          mount("tmpfs", File("dir").c_str(), "tmpfs", 0,
                                nullptr);
                          mkdir(dir.c_str(), 0755);
                        }),
            "not mounted ENOENT: cannot mount binfmt_misc on " + dir +
                ": there is no such directory, not there; PID 1: not there");
}

TEST_F(MountTest, HostWithoutCapabilities) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  EXPECT_EQ(MountOnHost(File("dir"), DropAllCapabilities),
            "denied EACCES: cannot enter the mount namespace of PID 1: "
            "Permission denied; it takes CAP_SYS_ADMIN, CAP_SYS_CHROOT and "
            "CAP_SYS_PTRACE (docker: --privileged, a pod: privileged: true), "
            "not there; PID 1: not there");
}

TEST_F(MountTest, UnmountsAsOftenAsItIsMounted) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount(kRegistry, kRegistry, nullptr, MS_BIND, nullptr) != 0) {
                return "cannot mount";
              }
              const auto unmount = [](bool dry_run) {
                const auto result = UnmountBinfmtMisc(kRegistry, dry_run);
                return !result   ? ErrorText(result)
                       : *result ? "was mounted"
                                 : "was not mounted";
              };
              const std::string dry = unmount(true);
              if (!IsBinfmtMisc(kRegistry)) return "dry run unmounted";
              const std::string first = unmount(false);
              if (IsBinfmtMisc(kRegistry)) return "still there";
              return dry + ", " + first + ", " + unmount(false);
            }),
            "was mounted, was mounted, was not mounted");
}

TEST_F(MountTest, IsBinfmtMisc) {
  EXPECT_TRUE(IsBinfmtMisc(kRegistry));
  EXPECT_FALSE(IsBinfmtMisc("/proc/sys/fs"));
  EXPECT_FALSE(IsBinfmtMisc("/proc/sys/fs/binfmt_misc/status"));
  EXPECT_FALSE(IsBinfmtMisc(File("missing")));
  EXPECT_FALSE(IsBinfmtMisc(""));
}

}  // namespace
}  // namespace binfmt
