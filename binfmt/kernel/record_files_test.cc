// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/record_files.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_join.h"
#include "binfmt/base/error.h"
#include "gtest/gtest.h"
#include "testing/error_text.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;

class RecordFilesTest : public testing::Test {
 protected:
  RecordFilesTest() {
    char path[] = "/tmp/record_files.XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr);
    top_ = path;
  }
  ~RecordFilesTest() override {
    EXPECT_EQ(system(("rm -rf " + top_).c_str()), 0);
  }

  void Make(const std::string& name) {
    const std::string path = top_ + "/" + name;
    (void)mkdir(path.substr(0, path.rfind('/')).c_str(), 0755);
    EXPECT_TRUE(std::ofstream(path).good()) << path;
  }

  // The paths below top_, separated by blanks.
  std::string Find(const std::string& a, const std::string& b, bool any_name) {
    const std::string first = top_ + "/" + a;
    const std::string second = top_ + "/" + b;
    const Expected<std::vector<std::string>> paths =
        FindRecordFiles(std::vector<std::string_view>{first, second}, any_name);
    if (!paths) return ErrorText(paths);
    return absl::StrJoin(*paths, " ",
                         [&](std::string* text, const std::string& path) {
                           text->append(path.substr(top_.size() + 1));
                         });
  }

  std::string top_;
};

TEST_F(RecordFilesTest, SortedByNameAndTheFirstDirectoryWins) {
  for (const char* name :
       {"a/c.conf", "a/a.conf", "b/b.conf", "b/a.conf", "b/d", "a/.e.conf"}) {
    Make(name);
  }
  EXPECT_EQ(Find("a", "b", false), "a/a.conf b/b.conf a/c.conf");
  EXPECT_EQ(Find("b", "a", false), "b/a.conf b/b.conf a/c.conf");
  EXPECT_EQ(Find("b", "none", false), "b/a.conf b/b.conf");
  EXPECT_EQ(Find("none", "none", false), "");
}

TEST_F(RecordFilesTest, AnyNameWhereNoneEndsInConf) {
  for (const char* name : {"a/z", "a/llvm.binfmt", "a/.hidden"}) Make(name);
  EXPECT_EQ(Find("a", "none", false), "");
  EXPECT_EQ(Find("a", "none", true), "a/llvm.binfmt a/z");
  Make("a/x.conf");
  EXPECT_EQ(Find("a", "none", true), "a/x.conf");
}

TEST_F(RecordFilesTest, TooManyNames) {
  for (size_t i = 0; i <= kMaxRecordFiles; ++i) Make("a/" + std::to_string(i));
  EXPECT_EQ(Find("a", "none", true),
            "failed EFBIG: cannot list " + top_ + "/a: File too large");
}

TEST_F(RecordFilesTest, AFileIsNoDirectory) {
  Make("a/b");
  EXPECT_EQ(Find("a/b", "none", true),
            "failed ENOTDIR: cannot list " + top_ + "/a/b: Not a directory");
}

TEST_F(RecordFilesTest, WritesOverAFile) {
  for (const char* text : {"long text\n", "new\n"}) {
    EXPECT_EQ(ErrorText(WriteRecordFile(top_ + "/made", "file", text)), "ok");
    std::ifstream file(top_ + "/made/file");
    const std::string read{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(read, text);
  }
}

TEST_F(RecordFilesTest, MakesNoDirectoryAbove) {
  EXPECT_EQ(ErrorText(WriteRecordFile(top_ + "/no/dir", "file", "x")),
            "failed ENOENT: cannot write " + top_ +
                "/no/dir/file: No such file or directory; make the directory "
                "above it");
}

}  // namespace
}  // namespace binfmt
