// SPDX-License-Identifier: Apache-2.0
// status as users run it.
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

// The rule of the row aarch64, then narrower and wider ones, as records write
// them.
constexpr char kAarch64[] =
    "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x02\\x00\\xb7\\x00:"
    "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x00\\x00\\xfe\\xff\\xff\\xff";
constexpr char kQemuAarch64[] =
    "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x02\\x00\\xb7\\x00:"
    "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff"
    "\\xff\\xff\\xfe\\xff\\xff\\xff";

// The words for an entry without flags.
constexpr char kNoFlags[] =
    "  no P: argv[0] is the program's path\n"
    "  no C: programs with setuid run unprivileged: sudo will fail\n"
    "  no F: interpreter looked up in each container\n";

std::string Record(std::string_view name, std::string_view rule,
                   std::string_view interpreter, std::string_view flags) {
  return ":" + std::string(name) + ":M::" + std::string(rule) + ":" +
         std::string(interpreter) + ":" + std::string(flags);
}

std::string Kernel() {
  utsname names;
  return uname(&names) == 0 ? names.release : "";
}

std::string FirstLine(std::string_view state = "enabled",
                      std::string_view where = kRegistry) {
  return "binfmt_misc: " + std::string(state) + " on " + std::string(where) +
         ", user namespace: other, Linux " + Kernel() + "\n";
}

// What Python's json makes of TEXT, one value a line; an error is text, too.
std::string ReadJson(const std::string& text) {
  Command command;
  command.path = "/usr/bin/python3";
  command.argv = {"python3", "-c",
                  "import json, sys\n"
                  "def show(path, value):\n"
                  "  if isinstance(value, dict):\n"
                  "    for key in value: show(path + '.' + key, value[key])\n"
                  "  elif isinstance(value, list):\n"
                  "    print(path, len(value))\n"
                  "    for i, item in enumerate(value): show(path + f'[{i}]', "
                  "item)\n"
                  "  else: print(path, ascii(value))\n"
                  "show('', json.load(sys.stdin))\n"};
  command.input = text;
  const Outcome outcome = Execute(command);
  return outcome.out + outcome.err;
}

class StatusTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/qemu", {"qemu-aarch64-static", "qemu-arm-static"});
    Mount();
  }

  static void RegisterTargets(const std::vector<std::string>& targets) {
    std::vector<std::string> args = {"register", "-q", "-Q", "/mnt/qemu"};
    args.insert(args.end(), targets.begin(), targets.end());
    ASSERT_EQ(Run(args), Prints(""));
  }
};

TEST_F(StatusTest, NoEntries) {
  EXPECT_EQ(Run({"status"}), Prints(FirstLine()));
}

TEST_F(StatusTest, EntriesInMatchOrder) {
  RegisterTargets({"arm", "arm64"});
  EXPECT_EQ(Run({"status"}),
            Prints(FirstLine() + "qemu-aarch64  enabled   PF    aarch64  "
                                 "/mnt/qemu/qemu-aarch64-static\n"
                                 "qemu-arm      enabled   PF    arm      "
                                 "/mnt/qemu/qemu-arm-static\n"));
  // What is registered again goes to the front.
  Write("qemu-arm", "-1");
  RegisterTargets({"arm"});
  EXPECT_EQ(Run({"status"}),
            Prints(FirstLine() + "qemu-arm      enabled   PF    arm      "
                                 "/mnt/qemu/qemu-arm-static\n"
                                 "qemu-aarch64  enabled   PF    aarch64  "
                                 "/mnt/qemu/qemu-aarch64-static\n"));
}

TEST_F(StatusTest, EntriesOfOthers) {
  Register(":jar:E::jar::/usr/bin/jexec-that-is-missing:");
  Register(":wine:M::MZ::/mnt/bin/binfmtbox:");
  Register(Record("rosetta", kQemuAarch64, "/mnt/none", "OC"));
  EXPECT_EQ(Run({"status"}),
            Prints(FirstLine() +
                   "rosetta  enabled   OC    aarch64  /mnt/none  (interpreter "
                   "missing, not ours)\n"
                   "wine     enabled   -     -        /mnt/bin/binfmtbox  "
                   "(not ours)\n"
                   "jar      enabled   -     -        "
                   "/usr/bin/jexec-that-is-missing  (interpreter missing, not "
                   "ours)\n"));
}

