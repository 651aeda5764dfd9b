// SPDX-License-Identifier: Apache-2.0
#include "binfmt/mount.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "binfmt/error_text_for_testing.h"
#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::EnterNamespaces;
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

// For namespaces that end with the test: whether they last is asked elsewhere.
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

// "mounted", "already mounted", or the error; then what is there afterwards.
std::string Mount(const std::string& dir, const MountOptions& options) {
  MountOutcome outcome;
  const Error error = MountBinfmtMisc(dir, options, &outcome);
  std::string text = ErrorText(error);
  if (error.ok()) {
    text = outcome == MountOutcome::kMounted ? "mounted" : "already mounted";
  }
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
            "container with --privileged (a pod: privileged: true), not there");
}

// The host's mount is seen in a nested namespace, and is none of its own.
TEST_F(MountTest, MountOfTheParentNamespaceCounts) {
  EXPECT_EQ(InChild([] {
              if (std::string error = EnterNamespaces(); !error.empty()) {
                return error;
              }
              return Mount(kRegistry, Holding());
            }),
            "already mounted, there");
}

// As in an initramfs: not even /proc is there. That takes a pid namespace.
TEST_F(MountTest, MountsProcWhereItIsNotThere) {
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

// A first mount, which nobody else holds, in a mount namespace of its own.
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
                "true), or stay with --hold, there");
}

TEST_F(MountTest, ProcessThatStaysNeedsNoLastingMount) {
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  MountOptions options = WithConsent();
  options.holds = true;
  EXPECT_EQ(MountFirst(File("dir"), options), "mounted, there");
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
