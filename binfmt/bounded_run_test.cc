// SPDX-License-Identifier: Apache-2.0
#include "binfmt/bounded_run.h"

#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::WriteFile;

constexpr int kMilliseconds = 20000;

std::string Show(const Run& run) {
  constexpr const char* kWords[] = {"exit ", "signal ", "errno ", "timeout "};
  return kWords[run.how] + std::to_string(run.code) + " [" +
         std::string(run.output) + "]";
}

class BoundedRunTest : public KernelTest {
 protected:
  std::string RunScript(const std::string& script,
                        int milliseconds = kMilliseconds) const {
    WriteFile(File("script"), "#!/bin/sh\n" + script + "\n", 0755);
    return Show(
        RunBounded(File("script").c_str(), "script", "word", milliseconds));
  }
};

TEST_F(BoundedRunTest, ExitStatusAndFirstLine) {
  EXPECT_EQ(RunScript("echo one; echo two; exit 7"), "exit 7 [one]");
  EXPECT_EQ(RunScript("echo error >&2"), "exit 0 [error]");
  EXPECT_EQ(RunScript("printf 'no newline'"), "exit 0 [no newline]");
}

TEST_F(BoundedRunTest, OneArgumentAndNoEnvironment) {
  EXPECT_EQ(RunScript("echo $# $1 $HOME."), "exit 0 [1 word .]");
}

TEST_F(BoundedRunTest, NoStandardInput) {
  EXPECT_EQ(RunScript("[ -e /proc/$$/fd/0 ] || echo closed"),
            "exit 0 [closed]");
}

TEST_F(BoundedRunTest, Signal) {
  EXPECT_EQ(RunScript("kill -9 $$"), "signal 9 []");
}

TEST_F(BoundedRunTest, KilledWhenItTakesTooLong) {
  EXPECT_EQ(RunScript("echo begun; sleep 1000", 5000),
            "timeout " + std::to_string(ETIMEDOUT) + " [begun]");
}

TEST_F(BoundedRunTest, NotStarted) {
  EXPECT_EQ(
      Show(RunBounded(File("nosuch").c_str(), "x", nullptr, kMilliseconds)),
      "errno 2 []");
  WriteFile(File("text"), "text", 0644);
  EXPECT_EQ(Show(RunBounded(File("text").c_str(), "x", nullptr, kMilliseconds)),
            "errno 13 []");
}

TEST_F(BoundedRunTest, ProgramInMemory) {
  EXPECT_EQ(Show(RunFromMemory(NativeProgram(41), "x", kMilliseconds)),
            "exit 41 []");
  EXPECT_EQ(Show(RunFromMemory(ForeignElf(), "x", kMilliseconds)),
            "errno 8 []");
  EXPECT_EQ(Show(RunFromMemory("", "x", kMilliseconds)), "errno 8 []");
}

}  // namespace
}  // namespace binfmt
