// SPDX-License-Identifier: Apache-2.0

#include "arch_table/program.h"

#include <string>

#include "arch_table/data_for_testing.h"
#include "arch_table/names.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

TEST(ProgramTest, EveryRowTakesItsSampleAndItsProgram) {
  for (const Target& target : Targets()) {
    SCOPED_TRACE(std::string(target.name));
    const std::string header = SampleHeader(target);
    EXPECT_EQ(header.size(), 64u);
    EXPECT_EQ(FindByHeader(header), &target);
    const std::string program = BuiltInProgram(target);
    EXPECT_EQ(FindByHeader(program), &target);
    EXPECT_GE(program.size(), 84 + target.code().size());
    EXPECT_EQ(program.substr(program.size() - target.code().size()),
              target.code());
  }
}

// An i386 program at 0x400000 fails now and then under an emulator that
// lies there itself. These are the addresses in GNU ld's linker scripts.
TEST(ProgramTest, ProgramsLieWhereLinkersPutThem) {
  EXPECT_EQ(FindTarget("i386")->load_address(), 0x8048000u);
  EXPECT_EQ(FindTarget("x86_64")->load_address(), 0x400000u);
  EXPECT_EQ(FindTarget("arm")->load_address(), 0x10000u);
  EXPECT_EQ(FindTarget("aarch64")->load_address(), 0x400000u);
  EXPECT_EQ(FindTarget("riscv64")->load_address(), 0x10000u);
  EXPECT_EQ(FindTarget("mips")->load_address(), 0x400000u);
  EXPECT_EQ(FindTarget("ppc64le")->load_address(), 0x10000000u);
  EXPECT_EQ(FindTarget("sparc64")->load_address(), 0x100000u);
  EXPECT_EQ(FindTarget("m68k")->load_address(), 0x80000000u);
  // The table holds it as a number of pages, which have 32 bits.
  EXPECT_EQ(FindTarget("mips64el")->load_address(), 0x120000000u);
  EXPECT_EQ(ToHex(BuiltInProgram(*FindTarget("mips64el"))).substr(48, 16),
            "7800002001000000");  // e_entry
  for (const Target& target : Targets()) {
    // Lower ones belong to no process (vm.mmap_min_addr).
    EXPECT_GE(target.load_address(), 0x10000u) << target.name;
    EXPECT_EQ(target.load_address() % 0x1000, 0u) << target.name;
  }
}

TEST(ProgramTest, EveryRowHasCode) {
  for (const Target& target : Targets()) {
    EXPECT_FALSE(target.code().empty()) << target.name;
  }
}

TEST(ProgramTest, SampleOf32BitBigEndian) {
  EXPECT_EQ(ToHex(SampleHeader(*FindTarget("mipsn32"))),
            "7f454c46010201000000000000000000"
            "00020008000000011000000000000000"
            "00000000600000200034002000000000"
            "00000000000000000000000000000000");
}

TEST(ProgramTest, ProbeOf32BitLittleEndian) {
  EXPECT_EQ(ToHex(NativeProbe(*FindTarget("i386"))),
            "7f454c460101ff000000000000000000"
            "02000300010000000080040834000000"
            "00000000000000003400200001000000"
            "00000000"
            "03000000000010000080040800800408"
            "02000000020000000500000000800000");
}

TEST(ProgramTest, ProgramOf32BitLittleEndian) {
  EXPECT_EQ(ToHex(BuiltInProgram(*FindTarget("i386"))),
            "7f454c46010101000000000000000000"
            "02000300010000005480040834000000"
            "00000000000000003400200001000000"
            "00000000"
            "01000000000000000080040800800408"
            "5d0000005d0000000500000000800000"
            "5b83c3296a0158cd80");
}

TEST(ProgramTest, ProgramOf64BitBigEndian) {
  EXPECT_EQ(ToHex(BuiltInProgram(*FindTarget("s390x"))),
            "7f454c46020201000000000000000000"
            "00020016000000010000000001000078"
            "00000000000000400000000000000000"
            "00000000004000380001000000000000"
            "00000001000000050000000000000000"
            "00000000010000000000000001000000"
            "00000000000000840000000000000084"
            "0000000000010000"
            "a7290029e320f00000080a01");
}

}  // namespace
}  // namespace arch_table
