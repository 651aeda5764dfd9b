// SPDX-License-Identifier: Apache-2.0
// Rules and entries whose programs would not start, and those that would keep
// others from starting: register, status and clear --enable follow execve as
// the kernel does. testing/faults/model_test.py tries random ones.
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kOwnFamily[] =
    ": this machine runs programs for i386 natively; register it all the same "
    "with --ignore-family yes\n";

// BYTES as \xHH.
std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    absl::StrAppend(&text, "\\x", absl::BytesToHexString({&byte, 1}));
  }
  return text;
}

class ChainTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    Mount();
    WriteFile("/mnt/static", NativeProgram(7), 0755);
    WriteFile("/mnt/static.aaa", NativeProgram(8), 0755);
  }

  static Outcome RegisterRule(const std::string& rule,
                              const Command& command = {}) {
    return Run({"register", "--rule", rule}, command);
  }

  static Outcome Refused(const std::string& why) {
    return Fails(1, "binfmt-register: " + why + "\n");
  }

  // Makes a file that begins with TEXT, and says how it runs.
  static std::string RunFile(std::string_view text) {
    WriteFile("/mnt/file", text, 0755);
    return RunProgram("/mnt/file");
  }

  // The stderr of "status NAME", which must fail.
  static std::string StatusError(const std::string& name) {
    const Outcome outcome = Run({"status", name});
    EXPECT_EQ(outcome.status, 1) << name;
    return outcome.err;
  }

  // The exit status of "status --match" for what RunFile() made.
  static int MatchStatus() {
    return Run({"status", "--match", "/mnt/file"}).status;
  }
};

// --- Every write that makes a rule act is judged ---

TEST_F(ChainTest, EnablingARuleForOwnProgramsIsRefused) {
  Register(absl::StrCat(":own:M::", Hex(ReadFile(kBox).substr(0, 20)),
                        "::/mnt/static:"));
  Write("own", "0");
  Register(":other:M::OTHER::/mnt/static:");
  Write("other", "0");
  const std::string error =
      "binfmt-clear: refused to enable own: it takes this program itself "
      "(binfmtbox), and nothing would start any more\n";
  EXPECT_EQ(Run({"clear", "--enable", "own"}), Fails(1, error));
  EXPECT_EQ(Run({"clear", "--enable", "--dry-run", "own"}), Fails(1, error));
  EXPECT_EQ(Run({"clear", "--enable", "--all"}),
            (Outcome{1, "other: enabled\n", error}));
  EXPECT_EQ(EntryText("own").substr(0, 9), "disabled\n");
  EXPECT_EQ(RunProgram("/bin/true"), "exit 0");
  EXPECT_EQ(RunFile("OTHER"), "exit 7");
}

TEST_F(ChainTest, EnablingARuleForTheSiblingIsRefusedWhereThisMachineRunsIt) {
  Register(absl::StrCat(":sibling:M::", Hex(I386Program(0).substr(0, 20)),
                        "::/mnt/static:"));
  Write("sibling", "0");
  EXPECT_EQ(Run({"clear", "--enable", "sibling"}),
            RunsI386()
                ? Fails(1,
                        "binfmt-clear: refused to enable sibling: this machine "
                        "runs programs for i386 natively; register it anew "
                        "with --ignore-family yes\n")
                : Prints("sibling: enabled\n"));
}

TEST_F(ChainTest, EnablingARuleThatBreaksAnEntryIsRefused) {
  Register(":taken:E::aaa::/mnt/static:");
  Write("taken", "0");
  Register(":old:M::OLD::/mnt/static.aaa:O");
  EXPECT_EQ(Run({"clear", "--enable", "taken"}),
            Fails(1,
                  "binfmt-clear: refused to enable taken: it takes "
                  "/mnt/static.aaa, which old starts, and programs of old "
                  "would not start any more\n"));
  EXPECT_EQ(RunFile("OLD"), "exit 8");
}

