// SPDX-License-Identifier: Apache-2.0
#include "binfmt/link.h"

#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "binfmt/error_text_for_testing.h"
#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::KernelTest;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::WriteFile;

// "made", "there", or the error.
std::string Link(const std::string& path, bool symbolic) {
  bool made = true;
  if (const Error error = LinkToSelf(path, symbolic, &made); !error.ok()) {
    return (made ? "made, " : "") + ErrorText(error);
  }
  return made ? "made" : "there";
}

std::string Self() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return std::string(path, static_cast<size_t>(length));
}

// Scratch() is a file system of its own, so there are no hard links to this
// program in it.
class LinkTest : public KernelTest {};

TEST_F(LinkTest, SymbolicLinkIsAbsoluteAndIdempotent) {
  EXPECT_EQ(Link(File("a"), true), "made");
  char target[PATH_MAX];
  const ssize_t length = readlink(File("a").c_str(), target, sizeof(target));
  EXPECT_EQ(std::string(target, static_cast<size_t>(length)), Self());
  EXPECT_EQ(Link(File("a"), true), "there");
  EXPECT_EQ(Link(File("a"), false), "there");
}

TEST_F(LinkTest, HardLinkToAnotherFileSystem) {
  EXPECT_EQ(Link(File("a"), false), "failed EXDEV: cannot make the link " +
                                        File("a") + ": Cross-device link; " +
                                        Self() +
                                        " lies on another file system: use -s");
}

TEST_F(LinkTest, OtherFileIsLeftAlone) {
  WriteFile(File("a"), "mine");
  for (const bool symbolic : {true, false}) {
    EXPECT_EQ(Link(File("a"), symbolic),
              "failed EEXIST: " + File("a") +
                  " is there and is another file; remove it first");
  }
  EXPECT_EQ(ReadFile(File("a")), "mine");
}

TEST_F(LinkTest, DanglingLinkIsAnotherFile) {
  ASSERT_EQ(symlink("missing", File("a").c_str()), 0);
  EXPECT_EQ(Link(File("a"), true),
            "failed EEXIST: " + File("a") +
                " is there and is another file; remove it first");
}

TEST_F(LinkTest, MissingDirectory) {
  EXPECT_EQ(Link(File("missing/a"), true),
            "failed ENOENT: cannot make the link " + File("missing/a") +
                ": No such file or directory");
}

}  // namespace
}  // namespace binfmt
