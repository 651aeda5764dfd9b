// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/kernel_version.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

KernelVersion Version(int major, int minor) {
  KernelVersion version;
  version.major = major;
  version.minor = minor;
  return version;
}

TEST(KernelVersionTest, VersionsCompareAsNumbers) {
  EXPECT_TRUE(Version(4, 7).IsBefore(4, 8));
  EXPECT_FALSE(Version(4, 8).IsBefore(4, 8));
  EXPECT_FALSE(Version(4, 9).IsBefore(4, 8));
  EXPECT_TRUE(Version(5, 4).IsBefore(5, 12));
  EXPECT_FALSE(Version(5, 12).IsBefore(5, 4));
  EXPECT_TRUE(Version(5, 19).IsBefore(6, 0));
  EXPECT_TRUE(Version(9, 99).IsBefore(10, 0));
  EXPECT_FALSE(Version(10, 0).IsBefore(9, 99));
}

TEST(KernelVersionTest, UnknownVersionIsBeforeEveryOther) {
  EXPECT_TRUE(KernelVersion().IsBefore(2, 6));
}

TEST(KernelVersionTest, ParsesTheFirstTwoNumbers) {
  const auto parse = [](std::string_view release) {
    const KernelVersion version = ParseKernelVersion(release);
    EXPECT_EQ(version.release, release);
    return absl::StrCat(version.major, ".", version.minor);
  };
  EXPECT_EQ(parse("6.1.0-50-amd64"), "6.1");
  EXPECT_EQ(parse("5.10"), "5.10");
  EXPECT_EQ(parse("7.3-rc1"), "7.3");
  EXPECT_EQ(parse("12"), "12.0");
  EXPECT_EQ(parse("6.x"), "6.0");
  EXPECT_EQ(parse("6."), "6.0");
  EXPECT_EQ(parse("linux"), "0.0");
  EXPECT_EQ(parse(""), "0.0");
  // No overflow.
  EXPECT_TRUE(KernelVersion().IsBefore(
      ParseKernelVersion("99999999999999999999.1").major, 0));
}

}  // namespace
}  // namespace binfmt
