// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/native.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ElfSpec;
using binfmtbox_testing::ErrorText;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::I386Program;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::MakeElf;
using binfmtbox_testing::RunProgram;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

// A probe for MACHINE: its one program header names a loader behind the end.
std::string Probe(uint16_t machine, bool is_64bit = true,
                  bool is_big_endian = false) {
  ElfSpec spec;
  spec.machine = machine;
  spec.is_64bit = is_64bit;
  spec.is_big_endian = is_big_endian;
  std::string probe = MakeElf(spec);
  probe[6] = '\xff';  // EI_VERSION
  const size_t header = is_64bit ? 64 : 52;
  const size_t offset = header + (is_64bit ? 8 : 4);
  const size_t size = header + (is_64bit ? 32 : 16);
  probe[header + (is_big_endian ? 3 : 0)] = 3;     // PT_INTERP
  probe[offset + (is_big_endian ? 1 : 2)] = 0x10;  // 1 MiB
  probe[size + (is_big_endian ? 7 : 0)] = 2;
  return probe;
}

constexpr uint16_t kNoMachine = 0xfe00;

std::string OwnProbe() {
#if defined(__x86_64__)
  return Probe(binfmtbox_testing::kX86_64);
#elif defined(__aarch64__)
  return Probe(binfmtbox_testing::kAarch64);
#elif defined(__arm__)
  return Probe(binfmtbox_testing::kArm, false);
#else
  return Probe(binfmtbox_testing::kRiscv, sizeof(void*) == 8);
#endif
}

// "1 0 1", or the error.
std::string Natives(const std::vector<std::string>& probes) {
  const Expected<std::vector<bool>> native = FindNative(probes);
  return native ? absl::StrJoin(*native, " ") : ErrorText(native);
}

class NativeTest : public KernelTest {};

TEST_F(NativeTest, Nothing) { EXPECT_EQ(Natives({}), ""); }

TEST_F(NativeTest, ProbeOfThisMachine) {
  EXPECT_EQ(Natives({OwnProbe()}), "1");
}

TEST_F(NativeTest, ForeignProbe) {
  EXPECT_EQ(Natives({Probe(kNoMachine)}), "0");
}

// Only the kernel can say whether it runs its 32-bit sibling; what it says of a
// probe must be what it does with a program.
TEST_F(NativeTest, SiblingIsNativeWhereTheKernelRunsIt) {
  WriteFile(File("i386"), I386Program(42), 0755);
  const bool runs = RunProgram(File("i386")) == "exit 42";
  EXPECT_EQ(Natives({Probe(binfmtbox_testing::kI386, false)}),
            runs ? "1" : "0");
}

TEST_F(NativeTest, EachProbeIsJudgedByItself) {
  const std::string native = OwnProbe();
  const std::string foreign = Probe(kNoMachine);
  EXPECT_EQ(Natives({foreign, native, "", foreign, native, native, foreign}),
            "0 1 0 0 1 1 0");
}

// A longer probe before it must not show through.
TEST_F(NativeTest, ShorterProbeAfterALongerOne) {
  const std::string native = OwnProbe();
  EXPECT_EQ(Natives({Probe(kNoMachine) + std::string(3000, 'x'), native,
                     native + std::string(2000, 'x'), native}),
            "0 1 1 1");
}

TEST_F(NativeTest, CrippledProbes) {
  const std::string native = OwnProbe();
  EXPECT_EQ(Natives({"", "\x7f", native.substr(0, 6), native.substr(0, 7),
                     std::string(4000, '\0'), native}),
            "0 0 0 0 0 1");
}

TEST_F(NativeTest, OtherByteOrderIsNotTried) {
  EXPECT_EQ(Natives({Probe(22, true, true)}), "0");
}

TEST_F(NativeTest, HandlerForAForeignProbeDoesNotMakeItNative) {
  const std::string liar = MakeInterpreter("liar", 42);
  const std::string foreign = Probe(kNoMachine);
  // With and without a mask that leaves EI_VERSION out.
  ASSERT_EQ(RawRegister(":exact:M:18:\\x00\\xfe::" + liar + ":"), 0);
  ASSERT_EQ(RawRegister(":machine:M:0:\\x7fELF\\x02\\x01\\x01:"
                        "\\xff\\xff\\xff\\xff\\xff\\xff\\xff:" +
                        liar + ":F"),
            0);
  WriteFile(File("foreign"), ForeignElf(), 0755);
  // "machine" takes native programs, too: nothing is started by execve(2) until
  // it is gone.
  EXPECT_EQ(Natives({OwnProbe(), foreign}), "1 0");
  ASSERT_EQ(WriteOnce(EntryFile("machine"), "-1"), 0);
  EXPECT_EQ(RunProgram(File("foreign")), "exit 42");
  EXPECT_EQ(Natives({foreign}), "0");
}

TEST_F(NativeTest, HandlerWithFlagsDoesNotMakeItNative) {
  const std::string liar = MakeInterpreter("liar", 42);
  for (const char* flags : {"P", "O", "C", "POCF"}) {
    ASSERT_EQ(RawRegister(":x:M:18:\\x00\\xfe::" + liar + ":" + flags), 0);
    EXPECT_EQ(Natives({Probe(kNoMachine), OwnProbe()}), "0 1") << flags;
    ASSERT_EQ(WriteOnce(EntryFile("x"), "-1"), 0);
  }
}

TEST_F(NativeTest, LeavesNoProcessAndNoDescriptor) {
  EXPECT_EQ(InChild([] {
              const int before = dup(2);
              close(before);
              for (int i = 0; i < 20; ++i) {
                Natives({OwnProbe(), Probe(kNoMachine)});
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
              return Natives({OwnProbe()});
            }),
            std::string("failed 24: cannot make a memfd: ") + strerror(EMFILE));
}

}  // namespace
}  // namespace binfmt
