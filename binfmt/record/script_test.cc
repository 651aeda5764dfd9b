// SPDX-License-Identifier: Apache-2.0
// cmd/match_program_test.cc compares these with the kernel.
#include "binfmt/record/script.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

std::string Read(std::string_view head) {
  return ParseScript(head.substr(0, 256)).value_or("none");
}

TEST(ScriptTest, PathEndsAtABlankALinesEndOrTheFiles) {
  EXPECT_EQ(Read("#!/bin/sh\n"), "/bin/sh");
  EXPECT_EQ(Read("#!/bin/sh"), "/bin/sh");
  EXPECT_EQ(Read("#! \t/bin/sh -e x\n"), "/bin/sh");
  EXPECT_EQ(Read("#!/bin/sh\t-e"), "/bin/sh");
  EXPECT_EQ(Read("#!/bin/sh\r\n"), "/bin/sh\r");
  EXPECT_EQ(Read(std::string_view("#!/bin/sh\0x\n", 12)), "/bin/sh");
}

TEST(ScriptTest, NoScript) {
  for (const char* head : {"", "#", "# !/bin/sh\n", " #!/bin/sh\n",
                           "\x7f"
                           "ELF"}) {
    EXPECT_EQ(Read(head), "none") << head;
  }
}

// Such a rule takes explicit starts of loaders, scripts and programs away.
TEST(ScriptTest, ExtensionsOfUsualNames) {
  Record record;
  record.type = RecordType::kExtension;
  for (const char* extension : {"sh", "bash", "py", "pl", "R", "so", "run",
                                "bin", "0", "2", "11", "20240101"}) {
    record.magic = extension;
    EXPECT_TRUE(TakesUsualNames(record)) << extension;
  }
  for (const char* extension : {"exe", "jar", "pyc", "class", "wasm", "s", "h",
                                "SH", "r", "2a", "a2"}) {
    record.magic = extension;
    EXPECT_FALSE(TakesUsualNames(record)) << extension;
  }
  record.type = RecordType::kMagic;
  record.magic = "sh";
  EXPECT_FALSE(TakesUsualNames(record));
}

TEST(ScriptTest, NoPath) {
  EXPECT_EQ(Read("#!\n"), "none");
  EXPECT_EQ(Read("#! \t \n"), "none");
  // Of these the kernel opens "", which is its working directory.
  EXPECT_EQ(Read("#!"), ".");
  EXPECT_EQ(Read("#!  "), ".");
  EXPECT_EQ(Read(std::string_view("#!\0/bin/sh\n", 11)), ".");
}

TEST(ScriptTest, PathThatReachesTheEndOfWhatTheKernelReads) {
  const std::string path(254, 'x');
  EXPECT_EQ(Read("#!" + path), "none");
  EXPECT_EQ(Read("#!" + path + "\n"), "none");
  EXPECT_EQ(Read("#!" + path.substr(1) + "\n"), path.substr(1));
  EXPECT_EQ(Read("#!" + path.substr(1)), path.substr(1));
  EXPECT_EQ(Read("#!" + std::string(300, ' ') + "/bin/sh\n"), "none");
}

}  // namespace
}  // namespace binfmt
