// SPDX-License-Identifier: Apache-2.0
// Loading a module, as far as that goes in a user namespace: up to the kernel's
// refusal. cmd:mount_program_test has the kernel's other answers.
#include "binfmt/kernel/module.h"

#include <sys/stat.h>

#include <string>

#include "gtest/gtest.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::Scratch;
using binfmtbox_testing::WriteFile;

// The error, or the path.
std::string Load(const std::string& file, bool dry_run) {
  const Expected<std::string> path = LoadModule(file, dry_run);
  return path ? *path : ErrorText(path);
}

class ModuleTest : public KernelTest {
 protected:
  // Whether TEXT is how a kernel answers here: one with modules, or one
  // without.
  static testing::AssertionResult IsRefusal(const std::string& path,
                                            const std::string& text) {
    const std::string start = "cannot load the module " + path + ": ";
    if (text == "denied EPERM: " + start +
                    "it takes CAP_SYS_MODULE in the first user namespace, and "
                    "kernel.modules_disabled, lockdown or an LSM may forbid "
                    "it" ||
        text == "no support 38: " + start + "this kernel loads no modules") {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << text;
  }
};

TEST_F(ModuleTest, RefusedInAUserNamespace) {
  for (const char* bytes : {"\x7f"
                            "ELF",
                            "\xfd"
                            "7zXZ",
                            "\x28\xb5\x2f\xfd", "\x1f\x8b", ""}) {
    WriteFile(File("m.ko"), bytes);
    EXPECT_TRUE(IsRefusal(File("m.ko"), Load(File("m.ko"), false)));
  }
}

// Opening a FIFO does not wait for a writer.
TEST_F(ModuleTest, FifoAndDirectory) {
  ASSERT_EQ(mkfifo(File("fifo").c_str(), 0600), 0);
  for (const std::string& path : {File("fifo"), Scratch()}) {
    EXPECT_TRUE(IsRefusal(path, Load(path, false)));
  }
}

TEST_F(ModuleTest, DryRunOnlyLooks) {
  WriteFile(File("m.ko"), "");
  EXPECT_EQ(Load(File("m.ko"), true), File("m.ko"));
}

TEST_F(ModuleTest, MissingFile) {
  for (const bool dry_run : {false, true}) {
    EXPECT_EQ(Load(File("none"), dry_run),
              "no support ENOENT: cannot open the module " + File("none") +
                  ": No such file or directory");
  }
}

}  // namespace
}  // namespace binfmt