TEST_F(StatusTest, Marks) {
  RegisterTargets({"arm", "arm64"});
  Write("qemu-arm", "0");
  ASSERT_EQ(unlink("/mnt/qemu/qemu-arm-static"), 0);
  Register(Record("mine", kAarch64, "/mnt/bin/binfmtbox", ""));
  Write("status", "0");
  EXPECT_EQ(
      Run({"status"}),
      Prints(FirstLine("DISABLED") +
             "mine          enabled   -     aarch64  /mnt/bin/binfmtbox  (not "
             "ours)\n"
             "qemu-aarch64  enabled   PF    aarch64  "
             "/mnt/qemu/qemu-aarch64-static  (shadowed by mine)\n"
             "qemu-arm      disabled  PF    arm      /mnt/qemu/qemu-arm-static "
             " (held open, the file is gone)\n"));
}

TEST_F(StatusTest, ARuleThatTakesEverythingIsNoTargets) {
  Register(":zero:M::\\x00:\\x00:/mnt/bin/binfmtbox:");
  // At once, for it would take every program.
  Write("zero", "0");
  EXPECT_EQ(
      Run({"status"}),
      Prints(FirstLine() + "zero  disabled  -     -  /mnt/bin/binfmtbox  (not "
                           "ours)\n"));
}

TEST_F(StatusTest, NamesThatDisturbATerminal) {
  Register(":a\x1b[2Jb\xff:M::MZ::/mnt/x y\x7f:");
  EXPECT_EQ(
      Run({"status"}),
      Prints(FirstLine() + "a\\x1b[2Jb\\xff  enabled   -     -  /mnt/x y\\x7f  "
                           "(interpreter missing, not ours)\n"));
}

TEST_F(StatusTest, ProbeOfAUsableEntry) {
  RegisterTargets({"arm", "arm64"});
  const Outcome expected = Prints(FirstLine() +
                                  "qemu-aarch64  enabled   PF    aarch64  "
                                  "/mnt/qemu/qemu-aarch64-static\n"
                                  "  P: programs get their own argv[0]\n"
                                  "  no C: programs with setuid run "
                                  "unprivileged: sudo will fail\n"
                                  "  F: interpreter held open since "
                                  "registration\n");
  for (const char* word :
       {"qemu-aarch64", "arm64", "linux/arm64/v8", "aarch64"}) {
    EXPECT_EQ(Run({"status", word}), expected) << word;
  }
  EXPECT_EQ(Run({"status", "-q", "arm64", "arm"}), Prints(""));
}

TEST_F(StatusTest, ProbeByTargetFindsTheEntryOfAnotherName) {
  Register(Record("mine", kAarch64, "/mnt/bin/binfmtbox", ""));
  EXPECT_EQ(Run({"status", "arm64"}),
            Prints(FirstLine() +
                   "mine  enabled   -     aarch64  /mnt/bin/binfmtbox  (not "
                   "ours)\n" +
                   kNoFlags));
}

TEST_F(StatusTest, ProbeOfAnEntryThatIsNotATargets) {
  Register(":wine:M::MZ::/mnt/bin/binfmtbox:");
  EXPECT_EQ(Run({"status", "wine"}),
            Prints(FirstLine() +
                   "wine  enabled   -     -  /mnt/bin/binfmtbox  (not "
                   "ours)\n" +
                   kNoFlags));
}

TEST_F(StatusTest, ProbeOfWhatThisMachineRunsItself) {
  EXPECT_EQ(Run({"status", "amd64"}),
            Prints(FirstLine() + "x86_64: this machine runs it natively\n"));
}

