// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/message.h"

#include <cerrno>
#include <string>

#include "binfmt/base/error.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(MessageTest, PutsArgumentsInPlaceOfPlaceholders) {
  EXPECT_EQ(Message("nothing to fill in"), "nothing to fill in");
  EXPECT_EQ(Message("$1 before $0, $1 again", "a", std::string("b")),
            "b before a, b again");
  EXPECT_EQ(Message("$0", 7), "7");
}

TEST(MessageTest, TwoDollarsAreOne) {
  EXPECT_EQ(Message("in $$HOME: $0$$", "x"), "in $HOME: x$");
}

TEST(MessageTest, ArgumentsAreMadePrintable) {
  EXPECT_EQ(Message("file $0", "a\nb\x1b\\"), "file a\\x0ab\\x1b\\x5c");
  EXPECT_EQ(Message("$0", std::string("\0$1", 3)), "\\x00$1");
}

TEST(MessageTest, MakesErrors) {
  const Error failed = Failed(ENOENT, "no $0", "file\n");
  EXPECT_EQ(failed.errnum(), ENOENT);
  EXPECT_EQ(failed.cause(), Cause::kFailed);
  EXPECT_EQ(failed.text(), "no file\\x0a");

  const Error misuse = Misuse("bad option -$0", "x");
  EXPECT_EQ(misuse.errnum(), 0);
  EXPECT_EQ(misuse.cause(), Cause::kMisuse);
  EXPECT_EQ(misuse.text(), "bad option -x");
}

}  // namespace
}  // namespace binfmt
