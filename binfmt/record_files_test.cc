// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record_files.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>

#include "binfmt/array.h"
#include "binfmt/binfmt_d.h"
#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/text.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

Record Sample() {
  Record record;
  record.name = "n";
  record.magic = "MZ";
  record.interpreter = "/i";
  return record;
}

// The text, or the error.
std::string Format(const Record& record, FileFormat format) {
  Text text;
  const Error error = FormatForFile(record, format, &text);
  return error.ok() ? text : Text(error.text());
}

TEST(FormatForFileTest, ALine) {
  EXPECT_EQ(Format(Sample(), FileFormat::kLine), ":n:M:0:MZ::/i:\n");
}

TEST(FormatForFileTest, ADisabledRecordIsAComment) {
  Record record = Sample();
  record.flags = kStartDisabled | kFixBinary;
  const std::string text = Format(record, FileFormat::kLine);
  EXPECT_EQ(text, "# disabled: :n:M:0:MZ::/i:F\n");
  std::string_view rest = text;
  Text line;
  unsigned number = 0;
  ASSERT_TRUE(NextRecordLine(&rest, &number, &line));
  EXPECT_EQ(line, ":n:M:0:MZ::/i:FD");
  Record read;
  EXPECT_TRUE(ParseRecord(line, &read).ok());
  EXPECT_EQ(read, record);
}

TEST(FormatForFileTest, DebianMagic) {
  Record record = Sample();
  record.mask = "\xff\xdf";
  record.offset = 3;
  record.flags = kFixBinary | kPreserveArgv0;
  EXPECT_EQ(Format(record, FileFormat::kDebian),
            "package n\n"
            "interpreter /i\n"
            "magic MZ\n"
            "offset 3\n"
            "mask \\xff\\xdf\n"
            "credentials no\n"
            "preserve yes\n"
            "fix_binary yes\n");
}

TEST(FormatForFileTest, DebianExtension) {
  Record record = Sample();
  record.type = RecordType::kExtension;
  record.interpreter = "/usr/bin/my jexec";
  record.flags = kCredentials | kOpenBinary;
  EXPECT_EQ(Format(record, FileFormat::kDebian),
            "package n\n"
            "interpreter /usr/bin/my jexec\n"
            "extension MZ\n"
            "credentials yes\n"
            "preserve no\n"
            "fix_binary no\n");
}

TEST(FormatForFileTest, WhatDebianCannotSay) {
  const auto refuses = [&](const Record& record) {
    EXPECT_EQ(Format(record, FileFormat::kDebian),
              Fill("%: a file of this format can't hold it", record.name));
  };
  for (const int flags : {int{kOpenBinary}, int{kTransparent | kOpenBinary},
                          int{kLoader}, int{kStartDisabled}}) {
    Record record = Sample();
    record.flags = static_cast<Flags>(flags);
    refuses(record);
  }
  for (const char* interpreter : {"/i:j", "/i\nmagic PK", "/i ", "/i\t"}) {
    Record record = Sample();
    record.interpreter = interpreter;
    refuses(record);
  }
  for (const char* name : {"a:b", "a\nb"}) {
    Record record = Sample();
    record.name = name;
    refuses(record);
  }
}

// Blanks at its ends would be lost, and it has one line.
TEST(FormatForFileTest, WhatALineCannotHold) {
  Record record = Sample();
  record.name = "a\nb";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            "a\\x0ab: a file of this format can't hold it");
  record.name = ":|,!~%\x01\x02";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            ":|,!~%\\x01\\x02: a file of this format can't hold it");
  record.name = ":|,!~%\x01";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            "\x02:|,!~%\x01\x02M\x02"
            "0\x02MZ\x02\x02/i\x02\n");
}

TEST(FormatForFileTest, WhatNoKernelTakes) {
  Record record = Sample();
  record.interpreter = "i";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            "record \"n\": the interpreter \"i\" is not an absolute path");
}

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    char path[] = "/tmp/record_files.XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr);
    top_ = path;
  }
  ~DirectoryTest() override {
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
    Array<Text> paths;
    const Error error = FindRecordFiles({first, second}, any_name, &paths);
    EXPECT_TRUE(error.ok()) << error.text();
    std::string all;
    for (const Text& path : paths) {
      if (!all.empty()) all += ' ';
      all += path.substr(top_.size() + 1);
    }
    return all;
  }

  std::string top_;
};

TEST_F(DirectoryTest, SortedByNameAndTheFirstDirectoryWins) {
  for (const char* name :
       {"a/c.conf", "a/a.conf", "b/b.conf", "b/a.conf", "b/d", "a/.e.conf"}) {
    Make(name);
  }
  EXPECT_EQ(Find("a", "b", false), "a/a.conf b/b.conf a/c.conf");
  EXPECT_EQ(Find("b", "a", false), "b/a.conf b/b.conf a/c.conf");
  EXPECT_EQ(Find("b", "none", false), "b/a.conf b/b.conf");
  EXPECT_EQ(Find("none", "none", false), "");
}

TEST_F(DirectoryTest, AnyNameWhereNoneEndsInConf) {
  for (const char* name : {"a/z", "a/llvm.binfmt", "a/.hidden"}) Make(name);
  EXPECT_EQ(Find("a", "none", false), "");
  EXPECT_EQ(Find("a", "none", true), "a/llvm.binfmt a/z");
  Make("a/x.conf");
  EXPECT_EQ(Find("a", "none", true), "a/x.conf");
}

TEST_F(DirectoryTest, TooManyNames) {
  for (size_t i = 0; i <= kMaxFiles; ++i) Make("a/" + std::to_string(i));
  Array<Text> paths;
  const std::string dir = top_ + "/a";
  const Error error = FindRecordFiles({dir}, true, &paths);
  EXPECT_EQ(error.errnum(), EFBIG);
  EXPECT_EQ(error.text(), "cannot list " + dir + ": File too large");
}

TEST_F(DirectoryTest, AFileIsNoDirectory) {
  Make("a/b");
  Array<Text> paths;
  const std::string dir = top_ + "/a/b";
  EXPECT_EQ(FindRecordFiles({dir}, true, &paths).errnum(), ENOTDIR);
}

TEST_F(DirectoryTest, WritesOverWhatIsThere) {
  for (const char* text : {"long text\n", "new\n"}) {
    const Error error = WriteFileIn(Fill("@/made", top_), "file", text);
    EXPECT_TRUE(error.ok()) << error.text();
    std::ifstream file(top_ + "/made/file");
    std::string read{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(read, text);
  }
}

TEST_F(DirectoryTest, MakesNoDirectoryAbove) {
  const Error error = WriteFileIn(Fill("@/no/dir", top_), "file", "x");
  EXPECT_EQ(error.text(),
            "cannot write " + top_ +
                "/no/dir/file: No such file or directory; make the directory "
                "above it");
}

}  // namespace
}  // namespace binfmt