TEST_F(StatusTest, ProbeFails) {
  RegisterTargets({"arm", "arm64"});
  EXPECT_EQ(Run({"status", "-q", "arm64", "riscv64"}),
            Fails(1,
                  "binfmt-status: no entry takes programs for riscv64; "
                  "register one with: binfmtbox register riscv64\n"));
  EXPECT_EQ(
      Run({"status", "-q", "aarch46"}),
      Fails(1,
            "binfmt-status: \"aarch46\" is neither an entry nor a target; did "
            "you mean aarch64\n"));
  Write("qemu-arm", "0");
  EXPECT_EQ(Run({"status", "-q", "arm"}),
            Fails(1,
                  "binfmt-status: qemu-arm is disabled; enable it with: "
                  "binfmtbox clear --enable qemu-arm\n"));
  Register(Record("mine", kAarch64, "/mnt/none", ""));
  EXPECT_EQ(Run({"status", "-q", "name:qemu-aarch64"}),
            Fails(1,
                  "binfmt-status: qemu-aarch64 never gets a program: mine "
                  "takes them first\n"));
  EXPECT_EQ(Run({"status", "-q", "arm64"}),
            Fails(1,
                  "binfmt-status: mine runs no program: interpreter /mnt/none "
                  "does not exist\n"));
  Write("status", "0");
  EXPECT_EQ(Run({"status", "-q", "arm64"}),
            Fails(1,
                  "binfmt-status: mine is of no use while binfmt_misc is "
                  "disabled; enable it with: echo 1 > "
                  "/proc/sys/fs/binfmt_misc/status\n"));
}

TEST_F(StatusTest, ProbeWithoutTheInterpretersFileButHeldOpen) {
  RegisterTargets({"arm"});
  ASSERT_EQ(unlink("/mnt/qemu/qemu-arm-static"), 0);
  EXPECT_EQ(Run({"status", "-q", "arm"}), Prints(""));
}

