// SPDX-License-Identifier: Apache-2.0
//
// Runs the generator as the build does: stdout, stderr and exit status.

#include <sys/wait.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

constexpr char kTwoRows[] =
    "target a family=f class=32 order=big machine=8\n"
    "target b family=f class=32 order=little machine=8\n";

void WriteFile(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), file), text.size());
  EXPECT_EQ(std::fclose(file), 0);
}

std::string ReadFile(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return "cannot read " + path;
  char buffer[4096];
  size_t size = 0;
  while ((size = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    text.append(buffer, size);
  }
  std::fclose(file);
  return text;
}

class GenerateTest : public testing::Test {
 protected:
  // Runs the generator on a data file with this text. Afterwards out_ and err_
  // have what it wrote, with "DIR" for the folder of the test.
  int Generate(std::string_view text, const std::string& options = "") {
    WriteFile(dir_ + "/targets.txt", text);
    return Run(absl::StrCat(dir_, "/targets.txt ", options));
  }

  int Run(const std::string& arguments) {
    const std::string command = absl::StrCat(
        "arch_table/generate ", arguments, " >", dir_, "/out 2>", dir_, "/err");
    const int status = std::system(command.c_str());
    out_ = ReadFile(dir_ + "/out");
    err_ = absl::StrReplaceAll(ReadFile(dir_ + "/err"), {{dir_, "DIR"}});
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string dir_ = testing::TempDir();
  std::string out_;
  std::string err_;
};

TEST_F(GenerateTest, AllRows) {
  EXPECT_EQ(Generate(kTwoRows), 0);
  EXPECT_EQ(err_, "");
  const std::string all = out_;
  EXPECT_NE(all.find(".name = \"a\""), std::string::npos);
  EXPECT_NE(all.find(".name = \"b\""), std::string::npos);
  EXPECT_EQ(Generate(kTwoRows, "--only all"), 0);
  EXPECT_EQ(out_, all);
}

TEST_F(GenerateTest, SomeRowsInTheOrderOfTheFile) {
  EXPECT_EQ(Generate(kTwoRows, "--only b"), 0);
  EXPECT_EQ(out_.find(".name = \"a\""), std::string::npos);
  EXPECT_NE(out_.find(".name = \"b\""), std::string::npos);
  const int status = Generate(kTwoRows, "--only b,a");
  EXPECT_EQ(status, 0);
  EXPECT_LT(out_.find(".name = \"a\""), out_.find(".name = \"b\""));
}

TEST_F(GenerateTest, RowsThatAreNotThere) {
  EXPECT_EQ(Generate(kTwoRows, "--only b,c,a"), 1);
  EXPECT_EQ(err_, "DIR/targets.txt: --only: no target \"c\"\n");
  EXPECT_EQ(out_, "");
  EXPECT_EQ(Generate(kTwoRows, "--only ''"), 1);
  EXPECT_EQ(err_, "DIR/targets.txt: --only: names no target\n");
}

TEST_F(GenerateTest, EveryErrorWithItsLine) {
  EXPECT_EQ(Generate("target a family=f class=32 order=big machine=8\n"
                     "target b family=f class=32 order=big machine=8\n"
                     "target c family=f class=32 order=big machine=0\n"
                     "  names a\n"),
            1);
  EXPECT_EQ(err_,
            "DIR/targets.txt:2: \"b\" takes the same files as \"a\" in line 1\n"
            "DIR/targets.txt:3: machine is \"0\", not a number from 1 to "
            "65535\n"
            "DIR/targets.txt:4: \"a\" is already in line 1\n");
  EXPECT_EQ(out_, "");
}

TEST_F(GenerateTest, AnErrorInARowThatIsNotChosen) {
  EXPECT_EQ(Generate(absl::StrCat(kTwoRows, "what\n"), "--only a"), 1);
  EXPECT_EQ(err_, "DIR/targets.txt:3: cannot read \"what\"\n");
}

TEST_F(GenerateTest, FileThatCannotBeRead) {
  EXPECT_EQ(Run(dir_ + "/none"), 1);
  EXPECT_EQ(err_, "DIR/none: cannot read\n");
  EXPECT_EQ(Run(dir_), 1);
  EXPECT_EQ(err_, "DIR: cannot read\n");
}

TEST_F(GenerateTest, Misuse) {
  const std::string usage =
      "usage: generate TARGETS.TXT [--only NAME,NAME...]\n";
  EXPECT_EQ(Run(""), 2);
  EXPECT_EQ(err_, usage);
  EXPECT_EQ(Run("a --only"), 2);
  EXPECT_EQ(err_, usage);
  EXPECT_EQ(Run("a --onyl b"), 2);
  EXPECT_EQ(err_, usage);
}

}  // namespace
}  // namespace arch_table
