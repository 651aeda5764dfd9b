// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel.h"

#include <sys/utsname.h>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

KernelVersion Version(int major, int minor) {
  KernelVersion version;
  version.major = major;
  version.minor = minor;
  return version;
}

TEST(KernelTest, VersionsCompareAsNumbers) {
  EXPECT_TRUE(Version(4, 7).IsBefore(4, 8));
  EXPECT_FALSE(Version(4, 8).IsBefore(4, 8));
  EXPECT_FALSE(Version(4, 9).IsBefore(4, 8));
  EXPECT_TRUE(Version(5, 4).IsBefore(5, 12));
  EXPECT_FALSE(Version(5, 12).IsBefore(5, 4));
  EXPECT_TRUE(Version(5, 19).IsBefore(6, 0));
  EXPECT_TRUE(Version(9, 99).IsBefore(10, 0));
  EXPECT_FALSE(Version(10, 0).IsBefore(9, 99));
}

TEST(KernelTest, UnknownVersionIsBeforeEveryOther) {
  EXPECT_TRUE(KernelVersion().IsBefore(2, 6));
}

TEST(KernelTest, RunningKernelIsWhatUnameSays) {
  utsname names;
  ASSERT_EQ(uname(&names), 0);
  const KernelVersion version = RunningKernel();
  EXPECT_EQ(version.text, names.release);
  const std::string start =
      std::to_string(version.major) + "." + std::to_string(version.minor);
  EXPECT_EQ(version.text.substr(0, start.size()), start);
  EXPECT_GE(version.major, 2);
}

}  // namespace
}  // namespace binfmt