TEST_F(StatusTest, Json) {
  RegisterTargets({"arm64"});
  Register(":jar:E::jar::/mnt/none:");
  Register(":wine:M:1:Z::/mnt/bin/binfmtbox:");
  const Outcome outcome = Run({"status", "--json"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(ReadJson(outcome.out),
            ".dir '/proc/sys/fs/binfmt_misc'\n"
            ".enabled True\n"
            ".read_only False\n"
            ".user_namespace 'other'\n"
            ".kernel '" +
                Kernel() +
                "'\n"
                R"(.entries 3
.entries[0].name 'wine'
.entries[0].enabled True
.entries[0].target None
.entries[0].interpreter '/mnt/bin/binfmtbox'
.entries[0].flags ''
.entries[0].type 'magic'
.entries[0].offset 1
.entries[0].magic '5a'
.entries[0].mask None
.entries[0].understood True
.entries[0].ours False
.entries[0].interpreter_there True
.entries[0].held False
.entries[0].shadowed_by None
.entries[1].name 'jar'
.entries[1].enabled True
.entries[1].target None
.entries[1].interpreter '/mnt/none'
.entries[1].flags ''
.entries[1].type 'extension'
.entries[1].extension 'jar'
.entries[1].understood True
.entries[1].ours False
.entries[1].interpreter_there False
.entries[1].held False
.entries[1].shadowed_by None
.entries[2].name 'qemu-aarch64'
.entries[2].enabled True
.entries[2].target 'aarch64'
.entries[2].interpreter '/mnt/qemu/qemu-aarch64-static'
.entries[2].flags 'PF'
.entries[2].type 'magic'
.entries[2].offset 0
.entries[2].magic '7f454c460201010000000000000000000200b700'
.entries[2].mask 'ffffffffffffff000000000000000000feffffff'
.entries[2].understood True
.entries[2].ours True
.entries[2].interpreter_there True
.entries[2].held True
.entries[2].shadowed_by None
.native 0
)");
}

// What BuildKit lists, in its words, the machine's own first.
TEST_F(StatusTest, Platforms) {
  const std::string natives = OwnPlatforms();
  EXPECT_EQ(Run({"status", "--platforms"}),
            Prints("{\"supported\":[" + natives + "],\"emulators\":[]}\n"));
  RegisterTargets({"arm", "arm64"});
  Register(":jar:E::jar::/usr/bin/jexec:");
  EXPECT_EQ(Run({"status", "--platforms"}),
            Prints("{\"supported\":[" + natives +
                   ",\"linux/arm/v7\",\"linux/arm/v6\",\"linux/arm64\"],"
                   "\"emulators\":[\"qemu-aarch64\",\"qemu-arm\"]}\n"));
  // What is disabled runs nothing; nor does anything, if all is.
  Write("qemu-arm", "0");
  EXPECT_EQ(Run({"status", "--platforms"}),
            Prints("{\"supported\":[" + natives +
                   ",\"linux/arm64\"],\"emulators\":[\"qemu-aarch64\"]}\n"));
  Write("status", "0");
  EXPECT_EQ(Run({"status", "--platforms"}),
            Prints("{\"supported\":[" + natives +
                   "],"
                   "\"emulators\":[\"qemu-aarch64\"]}\n"));
  Write("status", "1");
}

// Containerd's words for architectures that QEMU names otherwise.
TEST_F(StatusTest, PlatformsOfBigEndianArm) {
  MakeInterpreters("/mnt/qemu", {"qemu-armeb-static", "qemu-aarch64_be-static",
                                 "qemu-mipsn32el-static"});
  RegisterTargets({"armeb", "aarch64_be", "mipsn32el"});
  EXPECT_EQ(Run({"status", "--platforms", "armeb", "aarch64_be", "mipsn32el"}),
            Prints("{\"supported\":[\"linux/armbe\",\"linux/arm64be\","
                   "\"linux/mips64p32le\"],\"emulators\":[\"qemu-mipsn32el\","
                   "\"qemu-aarch64_be\",\"qemu-armeb\"]}\n"));
}

TEST_F(StatusTest, JsonWithBytesThatAreNoText) {
  Register(":\"\x01\\\xff\xc3\xa4:M::MZ::/mnt/none:");
  const Outcome outcome = Run({"status", "--json"});
  const std::string values = ReadJson(outcome.out);
  EXPECT_NE(values.find(".entries[0].name '\"\\\\x01\\\\x5c\\\\xff\\xe4'\n"),
            std::string::npos)
      << outcome.out << values;
}

TEST_F(StatusTest, JsonOfAProbe) {
  RegisterTargets({"arm", "arm64"});
  const Outcome outcome = Run({"status", "--json", "arm", "riscv64"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "binfmt-status: no entry takes programs for riscv64; register one "
            "with: binfmtbox register riscv64\n");
  const std::string values = ReadJson(outcome.out);
  EXPECT_NE(values.find(".entries 1\n.entries[0].name 'qemu-arm'\n"),
            std::string::npos)
      << values;
}

TEST_F(StatusTest, ReadOnlyMount) {
  ASSERT_EQ(mount(nullptr, kRegistry, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY,
                  nullptr),
            0);
  EXPECT_EQ(
      Run({"status"}),
      Prints(FirstLine("enabled", std::string(kRegistry) + " (read-only)")));
}

TEST_F(StatusTest, NotMounted) {
  ASSERT_EQ(umount2(kRegistry, 0), 0);
  const std::string text =
      "binfmt_misc is not mounted on /proc/sys/fs/binfmt_misc; mount it with: "
      "binfmtbox mount\n";
  EXPECT_EQ(Run({"status"}), Fails(3, "binfmt-status: " + text));
  EXPECT_EQ(Run({"status", "--json"}), Fails(3, "binfmt-status: " + text));
  EXPECT_EQ(Run({"status", "--if-possible"}),
            Prints("", "binfmt-status: note: " + text));
}

}  // namespace
}  // namespace binfmtbox_testing
