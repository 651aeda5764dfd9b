// SPDX-License-Identifier: Apache-2.0
// register --emulator as users run it. This machine is x86_64, for which these
// emulators are of no use; 32-bit programs stand in for foreign ones.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

class EmulatorTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/emu", {"box64", "box86", "FEXInterpreter", "rosetta",
                                  "qemu-i386-static"});
    Mount();
  }

  // "register -Q /mnt/emu --ignore-family yes ARGS"
  static Outcome Do(const std::vector<std::string>& args) {
    std::vector<std::string> all = {"register", "-Q", "/mnt/emu", "-iyes"};
    all.insert(all.end(), args.begin(), args.end());
    return Run(all);
  }
};

TEST_F(EmulatorTest, Box86AsItsOwnFileSays) {
  EXPECT_EQ(Do({"--emulator", "box86", "linux/386", "-cno"}),
            Prints("x86: registered, /mnt/emu/box86\n"));
  EXPECT_EQ(EntryText("x86"),
            "enabled\ninterpreter /mnt/emu/box86\nflags: \noffset 0\n"
            "magic 7f454c4601010100000000000000000002000300\n"
            "mask ffffffffffffff00fffffffffffffffffeffffff\n");
}

TEST_F(EmulatorTest, FexAsItsOwnFileSays) {
  EXPECT_EQ(
      Do({"--emulator=fex", "i386"}),
      Prints("FEX-x86: registered, /mnt/emu/FEXInterpreter, flags POCF\n"));
  EXPECT_EQ(EntryText("FEX-x86"),
            "enabled\ninterpreter /mnt/emu/FEXInterpreter\nflags: POCF\n"
            "offset 0\n"
            "magic 7f454c4601010100000000000000000002000300\n"
            "mask fffffffffffefe00000000fffffffffffeffffff\n");
}

TEST_F(EmulatorTest, TheNewerFileNameComesFirst) {
  MakeInterpreters("/mnt/both", {"FEX", "FEXInterpreter"});
  EXPECT_EQ(Run({"register", "-iyes", "-Q/mnt/both", "--emulator=fex", "i386"}),
            Prints("FEX-x86: registered, /mnt/both/FEX, flags POCF\n"));
}

TEST_F(EmulatorTest, OptionsBeatTheEmulatorsFlags) {
  EXPECT_EQ(Do({"--emulator=fex", "-pno", "-cno", "-gno", "i386"}),
            Prints("FEX-x86: registered, /mnt/emu/FEXInterpreter\n"));
  EXPECT_EQ(
      Do({"--emulator=box86", "--replace", "-pyes", "-cyes", "-gyes", "i386"}),
      Prints("x86: replaced, /mnt/emu/box86, flags POCF\n"));
}

TEST_F(EmulatorTest, QemuIsTheDefault) {
  EXPECT_EQ(Do({"--emulator=qemu", "i386", "-cno"}),
            Prints("qemu-i386: registered, /mnt/emu/qemu-i386-static, "
                   "flags PF\n"));
  EXPECT_EQ(Do({"i386", "-cno"}),
            Prints("qemu-i386: unchanged, /mnt/emu/qemu-i386-static, "
                   "flags PF\n"));
}

// What the emulator's own package registered, and its own name for it.
TEST_F(EmulatorTest, TheEntryOfItsPackageIsUnchanged) {
  Register(
      ":FEX-x86:M:0:\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
      "\\x00\\x00\\x02\\x00\\x03\\x00:\\xff\\xff\\xff\\xff\\xff\\xfe\\xfe\\x00"
      "\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
      "/mnt/emu/FEXInterpreter:POCF");
  EXPECT_EQ(
      Do({"--emulator=fex", "i386"}),
      Prints("FEX-x86: unchanged, /mnt/emu/FEXInterpreter, flags POCF\n"));
}

// Debian's box64 calls its entry so, and this machine runs what it is for,
// so only status can be asked here.
TEST_F(EmulatorTest, DebiansEntryForBox64IsOurs) {
  const std::string magic =
      "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
      "\\x02\\x00\\x3e\\x00:";
  const std::string mask =
      "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\xff\\xff\\xff\\"
      "xff"
      "\\xff\\xfe\\xff\\xff\\xff:";
  Write("status", "0");
  Register(":box64:M::" + magic + mask + "/mnt/emu/box64:");
  Register(":fox64:M::" + magic + mask + "/mnt/emu/box64:");
  const std::string out = Run({"status"}).out;
  EXPECT_EQ(out.substr(out.find('\n') + 1),
            "fox64  enabled   -     x86_64  /mnt/emu/box64  (not ours)\n"
            "box64  enabled   -     x86_64  /mnt/emu/box64  (shadowed by "
            "fox64)\n");
  EXPECT_EQ(Run({"clear", "--ours"}), Prints("box64: removed\n"));
}

