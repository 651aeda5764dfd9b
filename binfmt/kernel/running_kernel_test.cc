// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/running_kernel.h"

#include <sys/utsname.h>

#include <string>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(RunningKernelTest, IsWhatUnameSays) {
  utsname names;
  ASSERT_EQ(uname(&names), 0);
  const KernelVersion version = RunningKernel();
  EXPECT_EQ(version.release, names.release);
  const std::string start =
      std::to_string(version.major) + "." + std::to_string(version.minor);
  EXPECT_EQ(version.release.substr(0, start.size()), start);
  EXPECT_GE(version.major, 2);
}

TEST(RunningKernelTest, CmdlineHasNoNewline) {
  const Expected<std::string> line = ReadKernelCmdline();
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->find('\n'), std::string::npos);
}

}  // namespace
}  // namespace binfmt
