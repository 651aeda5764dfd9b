// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/selinux.h"

#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(SelinuxTest, PrivateLabels) {
  EXPECT_TRUE(IsPrivateLabel("system_u:object_r:container_file_t:s0:c1,c2"));
  EXPECT_TRUE(IsPrivateLabel("system_u:object_r:container_file_t:s0"));
  EXPECT_FALSE(IsPrivateLabel("system_u:object_r:bin_t:s0"));
  EXPECT_FALSE(IsPrivateLabel(""));
}

TEST(SelinuxTest, NoHintForAFileWithoutALabel) {
  EXPECT_EQ(SelinuxHint("/proc/self/no such file"), "");
}

}  // namespace
}  // namespace binfmt