TEST_F(EmulatorTest, NativeProgramsStayNative) {
  const std::string before = Snapshot();
  EXPECT_EQ(Do({"--emulator=box64", "amd64"}),
            Fails(1,
                  "binfmt-register: x86_64: this machine runs programs for "
                  "x86_64 natively, and none of them would start any more\n"));
  EXPECT_EQ(Do({"--emulator=rosetta", "amd64"}),
            Fails(1,
                  "binfmt-register: rosetta: this machine runs programs for "
                  "x86_64 natively, and none of them would start any more\n"));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(EmulatorTest, ConflictWithQemu) {
  ASSERT_EQ(Do({"-q", "i386"}).status, 0);
  EXPECT_EQ(Do({"--emulator=fex", "i386"}),
            Fails(1,
                  "binfmt-register: the entry qemu-i386 takes the files that "
                  "FEX-x86 is for; take it out with --replace, or register in "
                  "front of it with --override\n"));
  EXPECT_EQ(Do({"--emulator=fex", "--override", "i386"}),
            Prints("FEX-x86: registered, /mnt/emu/FEXInterpreter, flags POCF, "
                   "shadows qemu-i386\n"));
  EXPECT_EQ(EntryNames(), "FEX-x86 qemu-i386");
  EXPECT_EQ(Do({"i386"}),
            Fails(1,
                  "binfmt-register: the entry FEX-x86 takes the files that "
                  "qemu-i386 is for; take it out with --replace, or register "
                  "in front of it with --override\n"));
  EXPECT_EQ(Do({"--replace", "i386", "-cno"}),
            Prints("qemu-i386: replaced, /mnt/emu/qemu-i386-static, "
                   "flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-i386");
}

TEST_F(EmulatorTest, StatusAndClearKnowTheEntries) {
  ASSERT_EQ(Do({"-q", "--emulator=fex", "i386"}).status, 0);
  ASSERT_EQ(Do({"-q", "--emulator=box86", "--override", "i386"}).status, 0);
  const std::string out = Run({"status"}).out;
  EXPECT_EQ(out.substr(out.find('\n') + 1),
            "x86      enabled   -     i386  /mnt/emu/box86\n"
            "FEX-x86  enabled   POCF  i386  /mnt/emu/FEXInterpreter  "
            "(shadowed by x86)\n");
  EXPECT_EQ(Run({"status", "-q", "linux/386"}), Prints(""));
  EXPECT_EQ(Run({"clear", "--ours"}), Prints("x86: removed\n"
                                             "FEX-x86: removed\n"));
}

TEST_F(EmulatorTest, TargetsThatItDoesNotRun) {
  EXPECT_EQ(Do({"--emulator=box64", "arm64"}),
            Fails(2,
                  "binfmt-register: box64 does not run programs for aarch64; "
                  "see \"binfmtbox register --help\"\n"));
  EXPECT_EQ(Do({"--emulator=fex", "i486"}),
            Fails(2,
                  "binfmt-register: fex does not run programs for i486; see "
                  "\"binfmtbox register --help\"\n"));
}

TEST_F(EmulatorTest, AllIsTheTargetsThatItRuns) {
  EXPECT_EQ(Do({"--emulator=box86", "-cno", "all"}),
            Prints("x86: registered, /mnt/emu/box86\n"));
}

TEST_F(EmulatorTest, ItsFileIsNotThere) {
  EXPECT_EQ(Run({"register", "-Q/mnt/bin", "--emulator=fex", "i386"}),
            Fails(1,
                  "binfmt-register: FEX-x86: there is no FEX or FEXInterpreter "
                  "in /mnt/bin; install fex, or name one with "
                  "--interpreter\n"));
  EXPECT_EQ(Run({"register", "--emulator=rosetta", "all"}),
            Fails(1,
                  "binfmt-register: there is no interpreter for any target in "
                  "/mnt/lima-rosetta or /media/rosetta; install rosetta, or "
                  "name a directory with --qemu-path\n"));
}

TEST_F(EmulatorTest, UnknownEmulator) {
  EXPECT_EQ(
      Do({"--emulator=FEX"}),
      Fails(2,
            "binfmt-register: option --emulator takes qemu, box64, box86, fex "
            "or rosetta, not \"FEX\"; did you mean fex; see "
            "\"binfmtbox register --help\"\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
