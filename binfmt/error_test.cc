// SPDX-License-Identifier: Apache-2.0
#include "binfmt/error.h"

#include <cerrno>

#include "binfmt/error_text_for_testing.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(ErrorTest, DefaultIsOk) {
  EXPECT_TRUE(Ok().ok());
  EXPECT_EQ(Ok().errnum(), 0);
  EXPECT_EQ(Ok().text(), "");
}

TEST(ErrorTest, FailureHasCauseFailedUnlessTold) {
  EXPECT_EQ(ErrorText(Failure(0, "it broke")), "failed 0: it broke");
  EXPECT_EQ(ErrorText(Failure(Because(EBUSY, Cause::kDenied), "it broke")),
            "denied EBUSY: it broke");
}

TEST(ErrorTest, FailureFillsItsText) {
  EXPECT_EQ(ErrorText(Failure(ENOENT, "% and %", "a", "b")),
            "failed ENOENT: a and b");
}

TEST(ErrorTest, FailureEscapesWhatComesFromOutside) {
  EXPECT_EQ(ErrorText(Failure(0, "% and @", "a\n", "b")),
            "failed 0: a\\x0a and b");
}

TEST(ErrorTest, MisuseHasNoErrno) {
  EXPECT_EQ(ErrorText(Misuse("unknown option \"%\"", "-z")),
            "misuse 0: unknown option \"-z\"");
}

TEST(ErrorTest, SystemErrorEscapesItsObject) {
  EXPECT_FALSE(SystemError("open", "/a", ENOENT).ok());
  const Error error = SystemError("open", "/a\x1b[m", ENOENT);
  EXPECT_EQ(error.errnum(), ENOENT);
  // What follows is the C library's text.
  EXPECT_EQ(error.text().substr(0, 22), "cannot open /a\\x1b[m: ");
}

}  // namespace
}  // namespace binfmt
