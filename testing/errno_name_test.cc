// SPDX-License-Identifier: Apache-2.0
#include "testing/errno_name.h"

#include <cerrno>

#include "gtest/gtest.h"

namespace binfmtbox_testing {
namespace {

TEST(ErrnoNameTest, KnownValues) {
  EXPECT_EQ(ErrnoName(ENOENT), "ENOENT");
  EXPECT_EQ(ErrnoName(EXDEV), "EXDEV");
}

TEST(ErrnoNameTest, OtherValuesAreNumbers) {
  EXPECT_EQ(ErrnoName(0), "0");
  EXPECT_EQ(ErrnoName(99999), "99999");
  EXPECT_EQ(ErrnoName(-1), "-1");
}

}  // namespace
}  // namespace binfmtbox_testing
