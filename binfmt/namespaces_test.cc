// SPDX-License-Identifier: Apache-2.0
#include "binfmt/namespaces.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"
#include "testing/private_namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;

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

TEST_F(NamespacesTest, WhyDeniedInAUserNamespace) {
  EXPECT_EQ(WhyDenied(),
            "; root of this user namespace does not own that binfmt_misc: "
            "mount one of its own (binfmtbox mount --userns), or work on the "
            "host");
}

// In a namespace without a mapping this process is nobody.
TEST_F(NamespacesTest, WhyDeniedForAnotherUserThanRoot) {
  EXPECT_EQ(InChild([]() -> std::string {
              if (unshare(CLONE_NEWUSER) != 0) return "cannot unshare";
              if (geteuid() == 0) return "still root";
              return WhyDenied();
            }),
            "; run it as root (sudo)");
}

}  // namespace
}  // namespace binfmt
