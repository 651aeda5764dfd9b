// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/error.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "testing/error_text.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;

TEST(ErrorTest, ExpectedWithoutErrorIsOk) {
  EXPECT_EQ(ErrorText(Expected<void>()), "ok");
  EXPECT_EQ(ErrorText(Expected<int>(7)), "ok");
}

TEST(ErrorTest, CauseIsFailedByDefault) {
  EXPECT_EQ(ErrorText(Error(0, "it broke")), "failed 0: it broke");
  EXPECT_EQ(ErrorText(Error(EBUSY, "it broke", Cause::kDenied)),
            "denied EBUSY: it broke");
}

TEST(ErrorTest, AppendsAndPrepends) {
  Error error(ENOENT, "a");
  error.Append(" and b");
  error.Prepend("x: ");
  EXPECT_EQ(ErrorText(error), "failed ENOENT: x: a and b");
}

TEST(ErrorTest, CopiesDoNotShareTheText) {
  Error error(ENOENT, "a", Cause::kDenied);
  const Error copy = error.Copy();
  error.Append("b");
  EXPECT_EQ(ErrorText(copy), "denied ENOENT: a");
}

TEST(ErrorTest, SystemErrorEscapesItsObject) {
  EXPECT_EQ(ErrorText(Expected<void>(
                std::unexpected(SystemError("open", "/a", ENOENT)))),
            "failed ENOENT: cannot open /a: No such file or directory");
  const Error error = SystemError("open", "/a\x1b[m", ENOENT);
  EXPECT_EQ(error.errnum(), ENOENT);
  EXPECT_EQ(error.text(),
            std::string("cannot open /a\\x1b[m: ") + std::strerror(ENOENT));
}

TEST(ErrorTest, SystemErrorHasTheGivenCause) {
  EXPECT_EQ(SystemError("open", "/a", EPERM, Cause::kDenied).cause(),
            Cause::kDenied);
}

}  // namespace
}  // namespace binfmt
