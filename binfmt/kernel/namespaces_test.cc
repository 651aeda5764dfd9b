// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/namespaces.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

class NamespacesTest : public KernelTest {};

TEST_F(NamespacesTest, UserNamespaceOfATestIsNotTheFirst) {
  EXPECT_EQ(CurrentUserNamespace(), UserNamespace::kOther);
}

TEST_F(NamespacesTest, WithoutProcNothingIsKnown) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount("tmpfs", "/proc", "tmpfs", 0, nullptr) != 0) {
                return "cannot hide /proc";
              }
              return CurrentUserNamespace() == UserNamespace::kUnknown
                         ? "unknown"
                         : "known";
            }),
            "unknown");
}

// Early boot.
TEST_F(NamespacesTest, WithoutProcItIsTheFirstPidNamespace) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWNS) != 0 ||
                  mount("tmpfs", "/proc", "tmpfs", 0, nullptr) != 0) {
                return "cannot hide /proc";
              }
              return InFirstPidNamespace() ? "first" : "other";
            }),
            "first");
}

// PID 1 of a container, as the container's own /proc shows it. That of LXC's
// mount hooks, with the machine's /proc, is in the boot test of pantavisor.
TEST_F(NamespacesTest, PidOneOfTheOwnProcCounts) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) {
                return "cannot unshare";
              }
              return InChild([]() -> std::string {
                if (mount("proc", "/proc", "proc", 0, nullptr) != 0) {
                  return "cannot mount /proc";
                }
                return InFirstPidNamespace() ? "first" : "other";
              });
            }),
            "other");
}

TEST_F(NamespacesTest, DeniedHintInAUserNamespace) {
  EXPECT_EQ(DeniedHint(),
            "; root of this user namespace does not own that binfmt_misc: "
            "mount one of its own (binfmtbox mount --userns), or work on the "
            "host");
}

// In a namespace without a mapping this process is nobody.
TEST_F(NamespacesTest, DeniedHintForAnotherUserThanRoot) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWUSER) != 0) return "cannot unshare";
              if (geteuid() == 0) return "still root";
              return DeniedHint();
            }),
            "; this user namespace does not map your user (unshare -r "
            "does)");
}

TEST_F(NamespacesTest, DeniedHintForAnOrdinaryUser) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWUSER) != 0) return "cannot unshare";
              if (WriteOnce("/proc/self/uid_map", "1000 0 1") != 0) {
                return "cannot write the map";
              }
              return DeniedHint();
            }),
            "; run it as root (sudo), or only one command: binfmtbox run "
            "COMMAND");
}

// What is effective counts, not what is permitted.
TEST_F(NamespacesTest, HasSysAdmin) {
  EXPECT_TRUE(HasSysAdmin());
  EXPECT_EQ(
      InChild([]() -> std::string {
        __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct data[2] = {};
        if (syscall(SYS_capget, &header, data) != 0) return "no capget";
        data[0].effective &= ~(1u << CAP_SYS_ADMIN);
        if (syscall(SYS_capset, &header, data) != 0) return "no capset";
        return HasSysAdmin() ? "may" : "may not";
      }),
      "may not");
}

// As AppArmor, SELinux and a kernel without either show it.
TEST_F(NamespacesTest, ConfinementHint) {
  const auto confinement = [](const std::string& profile) {
    return InChild([&]() -> std::string {
      if (unshare(CLONE_NEWNS) != 0 ||
          mount("tmpfs", "/proc", "tmpfs", 0, nullptr) != 0) {
        return "cannot hide /proc";
      }
      if (mkdir("/proc/self", 0755) != 0 ||
          mkdir("/proc/self/attr", 0755) != 0) {
        return "cannot make directories";
      }
      WriteFile("/proc/self/attr/current", profile);
      return ConfinementHint();
    });
  };
  const std::string kFix =
      " (docker: --security-opt apparmor=unconfined or label=disable, a pod: "
      "appArmorProfile or seLinuxOptions)";
  EXPECT_EQ(
      confinement("docker-default (enforce)\n"),
      "; this process is confined by \"docker-default (enforce)\"" + kFix);
  EXPECT_EQ(
      confinement(std::string("system_u:system_r:container_t:s0:c1,c2\0", 39)),
      "; this process is confined by "
      "\"system_u:system_r:container_t:s0:c1,c2\"" +
          kFix);
  EXPECT_EQ(confinement("unconfined\n"), "");
  EXPECT_EQ(confinement(""), "");
}

}  // namespace
}  // namespace binfmt