TEST_F(ChainTest, OfTwoRulesThatFeedEachOtherOneIsEnabled) {
  Register(":first:E::aaa::/mnt/static.bbb:");
  Register(":second:E::bbb::/mnt/static.aaa:");
  WriteFile("/mnt/static.bbb", NativeProgram(9), 0755);
  Write("first", "0");
  Write("second", "0");
  const Outcome outcome = Run({"clear", "--enable", "--all"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "second: enabled\n");
  EXPECT_EQ(RunProgram("/mnt/static.bbb"), "exit 8");
}

// --- Sets in place of samples ---

TEST_F(ChainTest, RuleForSomeProgramsOfTheSibling) {
  const std::string head = I386Program(0);
  std::string mask = std::string(7, '\xff') + std::string(9, '\0') +
                     std::string("\xfe\xff\xff\xff", 4);
  const auto register_with = [&](std::string_view more, char type) {
    std::string magic = head.substr(0, mask.size() + more.size());
    magic[16] = type;
    return RegisterRule(absl::StrCat(":some:M::", Hex(magic), ":",
                                     Hex(absl::StrCat(mask, more)),
                                     ":/mnt/static:"));
  };
  const Outcome expected =
      RunsI386()
          ? Refused(absl::StrCat("some", kOwnFamily)
                        .substr(0, std::string_view(kOwnFamily).size() + 3))
          : Prints("some: registered, /mnt/static\n");
  // e_version, and one bit of e_entry.
  EXPECT_EQ(register_with(std::string("\xff\xff\xff\xff\x10", 5), 2), expected);
  Run({"clear", "-q", "some"});
  // One type.
  mask[16] = '\xff';
  for (const char type : {2, 3}) {
    EXPECT_EQ(register_with("", type), expected);
    Run({"clear", "-q", "some"});
  }
}

TEST_F(ChainTest, EntryForOneTypeIsNoTargets) {
  ElfSpec spec;
  spec.machine = kAarch64;
  Register(absl::StrCat(":exec:M::", Hex(MakeElf(spec).substr(0, 20)),
                        "::/mnt/static:"));
  const std::string none =
      "binfmt-status: no entry takes programs for aarch64; register one with: "
      "binfmtbox register aarch64\n";
  EXPECT_EQ(StatusError("arm64"), none);
  EXPECT_EQ(Run({"status", "--platforms"}).out.find("arm64"),
            std::string::npos);
  const Outcome outcome = Run({"register", "--if-missing", "--credential", "no",
                               "--override", "-I/mnt/static", "arm64"});
  EXPECT_EQ(outcome.out,
            "qemu-aarch64: registered, /mnt/static, flags F, shadows "
            "exec\n");
  spec.type = 3;
  EXPECT_EQ(RunFile(MakeElf(spec)), "exit 7");
  EXPECT_EQ(Run({"status", "-q", "arm64"}), Prints(""));
}

// --- One walk through execve's chain ---

TEST_F(ChainTest, ScriptWhoseInterpreterTheRuleTakes) {
  WriteFile("/mnt/script", "#!/mnt/static.aaa\n", 0755);
  EXPECT_EQ(RegisterRule(":loop:E::aaa::/mnt/script:"),
            Refused("refused to register loop: its interpreter /mnt/script "
                    "leads back to it over its #! line, so every start would "
                    "fail with ELOOP"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(ChainTest, ScriptWhoseInterpreterIsMissing) {
  WriteFile("/mnt/script", "#!/mnt/none\n", 0755);
  EXPECT_EQ(RegisterRule(":foreign:M::FOREIGN::/mnt/script:"),
            Refused("refused to register foreign: its interpreter would not "
                    "start: interpreter /mnt/none does not exist"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(ChainTest, LoaderThatWillNotDo) {
  ElfSpec spec;
  spec.machine = kX86_64;
  WriteFile("/mnt/text", std::string(200, 'x'), 0755);
  for (const auto& [loader, why] :
       std::vector<std::pair<std::string, std::string>>{
           {"/mnt/none", "loader /mnt/none does not exist"},
           {"/mnt/bin", "loader /mnt/bin is a directory"},
           {"/mnt/text",
            "loader /mnt/text of /mnt/dynamic is no ELF file for this "
            "machine"}}) {
    spec.loader = loader;
    WriteFile("/mnt/dynamic", MakeElf(spec), 0755);
    EXPECT_EQ(RegisterRule(":foreign:M::FOREIGN::/mnt/dynamic:"),
              Refused("refused to register foreign: its interpreter would not "
                      "start: " +
                      why));
    Register(":foreign:M::FOREIGN::/mnt/dynamic:");
    EXPECT_NE(RunFile("FOREIGN").substr(0, 4), "exit");
    EXPECT_EQ(StatusError("foreign"),
              "binfmt-status: foreign runs no program: " + why + "\n");
    EXPECT_EQ(MatchStatus(), 1);
    Write("foreign", "-1");
  }
}

TEST_F(ChainTest, RuleThatBreaksAnEntryWithFlagO) {
  Register(":old:M::OLD::/mnt/static.aaa:O");
  ASSERT_EQ(RunFile("OLD"), "exit 8");
  EXPECT_EQ(RegisterRule(":new:E::aaa::/mnt/static:"),
            Refused("refused to register new: it takes /mnt/static.aaa, which "
                    "old starts, and programs of old would not start any "
                    "more"));
  EXPECT_EQ(RunFile("OLD"), "exit 8");
  // Without the flag the kernel starts one interpreter more.
  Write("old", "-1");
  Register(":old:M::OLD::/mnt/static.aaa:");
  EXPECT_EQ(RegisterRule(":new:E::aaa::/mnt/static:").status, 0);
  EXPECT_EQ(RunFile("OLD"), "exit 7");
}

TEST_F(ChainTest, StatusOfEntriesThatRunNothing) {
  WriteFile("/mnt/text", "text\n", 0755);
  WriteFile("/mnt/script", "#!/mnt/static\n", 0755);
  WriteFile("/mnt/loop", "LOOP\n", 0755);
  struct Case {
    std::string interpreter;
    std::string flags;
    std::string kernel;
    std::string why;
  };
  for (const auto& [interpreter, flags, kernel, why] : {
           Case{"/mnt/bin", "", "EACCES",
                "interpreter /mnt/bin is a directory"},
           Case{"/mnt/text", "", "ENOEXEC",
                "this machine does not run /mnt/text, and no entry takes it"},
           Case{"/mnt/loop", "", "ELOOP", "five interpreters are the most"},
           Case{"/mnt/script", "C", "ENOEXEC",
                "flag O or C allows one interpreter only"},
       }) {
    Register(absl::StrCat(":bad:M::LOOP::", interpreter, ":", flags));
    EXPECT_EQ(RunFile("LOOP"), kernel) << interpreter;
    EXPECT_EQ(StatusError("bad"),
              "binfmt-status: bad runs no program: " + why + "\n");
    EXPECT_EQ(MatchStatus(), 1) << interpreter;
    Write("bad", "-1");
  }
}

// What flag F holds is not there any more to be looked at; its path is.
TEST_F(ChainTest, HeldInterpreterWhosePathIsGone) {
  Register(":zeros:M::\\x00\\x00\\x00\\x00::/mnt/bin/binfmtbox:O");
  WriteFile("/mnt/held", NativeProgram(9), 0755);
  Register(":held:M::HELD::/mnt/held:OF");
  ASSERT_EQ(unlink("/mnt/held"), 0);
  EXPECT_EQ(RunFile("HELD"), "exit 9");
  EXPECT_EQ(MatchStatus(), 0);
  EXPECT_EQ(Run({"status", "-q", "held"}), Prints(""));
}

// The kernel sees zeros behind the end of a file.
TEST_F(ChainTest, EmptyInterpreterIsTakenByARuleForZeros) {
  Register(":zeros:M::\\x00\\x00\\x00\\x00::/mnt/static:");
  WriteFile("/mnt/empty", "", 0755);
  Register(":empty:M::EMPTY::/mnt/empty:");
  EXPECT_EQ(RunFile("EMPTY"), "exit 7");
  EXPECT_EQ(MatchStatus(), 0);
  EXPECT_EQ(Run({"status", "-q", "empty"}), Prints(""));
}

// --- Scripts by any usual first line ---

TEST_F(ChainTest, RulesThatTakeScripts) {
  for (const char* rule :
       {":script:M::#!/bin/bash::/mnt/static:",
        ":script:M::#!/usr/bin/perl::/mnt/static:",
        ":script:M::#!/bin/sh -e::/mnt/static:",
        ":script:M::#!/opt/any::/mnt/static:",
        ":script:M:1:!/opt/any::/mnt/static:",
        ":script:M:2:/bin/da::/mnt/static:",
        ":script:M:2:/opt/any::/mnt/static:", ":script:M:2: /opt::/mnt/static:",
        ":script:M:2:\\x09/::/mnt/static:", ":script:M:3: /::/mnt/static:",
        ":script:M:4:/bin/sh::/mnt/static:", ":script:M:6:/bash::/mnt/static:",
        ":script:M:11:env python::/mnt/static:",
        ":script:M:16:n3 ::/mnt/static:"}) {
    EXPECT_EQ(RegisterRule(rule),
              Refused("refused to register script: it takes scripts, and those "
                      "would not start any more"))
        << rule;
  }
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(ChainTest, RulesThatTakeNoUsualScript) {
  int number = 0;
  for (const char* rule : {"M:4:ftyp:", "M:2:-lh5-:", "M::#\\x20define:"}) {
    const std::string name = absl::StrCat("r", number++);
    EXPECT_EQ(RegisterRule(absl::StrCat(":", name, ":", rule, ":/mnt/static:")),
              Prints(name + ": registered, /mnt/static\n"))
        << rule;
  }
}

// --- Interpreters that are another file in each process ---

TEST_F(ChainTest, InterpreterThatIsAnotherFileInEachProcess) {
  ASSERT_EQ(symlink("/proc/self/exe", "/mnt/link"), 0);
  ASSERT_EQ(symlink("/dev/stdin", "/mnt/stdin"), 0);
  Command command;
  command.before_exec = [] {
    const int fd = open("/mnt/static", O_RDONLY);
    dup2(fd, 0);
    dup2(fd, 9);
  };
  for (const std::string path :
       {"/proc/self/exe", "/proc/self/fd/9", "/dev/fd/9", "/dev/stdin",
        "/proc/thread-self/exe", "/proc/self/root/mnt/static", "/mnt/link",
        "/mnt/stdin"}) {
    const Outcome refused =
        // Which record it is about.
        Refused("proc: interpreter " + path +
                " is another file in each process, since it leads through a "
                "link of /proc; name the file itself");
    EXPECT_EQ(RegisterRule(":proc:M::PROC::" + path + ":", command), refused);
    // With flag F the kernel holds the one that it is now, unless that is
    // this program itself.
    const bool is_own = path.ends_with("exe") || path == "/mnt/link";
    EXPECT_EQ(
        RegisterRule(":proc:M::PROC::" + path + ":F", command),
        is_own ? refused : Prints("proc: registered, " + path + ", flags F\n"));
    EXPECT_EQ(RunFile("PROC"), is_own ? "ENOEXEC" : "exit 7") << path;
    Run({"clear", "-q", "proc"});
  }
}

// --- Rules that take only marked ELF files ---

TEST_F(ChainTest, RuleForMarkedElfFiles) {
  ASSERT_EQ(RunProgram("/bin/true"), "exit 0");
  std::vector<std::string> args = {"register"};
  for (const char* record :
       {":appimage-type1:M:8:AI\\x01::/mnt/static:",
        ":appimage-type2:M:8:AI\\x02::/mnt/static:",
        ":AppImage:M::\\x7fELF\\x00\\x00\\x00\\x00AI\\x02:"
        "\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\xff\\xff\\xff:/mnt/static:",
        ":freebsd:M:7:\\x09::/mnt/static:"}) {
    args.insert(args.end(), {"--rule", record});
  }
  EXPECT_EQ(Run(args).err, "");
  EXPECT_EQ(EntryNames(), "freebsd AppImage appimage-type2 appimage-type1");
  EXPECT_EQ(RunProgram("/bin/true"), "exit 0");
  EXPECT_EQ(RunProgram("/bin/sh", {"-c", "exit 3"}), "exit 3");
  std::string marked = NativeProgram(9);
  marked.replace(8, 3, "AI\x02");
  EXPECT_EQ(RunFile(marked), "exit 7");
  // EI_OSABI 3 is GNU's, and static programs with ifuncs have it.
  EXPECT_EQ(RegisterRule(":gnu:M:7:\\x03::/mnt/static:").status, 1);
}

}  // namespace
}  // namespace binfmtbox_testing
