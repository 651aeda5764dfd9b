// SPDX-License-Identifier: Apache-2.0
#include "testing/namespace.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

class NamespaceTest : public KernelTest {};

TEST_F(NamespaceTest, RegistryStartsEmptyAndEnabled) {
  EXPECT_EQ(geteuid(), 0u);
  EXPECT_EQ(ReadFile(EntryFile("status")), "enabled\n");
  EXPECT_EQ(ErrnoName(RawRegister(":left-over:M::MAGIC::/bin/x:")), "0");
}

TEST_F(NamespaceTest, EntryOfTheTestBeforeIsGone) {
  EXPECT_EQ(ReadFile(EntryFile("left-over")), "");
}

TEST_F(NamespaceTest, NativeProgramEndsWithItsStatus) {
  EXPECT_EQ(RunProgram(MakeInterpreter("a", 0)), "exit 0");
  EXPECT_EQ(RunProgram(MakeInterpreter("b", 42)), "exit 42");
  EXPECT_EQ(RunProgram(MakeInterpreter("c", 255)), "exit 255");
}

TEST_F(NamespaceTest, HandlerTakesForeignProgram) {
  WriteFile(File("foreign"), ForeignElf(), 0755);
  EXPECT_EQ(RunProgram(File("foreign")), "ENOEXEC");
  ASSERT_EQ(ErrnoName(RawRegister(
                ":x:M:18:\\x00\\xfe::" + MakeInterpreter("i", 7) + ":")),
            "0");
  EXPECT_EQ(RunProgram(File("foreign")), "exit 7");
}

TEST_F(NamespaceTest, ChildTellsHowItEnded) {
  EXPECT_EQ(InChild([] { return std::string("a result"); }), "a result");
  EXPECT_EQ(InChild([]() -> std::string { _exit(3); }), "CHILD: exit 3");
}

TEST_F(NamespaceTest, NewPidsContinueAsPid1) {
  NamespaceOptions options;
  options.new_pids = true;
  EXPECT_EQ(InChild([&]() -> std::string {
              if (std::string error = EnterNamespaces(options);
                  !error.empty()) {
                return error;
              }
              return absl::StrCat(getpid(), " ", getppid(), ", /proc: ",
                                  ReadFile("/proc/self/stat").substr(0, 2));
            }),
            "1 0, /proc: 1 ");
}

TEST_F(NamespaceTest, ImpossibleNamespaceIsAnErrorThatSaysWhatIsNeeded) {
  EXPECT_EQ(
      InChild([] {
        // No user namespace may be made below one more.
        if (std::string error = EnterNamespaces(); !error.empty()) {
          return error;
        }
        WriteOnce("/proc/sys/user/max_user_namespaces", "0");
        return EnterNamespaces();
      }),
      "cannot make a user and a mount namespace: No space left on device; "
      "these tests need Linux 6.7 or newer and user namespaces (sysctl "
      "user.max_user_namespaces, kernel.unprivileged_userns_clone, a "
      "container's seccomp profile)");
}

}  // namespace
}  // namespace binfmtbox_testing
