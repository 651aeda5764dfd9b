// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/proc_files.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

// Linux 6.18, shortened; the third is a tmpfs on "/tmp/a 0:35 b" with the
// source "0:35 x", as `mount -t tmpfs '0:35 x' '/tmp/a 0:35 b'` makes it.
constexpr char kMounts[] =
    "21 28 0:20 / /proc rw,relatime shared:5 - proc proc rw\n"
    "34 21 0:32 / /proc/sys/fs/binfmt_misc rw,nosuid - binfmt_misc "
    "binfmt_misc rw\n"
    "50 28 0:44 / /tmp/a\\0400:35\\040b rw,relatime - tmpfs 0:35\\040x rw\n";

TEST(ListsDevice, FindsTheThirdField) {
  EXPECT_TRUE(ListsDevice(kMounts, "0:20"));
  EXPECT_TRUE(ListsDevice(kMounts, "0:32"));
  EXPECT_TRUE(ListsDevice(kMounts, "0:44"));
}

TEST(ListsDevice, OtherNumbersAreOtherDevices) {
  EXPECT_FALSE(ListsDevice(kMounts, "0:3"));
  EXPECT_FALSE(ListsDevice(kMounts, "0:2"));
  EXPECT_FALSE(ListsDevice(kMounts, "0:320"));
  EXPECT_FALSE(ListsDevice(kMounts, "10:32"));
  EXPECT_FALSE(ListsDevice(kMounts, "34"));
  EXPECT_FALSE(ListsDevice(kMounts, "21"));
}

TEST(ListsDevice, NamesAreNoDevices) {
  EXPECT_FALSE(ListsDevice(kMounts, "0:35"));
  EXPECT_FALSE(ListsDevice(kMounts, "/"));
}

TEST(ListsDevice, LinesCutShortListNothing) {
  EXPECT_FALSE(ListsDevice("", "0:32"));
  EXPECT_FALSE(ListsDevice("\n\n", "0:32"));
  EXPECT_FALSE(ListsDevice("34 21", "0:32"));
  EXPECT_FALSE(ListsDevice("34 21\n0:32 / /x\n", "0:32"));
  EXPECT_TRUE(ListsDevice("34 21 0:32", "0:32"));
}

}  // namespace
}  // namespace binfmt
