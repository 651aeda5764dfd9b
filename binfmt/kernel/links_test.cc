// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/links.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::WriteFile;

// "made", "there", or the error.
std::string Link(const std::string& path, bool symbolic) {
  const Expected<bool> made = LinkToSelf(path, symbolic);
  if (!made) return ErrorText(made);
  return *made ? "made" : "there";
}

std::string Self() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return std::string(path, static_cast<size_t>(length));
}

// Scratch() is a file system of its own, so there are no hard links to this
// program in it.
class LinksTest : public KernelTest {};

TEST_F(LinksTest, SymbolicLinkIsAbsoluteAndIdempotent) {
  EXPECT_EQ(Link(File("a"), true), "made");
  char target[PATH_MAX];
  const ssize_t length = readlink(File("a").c_str(), target, sizeof(target));
  EXPECT_EQ(std::string(target, static_cast<size_t>(length)), Self());
  EXPECT_EQ(Link(File("a"), true), "there");
  EXPECT_EQ(Link(File("a"), false), "there");
}

TEST_F(LinksTest, HardLinkToAnotherFileSystem) {
  EXPECT_EQ(Link(File("a"), false), "failed EXDEV: cannot make the link " +
                                        File("a") + ": " +
                                        std::strerror(EXDEV) + "; " + Self() +
                                        " lies on another file system: use -s");
}

TEST_F(LinksTest, OtherFileIsLeftAlone) {
  WriteFile(File("a"), "mine");
  for (const bool symbolic : {true, false}) {
    EXPECT_EQ(Link(File("a"), symbolic),
              "failed EEXIST: " + File("a") +
                  " is there and is another file; remove it first");
  }
  EXPECT_EQ(ReadFile(File("a")), "mine");
}

TEST_F(LinksTest, DanglingLinkIsAnotherFile) {
  ASSERT_EQ(symlink("missing", File("a").c_str()), 0);
  EXPECT_EQ(Link(File("a"), true),
            "failed EEXIST: " + File("a") +
                " is there and is another file; remove it first");
}

TEST_F(LinksTest, MissingDirectory) {
  EXPECT_EQ(Link(File("missing/a"), true),
            "failed ENOENT: cannot make the link " + File("missing/a") +
                ": No such file or directory");
}

}  // namespace
}  // namespace binfmt
