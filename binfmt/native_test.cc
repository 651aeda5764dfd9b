// SPDX-License-Identifier: Apache-2.0
#include "binfmt/native.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "binfmt/array.h"
#include "binfmt/error_text_for_testing.h"
#include "binfmt/text.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/private_namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ElfSpec;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::I386Program;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::MakeElf;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::RunProgram;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

// "1 0 1", or the error.
std::string Runs(const Array<Text>& programs) {
  Array<int> runs;
  if (const Error error = RunNatively(programs, &runs); !error.ok()) {
    return ErrorText(error);
  }
  std::string text;
  for (const int ran : runs) {
    text += (text.empty() ? "" : " ") + std::to_string(ran);
  }
  return text;
}

class NativeTest : public KernelTest {};

TEST_F(NativeTest, Nothing) { EXPECT_EQ(Runs({}), ""); }

TEST_F(NativeTest, ProgramOfThisMachine) {
  EXPECT_EQ(Runs({NativeProgram(42)}), "1");
}

TEST_F(NativeTest, OtherExitStatusIsNoProof) {
  EXPECT_EQ(Runs({NativeProgram(0), NativeProgram(41), NativeProgram(42)}),
            "0 0 1");
}

TEST_F(NativeTest, ForeignProgram) { EXPECT_EQ(Runs({ForeignElf()}), "0"); }

// Whether a kernel runs its 32-bit sibling only execve(2) can say.
TEST_F(NativeTest, SiblingRunsWhereTheKernelRunsIt) {
  WriteFile(File("i386"), I386Program(42), 0755);
  const bool runs = RunProgram(File("i386")) == "exit 42";
  EXPECT_EQ(Runs({I386Program(42)}), runs ? "1" : "0");
}

TEST_F(NativeTest, EachProgramIsJudgedByItself) {
  const std::string native = NativeProgram(42);
  EXPECT_EQ(Runs({ForeignElf(), native, "", ForeignElf(), native, native,
                  ForeignElf()}),
            "0 1 0 0 1 1 0");
}

// A longer program before it must not show through.
TEST_F(NativeTest, ShorterProgramAfterALongerOne) {
  const std::string native = NativeProgram(42);
  EXPECT_EQ(Runs({ForeignElf(std::string(100000, 'x')), native,
                  native + std::string(5000, 'x'), native}),
            "0 1 1 1");
}

TEST_F(NativeTest, CrippledPrograms) {
  const std::string native = NativeProgram(42);
  EXPECT_EQ(Runs({"", "\x7f", native.substr(0, 6), native.substr(0, 7),
                  native.substr(0, 64), std::string(4096, '\0'), native}),
            "0 0 0 0 0 0 1");
}

TEST_F(NativeTest, OtherByteOrderIsNotTried) {
  ElfSpec spec;
  spec.is_big_endian = true;
  spec.machine = 22;
  EXPECT_EQ(Runs({MakeElf(spec)}), "0");
}

TEST_F(NativeTest, HandlerForAForeignProgramDoesNotMakeItNative) {
  const std::string liar = MakeInterpreter("liar", 42);
  const std::string foreign = ForeignElf();
  // With and without a mask that leaves EI_VERSION out.
  ASSERT_EQ(RawRegister(":exact:M:18:\\x00\\xfe::" + liar + ":"), 0);
  ASSERT_EQ(RawRegister(":machine:M:0:\\x7fELF\\x02\\x01\\x01:"
                        "\\xff\\xff\\xff\\xff\\xff\\xff\\xff:" +
                        liar + ":F"),
            0);
  WriteFile(File("foreign"), foreign, 0755);
  // "machine" takes native programs, too: nothing is started by execve(2) until
  // it is gone.
  EXPECT_EQ(Runs({NativeProgram(42), foreign}), "1 0");
  ASSERT_EQ(WriteOnce(EntryFile("machine"), "-1"), 0);
  EXPECT_EQ(RunProgram(File("foreign")), "exit 42");
  EXPECT_EQ(Runs({foreign}), "0");
}

TEST_F(NativeTest, HandlerWithFlagsDoesNotMakeItNative) {
  const std::string liar = MakeInterpreter("liar", 42);
  for (const char* flags : {"P", "O", "C", "POCF"}) {
    ASSERT_EQ(RawRegister(":x:M:18:\\x00\\xfe::" + liar + ":" + flags), 0);
    EXPECT_EQ(Runs({ForeignElf(), NativeProgram(42)}), "0 1") << flags;
    ASSERT_EQ(WriteOnce(EntryFile("x"), "-1"), 0);
  }
}

TEST_F(NativeTest, LeavesNoProcessAndNoDescriptor) {
  EXPECT_EQ(InChild([] {
              const int before = dup(2);
              close(before);
              for (int i = 0; i < 20; ++i) {
                Runs({NativeProgram(42), ForeignElf()});
              }
              const int after = dup(2);
              if (after != before) return std::string("a descriptor is left");
              if (waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD) {
                return std::string("a process is left");
              }
              return std::string("nothing is left");
            }),
            "nothing is left");
}

TEST_F(NativeTest, WithoutAFreeDescriptor) {
  EXPECT_EQ(InChild([] {
              const rlimit limit = {3, 3};
              // The pipe to the parent is open already.
              if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
                return std::string("cannot set the limit");
              }
              return Runs({NativeProgram(42)});
            }),
            "failed 24: cannot make a memfd: Too many open files");
}

}  // namespace
}  // namespace binfmt
