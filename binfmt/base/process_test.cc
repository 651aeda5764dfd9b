// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/process.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::WriteFile;

constexpr int kMilliseconds = 20000;
constexpr ProgramStart kStart = {.argv0 = "x",
                                 .max_milliseconds = kMilliseconds};

std::string Show(const ProgramEnd& program) {
  constexpr const char* kWords[] = {"exit ", "signal ", "errno ", "timeout "};
  return kWords[static_cast<int>(program.how)] + std::to_string(program.code) +
         " [" + program.output + "]";
}

class ProcessTest : public KernelTest {
 protected:
  std::string RunScript(const std::string& script,
                        int milliseconds = kMilliseconds) const {
    WriteFile(File("script"), "#!/bin/sh\n" + script + "\n", 0755);
    return Show(RunProgram(File("script"), {.argv0 = "script",
                                            .variable = "A=word",
                                            .max_milliseconds = milliseconds}));
  }
};

TEST_F(ProcessTest, ExitStatusAndFirstLine) {
  EXPECT_EQ(RunScript("echo one; echo two; exit 7"), "exit 7 [one]");
  EXPECT_EQ(RunScript("echo error >&2"), "exit 0 [error]");
  EXPECT_EQ(RunScript("printf 'no newline'"), "exit 0 [no newline]");
}

TEST_F(ProcessTest, NoArgumentAndAnEnvironmentOfItsOwn) {
  ASSERT_EQ(setenv("HOME", "/somewhere", 1), 0);
  ASSERT_EQ(setenv("LD_PRELOAD", "", 1), 0);
  EXPECT_EQ(RunScript("echo $# $(tr '\\0' ' ' < /proc/$$/environ)"),
            "exit 0 [0 HOME=/ "
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
            "A=word]");
}

TEST_F(ProcessTest, NoStandardInput) {
  EXPECT_EQ(RunScript("[ -e /proc/$$/fd/0 ] || echo closed"),
            "exit 0 [closed]");
}

// A script has its own file open, perhaps at 10 or 255.
TEST_F(ProcessTest, NoDescriptorOfTheCaller) {
  constexpr int kOther = 57;
  ASSERT_EQ(dup2(STDERR_FILENO, kOther), kOther);
  EXPECT_EQ(RunScript("[ -e /proc/$$/fd/57 ] || echo closed"),
            "exit 0 [closed]");
  EXPECT_EQ(Show(RunProgramFromMemory(NativeProgram(41), kStart)),
            "exit 41 []");
  close(kOther);
}

// It could type on that (TIOCSTI).
TEST_F(ProcessTest, NoControllingTerminal) {
  EXPECT_EQ(RunScript("set -- $(cat /proc/$$/stat); echo $(($6 - $$)) $7"),
            "exit 0 [0 0]");
}

// This user namespace has root only.
TEST_F(ProcessTest, NobodyThatIsNotThere) {
  WriteFile(File("script"), "#!/bin/sh\necho started\n", 0755);
  const ProgramEnd end =
      RunProgram(File("script"), {.argv0 = "script",
                                  .as_nobody = true,
                                  .max_milliseconds = kMilliseconds});
  // Where root is an ordinary user outside, it is that user's to start.
  struct stat facts;
  ASSERT_EQ(stat("/proc/sys", &facts), 0);
  EXPECT_EQ(Show(end), facts.st_uid == 0 ? "errno 1 []" : "exit 0 [started]");
}

TEST_F(ProcessTest, Signal) {
  EXPECT_EQ(RunScript("kill -9 $$"), "signal 9 []");
}

TEST_F(ProcessTest, KilledWhenItTakesTooLong) {
  EXPECT_EQ(RunScript("echo begun; sleep 1000", 5000),
            "timeout " + std::to_string(ETIMEDOUT) + " [begun]");
}

TEST_F(ProcessTest, NotStarted) {
  EXPECT_EQ(Show(RunProgram(File("nosuch"), kStart)), "errno 2 []");
  WriteFile(File("text"), "text", 0644);
  EXPECT_EQ(Show(RunProgram(File("text"), kStart)), "errno 13 []");
}

TEST_F(ProcessTest, ProgramInMemory) {
  EXPECT_EQ(Show(RunProgramFromMemory(NativeProgram(41), kStart)),
            "exit 41 []");
  EXPECT_EQ(Show(RunProgramFromMemory(ForeignElf(), kStart)), "errno 8 []");
  EXPECT_EQ(Show(RunProgramFromMemory("", kStart)), "errno 8 []");
}

TEST_F(ProcessTest, CallInChildReturnsTheValue) {
  EXPECT_EQ(*CallInChild([] { return ""; }), "");
  const std::string bytes("a\0b", 3);
  EXPECT_EQ(*CallInChild([&] { return bytes; }), bytes);
  const std::string many(60000, 'x');
  EXPECT_EQ(*CallInChild([&] { return many; }), many);
}

TEST_F(ProcessTest, CallInChildReturnsTheError) {
  EXPECT_EQ(ErrorText(CallInChild([]() -> Expected<std::string> {
              return std::unexpected(Error(EBUSY, "it broke", Cause::kDenied));
            })),
            "denied EBUSY: it broke");
}

TEST_F(ProcessTest, CallInChildThatReturnsTooMuch) {
  EXPECT_EQ(ErrorText(CallInChild([] { return std::string(1000000, 'x'); })),
            "failed 0: a child process ended without a result");
}

TEST_F(ProcessTest, CallInChildChangesNothingHere) {
  std::string text = "before";
  const auto pid = CallInChild([&]() -> Expected<std::string> {
    text = "changed";
    if (chdir("/proc") != 0) return "cannot change directory";
    return std::to_string(getpid());
  });
  ASSERT_EQ(ErrorText(pid), "ok");
  EXPECT_NE(*pid, std::to_string(getpid()));
  EXPECT_EQ(text, "before");
  EXPECT_NE(access("self/status", F_OK), 0);
}

TEST_F(ProcessTest, CallInChildThatIsKilled) {
  EXPECT_EQ(ErrorText(CallInChild([]() -> Expected<std::string> {
              raise(SIGKILL);
              return "";
            })),
            "failed 0: a child process ended without a result");
}

}  // namespace
}  // namespace binfmt
