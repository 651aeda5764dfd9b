// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/error.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "binfmt/base/printable.h"
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
  Error error(ENOENT, "a");
  const Error copy = error;
  error.Append("b");
  EXPECT_EQ(copy.text(), "a");
}

TEST(ErrorTest, PrintableEscapesForeignText) {
  EXPECT_EQ(ErrorText(Error(0, absl::StrCat(Printable("a\n"), " and b"))),
            "failed 0: a\\x0a and b");
}

TEST(ErrorTest, MisuseHasNoErrno) {
  EXPECT_EQ(ErrorText(Misuse(absl::StrCat("unknown option \"", "-z", "\""))),
            "misuse 0: unknown option \"-z\"");
}

TEST(ErrorTest, SystemErrorEscapesItsObject) {
  EXPECT_EQ(ErrorText(Expected<void>(
                std::unexpected(SystemError("open", "/a", ENOENT)))),
            "failed ENOENT: cannot open /a: No such file or directory");
  const Error error = SystemError("open", "/a\x1b[m", ENOENT);
  EXPECT_EQ(error.errnum(), ENOENT);
  EXPECT_EQ(error.text(),
            absl::StrCat("cannot open /a\\x1b[m: ", std::strerror(ENOENT)));
}

TEST(ErrorTest, SystemErrorHasTheGivenCause) {
  EXPECT_EQ(SystemError("open", "/a", EPERM, Cause::kDenied).cause(),
            Cause::kDenied);
}

}  // namespace
}  // namespace binfmt
