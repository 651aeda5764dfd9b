// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/path.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::WriteFile;

bool DropAllCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  return syscall(SYS_capset, &header, data) == 0;
}

class PathTest : public KernelTest {};

TEST_F(PathTest, ExistsFollowsLinks) {
  WriteFile(File("file"), "");
  ASSERT_EQ(symlink("file", File("link").c_str()), 0);
  ASSERT_EQ(symlink("missing", File("dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", File("loop").c_str()), 0);
  EXPECT_TRUE(Exists(File("file")));
  EXPECT_TRUE(Exists(File("link")));
  EXPECT_TRUE(Exists(File("")));
  EXPECT_FALSE(Exists(File("dangling")));
  EXPECT_FALSE(Exists(File("loop")));
  EXPECT_FALSE(Exists(File("missing")));
  EXPECT_FALSE(Exists(""));
}

TEST_F(PathTest, IsFifo) {
  WriteFile(File("file"), "");
  ASSERT_EQ(mkfifo(File("fifo").c_str(), 0600), 0);
  ASSERT_EQ(symlink("fifo", File("link").c_str()), 0);
  EXPECT_TRUE(IsFifo(File("fifo")));
  EXPECT_TRUE(IsFifo(File("link")));
  EXPECT_FALSE(IsFifo(File("file")));
  EXPECT_FALSE(IsFifo(File("missing")));
}

TEST_F(PathTest, ReadLink) {
  const std::string target(1000, 'x');
  ASSERT_EQ(symlink(target.c_str(), File("link").c_str()), 0);
  WriteFile(File("file"), "");
  EXPECT_EQ(ReadLink(File("link")), target);
  EXPECT_EQ(ReadLink(File("file")),
            ErrnoOr<std::string>(std::unexpect, EINVAL));
  EXPECT_EQ(ReadLink(File("none")),
            ErrnoOr<std::string>(std::unexpect, ENOENT));
}

TEST_F(PathTest, BaseName) {
  EXPECT_EQ(BaseName("/usr/bin/x"), "x");
  EXPECT_EQ(BaseName("x"), "x");
  EXPECT_EQ(BaseName("/usr/"), "");
  EXPECT_EQ(BaseName(""), "");
}

// Root may search every directory, but not without its capabilities.
TEST_F(PathTest, UnsearchableDirectoryIsTheFirstOne) {
  ASSERT_EQ(mkdir(File("a").c_str(), 0755), 0);
  ASSERT_EQ(mkdir(File("a/b\n").c_str(), 0000), 0);
  ASSERT_EQ(mkdir(File("a/b\n/c").c_str(), 0000), 0);
  const auto unsearchable = [](const std::string& path) {
    return InChild([&]() -> std::string {
      if (!DropAllCapabilities()) return "cannot drop capabilities";
      return UnsearchableDirectory(path);
    });
  };
  const std::string name = File("a/b\\x0a");
  EXPECT_EQ(
      unsearchable(File("a/b\n/c/d")),
      "; the directory " + name + " may not be searched: chmod +x " + name);
  EXPECT_EQ(unsearchable(File("a/file")), "");
  EXPECT_EQ(unsearchable("file"), "");
}

}  // namespace
}  // namespace binfmt
