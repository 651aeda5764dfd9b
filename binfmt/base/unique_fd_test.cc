// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFdTest, ClosesOnce) {
  UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd.ok());
  const int number = fd.get();
  UniqueFd moved = std::move(fd);
  EXPECT_EQ(moved.get(), number);
  EXPECT_TRUE(IsOpen(number));
  moved.Reset();
  EXPECT_FALSE(moved.ok());
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFdTest, Releases) {
  UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.Release();
  EXPECT_FALSE(fd.ok());
  EXPECT_TRUE(IsOpen(number));
  close(number);
}

}  // namespace
}  // namespace binfmt
